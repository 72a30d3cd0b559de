"""Options as words of a command line, to be parsed again in another process or on another day."""

import argparse
from pathlib import Path


def words_of(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> tuple[str, ...]:
    """Return the options of a parser that differ from their defaults."""
    words: list[str] = []
    for action in parser._actions:
        value, name = getattr(arguments, action.dest, action.default), action.option_strings[0]
        if value == action.default:
            continue
        if value is True:
            words.append(name)
            continue
        paths = name in ("--cover", "--lexicon")  # a later command may run in another folder
        values = [str(Path(value).expanduser().absolute())] if paths else [value] if isinstance(value, str) else value
        words += (f"{name}={each}" for each in values)
    return tuple(words)
