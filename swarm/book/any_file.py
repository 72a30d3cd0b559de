"""Reads books of any kind by the suffixes of their files: EPUB, HTML, Markdown and plain text; other kinds through
Calibre.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from swarm.book.epub import read_epub, read_epub_name
from swarm.book.kinds import FOREIGN, PAGES, converted, expect_calibre
from swarm.book.model.book import Book
from swarm.book.model.reading_choice import Reading
from swarm.book.single_page import read_page
from swarm.errors import BookError, EnvironmentFault, PageError, ReaderMissing, SwarmError, UsageError


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


class BookQuestion(Struct, frozen=True):
    """What a process that reads books of strangers is asked."""

    path: bytes  # as the system has it, which may be no UTF-8
    wanted: Literal["book", "name", "title"]
    reading: Reading | None = None


class BookFindings(Struct, frozen=True, omit_defaults=True):
    """What was found: the whole book, or its title and language as far as they are known; or why nothing was."""

    book: Book | None = None
    name: tuple[str, str] | None = None
    fault: str = ""  # the class of the error
    words: str = ""


FAULTS = {each.__name__: each for each in (BookError, PageError, UsageError, EnvironmentFault, ReaderMissing)}
TOO_LARGE = "is refused: it takes more memory to be read than any book does"


def look_into(question: BookQuestion) -> BookFindings:
    """Read what is wanted of a book. Raises as `read_book`, `read_name` and `read_title` do."""
    path = Path(os.fsdecode(question.path))
    match question.wanted:
        case "book":
            return BookFindings(read_book(path, question.reading))
        case "name":
            return BookFindings(name=read_name(path))
        case "title":
            return BookFindings(name=(read_title(path), ""))


def answer_question(question: bytes) -> bytes:
    """Look into a book in a process of its own, whose memory is bounded; errors are part of the answer."""
    asked = msgspec.msgpack.decode(question, type=BookQuestion)
    try:
        answer = look_into(asked)
    except SwarmError as fault:
        kind = next(each.__name__ for each in type(fault).__mro__ if each.__name__ in FAULTS)
        answer = BookFindings(fault=kind, words=str(fault))
    except MemoryError:
        answer = BookFindings(fault="BookError", words=f"{Path(os.fsdecode(asked.path))} {TOO_LARGE}.")
    return msgspec.msgpack.encode(answer)
