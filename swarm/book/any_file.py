"""Reads books of any kind by the suffixes of their files: EPUB, HTML, Markdown and plain text; other kinds through
Calibre.
"""

from pathlib import Path

from swarm.book.epub import read_epub, read_epub_name
from swarm.book.kinds import FOREIGN, PAGES, converted, expect_calibre
from swarm.book.model.book import Book
from swarm.book.model.reading_choice import Reading
from swarm.book.single_page import read_page


def read_book(path: Path, reading: Reading | None = None) -> Book:
    """Read a book as the user chose, through Calibre if necessary; a file with an unknown suffix is read as an EPUB.

    Raises BookError if it cannot be read or has nothing to speak, ReaderMissing if Calibre is needed and not installed,
    UsageError if a choice fits nothing in the book.
    """
    kind = path.suffix.lower()
    if kind in PAGES:
        return read_page(path, reading)
    if kind not in FOREIGN or not path.is_file():
        return read_epub(path, reading)
    with converted(path) as made:
        return read_epub(made, reading, believed=False)  # Calibre names a language even if it knows none


def read_name(path: Path) -> tuple[str, str] | None:
    """Read a book's title and language; None if only the whole text tells them. Raises BookError."""
    return None if path.suffix.lower() in (*PAGES, *FOREIGN) else read_epub_name(path)


def read_title(path: Path) -> str:
    """Return a book's title, "" if only the whole text tells it. Raises BookError, ReaderMissing."""
    if path.suffix.lower() in FOREIGN:
        expect_calibre(path)
    name = read_name(path)
    return name[0] if name else ""
