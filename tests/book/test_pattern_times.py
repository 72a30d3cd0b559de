"""Every pattern that reads a book takes time in proportion to a text, whatever the text repeats."""

import importlib
import pkgutil
import re
import time
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import regex

import swarm.book
from swarm.book.language.known import every_language
from swarm.book.language.pattern import LatePattern
from swarm.book.language.rules import Rules

RUNS = (" ", "\n", "\u00a0", "1", "I", "a", "A", "-", "*", ".", "'", "“", "(", "[", "<", "/", "\\", "_", "⟦")
RUNS += (
    "a ",
    "1 ",
    "A. ",
    "- ",
    ". ",
    "1,",
    "a-",
    "a.",
    "a'",
    "<!-- ",
    "/* ",
    "&",
    "é",
    "第",
    "https://a.b",
    "a@",
    "…",
)
END = "\x00"  # fits nothing, so that what was matched is given up again
LENGTH = 250
TIMES = 16
MAX_GROWTH = 64.0  # linear time grows by 16, quadratic time by 256
NOTICED_S = 0.004
BOUNDED = {"swarm.book.page.document._LETTERED_ORNAMENT"}  # is only tried on MAX_ORNAMENT_CHARS
PARTS = 4  # processes take one each
METHODS = {"fullmatch": "fullmatch", "match": "match", "search": "search"}

Pattern = Any  # `re` or `regex` makes it, or it is compiled later


def patterns() -> Iterator[tuple[str, Pattern]]:
    """Yield the patterns of all modules and of the files of languages under names that tell where they are."""
    for found in pkgutil.walk_packages(swarm.book.__path__, "swarm.book."):
        for name, value in vars(importlib.import_module(found.name)).items():
            yield from _inside(f"{found.name}.{name}", value, 0)
    for language in every_language():
        yield from _inside(language.code, language, 0)


def _inside(name: str, value: object, depth: int) -> Iterator[tuple[str, Pattern]]:
    if isinstance(value, re.Pattern | regex.Pattern | LatePattern):
        yield name, value
    elif isinstance(value, Rules):
        yield from _inside(name, value.steps, depth - 1)
    elif depth < 4 and isinstance(value, list | tuple):
        for number, part in enumerate(value):
            yield from _inside(f"{name}[{number}]", part, depth + 1)
    elif depth < 4 and isinstance(value, dict):
        for key, part in value.items():
            yield from _inside(f"{name}[{key!s:.20}]", part, depth + 1)
            yield from _inside(f"{name}[{key!s:.20}]", key, depth + 1)
    elif depth < 4 and type(value).__module__.startswith("swarm.") and not isinstance(value, type):
        for field in getattr(value, "__struct_fields__", None) or vars(type(value)).get("__dataclass_fields__", ()):
            yield from _inside(f"{name}.{field}", getattr(value, field), depth + 1)


def source(pattern: Pattern) -> tuple[object, int]:
    """Return what a pattern is made from. One that is compiled later stays so: each process asks for all of them."""
    if isinstance(pattern, LatePattern):
        return pattern._text, pattern._flags
    return pattern.pattern, pattern.flags


ALL = {source(each): (name, each) for name, each in patterns()}


@cache
def sources() -> list[tuple[dict[str, Any], str]]:
    """Return the names of each module that reads books, and its text."""
    found = pkgutil.walk_packages(swarm.book.__path__, "swarm.book.")
    modules = [importlib.import_module(each.name) for each in found]
    return [(vars(each), Path(each.__file__).read_text(encoding="utf-8")) for each in modules if each.__file__]


def methods(name: str, pattern: Pattern) -> set[str]:
    """Return how a pattern is used: finding all stands for whatever is not known."""
    variable, used = name.rpartition(".")[2], list[str]()
    for names, source in sources():
        if names.get(variable) is pattern:
            used += re.findall(rf"\b{variable}\.(\w+)\(", source)
    return {METHODS.get(method, "finditer") for method in used} or {"finditer"}


def taken_s(pattern: Pattern, method: str, run: str, length: int) -> float:
    """Return the time that a method takes for a text of about `length` characters."""
    text = run * (length // len(run)) + END
    given = text.encode() if isinstance(pattern.pattern, bytes) else text
    use = getattr(pattern, method)  # compiles one that is compiled later
    began = time.process_time()
    found = use(given)
    if method == "finditer":
        deque(found, maxlen=0)
    return time.process_time() - began


def grows(pattern: Pattern, method: str, run: str) -> bool:
    """Return whether the time grows faster than the text; what seems to is measured again, since it may be a pause."""
    for length in (LENGTH, 8 * LENGTH):
        longer_s = taken_s(pattern, method, run, TIMES * length)
        if longer_s > NOTICED_S:
            if longer_s <= MAX_GROWTH * taken_s(pattern, method, run, length):
                return False
            again_s = min(taken_s(pattern, method, run, TIMES * length) for _ in range(3))
            if again_s > NOTICED_S:
                return again_s > MAX_GROWTH * max(taken_s(pattern, method, run, length) for _ in range(3))
    return False


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_no_pattern_takes_time_that_grows_with_the_square(part: int) -> None:
    tried = [each for each in ALL.values() if each[0] not in BOUNDED][part::PARTS]
    ways = [(name, pattern, method) for name, pattern in tried for method in methods(name, pattern)]
    assert [(name, method, run) for name, pattern, method in ways for run in RUNS if grows(pattern, method, run)] == []
