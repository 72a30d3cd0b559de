"""A book by the kind of its file: EPUB, a web page, Markdown or plain text."""

from pathlib import Path

from swarm.book.epub import read_book as read_epub
from swarm.book.epub import read_name as read_epub_name
from swarm.book.kinds import FOREIGN, PAGES
from swarm.book.single_page import read_page
from swarm.job.book import Book
from swarm.job.reading import Reading


def read_book(path: Path, reading: Reading | None = None) -> Book:
    """Read a file as the user chose; what is no page or text is taken for an EPUB.

    Raises BookError where it cannot be read or holds nothing to speak, UsageError where a choice fits nothing.
    """
    read = read_page if path.suffix.lower() in PAGES else read_epub
    return read(path, reading)


def read_name(path: Path) -> tuple[str, str] | None:
    """Read a book's title and language, if its file tells them before the text is read. Raises BookError."""
    return None if path.suffix.lower() in (*PAGES, *FOREIGN) else read_epub_name(path)
