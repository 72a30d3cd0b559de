"""Reads books in EPUB, HTML, Markdown or plain text, by the suffixes of their files."""

from pathlib import Path

from swarm.book.epub import read_book as read_epub
from swarm.book.epub import read_name as read_epub_name
from swarm.book.kinds import FOREIGN, PAGES
from swarm.book.single_page import read_page
from swarm.job.book import Book
from swarm.job.reading import Reading


def read_book(path: Path, reading: Reading | None = None) -> Book:
    """Read a book as the user chose; a file with an unknown suffix is read as an EPUB.

    Raises BookError if it cannot be read or has nothing to speak, UsageError if a choice fits nothing in the book.
    """
    read = read_page if path.suffix.lower() in PAGES else read_epub
    return read(path, reading)


def read_name(path: Path) -> tuple[str, str] | None:
    """Read a book's title and language; None if only the whole text tells them. Raises BookError."""
    return None if path.suffix.lower() in (*PAGES, *FOREIGN) else read_epub_name(path)
