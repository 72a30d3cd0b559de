"""Lines for a terminal: broken between words. Lines for other streams stay as they are."""

import os
import re
from typing import TextIO

MIN_COLUMNS = 20
# A path may hold spaces, and a command is typed as it stands: both are copied from the screen in one piece.
_TO_COPY = re.compile(r"(?:^|[\s\"'(])(?:~?/|\.\.?/|[A-Za-z]:\\|\\\\)\S|^\s+e2a-swarm ")


def folded(line: str, stream: TextIO, hang: int = 0) -> str:
    """Return a line broken for a stream; one with a path or a command stays in one piece, to be copied.

    What follows a break is indented like the line, and by `hang` more.
    """
    if not stream.isatty() or _TO_COPY.search(line):
        return line
    columns = max(MIN_COLUMNS, terminal_columns(stream))
    return "\n".join(part for whole in line.split("\n") for part in _parts(whole, columns, hang))


def cells(text: str) -> int:
    """Return the columns that a text takes on a terminal: Han and emoji take two each."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # imported late: rich starts slowly

    return cell_len(text)


def _parts(line: str, columns: int, hang: int) -> list[str]:
    if cells(line) <= columns:
        return [line]
    indent = len(line) - len(line.lstrip(" "))
    parts: list[str] = []
    for word in line.split(" ")[indent:]:
        if parts and cells(f"{parts[-1]} {word}") <= columns:
            parts[-1] += f" {word}"
        else:
            parts.append(" " * (indent + (hang if parts else 0)) + word)
    return parts


def terminal_columns(stream: TextIO) -> int:
    """Return the width of a terminal in columns."""
    told = os.environ.get("COLUMNS", "")
    if told.isascii() and told.isdigit() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (OSError, ValueError):  # the stream is no real terminal
        return 80
