"""Writes records of the standard `logging` to standard error: warnings always, and with --verbose all steps."""

import logging
import sys

from swarm.watch.colour import Colour, lead_painted
from swarm.watch.priority import Priority, marked
from swarm.watch.terminal import folded
from swarm.watch.text import plain_lines

NAME = "e2a-swarm:"
ROOT = "swarm"  # the logger above those of all modules; other packages' records stay as they are
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
            line = f"{NAME} {record.getMessage()}"
        else:
            moment = f"{self.formatTime(record, '%H:%M:%S')}.{record.msecs:03.0f}"
            line = f"{moment} {record.name.removeprefix('swarm.')}: {record.getMessage()}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def set_up_logging(*, verbose: bool) -> None:
    """Send the records of this program, and no others, to standard error; a second call replaces the first."""
    end_logging()
    handler, logger = ConsoleHandler(), logging.getLogger(ROOT)
    handler.setFormatter(ConsoleFormatter())
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG if verbose else logging.WARNING)
    _quiet_libraries(handler if verbose else logging.NullHandler())


def end_logging() -> None:
    """Undo `set_up_logging`: records go nowhere until it is called again."""
    for name in (ROOT, *LIBRARIES):
        logger = logging.getLogger(name)
        for each in [each for each in logger.handlers if isinstance(each, ConsoleHandler | logging.NullHandler)]:
            logger.removeHandler(each)
    logging.getLogger(ROOT).setLevel(logging.NOTSET)


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
    return lead_painted(text, NAME, colour, sys.stderr)


def priority_of(level: int) -> Priority:
    """Return what the journal calls a level of `logging`."""
    return next(priority for least, priority in PRIORITIES if level >= least)
