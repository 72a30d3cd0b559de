"""All errors that a user can meet, in one tree; the class decides the exit code.

SwarmError                79  the book has gaps, or the fault has no class of its own
├── Outdated              75  e2a-swarm was upgraded while the command ran: start it again
├── UsageError            64  an option or argument has no meaning
│   ├── NoBooks           66  a folder has no book yet
│   ├── EngineUnknown     64  no engine of that name is known here; a worker may have it
│   └── NotThere          64  no book, machine or file of that name is there
├── BookError             65  the file is not a book that we can read
│   └── PageError         65  one page of the book cannot be read; the others may be whole
└── EnvironmentFault      69  the machine is at fault: disk, port, key, folder, device
    ├── ReaderMissing     69  the program that reads this kind of book is not installed
    └── StoreError        69  the state folder cannot be written or trusted

An error says in its fact what happened, to which file or machine, and in its remedy what to do next. `str` makes the
sentence for the user of a command; a queue, which tries again by itself, has words of its own
(`swarm/watch/words.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

# Service managers have words for exit codes: systemd takes 2 to 7 and 200 to 245 for its own and those of init scripts.
# So these are codes of sysexits.h where one of its words fits, which systemd prints beside the number.
EXIT_DONE = 0
EXIT_USAGE = 64  # USAGE
EXIT_BOOK = 65  # DATAERR
EXIT_NO_BOOKS = 66  # NOINPUT
EXIT_ENVIRONMENT = 69  # UNAVAILABLE
EXIT_SOFTWARE = 70  # SOFTWARE: a fault of the program itself
EXIT_OUTDATED = 75  # TEMPFAIL: try again
EXIT_GAPS = 79  # no word fits a book with sentences missing
EXIT_INTERRUPTED = 130  # shells return this code, too


Again = Literal["run", "deliver", "upload", ""]


class WhoRetries(NamedTuple):
    """Who does again what failed, in words, for each thing that may have."""

    run: str
    deliver: str
    upload: str
    joint: str = "; "  # stands between these words and those before


BY_COMMAND = WhoRetries(
    "run the same command again", "the same command delivers it", "the same command uploads it", joint=" and "
)


@dataclass(frozen=True)
class Remedy:
    """What to do about an error: at first this, if anything, and then what failed is done again."""

    first: str = ""  # an order to the user: "free some"
    again: Again = "run"  # "" where nothing is: the user has to want something else
    kept: str = ""  # says what is not lost by it

    def text(self, retry: WhoRetries) -> str:
        """Return it in words."""
        again = {"run": retry.run, "deliver": retry.deliver, "upload": retry.upload, "": ""}[self.again]
        steps = retry.joint.join(filter(None, (self.first, again)))
        return ", ".join(filter(None, (steps, self.kept)))


class SwarmError(Exception):
    """Something a user should read as one sentence, never as a traceback."""

    exit_code = EXIT_GAPS

    def __init__(self, fact: str = "", remedy: Remedy | None = None) -> None:
        super().__init__(fact)
        self.fact = fact
        self.remedy = remedy

    def __str__(self) -> str:
        return self.told(BY_COMMAND)

    def told(self, retry: WhoRetries) -> str:
        """Return the error in words."""
        if self.remedy is None:
            return self.fact
        text = self.remedy.text(retry)
        return f"{self.fact} {text[:1].upper()}{text[1:]}." if self.fact.endswith(".") else f"{self.fact}; {text}."


class TakenOver(SwarmError):
    """Another coordinator has taken the job over: this one must not write an audiobook beside it."""

    exit_code = EXIT_ENVIRONMENT


class Outdated(SwarmError):
    """The program's files were replaced while it ran, so that its processes would not fit each other."""

    exit_code = EXIT_OUTDATED


class UsageError(SwarmError):
    """An option or argument on the command line has no meaning."""

    exit_code = EXIT_USAGE


class NoBooks(UsageError):
    """The folder that was named has no book; for a service that looks into it again that is no failure."""

    exit_code = EXIT_NO_BOOKS


class EngineUnknown(UsageError):
    """No engine of that name is known on this machine; a coordinator may wait for a worker that has it."""


class NotThere(UsageError):
    """There is no book, machine, feed or file of the name or number that was given."""


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


class InUse(StoreError):
    """Another process works on the same job, or has the queue."""


def causes_of(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what led to it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def cause_text(error: Exception) -> str:
    """Return why a server was not reached, in the system's words where it has any."""
    system = next((cause.strerror for cause in causes_of(error) if isinstance(cause, OSError) and cause.strerror), "")
    return system or str(error) or type(error).__name__
