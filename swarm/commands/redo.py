"""`e2a-swarm redo`: speak some sentences of a book again, and rewrite its audiobook."""

import argparse
import re
from dataclasses import replace

from swarm.commands import checks, convert, options
from swarm.commands.parser import shorten
from swarm.config import RedoConfig
from swarm.errors import UsageError

SEGMENTS = re.compile(r"(\d{1,6})[:/](\d{1,6})(?:-(\d{1,6}))?")
EXAMPLES = checks.examples(
    "e2a-swarm redo book.epub --doubtful",
    "e2a-swarm redo book.epub --segments 3:12,3:20-22",
    "e2a-swarm redo book.epub --chapter 3 --voice heart",
)


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the parser of `redo`."""
    parser = commands.add_parser(
        "redo",
        help="speak some sentences of a book again, on this machine",
        description="Speak some sentences of a book again, differently if the engine can, and rewrite its audiobook. "
        "Give the other options that the book was converted with.",
        epilog=EXAMPLES,
    )
    group = parser.add_argument_group("what to speak again")
    group.add_argument(
        "--segments", metavar="3:12,3:20-22", default="", help="chapter and sentence, as reports count; or 3/12"
    )
    group.add_argument("--chapter", metavar="N", action="append", default=[], help="a whole chapter; may be repeated")
    group.add_argument("--doubtful", action="store_true", help="all sentences that the report calls doubtful")
    convert.add_options(parser)
    shorten(parser, "[OPTION...] BOOK", ("--segments", "--chapter", "--doubtful", *convert.COMMON), convert.REST)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Speak the chosen sentences again; return the exit code. Raises UsageError."""
    return convert.run_with(arguments, replace(options.render_config(arguments), redo=redo_config(arguments)))


def redo_config(arguments: argparse.Namespace) -> RedoConfig:
    """Return the sentences that the user chose. Raises UsageError."""
    config = RedoConfig(
        segments=tuple(_segments(part) for part in arguments.segments.replace(" ", "").split(",") if part),
        chapters=tuple(checks.whole("--chapter", number, 1, 999_999) for number in arguments.chapter),
        doubtful=arguments.doubtful,
    )
    if config == RedoConfig():
        raise UsageError("Choose what to speak again: --segments 3:12, --chapter 3 or --doubtful.")
    return config


def _segments(text: str) -> tuple[int, int, int]:
    found = SEGMENTS.fullmatch(text)
    if not found:
        raise UsageError(f"--segments takes chapter:sentence such as 3:12 or 3:12-15, not {text!r}.")
    return int(found[1]), int(found[2]), int(found[3] or found[2])
