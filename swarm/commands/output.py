"""Functions that print: lines for people, or one JSON value for programs."""

import sys

from swarm.watch.text import plain_line, plain_lines


def say(*lines: str) -> None:
    """Write lines to standard output."""
    for line in lines:
        sys.stdout.write(plain_lines(line) + "\n")


def say_indented(line: str, indent: int) -> None:
    """Write a line to standard output; on a terminal, break it between words and indent the further lines."""
    if not sys.stdout.isatty():
        say(line)
        return
    from shutil import get_terminal_size
    from textwrap import wrap

    room = max(2 * indent, get_terminal_size().columns)
    say(*wrap(plain_line(line), room, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False))


def warn(line: str, *, error: bool = False) -> None:
    """Write a line to standard error; on a terminal, break it between words.

    systemd's journal shows it as a warning, or with `error` as an error, for the line that ends a command.
    """
    from swarm.watch.priority import Priority, marked
    from swarm.watch.terminal import folded

    priority = Priority.ERROR if error else Priority.WARNING
    sys.stderr.write(marked(folded(plain_lines(line), sys.stderr), priority, sys.stderr) + "\n")


def say_json(value: object) -> None:
    """Write one JSON value to standard output, indented. It may contain msgspec structs and dataclasses."""
    import msgspec

    say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
