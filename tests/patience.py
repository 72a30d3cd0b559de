"""Waits that last as long as something moves: on a busy machine all takes longer, but only what hangs stands still."""

import asyncio
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil

STILL_S = 90.0  # without any movement, before a wait is given up
HANGS_S = 300.0  # a wait of this process for itself
LOOK_S = 1.0  # between looks at what moves
TELL_S = 3.0  # between lines about what does not
MIN_PAUSE_S, MAX_PAUSE_S = 0.01, 0.1  # between looks at a condition: a look may cost as much as what it waits for
RUNS = {psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP}


class Patience:
    """Counts how long nothing moved: nobody below this process ran, and no watched file grew or changed."""

    def __init__(self, still_s: float, watched: Callable[[], Iterable[Path]]) -> None:
        self._still_s, self._watched = still_s, watched
        self._seen: object = None
        self._looked_s = time.monotonic()
        self._spent_s = self._told_s = 0.0

    @property
    def is_spent(self) -> bool:
        """Whether nothing has moved for too long. Looks again if the last look is long ago."""
        passed_s = time.monotonic() - self._looked_s
        if passed_s >= LOOK_S:
            moved = anyone_runs() or self._has_changed()  # the cheap look comes first: there may be thousands of files
            self._looked_s = time.monotonic()
            self._spent_s = 0.0 if moved else self._spent_s + min(passed_s, 2 * LOOK_S)  # this process may stand, too
            self._tell()
        return self._spent_s > self._still_s

    def _tell(self) -> None:
        """Print the states of all processes from time to time while nothing moves: a failure shows what was printed."""
        self._told_s = min(self._told_s, self._spent_s)
        if self._spent_s - self._told_s >= TELL_S:
            self._told_s = self._spent_s
            print(f"nothing moved for {self._spent_s:.0f} s: {', '.join(states())}", file=sys.stderr)

    def _has_changed(self) -> bool:
        before, self._seen = self._seen, trace_of(self._watched())
        return self._seen != before


def wait_for(
    condition: Callable[[], Any],
    what: str = "",
    still_s: float = STILL_S,
    watched: Callable[[], Iterable[Path]] = lambda: (),
) -> Any:
    """Wait until a condition holds, and return its result; fail after `still_s` in which nothing moved."""
    patience = Patience(still_s, watched)
    pause_s = MIN_PAUSE_S
    while not (result := condition()):
        if patience.is_spent:
            raise AssertionError(f"waited in vain for {what or condition}: nothing moved for {still_s:g} s")
        time.sleep(pause_s)
        pause_s = min(1.2 * pause_s, MAX_PAUSE_S)
    return result


async def until(condition: Callable[[], object]) -> None:
    """Wait in the event loop until a condition holds; the limit ends a test that hangs on the busiest machine."""
    async with asyncio.timeout(HANGS_S):
        while not condition():
            await asyncio.sleep(0.005)


@contextmanager
def noted_calls() -> Iterator[list[str]]:
    """Note each call and return of a function in this thread: they tell of work, and are the same on each machine."""
    calls = list[str]()
    sys.setprofile(lambda frame, event, argument: calls.append(event))
    try:
        yield calls
    finally:
        sys.setprofile(None)


def anyone_runs() -> bool:
    """Tell whether a process below this one computes, waits for a core or writes to a disk."""
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() in RUNS:
                return True
        except psutil.Error:
            pass
    return False


def states() -> Iterator[str]:
    """Yield number, name and state of each process below this one."""
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            yield f"{process.pid} {process.name()} {process.status()}"


def trace_of(places: Iterable[Path]) -> tuple[tuple[str, int, int], ...]:
    """Return name, size and time of change of all files in folders, or of the files themselves."""
    files = [file for place in places for file in (_below(place) if place.is_dir() else [place])]
    found = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue
        found.append((str(file), stat.st_size, stat.st_mtime_ns))
    return tuple(found)


def _below(folder: Path) -> Iterator[Path]:
    """Yield what is in a folder, which may change meanwhile: what is removed is left out."""
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))
