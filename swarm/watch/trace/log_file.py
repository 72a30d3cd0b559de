"""The file of a log: rotated, bounded, and locked by one process. A fault of the file never ends the run.

It is read with its rotated files, oldest first. Lines that are not entries of a log are skipped."""

import contextlib
import heapq
import logging
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import nullcontext, suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from swarm.errors import StoreError, UsageError
from swarm.system.disk import Lock

MAX_FILES = 5  # FILE, and the older FILE.1 to FILE.4
MAX_FILE_BYTES = 20_000_000
MAX_NUMBER = 99  # more than 99 runs that write to one file at a time are a mistake
BUFFER_BYTES = 64 * 1024
FLUSH_INTERVAL_S = 0.5  # a killed process loses the lines of about this time
BEGINNING = b'{"at":'

logger = logging.getLogger(__name__)


class LogFile(RotatingFileHandler):
    """A log file that this process has locked. After a fault of the disk it warns once and drops all further lines."""

    def __init__(self, path: Path, lock: Lock) -> None:
        self.path = path
        self._lock_file = lock
        self._broken = False
        # The record is reused for every line, since making one would cost more than writing it.
        self._record = logging.makeLogRecord({})
        self._flushed_s = time.monotonic()
        super().__init__(path, maxBytes=MAX_FILE_BYTES, backupCount=MAX_FILES - 1, encoding="utf-8")

    def _open(self) -> TextIOWrapper:
        """Open the file for appending, and end a line that a crash left unfinished."""
        stream = Path(self.baseFilename).open("a", buffering=BUFFER_BYTES, encoding="utf-8")  # noqa: SIM115
        self._size = stream.tell()
        if self._size and not _ends_with_newline(Path(self.baseFilename)):
            self._size += stream.write("\n")
        return stream

    def write_line(self, line: bytes) -> None:
        """Append one line, given without its newline. Never raises."""
        with self.lock or nullcontext():
            self._record.msg, self._record.__dict__["size"] = line.decode(), len(line) + 1
            self.emit(self._record)

    def emit(self, record: logging.LogRecord) -> None:
        """Append the message of a record, unless the file is broken."""
        if not self._broken:
            super().emit(record)
            self._size += record.__dict__["size"]

    def format(self, record: logging.LogRecord) -> str:
        """Return the message of a record, which is a complete line."""
        return str(record.msg)

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802
        """Tell whether the file is full, by counted bytes: the library would ask the disk for each line."""
        size: int = record.__dict__["size"]
        return 0 < self._size > self.maxBytes - size

    def flush(self) -> None:
        """Flush the buffer, if the last flush is longer ago than FLUSH_INTERVAL_S."""
        now = time.monotonic()
        if now - self._flushed_s > FLUSH_INTERVAL_S:
            self._flushed_s = now
            super().flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802
        """Warn that the log cannot be written; the run continues without it."""
        self._broken = True
        fault = sys.exc_info()[1]
        reason = (isinstance(fault, OSError) and fault.strerror) or fault
        logger.warning(f"the log {self.path} cannot be written any more ({reason}); the run continues without it")

    def close(self) -> None:
        """Flush the buffer and release the lock of the file."""
        with contextlib.suppress(OSError, ValueError):
            super().close()
        self._lock_file.remove_lock()


def open_log(path: Path) -> LogFile:
    """Open a log for appending. If another run has it open, open a numbered neighbour such as `name-2.log`.

    Raises UsageError if the file cannot be written, or is not a log.
    """
    path = _resolved(path)
    for number in range(1, MAX_NUMBER + 1):
        candidate = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
        try:
            lock = Lock(candidate.with_name(f".{candidate.name}.lock"))
            if lock.try_acquire():
                return _opened(candidate, lock)
        except (OSError, StoreError) as fault:
            raise _unwritable(candidate, fault) from fault
    raise UsageError(f"{MAX_NUMBER} runs write to {path} and its numbered neighbours; give --log another file.")


def _resolved(path: Path) -> Path:
    """Return the file behind links: it is what rotation renames. Raises UsageError where that is no plain file."""
    try:
        path = path.resolve()
        plain = bool(path.name) and (path.is_file() or not path.exists())
    except (OSError, RuntimeError, ValueError) as fault:  # a circle of links, or a name with a zero byte
        raise _unwritable(path, fault) from fault
    if not plain:
        reason = "Is a directory" if path.is_dir() else "it is no plain file"
        raise _unwritable(path, ValueError(reason))
    if not path.parent.is_dir():  # a folder made for a mistyped path would hide the mistake
        raise _unwritable(path, ValueError(f"there is no folder {path.parent}"))
    return path


def _opened(path: Path, lock: Lock) -> LogFile:
    try:
        rotated = (path.with_name(f"{path.name}.{number}") for number in range(1, MAX_FILES))
        for each in (path, *rotated):
            if each.is_file() and not is_log(each):
                raise UsageError(f"{each} is there already and is no log of e2a-swarm; give --log another file.")
        return LogFile(path, lock)
    except BaseException:
        lock.remove_lock()
        raise


def is_log(path: Path) -> bool:
    """Tell whether a file is empty or begins like a log. Raises OSError."""
    with path.open("rb") as file:
        return file.read(len(BEGINNING)) in (b"", BEGINNING)


def _ends_with_newline(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, 2)
        return file.read(1) == b"\n"


def _unwritable(path: Path, fault: Exception) -> UsageError:
    cause = fault if isinstance(fault, OSError) else fault.__cause__
    reason = getattr(cause, "strerror", None) or cause or fault
    return UsageError(f"The log {path} cannot be written ({reason}); give --log a file in another folder.")


MAX_ROTATED = 99
MAX_LINE_BYTES = 16 * 1024 * 1024  # the longest lines, chapters of a job, take a few MiB

NOTHING = Raw(b"null")


class Entry(Struct):
    """One line of a log: a call of a core. `at` is the writer's time in seconds since the epoch."""

    at: float
    core: str
    call: str
    given: dict[str, Raw] = {}
    result: Raw = NOTHING
    source: str = ""  # the path of the log


_DECODER: "msgspec.json.Decoder[Entry]" = msgspec.json.Decoder(Entry)


def real_path(path: Path) -> Path:
    """Return the file behind links; the path itself where they lead in a circle."""
    with suppress(OSError, RuntimeError, ValueError):
        return path.resolve()
    return path


def log_files(path: Path) -> list[Path]:
    """Return the files of a log, oldest first: FILE.2, FILE.1, FILE. Raises UsageError if there is none."""
    behind = real_path(path)  # rotation renames the file that a link names, not the link
    rotated = [behind.with_name(f"{behind.name}.{number}") for number in range(MAX_ROTATED, 0, -1) if behind.name]
    found = [each for each in (*rotated, behind) if each.is_file()]
    if not found:
        raise UsageError(f"There is no log {path}: name the file that --log was given, or E2A_SWARM_LOG.")
    return found


def numbered_logs(path: Path) -> list[Path]:
    """Return the logs FILE-2, FILE-3 and so on beside a log: of processes that found another one writing to FILE."""
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in range(2, MAX_ROTATED + 1))
    return [each for each in numbered if each.is_file()]


def read_log(path: Path) -> Iterator[Entry]:
    """Yield a log's entries in order. Raises UsageError if it cannot be read, or is not a log."""
    understood = False
    for file in log_files(path):
        try:
            for entry in _entries(file):
                understood, entry.source = True, str(path)
                yield entry
        except OSError as fault:
            raise UsageError(f"The log {file} cannot be read: {fault.strerror or fault}.") from fault
    if not understood:
        raise UsageError(f"{path} is no log of e2a-swarm, or nothing was written to it yet.")


def read_logs(paths: Iterable[Path]) -> Iterator[Entry]:
    """Yield the entries of several machines' logs, merged by time."""
    return heapq.merge(*map(read_log, paths), key=attrgetter("at"))


def _entries(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        for line in _lines(file):
            with suppress(ValueError, RecursionError):  # a crash cut off the line, or a newer version wrote it
                yield _DECODER.decode(line)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines of at most MAX_LINE_BYTES; skip longer ones."""
    while line := file.readline(MAX_LINE_BYTES):
        if line.endswith(b"\n") or len(line) < MAX_LINE_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
