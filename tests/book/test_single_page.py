import os
from pathlib import Path

import pytest
from prose import PROSE

from swarm.book.any_file import read_book
from swarm.book.model.book import Book
from swarm.errors import BookError

GUTENBERG = """Title: The Ship

Author: Ann Author

Language: French

*** START OF THE PROJECT GUTENBERG EBOOK THE SHIP ***

Produced by Somebody

THE SHIP

by Ann Author


CHAPTER I.
The Storm

It was a _dark_ night, and the wind
blew hard.[1] Nobody
slept.

       *       *       *       *       *

Morning came.

[Footnote 1: Very hard.]


THE END OF IT ALL

So they say.

*** END OF THE PROJECT GUTENBERG EBOOK THE SHIP ***

Licence text.
"""


def read(folder: Path, name: str, text: str | bytes) -> Book:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_book(path)


def spoken(book: Book) -> dict[str, list[str]]:
    return {c.title: [block.text for block in c.blocks] for c in book.chapters if not c.left_out}


def test_plain_text_as_project_gutenberg_writes_it(tmp_path: Path) -> None:
    book = read(tmp_path, "pg.txt", GUTENBERG)
    assert (book.title, book.authors, book.language, book.notes) == ("The Ship", ("Ann Author",), "fr", 1)
    assert spoken(book) == {
        "CHAPTER I. The Storm": [
            "CHAPTER I.\nThe Storm", "It was a dark night, and the wind blew hard. Nobody slept.", "", "Morning came.",
        ],
        "THE END OF IT ALL": ["THE END OF IT ALL", "So they say."],
    }  # fmt: skip
    assert {chapter.left_out for chapter in book.chapters} == {"", "licence", "title page", "notes"}


def test_markdown(tmp_path: Path) -> None:
    front = "---\ntitle: My Book\nauthor: Bob\nlanguage: it\n---\n"
    book = read(tmp_path, "b.md", front + "# One\n\nHello *wor*ld,\nsee [this](x). ~~Gone~~\n\n## Two\n\n- a\n- b\n")
    assert (book.title, book.authors, book.language) == ("My Book", ("Bob",), "it")
    assert spoken(book) == {"One": ["One", "Hello world, see this. Gone"], "Two": ["Two", "a", "b"]}


def test_a_web_page(tmp_path: Path) -> None:
    page = (
        '<html lang="de"><head><title>Das Buch</title><meta name="author" content="Eva"><body><h1>Eins</h1>Hallo<p>Du'
        "<nav><a href='/'>Home</a></nav>"
    )
    book = read(tmp_path, "c.html", page)
    assert (book.title, book.authors, book.language) == ("Das Buch", ("Eva",), "de")
    assert spoken(book) == {"Eins": ["Eins", "Hallo", "Du"]}


def test_a_first_sentence_under_a_title_is_no_title_page(tmp_path: Path) -> None:
    assert spoken(read(tmp_path, "b.md", "# My Book\n\nIt was late.\n\n## Two\n\nSo they say.\n")) == {
        "My Book": ["My Book", "It was late."],
        "Two": ["Two", "So they say."],
    }


def test_footnotes_of_markdown(tmp_path: Path) -> None:
    book = read(tmp_path, "b.md", "# One\n\nHello[^1] all.\n\nOn.\n\n[^1]: A whole note here.\n")
    assert spoken(book) == {"One": ["One", "Hello all.", "On."]}
    assert [block.text for chapter in book.chapters if chapter.left_out for block in chapter.blocks] == [
        "A whole note here."
    ]


def test_the_file_of_a_program_is_no_text(tmp_path: Path) -> None:
    with pytest.raises(BookError, match=r"a\.txt is no text"):
        read(tmp_path, "a.txt", b"\x00\x01\x02\xff" * 100)


@pytest.mark.parametrize("coding", ["utf-16", "utf-8-sig", "windows-1252"])
def test_text_in_any_coding(tmp_path: Path, coding: str) -> None:
    assert spoken(read(tmp_path, "a.txt", "Café «noir».".encode(coding)))["Café «noir»."] == ["Café «noir»."]


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html"])
def test_what_holds_nothing_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BookError, match="no text to speak"):
        read(tmp_path, name, "<p>* * *</p>" if name != "a.txt" else " \x00\n* * *\n")
    with pytest.raises(BookError, match="is larger than 16 MiB"):
        read(tmp_path, name, b"x " * (9 << 20))
    with pytest.raises(BookError, match="does not exist"):
        read_book(tmp_path / f"gone{name}")


@pytest.mark.parametrize(("name", "language"), [("a.txt", "pl"), ("a.html", "ru"), ("a.md", "nl")])
def test_a_text_that_names_no_language_is_read_in_its_own(tmp_path: Path, name: str, language: str) -> None:
    path = tmp_path / name
    path.write_text(f"<p>{PROSE[language]}</p>" if name == "a.html" else f"{PROSE[language]}\n", encoding="utf-8")
    assert read_book(path).language == language


def test_the_front_matter_of_markdown_may_name_the_language(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_text("---\ntitle: Court\nlang: fr-FR\n---\n\nNon.\n", encoding="utf-8")
    assert read_book(path).language == "fr"


@pytest.mark.skipif(os.name != "posix", reason="file names are bytes on POSIX systems only")
def test_a_file_whose_name_is_no_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"Stra\xdfe.txt")
    path.write_text("The house was dark, and nobody slept that night. " * 9)
    assert read_book(path).title == "Stra\ufffde"
