"""The books as one finds them when one reads them: every chapter, how it begins and ends, what is left out.

golden.tsv was not written by this package. Its titles were copied from the navigation documents, the NCX and the
headings; where its chapters begin and what is not the book was decided by looking at the documents of the odd books
(of the long ones, parts), at front and back matter of the others (not each colophon) and at their tables of contents,
and where the two readings differed, at the place itself. The words were then counted with the
standard library's ElementTree alone, and what is to be passed over (note marks, page numbers, `screenonly`, ...) was
listed by hand for each book. Whoever adds a book does it the same way.

By hand, above all: the French novel's 47 chapters begin at its h2, and the second part is named before the first of
its own; its captions lose "(Page 6.)" and "Agrandir", its two maps are `screenonly`, which its stylesheet hides on
every device. In the tales for children three transcriber's notes stand in the middle of stories. "The Waste Land"
opens with an epigraph and a dedication on its title page, which are read. The article on Georgia has a section,
"Communications", that its table of contents forgets: it stays in the chapter before. The Arabic book's contents
only say "start reading": there the headings count.
"""

from collections import Counter
from pathlib import Path

import pytest
from msgspec import Struct

from swarm.book.epub import read_book
from swarm.job.book import ChapterText


class Found(Struct, frozen=True):
    """A chapter, or what is left out (`reason` says why), as a reader finds it."""

    title: str
    reason: str
    words: int
    first: str
    last: str


def read_golden() -> dict[str, list[Found]]:
    """Read all books' chapters, by the book's name."""
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
    """Return a chapter as `golden` would have it."""
    words = " ".join(block.text for block in chapter.blocks).split()
    text = " ".join(words)
    first, last = text[: len(golden.first)], text[max(0, len(text) - len(golden.last)) :]
    return Found(chapter.title, chapter.left_out, len(words), first, last)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_book_is_what_a_reader_finds(books: Path, name: str) -> None:
    chapters = read_book(books / f"{name}.epub").chapters
    for left_out in (False, True):
        ours = [chapter for chapter in chapters if bool(chapter.left_out) == left_out]
        golden = [row for row in GOLDEN[name] if bool(row.reason) == left_out]
        assert [chapter.title for chapter in ours] == [row.title for row in golden]
        assert [found(chapter, row) for chapter, row in zip(ours, golden, strict=True)] == golden


def test_every_book_has_its_golden(books: Path) -> None:
    names = {path.relative_to(books).with_suffix("").as_posix() for path in books.rglob("*.epub")}
    assert {name for name in names if not name.startswith("wild/")} == set(GOLDEN)  # nobody has read the wild ones yet


def test_the_french_novel_has_47_chapters_and_nothing_else(books: Path) -> None:
    chapters = read_book(books / "vingt-mille-lieues-fr.epub").chapters
    spoken = [chapter for chapter in chapters if not chapter.left_out]
    assert Counter(chapter.title.split()[0] for chapter in spoken) == {"CHAPITRE": 47}
    said = "\n".join(block.text for chapter in spoken for block in chapter.blocks)
    assert not [word for word in ("Gutenberg", "License", "Agrandir", "(Page", "[1]") if word in said]
