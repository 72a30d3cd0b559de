"""Every error a user can meet, in one tree; its class decides the exit code.

SwarmError                 1  finished with gaps, or anything unforeseen that we can name
├── UsageError             2  a word on the command line that cannot be meant
├── BookError              3  the file is not a book we can read
│   └── PageError          3  one page of it is not; the others may be
└── EnvironmentFault       4  disk, port, key, folder, device: the machine, not the book
    ├── ReaderMissing      4  what reads this kind of book is not installed
    └── StoreError         4  the state folder cannot be written or trusted

A message says what happened, to which file or machine, and what to do next.
"""

EXIT_DONE = 0
EXIT_GAPS = 1
EXIT_USAGE = 2
EXIT_BOOK = 3
EXIT_ENVIRONMENT = 4
EXIT_INTERRUPTED = 130


class SwarmError(Exception):
    """Something a user should read as one sentence, never as a traceback."""

    exit_code = EXIT_GAPS


class UsageError(SwarmError):
    """A word on the command line that cannot be meant."""

    exit_code = EXIT_USAGE


class BookError(SwarmError):
    """The file is not a book that can be read: not an EPUB, encrypted, empty, or over a bound."""

    exit_code = EXIT_BOOK


class PageError(BookError):
    """One document of a book is missing, damaged or over a bound; the others may be whole."""


class EnvironmentFault(SwarmError):
    """The machine stands in the way: a port, a key, a device, a missing program."""

    exit_code = EXIT_ENVIRONMENT


class ReaderMissing(EnvironmentFault):
    """What reads this kind of book is not installed."""


class StoreError(EnvironmentFault):
    """The state folder is full, read-only, locked, damaged or of a newer version."""
