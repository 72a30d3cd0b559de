"""Reads books of any kind, through Calibre if this package has no reader for the kind."""

from pathlib import Path

from swarm.book.epub import read_book as read_epub
from swarm.book.file import read_book, read_name
from swarm.book.kinds import FOREIGN
from swarm.job.book import Book
from swarm.job.reading import Reading
from swarm.system.calibre import converted, expect_calibre


def read_any_title(path: Path) -> str:
    """Return a book's title, "" if only the whole text tells it. Raises BookError, ReaderMissing."""
    if path.suffix.lower() in FOREIGN:
        expect_calibre(path)
    name = read_name(path)
    return name[0] if name else ""


def read_any_book(path: Path, reading: Reading | None = None) -> Book:
    """Read a book of any kind, through Calibre if necessary.

    Raises BookError if it cannot be read, ReaderMissing if Calibre is needed and not installed, UsageError if a choice
    fits nothing in the book.
    """
    if path.suffix.lower() not in FOREIGN or not path.is_file():
        return read_book(path, reading)
    with converted(path) as made:
        return read_epub(made, reading, believed=False)  # Calibre names a language even if it knows none
