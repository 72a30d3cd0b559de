"""The options that choose what is spoken of a book, and the `Reading` that is built from them."""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarm.job.reading import Credits, Reading

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

    from swarm.commands.checks import one_of
    from swarm.job.reading import Reading

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
    from swarm.job.reading import Credits

    if not arguments.credits:
        return None
    return Credits(arguments.title.strip(), arguments.author.strip(), arguments.narrator.strip())
