"""Patterns that are compiled when they are first used, so that a start compiles few of the many hundreds."""

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
