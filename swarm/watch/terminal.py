"""Lines for a terminal: broken between words, coloured, marked with a priority for systemd's journal, and no more
of them than a peer may have shown. Lines for other streams stay as they are.

Records of the standard `logging` are written to standard error: warnings always, and with --verbose all steps. The
priorities are in the form that the journal reads, `<4>` before the line, only where the journal itself reads the
stream."""

import logging
import os
import re
import sys
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TextIO

from swarm.system.text import plain_lines

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


class Colour(StrEnum):
    """What a colour means; the value is its name, as `rich` has it."""

    ACCENT = "cyan"  # marks success: bars, passed checks, the finished file
    WARNING = "yellow"  # the run continues, but a person should know
    ERROR = "red"  # the command ends, or a check failed


_CODES = {Colour.ACCENT: 36, Colour.WARNING: 33, Colour.ERROR: 31}  # ECMA-48 has these numbers


def painted(text: str, colour: Colour, stream: TextIO) -> str:
    """Return a text in a colour where the stream is a terminal that shows colours, else as it is."""
    return f"\x1b[{_CODES[colour]}m{text}\x1b[0m" if text and shows_colours(stream) else text


def lead_painted(text: str, lead: str, colour: Colour, stream: TextIO) -> str:
    """Return a text whose first word has a colour, so that the sentence stays readable on any background."""
    return painted(lead, colour, stream) + text.removeprefix(lead) if text.startswith(lead) else text


def shows_colours(stream: TextIO) -> bool:
    """Tell whether a stream is a terminal with colours; NO_COLOR turns them off (https://no-color.org)."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM", "").lower() in ("dumb", "unknown"):
        return False
    # The old console of Windows prints the codes instead of obeying them; Windows Terminal sets this variable.
    return stream.isatty() and (os.name != "nt" or "WT_SESSION" in os.environ)


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


PROGRAM = "e2a-swarm:"
ROOT_LOGGER = "swarm"  # the logger above those of all modules; other packages' records stay as they are
LIBRARIES = ("", "asyncio")  # loggers above those of other packages
PRIORITIES = (
    (logging.ERROR, Priority.ERROR),
    (logging.WARNING, Priority.WARNING),
    (logging.INFO, Priority.INFO),
    (logging.NOTSET, Priority.DEBUG),
)


class ConsoleHandler(logging.Handler):
    """Writes records to whatever standard error is at the moment: a live display may have taken its place."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record; a closed terminal is no reason to stop."""
        try:
            text = coloured(folded(plain_lines(self.format(record)), sys.stderr), record.levelno)
            sys.stderr.write(marked(text, priority_of(record.levelno), sys.stderr) + "\n")
            sys.stderr.flush()
        except (OSError, ValueError):
            return


class ConsoleFormatter(logging.Formatter):
    """Warnings look like the errors of every command; steps carry their time and the module that tells them."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and the traceback where there is one."""
        if record.levelno >= logging.WARNING:
            line = f"{PROGRAM} {record.getMessage()}"
        else:
            moment = f"{self.formatTime(record, '%H:%M:%S')}.{record.msecs:03.0f}"
            line = f"{moment} {record.name.removeprefix('swarm.')}: {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up_logging(*, verbose: bool) -> None:
    """Send the records of this program, and no others, to standard error; a second call replaces the first."""
    end_logging()
    handler, logger = ConsoleHandler(), logging.getLogger(ROOT_LOGGER)
    handler.setFormatter(ConsoleFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    _quiet_libraries(handler if verbose else logging.NullHandler())


def end_logging() -> None:
    """Undo `set_up_logging`: records go nowhere until it is called again."""
    for name in (ROOT_LOGGER, *LIBRARIES):
        logger = logging.getLogger(name)
        for each in [each for each in logger.handlers if isinstance(each, ConsoleHandler | logging.NullHandler)]:
            logger.removeHandler(each)
    logging.getLogger(ROOT_LOGGER).setLevel(logging.NOTSET)


def _quiet_libraries(handler: logging.Handler) -> None:
    """Keep records of other packages off the terminal, where `logging` would print them as a last resort.

    What strangers send can be in them. `handler` gets those of asyncio, which tell of faults in this program.
    """
    for name, own in zip(LIBRARIES, (logging.NullHandler(), handler), strict=True):
        logging.getLogger(name).addHandler(own)


def coloured(text: str, level: int) -> str:
    """Return the text of a warning or error with the program's name in its colour."""
    if level < logging.WARNING:
        return text
    colour = Colour.ERROR if level >= logging.ERROR else Colour.WARNING
    return lead_painted(text, PROGRAM, colour, sys.stderr)


def priority_of(level: int) -> Priority:
    """Return what the journal calls a level of `logging`."""
    return next(priority for least, priority in PRIORITIES if level >= least)


@dataclass
class LineRateLimiter:
    """At most `most` lines at once, and one more each `line_s` seconds; `too_many` is said once in place of others."""

    most: int
    line_s: float
    too_many: str
    left: float = field(init=False)
    counted_s: float = 0.0
    is_told: bool = False

    def __post_init__(self) -> None:
        self.left = self.most

    def allow(self, line: str, now: float) -> str:
        """Return the line if it may be shown; else say once that too many come, then return ""."""
        self.left = min(self.most, self.left + (now - self.counted_s) / self.line_s)
        self.counted_s = now
        if self.left >= 1:
            self.left, self.is_told = self.left - 1, False
            return line
        was_told, self.is_told = self.is_told, True
        return "" if was_told else self.too_many
