"""Compares each chapter of real books, and each part that is left out, with what a human reader found.

golden.tsv was not written by this package. Titles were copied from the nav documents, the NCX and the headings. A
person looked at the documents, front and back matter and tables of contents, and decided where chapters begin and
what is not the book. Words were counted with the standard library's ElementTree alone; what is not read (note marks,
page numbers, `screenonly`, ...) was listed by hand for each book. A new book must be added in the same way.

The most important decisions by hand:

- The 47 chapters of the French novel begin at its h2. The name of its second part comes before that part's first
  chapter, and in its title. Captions lose "(Page 6.)" and "Agrandir". Its two maps are `screenonly`, which its style
  sheet hides on every device.
- The name of a section of the tales for children stands alone, and is spoken before the section's introduction.
- The tales for children have three transcriber's notes in the middle of stories.
- The title page of "The Waste Land" has an epigraph and a dedication, which are read.
- The table of contents of the article on Georgia lacks the section "Communications", which is read in the chapter
  before it.
- The table of contents of the Arabic book only has "start reading", so headings divide it.
"""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec import Struct

from swarm.book.any_file import read_book
from swarm.book.model.book import ChapterText


class Found(Struct, frozen=True):
    """A chapter, or a part that is left out for a `reason`, as a reader finds it."""

    title: str
    reason: str
    words: int
    first: str
    last: str


def read_golden() -> dict[str, list[Found]]:
    """Read the chapters of all books, by the names of the books."""
    golden: dict[str, list[Found]] = {}
    for line in (Path(__file__).parent / "golden.tsv").read_text("utf-8").splitlines():
        if line.startswith("# "):
            rows = golden[line.removeprefix("# ")] = []
        else:
            title, reason, words, first, last = line.split("\t")
            rows.append(Found(title, reason, int(words), first, last))
    return golden


GOLDEN = read_golden()


def found(chapter: ChapterText, golden: Found) -> Found:
    """Return a chapter in the form of golden.tsv."""
    words = " ".join(block.text for block in chapter.blocks).split()
    text = " ".join(words)
    first, last = text[: len(golden.first)], text[max(0, len(text) - len(golden.last)) :]
    return Found(chapter.title, chapter.left_out, len(words), first, last)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_book_is_what_a_reader_finds(book_named: Callable[[str], Path], name: str) -> None:
    chapters = read_book(book_named(name)).chapters
    for left_out in (False, True):
        ours = [chapter for chapter in chapters if bool(chapter.left_out) == left_out]
        golden = [row for row in GOLDEN[name] if bool(row.reason) == left_out]
        assert [chapter.title for chapter in ours] == [row.title for row in golden]
        assert [found(chapter, row) for chapter, row in zip(ours, golden, strict=True)] == golden


def test_every_book_has_its_golden(books: Path) -> None:
    names = {path.relative_to(books).with_suffix("").as_posix() for path in books.rglob("*.epub")}
    checked = {name for name in GOLDEN if not name.startswith("carried/")}
    assert {name for name in names if not name.startswith("wild/")} == checked  # no reader has checked the wild ones


def test_the_french_novel_has_47_chapters_and_nothing_else(books: Path) -> None:
    chapters = read_book(books / "vingt-mille-lieues-fr.epub").chapters
    spoken = [chapter for chapter in chapters if not chapter.left_out]
    assert Counter(chapter.title.split()[0] for chapter in spoken) == {"CHAPITRE": 46, "DEUXIEME": 1}
    said = "\n".join(block.text for chapter in spoken for block in chapter.blocks)
    assert not [word for word in ("Gutenberg", "License", "Agrandir", "(Page", "[1]") if word in said]
