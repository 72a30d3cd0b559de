"""Reads a log: the files that it was rotated into, oldest first. What is no line of a log is passed over."""

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
MAX_LINE_BYTES = 16 * 1024 * 1024  # of which the longest, a chapter of a job, takes a few

NOTHING = Raw(b"null")


class Entry(Struct):
    """One line of a log: a call of a core. `at` is seconds since the epoch by the writer's clock."""

    at: float
    core: str
    call: str
    given: dict[str, Raw] = {}
    result: Raw = NOTHING
    source: str = ""  # the log's path


_DECODER: "msgspec.json.Decoder[Entry]" = msgspec.json.Decoder(Entry)


def log_files(path: Path) -> list[Path]:
    """Return the files of a log, oldest first: FILE.2, FILE.1, FILE. Raises UsageError where there is none."""
    behind = path
    with suppress(OSError, RuntimeError, ValueError):  # a circle of links is no file, which is said below
        behind = path.resolve()  # rotation renames the file that a link names, not the link
    rotated = [behind.with_name(f"{behind.name}.{number}") for number in range(MAX_ROTATED, 0, -1) if behind.name]
    found = [each for each in (*rotated, behind) if each.is_file()]
    if not found:
        raise UsageError(f"There is no log {path}: name the file that --log was given, or E2A_SWARM_LOG.")
    return found


def read_log(path: Path) -> Iterator[Entry]:
    """Yield a log's entries in their order. Raises UsageError where it cannot be read, or is something else."""
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
    """Yield the entries of several machines' logs as one, by their times."""
    return heapq.merge(*map(read_log, paths), key=attrgetter("at"))


def _entries(path: Path) -> Iterator[Entry]:
    with path.open("rb") as file:
        for line in _lines(file):
            with suppress(ValueError, RecursionError):  # cut off by a crash, or of a form that is not known yet
                yield _DECODER.decode(line)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield lines that are not too long; of one that is, nothing is kept."""
    while line := file.readline(MAX_LINE_BYTES):
        if line.endswith(b"\n") or len(line) < MAX_LINE_BYTES:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE_BYTES)
