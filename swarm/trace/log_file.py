"""The file of a log: rotated, bounded, and locked by one process. A fault of the file never ends the run."""

import contextlib
import logging
import sys
import time
from contextlib import nullcontext
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from swarm.errors import StoreError, UsageError
from swarm.system.lock import Lock

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

    def write(self, line: bytes) -> None:
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
        self._lock_file.remove()


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
        lock.remove()
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
