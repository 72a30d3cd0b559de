"""The checks of option values, which refuse with a sentence."""

import math
import re
from collections.abc import Sequence

from swarm.errors import UsageError

_DURATION = re.compile(r"(?=\d)(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)
_LONGEST_S = 366 * 24 * 3600


def whole(option: str, text: str, low: int, high: int) -> int:
    """Parse a whole number between two bounds. Raises a UsageError that names the option."""
    if text.isascii() and text.isdigit() and len(text) < 20 and low <= int(text) <= high:
        return int(text)
    raise UsageError(f"{option} takes a whole number from {low} to {high}, not {text!r}.")


def duration(option: str, text: str) -> float:
    """Parse a length of time such as 55m, 1h30m or 2d; return seconds. Raises a UsageError that names the option."""
    match = _DURATION.fullmatch(text.strip().lower())
    days, hours, minutes, rest = (int(part or 0) for part in match.groups()) if match else (0, 0, 0, 0)
    seconds = 86_400 * days + 3600 * hours + 60 * minutes + rest
    if not 1 <= seconds <= _LONGEST_S:
        raise UsageError(f"{option} takes a length of time such as 55m, 1h30m, 90s or 2d, not {text!r}.")
    return float(seconds)


def one_of(option: str, text: str, allowed: Sequence[str]) -> str:
    """Return the text if it is one of some words. Raises a UsageError that names the option."""
    if text in allowed:
        return text
    raise UsageError(f"{option} takes {' or '.join(allowed)}, not {text!r}.")


def word(option: str, text: str) -> str:
    """Return a short word without a space, or "". Raises a UsageError that names the option."""
    if re.fullmatch(r"[\w.-]{0,40}", text):
        return text
    raise UsageError(f"{option} takes a word of letters, digits, dots and hyphens, 40 at most, not {text!r}.")


def number(text: str) -> float:
    """Return a number, or NaN if the text is not a number."""
    try:
        return float(text)
    except ValueError:
        return math.nan
