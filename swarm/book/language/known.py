"""Finds the languages that have a file in the folder `languages/`."""

from functools import cache, lru_cache
from pkgutil import iter_modules, resolve_name

from swarm.book.language import languages
from swarm.book.language.language import Language
from swarm.errors import EnvironmentFault


def find_language(code: str) -> Language:
    """Return the language of a primary subtag; one without words or rules if it has no file."""
    return _load(code) if code in _codes() else _unknown(code)


@cache
def _load(code: str) -> Language:
    """Return the language of a file. Raises EnvironmentFault if the file is faulty."""
    try:
        found = resolve_name(f"{languages.__name__}.{code}:LANGUAGE")
    except Exception as fault:  # the file is a program, and may raise anything
        raise _faulty(code, f"{type(fault).__name__}: {fault}") from fault
    if not isinstance(found, Language):
        raise _faulty(code, "LANGUAGE is no Language")
    return found


def _faulty(code: str, why: str) -> EnvironmentFault:
    files = ", ".join(f"{folder}/{code}.py" for folder in languages.__path__)
    return EnvironmentFault(f"The language file {files} is faulty ({why}); docs/languages.md says what it needs.")


@lru_cache(64)  # bounded, since a hostile book may name thousands
def _unknown(code: str) -> Language:
    return Language(code=code)


@cache
def every_language() -> tuple[Language, ...]:
    """Return all languages that have a file, sorted by code."""
    return tuple(map(find_language, _codes()))


@cache
def _codes() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in iter_modules(languages.__path__)))
