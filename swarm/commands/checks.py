"""Checks of option values, and options that are refused with a sentence."""

import argparse
import math
import re
from collections.abc import Sequence

from swarm.errors import UsageError

_DURATION = re.compile(r"(?=\d)(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?", re.ASCII)
_LONGEST_S = 366 * 24 * 3600


class Refuse(argparse.Action):
    """An option of ebook2audiobook that is not supported here; its sentence tells what to do instead."""

    def __call__(self, _parser: object, _namespace: object, _values: object, option: str | None = None) -> None:
        """Raise UsageError with the sentence given as `const`."""
        raise UsageError(f"{option} is not supported: {self.const}")


class OneCoordinator(argparse.Action):
    """An option for one coordinator, which refuses a second one instead of silently replacing the first."""

    def __call__(
        self, _parser: object, namespace: argparse.Namespace, value: object, option: str | None = None
    ) -> None:
        """Keep the address. Raises UsageError if another one was given before."""
        if namespace.coordinator and namespace.coordinator != value:
            raise UsageError(
                f"{option} names one coordinator; without it, all coordinators of this machine's swarm are found."
            )
        namespace.coordinator = value


class AnnouncedAddress(argparse.Action):
    """An option for the address that a coordinator announces."""

    def __call__(
        self, _parser: object, namespace: argparse.Namespace, value: object, option: str | None = None
    ) -> None:
        """Keep the address as "host:port". Raises UsageError."""
        from swarm.net.addresses import parse_address  # imported here, since --help must be quick

        namespace.announce = parse_address(str(value))


def refuse(parser: argparse.ArgumentParser, name: str, instead: str) -> None:
    """Add an option that is always refused with a sentence, with or without a value."""
    sentence = instead.format(name=name.replace("-", "_"))
    parser.add_argument(f"--{name}", action=Refuse, nargs="?", const=sentence, dest="refused", help=argparse.SUPPRESS)


def examples(*lines: str) -> str:
    """Return the epilog of a command: its examples, each on a line."""
    return "\n".join(("examples:", *(f"  {line}" for line in lines)))


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
