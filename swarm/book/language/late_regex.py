"""Stands in for the library `regex`: a pattern is compiled when it is first used, so that a start compiles few."""

from typing import Any, cast

import regex
from regex import (
    DOTALL,
    IGNORECASE,
    MULTILINE,
    V0,
    V1,
    I,
    M,
    Match,
    Pattern,
    S,
    error,
    escape,
    findall,
    finditer,
    fullmatch,
    match,
    search,
    split,
    sub,
)

__all__ = [
    "DOTALL", "IGNORECASE", "MULTILINE", "V0", "V1", "I", "LatePattern", "M", "Match", "Pattern", "S", "compile",
    "error", "escape", "findall", "finditer", "fullmatch", "match", "search", "split", "sub",
]  # fmt: skip


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


def compile(text: str, flags: int = 0) -> "Pattern[str]":  # noqa: A001 - as the library calls it
    """Return a pattern that is compiled when it is first used. A fault in it is raised only then."""
    return cast("Pattern[str]", LatePattern(text, flags))
