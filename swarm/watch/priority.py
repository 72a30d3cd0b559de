"""The priorities of lines, in the form that systemd's journal reads: `<4>` before the line.

Only where the journal itself reads the stream; on a terminal, in a pipe and in a file lines stay as they are.
"""

import os
from enum import IntEnum
from typing import TextIO


class Priority(IntEnum):
    """The levels of sd-daemon(3) that are used here."""

    ERROR = 3
    WARNING = 4
    NOTICE = 5  # a user should read it: a machine joined, a file is written
    INFO = 6  # tells how far a book is
    DEBUG = 7


def marked(text: str, priority: Priority, stream: TextIO) -> str:
    """Return the text with its priority before each line where the journal reads the stream, else as it is."""
    if not is_journal(stream):
        return text
    return "\n".join(f"<{priority:d}>{line}" for line in text.split("\n"))


def is_journal(stream: TextIO) -> bool:
    """Tell whether systemd's journal reads a stream: it names the device and inode of its socket in JOURNAL_STREAM."""
    named = os.environ.get("JOURNAL_STREAM")
    if not named:
        return False
    try:
        about = os.fstat(stream.fileno())
    except (OSError, ValueError):  # the stream is closed, or no file at all
        return False
    return named == f"{about.st_dev}:{about.st_ino}"
