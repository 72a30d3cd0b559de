"""All errors that a user can meet, in one tree; the class decides the exit code.

SwarmError                 1  the book has gaps, or the fault has no class of its own
├── Outdated          75  e2a-swarm was upgraded while the command ran: start it again
├── UsageError             2  an option or argument has no meaning
├── BookError              3  the file is not a book that we can read
│   └── PageError          3  one page of the book cannot be read; the others may be whole
└── EnvironmentFault       4  the machine is at fault: disk, port, key, folder, device
    ├── ReaderMissing      4  the program that reads this kind of book is not installed
    └── StoreError         4  the state folder cannot be written or trusted

A message says what happened, to which file or machine, and what to do next.
"""

EXIT_DONE = 0
EXIT_GAPS = 1
EXIT_USAGE = 2
EXIT_BOOK = 3
EXIT_ENVIRONMENT = 4
EXIT_OUTDATED = 75  # of sysexits.h: try again; systemd's own codes are others
EXIT_INTERRUPTED = 130


class SwarmError(Exception):
    """Something a user should read as one sentence, never as a traceback."""

    exit_code = EXIT_GAPS


class Outdated(SwarmError):
    """The program's files were replaced while it ran, so that its processes would not fit each other."""

    exit_code = EXIT_OUTDATED


class UsageError(SwarmError):
    """An option or argument on the command line has no meaning."""

    exit_code = EXIT_USAGE


class BookError(SwarmError):
    """The file is not a book that can be read: not an EPUB, encrypted, empty, or over a bound."""

    exit_code = EXIT_BOOK


class PageError(BookError):
    """One document of a book is missing, damaged or over a bound; the others may be whole."""


class EnvironmentFault(SwarmError):
    """The machine is at fault: a port, a key, a device, a missing program."""

    exit_code = EXIT_ENVIRONMENT


class ReaderMissing(EnvironmentFault):
    """The program that reads this kind of book is not installed."""


class StoreError(EnvironmentFault):
    """The state folder is full, read-only, locked, damaged or of a newer version."""
