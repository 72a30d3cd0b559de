"""The options that give characters and passages in other languages voices of their own."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from swarm.job.cast import Cast


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
    from swarm.book.speech.casting import read_cast
    from swarm.job.cast import Cast

    dialogue = arguments.dialogue_voice.strip()
    if arguments.cast.strip():
        return read_cast(Path(arguments.cast.strip()).expanduser(), dialogue)
    return Cast(dialogue) if dialogue else None
