"""Lines for a terminal: broken between words. Lines for other streams stay as they are."""

import os
from typing import TextIO

MIN_COLUMNS = 20


def folded(line: str, stream: TextIO) -> str:
    """Return a line broken for a stream; one with a path stays in one piece, to be copied."""
    if os.sep in line or not stream.isatty():
        return line
    columns = max(MIN_COLUMNS, _columns(stream))
    return "\n".join(part for whole in line.split("\n") for part in _parts(whole, columns))


def _parts(line: str, columns: int) -> list[str]:
    if len(line) <= columns:
        return [line]
    from textwrap import wrap

    indent = " " * (len(line) - len(line.lstrip(" ")))
    return wrap(line, columns, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def _columns(stream: TextIO) -> int:
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):  # not a real terminal
        return 80
