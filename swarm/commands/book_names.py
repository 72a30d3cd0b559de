"""The books that a command line names: files, and folders with them."""

import argparse
from pathlib import Path

from swarm.errors import NoBooks, UsageError


def add_books(parser: argparse.ArgumentParser) -> None:
    """Add the books, which `books_named` reads."""
    group = parser.add_argument_group("books")
    group.add_argument(
        "books",
        metavar="BOOK",
        nargs="*",
        help="an EPUB, text, HTML or Markdown file, others by Calibre; or a folder, for its EPUBs and Calibre's kinds",
    )
    group.add_argument("--ebook", metavar="BOOK", action="append", default=[], help="the same as BOOK")
    group.add_argument("--ebooks-dir", metavar="DIR", help="the same as a folder as BOOK")
    group.add_argument("--headless", action="store_true", help=argparse.SUPPRESS)  # every run is headless


def books_named(arguments: argparse.Namespace) -> tuple[tuple[Path, ...], frozenset[Path]]:
    """Return all books, and those among them that come from a folder and were not named by the user."""
    given = [Path(name).expanduser() for name in (*arguments.books, *arguments.ebook)]
    folders = {path: _books_in(path) for path in given if path.is_dir()}
    books = [book for path in given for book in folders.get(path, [path])]
    if arguments.ebooks_dir is not None:
        folder = Path(arguments.ebooks_dir).expanduser()
        folders[folder] = _books_in(folder)
        books += folders[folder]
    if not books:
        raise UsageError("Name a book: an EPUB, text, HTML or Markdown file, or a folder with EPUB files.")
    return tuple(dict.fromkeys(books)), frozenset(book for held in folders.values() for book in held) - set(given)


def _books_in(folder: Path) -> list[Path]:
    """Return each book of a folder once, in its best format; leave out web pages and texts. Raises UsageError."""
    from swarm.book.folder import books_in

    try:
        books = books_in(folder)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be read: {error.strerror or error}.") from error
    if not books:
        raise NoBooks(
            f"The folder {folder} holds no EPUB file, nor one that Calibre reads. Text, HTML and Markdown files are "
            "not taken from a folder: name each of them."
        )
    return books
