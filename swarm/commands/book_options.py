"""The options that name books, what is spoken of them, and the voices of their characters and other languages."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.errors import NoBooks, UsageError

if TYPE_CHECKING:
    from swarm.book.model.reading_choice import Cast, Credits, Reading

MAX_NAMES = 200


def add_reading_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that choose what is spoken of a book, which `reading` reads."""
    group = parser.add_argument_group("reading")
    group.add_argument(
        "--notes", metavar="HOW", default="skip", help="footnotes: skip, inline or end (of the chapter) (default: skip)"
    )
    group.add_argument(
        "--include",
        metavar="NAME",
        action="append",
        default=[],
        help="read a part that would be left out: its title, or the reason",
    )
    group.add_argument(
        "--exclude", metavar="NAME", action="append", default=[], help="leave out a chapter: its title; may be repeated"
    )
    group.add_argument(
        "--ruby",
        metavar="base|reading",
        default="base",
        help="read words with ruby by their base text or by their reading (default: base)",
    )
    group.add_argument("--lexicon", metavar="FILE", help="a pronunciation dictionary: word = spelling, one a line")
    group.add_argument(
        "--verse-numbers", metavar="say|skip", default="say", help="say or skip the numbers of verses (default: say)"
    )
    group.add_argument(
        "--code", metavar="skip|say", default="", help="skip or say code listings (default: skip, unless most is code)"
    )
    group.add_argument(
        "--alt-text", action="store_true", help="read the descriptions of pictures, if the book has them"
    )


def add_credits_option(parser: argparse.ArgumentParser) -> None:
    """Add the option for a spoken opening and closing, which `credits_named` reads."""
    parser.add_argument(
        "--credits", action="store_true", help="speak an opening and a closing: title, authors and narrator"
    )


def reading(arguments: argparse.Namespace) -> "Reading | None":
    """Build the reading from the options of `add_reading_options`; None if none is given. Raises UsageError."""
    import msgspec

    from swarm.book.model.reading_choice import Reading
    from swarm.commands.parser import one_of

    chosen = {
        "notes": one_of("--notes", arguments.notes.strip().lower(), ("skip", "inline", "end")),
        "ruby": one_of("--ruby", arguments.ruby.strip().lower(), ("base", "reading")),
        "alt_text": arguments.alt_text,
        "verse_numbers": one_of("--verse-numbers", arguments.verse_numbers.strip().lower(), ("say", "skip")),
        "code": one_of("--code", arguments.code.strip().lower(), ("", "skip", "say")),
        "include": [name for name in arguments.include[:MAX_NAMES] if name.strip()],
        "exclude": [name for name in arguments.exclude[:MAX_NAMES] if name.strip()],
    }
    found = msgspec.convert(chosen, Reading)
    return None if found == Reading() else found


def credits_named(arguments: argparse.Namespace) -> "Credits | None":
    """Return the names for a spoken opening and closing; None if it is not asked for."""
    from swarm.book.model.reading_choice import Credits

    if not arguments.credits:
        return None
    return Credits(arguments.title.strip(), arguments.author.strip(), arguments.narrator.strip())


def add_cast_options(parser: argparse._ActionsContainer) -> None:
    """Add --dialogue-voice and --cast, which `cast_of` reads, and --one-engine."""
    parser.add_argument(
        "--dialogue-voice", metavar="NAME", default="", help="another voice for what stands in quotation marks"
    )
    parser.add_argument(
        "--cast", metavar="FILE", default="", help="voices of speakers, chapters and marks: lines NAME = VOICE"
    )
    parser.add_argument(
        "--one-engine", action="store_true", help="leave passages in other languages to the book's own engine"
    )


def cast_of(arguments: argparse.Namespace) -> "Cast | None":
    """Return the voices of characters; None if the user names none. Raises UsageError."""
    from swarm.book.model.reading_choice import Cast
    from swarm.book.speech.casting import read_cast

    dialogue = arguments.dialogue_voice.strip()
    if arguments.cast.strip():
        return read_cast(Path(arguments.cast.strip()).expanduser(), dialogue)
    return Cast(dialogue) if dialogue else None


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
    from swarm.book.kinds import books_in

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
