"""Puts one file together at a time, in a child process."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from swarm.audio.order import MAX_COVER_BYTES, AudiobookOrder, FinishedBook, Mark, from_message, to_message
from swarm.audio.process import Processes, ask
from swarm.audio.retry import Retry
from swarm.system.child import Child, ChildDied

MODULE = "swarm.audio.audiobook_child"
TIMEOUT_S = 900.0  # a slow disk may take minutes to finish a whole book


class Binder:
    """Begins a file, appends its reels in reading order and finishes it.

    If its process dies, another one first gets all reels that were appended before, and then the same work.
    """

    def __init__(self, processes: Processes, retry: Retry) -> None:
        self._processes = processes
        self._retry = retry
        self.child: Child | None = None
        self._book: AudiobookOrder | None = None
        self._reels: list[Path] = []

    @property
    def appended(self) -> int:
        """The number of reels that were appended since the file was begun."""
        return len(self._reels)

    async def begin(self, book: AudiobookOrder) -> None:
        """Start the file, from nothing. Raises EnvironmentFault, ChildRaised."""
        self._notes: tuple[str, ...] = ()
        if book.cover and len(book.cover) > MAX_COVER_BYTES:  # too large for a pipe
            book = msgspec.structs.replace(book, cover=None)
            self._notes = (f"its cover is larger than {MAX_COVER_BYTES >> 20} MiB: one is drawn in its place",)
        self._book, self._reels = book, []
        await self._retry.insist(self._reopen)

    async def append(self, reel: Path) -> None:
        """Append the next reel in reading order; it must stay on disk until the file is finished.

        Raises ReelDamaged. If it names this reel, nothing was appended; if it names an earlier one, begin again.
        Raises EnvironmentFault, ChildRaised.
        """
        await self._insist({"append": str(reel)})
        self._reels.append(reel)

    async def finish(self, marks: Sequence[Mark], target: Path) -> FinishedBook:
        """Finish the file under its name. Raises ReelDamaged (begin again), EnvironmentFault, ChildRaised."""
        message = {"finish": [to_message(mark) for mark in marks], "target": str(target)}
        finished = from_message((await self._insist(message))["book"], FinishedBook)
        return msgspec.structs.replace(finished, notes=(*self._notes, *finished.notes)) if self._notes else finished

    def leave(self) -> None:
        """Give the process back; the file is finished."""
        if self.child:
            self._processes.give_back(self.child)

    async def drop(self) -> None:
        """End the process, which may hold an unfinished file."""
        child, self.child = self.child, None
        if child:
            await self._processes.end(child)

    async def _insist(self, message: dict[str, Any]) -> dict[str, Any]:
        async def attempt() -> dict[str, Any]:
            if self.child is None:  # the process before died
                await self._reopen()
            return await self._ask(message)

        return await self._retry.insist(attempt)

    async def _reopen(self) -> None:
        self.child = self.child or await self._processes.take(MODULE)
        assert self._book is not None
        await self._ask({"begin": to_message(self._book)})
        for reel in self._reels:
            await self._ask({"append": str(reel)})

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self.child is not None
        try:
            return await ask(self.child, message, TIMEOUT_S)
        except ChildDied:
            await self.drop()
            raise
