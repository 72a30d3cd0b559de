"""Functions that print: lines for people, or one JSON value for programs."""

import sys

from swarm.system.text import plain_lines

NAME = "e2a-swarm:"  # begins every error
BAR = 20  # signs of a bar


def say(*lines: str, hang: int = 0) -> None:
    """Write lines to standard output; on a terminal, break them between words and indent the rest by `hang`."""
    from swarm.watch.terminal import folded

    for line in lines:
        sys.stdout.write(folded(plain_lines(line), sys.stdout, hang) + "\n")


def say_verdict(verdict: str, line: str, hang: int) -> None:
    """Write the result of a check, whose verdict has a colour: "ok", "-", "warn" or "fail"."""
    from swarm.watch.terminal import Colour, folded, lead_painted

    colour = {"ok": Colour.ACCENT, "-": Colour.ACCENT, "warn": Colour.WARNING}.get(verdict, Colour.ERROR)
    text = folded(plain_lines(f"{verdict:<{hang}}{line}"), sys.stdout, hang)
    sys.stdout.write(lead_painted(text, verdict, colour, sys.stdout) + "\n")


def warn(line: str, *, error: bool = False) -> None:
    """Write a line to standard error; on a terminal, break it between words.

    systemd's journal shows it as a warning, or with `error` as an error, for the line that ends a command.
    """
    from swarm.watch.terminal import Colour, Priority, folded, lead_painted, marked

    priority, colour = (Priority.ERROR, Colour.ERROR) if error else (Priority.WARNING, Colour.WARNING)
    text = lead_painted(folded(plain_lines(line), sys.stderr), NAME, colour, sys.stderr)
    sys.stderr.write(marked(text, priority, sys.stderr) + "\n")


def say_json(value: object) -> None:
    """Write one JSON value to standard output, indented. It may contain msgspec structs and dataclasses."""
    import msgspec

    sys.stdout.write(plain_lines(msgspec.json.format(msgspec.json.encode(value), indent=2).decode()) + "\n")


def tell_line(words: str) -> None:
    """Write what happens as a line of JSON, at once, for the program that follows it."""
    import msgspec

    sys.stdout.write(msgspec.json.encode({"told": plain_lines(words)}).decode() + "\n")
    sys.stdout.flush()


def show_progress(words: str) -> None:
    """Show the progress of a download in one line of a terminal, with a bar; "" removes the line."""
    if sys.stderr.isatty():
        percent = words.removesuffix(" %").rpartition(", ")[2]
        done = int(percent) * BAR // 100 if percent.isdecimal() and words.endswith(" %") else None
        bar = "" if done is None else f"[{'#' * done}{'-' * (BAR - done)}] "
        sys.stderr.write(f"\r\x1b[K{bar}{words}")
        sys.stderr.flush()
