"""The corpus of reading: its list, its marks and how books are cut into blocks. No book is needed for it."""

import os
import subprocess
import zipfile
from collections import Counter
from itertools import pairwise
from pathlib import Path

import corpus_books
import pytest
from corpus_blocks import LABELS, MAX_BEGINNING_CHARS, blocks, digest, documents, fold, marked_blocks, marks
from epub_maker import make, nav, page
from mark import agree, draw, propose, write

LISTED = corpus_books.listed()
MARKED = sorted((corpus_books.HERE / "corpus").glob("*.tsv"))
BOOKS = os.environ.get("E2A_CORPUS", "")


def test_the_list_has_only_origins_that_are_open() -> None:
    assert [book.repository for book in LISTED if not corpus_books.is_open(book.repository)] == []


def test_the_list_is_wide() -> None:
    assert len(LISTED) >= 250
    assert len({book.repository for book in LISTED}) >= 200
    assert len({book.language for book in LISTED}) >= 25
    assert max(Counter(book.repository for book in LISTED).values()) <= 2


def test_each_book_is_listed_once() -> None:
    assert max(Counter(book.name for book in LISTED).values()) == 1
    assert max(Counter(book.sha256 for book in LISTED).values()) == 1
    assert [book.name for book in LISTED] == sorted(book.name for book in LISTED)


def test_every_fold_has_books() -> None:
    assert {book.fold for book in LISTED} == {0, 1, 2, 3, 4}
    assert fold("danigm/epub-rs") == 4


@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.stem)
def test_marks_have_the_form(path: Path) -> None:
    name, sha256, *_ = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("#! ").split()
    book = next(book for book in LISTED if book.name == path.stem)
    assert (name, sha256) == (book.name, book.sha256)
    after: dict[int, int] = {}
    for mark in marks(path):
        assert mark.first == after.get(mark.document, 0), f"{mark.document}.{mark.first} does not follow"
        after[mark.document] = mark.last + 1
        assert mark.first <= mark.last
        assert mark.label in LABELS
        assert len(mark.beginning) <= MAX_BEGINNING_CHARS, "marks carry no sentences of a book"
        assert not mark.joined or mark.spoken != "n"


@pytest.mark.skipif(not BOOKS, reason="the books of the corpus are not here: set E2A_CORPUS to their folder")
@pytest.mark.slow
@pytest.mark.parametrize("path", MARKED, ids=lambda path: path.stem)
def test_marks_are_of_the_text(path: Path) -> None:
    book = next(book for book in LISTED if book.name == path.stem)
    assert marked_blocks(book.file(Path(BOOKS)), path)


BODY = (
    "<h1>One</h1><p>First <sup><a href='#n'>1</a></sup> words.</p><div>Loose <i>text</i><p>Inner</p>after</div>"
    "<pre>a\n  b</pre><table><tr><td>x</td><td>y</td></tr></table><p>line<br/>break</p><p> </p><script>no</script>"
)


def book_of(folder: Path) -> Path:
    return make(folder, {"c1.xhtml": page(BODY)}, contents=nav(("c1.xhtml", "One")))


def test_a_block_is_a_run_of_one_element(tmp_path: Path) -> None:
    found = blocks(book_of(tmp_path))
    cut = [block for block in found if block.name.endswith("c1.xhtml")]
    assert [(block.tag, block.text) for block in cut] == [
        ("h1", "One"),
        ("p", "First 1 words."),
        ("div", "Loose text"),
        ("p", "Inner"),
        ("div", "after"),
        ("pre", "a\n  b"),
        ("td", "x"),
        ("td", "y"),
        ("p", "line\nbreak"),
    ]
    assert [block.number for block in cut] == list(range(9))
    assert all(before.end == after.start for before, after in pairwise(cut))
    assert cut[0].end - cut[0].start == len("One")


def test_marks_are_bound_to_the_text(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    numbers = Counter(block.document for block in blocks(book))
    texts = {number: [block.text for block in blocks(book) if block.document == number] for number in numbers}
    lines = [
        f"{number}.0-{count - 1}\tbody\ty\t-\t-\t{digest(texts[number])}\tOne" for number, count in numbers.items()
    ]
    told = tmp_path / "book.tsv"
    told.write_text("\n".join(lines), encoding="utf-8")
    assert len(marked_blocks(book, told)) == sum(numbers.values())
    told.write_text("\n".join(lines[:-1]), encoding="utf-8")
    with pytest.raises(ValueError, match="have no mark"):
        marked_blocks(book, told)
    told.write_text("\n".join(lines).replace(digest(texts[0]), "00000000"), encoding="utf-8")
    with pytest.raises(ValueError, match="another text"):
        marked_blocks(book, told)


def test_a_second_marker_sees_blocks_and_no_marks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = book_of(tmp_path)
    (tmp_path / "corpus").mkdir()
    monkeypatch.setattr("mark.HERE", tmp_path)
    monkeypatch.setattr("mark.DRAWN", 2)
    lines = propose(blocks(book))
    for line in lines:
        line.label = "licence" if line.block.text == "x" else "body"
    write("book", book, lines, "en", "0")
    shown = draw("book", book)
    drawn = [line for line in shown.splitlines() if line.startswith(">>")]
    assert len(drawn) == 2
    assert any(line.endswith(" td x") for line in drawn), "half of the blocks are not body"
    assert "licence" not in shown


def test_the_readme_says_how_far_two_markers_agree() -> None:
    told = (corpus_books.HERE / "README.md").read_text(encoding="utf-8")
    counted = agree().splitlines()[0]
    assert "'blocks': 400, 'label': 388, 'spoken': 394, 'opposite': 0" in counted
    assert "marked 400 blocks" in told
    assert "388 (97.0 %) have the same label" in told
    assert "394 (98.5 %) have the same\n  `spoken`" in told


def test_a_book_is_taken_from_a_git_directory(tmp_path: Path) -> None:
    made = book_of(tmp_path)
    work = tmp_path / "mirrors" / "some+origin"
    subprocess.run(["git", "init", "-q", work], check=True)
    subprocess.run(["unzip", "-q", made, "-d", work / "src"], check=True)
    git = ["git", "-C", work, "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "Add a book"], check=True)
    commit = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, check=True, text=True).stdout.strip()
    book = corpus_books.Listed("one", "some/origin", commit, "src", "tree", "", "own", "en", "novel")
    (tmp_path / "again.epub").write_bytes(corpus_books.take(book, tmp_path / "mirrors"))
    assert corpus_books.take(book, tmp_path / "mirrors") == (tmp_path / "again.epub").read_bytes()
    assert [block.text for block in blocks(tmp_path / "again.epub")] == [block.text for block in blocks(made)]
    assert "is missing" in corpus_books.wrong(book, tmp_path)


def test_pages_beside_the_reading_order_come_last(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    with zipfile.ZipFile(book) as opened:
        found = documents(opened)
    assert found == [("OEBPS/c1.xhtml", False), ("OEBPS/nav.xhtml", True)]
