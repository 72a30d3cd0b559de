"""Colours of a terminal, each with one meaning. Other streams, and terminals that want none, get plain text."""

import os
from enum import StrEnum
from typing import TextIO


class Colour(StrEnum):
    """What a colour means; the value is its name, as `rich` has it."""

    ACCENT = "cyan"  # marks success: bars, passed checks, the finished file
    WARNING = "yellow"  # the run continues, but a person should know
    ERROR = "red"  # the command ends, or a check failed


_CODES = {Colour.ACCENT: 36, Colour.WARNING: 33, Colour.ERROR: 31}  # ECMA-48 has these numbers


def painted(text: str, colour: Colour, stream: TextIO) -> str:
    """Return a text in a colour where the stream is a terminal that shows colours, else as it is."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if text and shows_colours(stream) else text


def lead_painted(text: str, lead: str, colour: Colour, stream: TextIO) -> str:
    """Return a text whose first word has a colour, so that the sentence stays readable on any background."""
    return painted(lead, colour, stream) + text.removeprefix(lead) if text.startswith(lead) else text


def shows_colours(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal with colours; NO_COLOR turns them off (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    # The old console of Windows prints the codes instead of obeying them; Windows Terminal sets this variable.
    return stream.isatty() and (os.name != "nt" or "WT_SESSION" in os.environ)
