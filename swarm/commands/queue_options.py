"""The options that may differ from book to book of a queue, as words and as a config."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from swarm.commands.options import add_selection, add_sound, render_config, voice_file
from swarm.commands.parser import Parser
from swarm.commands.reading import add_credits_option, add_reading_options
from swarm.commands.style_options import add_style_options
from swarm.commands.words import words_of
from swarm.config import RenderConfig
from swarm.errors import UsageError

NAME_FILES = ("--custom-model", "--cover", "--lexicon", "--cast")  # always; --voice may


def add_queued_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that may differ from book to book of a queue."""
    add_sound(parser)
    add_reading_options(parser)
    add_credits_option(parser)
    add_style_options(parser)
    add_selection(parser.add_argument_group("job"))


def queued_words(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of `add_queued_options` that differ from their defaults, as words of a command line.

    Raises UsageError for those that name a file: the coordinator of the queue cannot read it.
    """
    if name := _names_a_file(arguments):
        raise UsageError(
            f"{name} names a file of this machine, which the coordinator of the queue cannot read: give it to "
            "`e2a-swarm serve`, or use `e2a-swarm coordinate` for this book."
        )
    return words_of(queued_parser(), arguments)


def queued_config(words: Sequence[str], book: Path, defaults: argparse.Namespace) -> RenderConfig:
    """Return the config of a book: the words that any member of the swarm sent, and defaults for the rest.

    Raises UsageError, also for words that name a file, since that would be a file of this machine.
    """
    asked = queued_parser().parse_args(list(words))
    if name := _names_a_file(asked):
        raise UsageError(f"{name} may not name a file of the coordinator's machine.")
    merged = queued_parser().parse_args(list(words), argparse.Namespace(**vars(defaults)))
    merged.books, merged.ebook, merged.ebooks_dir = [str(book)], [], None
    return render_config(merged)


def queued_parser() -> argparse.ArgumentParser:
    """Make a parser of those options alone that may differ from book to book."""
    parser = Parser(add_help=False)
    add_queued_options(parser)
    return parser


def _names_a_file(arguments: argparse.Namespace) -> str:
    """Return the name of an option for books of a queue that names a file; "" if none does."""
    files = {
        "--voice": voice_file(arguments.voice),
        "--custom-model": arguments.custom_model.strip(),
        "--cover": arguments.cover,
        "--lexicon": arguments.lexicon,
        "--cast": arguments.cast,
    }
    return next((name for name, value in files.items() if value), "")
