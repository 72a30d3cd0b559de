"""Patterns that are compiled when they are first used, so that a start compiles few of the many hundreds; and the
pattern and the values of Roman numerals.
"""

from typing import Any, cast

import regex


class LatePattern:
    """A pattern that looks like a compiled one. Each of its methods is kept once it was asked for."""

    def __init__(self, text: str, flags: int = 0) -> None:
        self._text, self._flags = text, flags
        self._compiled: Any = None

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        if self._compiled is None:
            self._compiled = regex.compile(self._text, self._flags)
        value = getattr(self._compiled, name)
        setattr(self, name, value)
        return value


def compile_later(text: str, flags: int = 0) -> "regex.Pattern[str]":
    """Return a pattern that is compiled when it is first used. A fault in it is raised only then."""
    return cast("regex.Pattern[str]", LatePattern(text, flags))


NUMERAL = r"(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?<=[MDCLXVI])"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}


def value(numeral: str) -> int:
    """Return the value of a Roman numeral in upper or lower case."""
    worth = [_VALUES[letter] for letter in numeral.upper()]
    following = [*worth[1:], 0]
    return sum(-one if one < after else one for one, after in zip(worth, following, strict=True))
