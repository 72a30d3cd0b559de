"""Reads a log with its rotated files, oldest first. Lines that are not entries of a log are skipped."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import suppress
from operator import attrgetter
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Raw, Struct

from swarm.errors import UsageError

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
