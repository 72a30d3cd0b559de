from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.any_file import read_book
from swarm.book.model.book import Book
from swarm.errors import BookError

NAMES = ("1.xhtml", "2.xhtml", "3.xhtml")
PAGES = {name: maker.page(f"<h1>{name[0]}</h1><p>Text of {name[0]}.</p>") for name in NAMES}
NAV = maker.nav(*((name, f"Chapter {name[0]}") for name in NAMES))
DAMAGED = ("", "<html><body>" + "<div>" * 5000 + "x")  # no markup, markup nested too deep


def texts(book: Book) -> list[str]:
    return [block.text for chapter in book.chapters for block in chapter.blocks]


def zeroed(path: Path, name: bytes) -> Path:
    """Return the same book with the compressed bytes of a file overwritten."""
    data = bytearray(path.read_bytes())
    at = data.index(name, data.index(b"content.opf") + 100) + len(name) + 10
    data[at : at + 20] = b"\0" * 20
    path.write_bytes(data)
    return path


def test_a_missing_document_costs_its_text_only_and_is_named(tmp_path: Path) -> None:
    book = read_book(maker.make(tmp_path, PAGES, contents=NAV, without=("OEBPS/2.xhtml",)))
    assert texts(book) == ["1", "Text of 1.", "3", "Text of 3."]
    assert [chapter.title for chapter in book.chapters if not chapter.left_out] == ["Chapter 1", "Chapter 3"]
    assert book.lost == ("text is lost: OEBPS/2.xhtml is missing from the file (“Chapter 2”)",)
    assert set(book.lost) <= set(book.oddities)


def test_a_document_that_cannot_be_read_costs_its_text_only(tmp_path: Path) -> None:
    for damage in DAMAGED:
        pages = {name: maker.page(f"<p>Text of {name[0]}.{' ' * 40_000}</p>") for name in NAMES}
        book = read_book(maker.make(tmp_path, pages | {"2.xhtml": damage}))
        assert texts(book) == ["Text of 1.", "Text of 3."], damage
        assert book.lost == ("text is lost: OEBPS/2.xhtml cannot be read",), damage


def test_a_document_that_cannot_be_unpacked_costs_its_text_only(tmp_path: Path) -> None:
    path = zeroed(maker.make(tmp_path, PAGES), b"2.xhtml")
    assert texts(read_book(path)) == ["1", "Text of 1.", "3", "Text of 3."]


def test_a_book_of_which_most_is_lost_is_refused(tmp_path: Path) -> None:
    for lost in [("1.xhtml", "2.xhtml"), NAMES]:
        with pytest.raises(BookError, match=r"1\.xhtml is missing from it"):
            read_book(maker.make(tmp_path, PAGES, without=tuple(f"OEBPS/{name}" for name in lost)))


def test_front_matter_does_not_make_up_for_a_lost_text(tmp_path: Path) -> None:
    front = {f"{name}.xhtml": maker.page("<p>Printed for Ann.</p>") for name in ("titlepage", "imprint", "colophon")}
    with pytest.raises(BookError, match=r"novel\.xhtml is missing"):
        read_book(maker.make(tmp_path, front | {"novel.xhtml": ""}, without=("OEBPS/novel.xhtml",)))


def test_a_long_document_that_is_damaged_weighs_as_much_as_it_is_long(tmp_path: Path) -> None:
    long = maker.page("".join(f"<p>Line {number}.</p>" for number in range(2000)))
    path = maker.make(tmp_path, PAGES | {"4.xhtml": long})
    assert len(texts(read_book(path))) == 2006
    with pytest.raises(BookError, match=r"4\.xhtml in it cannot be unpacked"):
        read_book(zeroed(path, b"4.xhtml"))
