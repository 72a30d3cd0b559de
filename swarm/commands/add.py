"""`e2a-swarm add`: put books into the queue of a coordinator, with the options that may differ from book to book."""

import argparse
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.commands.book_config import books_named, files_given, is_sound_file, render_config, voice_file, words_of
from swarm.commands.option import Choices, Option, Sheet, option_parser
from swarm.commands.option_table import COMMON_SOUND, LANGUAGE, QUEUED, READING, TTS_ENGINE
from swarm.commands.output import say, warn
from swarm.config import RenderConfig, state_folder
from swarm.errors import EXIT_DONE, UsageError
from swarm.net.client import Seat, bring_book, find_queue
from swarm.system.platform import run_loop
from swarm.system.text import bytes_text, clean

if TYPE_CHECKING:
    from swarm.server.page.fields import OptionField

INSPECTED = (READING.without("--credits"), Sheet("book", (LANGUAGE, TTS_ENGINE)))


def queued_words(arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of `QUEUED` that differ from their defaults, as words of a command line.

    Raises UsageError for those that name a file: the coordinator of the queue cannot read it.
    """
    name = "--voice" if voice_file(arguments.voice) else next(iter(files_given(arguments)), "")
    if name:
        raise UsageError(
            f"{name} names a file of this machine, which the coordinator of the queue cannot read: give it to "
            "`e2a-swarm serve`, or use `e2a-swarm coordinate` for this book."
        )
    return words_of(option_parser(QUEUED), arguments)


def queued_config(words: Sequence[str], book: Path, defaults: argparse.Namespace) -> RenderConfig:
    """Return the config of a book: the words that any member of the swarm sent, and defaults for the rest.

    Raises UsageError, also for words that name a file, since that would be a file of this machine.
    """
    asked = option_parser(QUEUED).parse_args(list(words))
    # Nothing is looked for on the disk: by the answer, any member could ask which files are there.
    if name := "--voice" if is_sound_file(asked.voice) else next(iter(files_given(asked)), ""):
        raise UsageError(f"{name} may not name a file of the coordinator's machine.")
    merged = option_parser(QUEUED).parse_args(list(words), argparse.Namespace(**vars(defaults)))
    merged.books, merged.ebook, merged.ebooks_dir = [str(book)], [], ""
    return replace(render_config(merged, is_voice_name=bool(asked.voice.strip())), from_others=True)


def page_fields(defaults: argparse.Namespace) -> "tuple[OptionField, ...]":
    """Return a field for each option of a queued book that has a label. What `serve` was told is their default."""
    fields = [_field(option, sheet.page, defaults) for sheet in QUEUED for option in sheet.options if option.label]
    first = COMMON_SOUND
    return tuple(sorted(fields, key=lambda field: first.index(field.option) if field.is_first else len(first)))


def inspect_words(words: Sequence[str], defaults: argparse.Namespace) -> tuple[str, ...]:
    """Return the words of `inspect` that read a book as the options of a queued book and `serve` say."""
    given = option_parser(QUEUED).parse_args(list(words), argparse.Namespace(**vars(defaults)))
    return words_of(option_parser(INSPECTED), given)


def _field(option: Option, group: str, defaults: argparse.Namespace) -> "OptionField":
    from swarm.server.page.fields import Choice, OptionField

    # A file of the server is nothing to choose again, and its path is nobody's business.
    value = "" if option.name in files_given(defaults) else getattr(defaults, option.name.strip("-").replace("-", "_"))
    default = "" if value in (None, False, []) else "yes" if value is True else value
    return OptionField(
        option=option.name,
        group=group,
        label=option.label,
        help=option.page_help or option.help[0].upper() + option.help[1:],
        kind=option.kind,
        default=default if isinstance(default, str) else "\n".join(map(str, default)),
        choices=tuple(Choice(*choice) for choice in option.choices or _known(option.name)),
        example=option.example,
        is_first=option.name in COMMON_SOUND,
    )


def _known(option: str) -> Choices:
    """Return what engines of this machine can do, as proposals: other machines may have others."""
    from swarm.book.model.language_code import language_name
    from swarm.voice.host.registry import all_engines

    if option == "--tts-engine":
        named = [(engine.card.name, engine.aliases) for engine in all_engines() if engine.card.speech]
        return tuple((name, "") for own, models in named for name in (own, *models))
    if option == "--language":
        codes = {code for engine in all_engines() for code in engine.card.languages if code.isalpha()}
        return tuple(sorted(((code, language_name(code)) for code in codes), key=lambda choice: choice[1]))
    return ()


LARGE_BYTES = 8 * 1024 * 1024  # a book whose way is told in tenths


def run(arguments: argparse.Namespace) -> int:
    """Add the books; return the exit code. Raises UsageError, EnvironmentFault."""
    words = queued_words(arguments)
    books, _ = books_named(arguments)
    seat = Seat(state_folder(arguments.state_dir), arguments.coordinator, arguments.open)
    return run_loop(_bring(seat, books, words))


async def _bring(seat: "Seat", books: tuple[Path, ...], words: tuple[str, ...]) -> int:
    queue = await find_queue(seat, warn)
    assert queue.reply is not None

    code = EXIT_DONE
    for book in books:
        try:
            number = await bring_book(seat, queue, book, words, tell_tenths(warn))
        except UsageError as refusal:  # the other books may do
            warn(f"{clean(book.name)}: {refusal}")
            code = refusal.exit_code
        else:
            say(f"{clean(book.name)} is number {number} of the queue of {queue.reply.name}")
    return code


def tell_tenths(tell: Callable[[str], None]) -> Callable[[int, int], None]:
    """Return a function that takes the bytes that are there and of all, and tells each tenth of a large book."""
    told = 0

    def moved(have: int, size: int) -> None:
        nonlocal told
        tenth = 10 * have // size if size > LARGE_BYTES else 0  # a picture book over a slow link takes a while
        if tenth > told:
            told = tenth
            tell(f"{bytes_text(have)} of {bytes_text(size)}")

    return moved
