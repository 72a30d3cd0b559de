"""What a command prints when it is done: lines for people, or one JSON value for programs."""

import sys


def say(*lines: str) -> None:
    """Write lines to standard output."""
    for line in lines:
        sys.stdout.write(line + "\n")


def warn(line: str) -> None:
    """Write a line to standard error, beside what a program reads."""
    sys.stderr.write(line + "\n")


def say_json(value: object) -> None:
    """Write one JSON value, indented, on standard output; msgspec structs and dataclasses too."""
    import msgspec

    say(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
