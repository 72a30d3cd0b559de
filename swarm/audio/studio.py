"""The coordinator's side of sound: a pool of processes that encode reels, and one that assembles the audiobook."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from swarm.audio.order import (
    MAX_COVER_BYTES,
    AudiobookOrder,
    FinishedBook,
    Mark,
    ReelDone,
    ReelOrder,
    from_message,
    to_message,
)
from swarm.audio.reel_file import ReelDamaged
from swarm.child import Child, ChildDied
from swarm.errors import EnvironmentFault

ENCODER, ASSEMBLER = "swarm.audio.encoder_child", "swarm.audio.audiobook_child"


class Studio:
    """Encodes and assembles one book in child processes, which it starts when they are first needed.

    A process that dies is started again once for the work it had, and given what it had done before.
    """

    def __init__(self, log_dir: Path, encoders: int) -> None:
        self._log_dir = log_dir
        self._seats = asyncio.Semaphore(encoders)
        self._idle: list[Child] = []
        self._children: list[Child] = []
        self._assembler: Child | None = None
        self._book: AudiobookOrder | None = None
        self._reels: list[Path] = []

    async def encode(self, order: ReelOrder) -> ReelDone:
        """Encode a reel as soon as an encoder is free. Raises EnvironmentFault, ChildDied, ChildRaised."""
        return from_message((await self._work({"order": to_message(order)}))["reel"], ReelDone)

    async def measure(self, order: ReelOrder) -> float:
        """The gain in dB that brings a stretch of a book to its level. Raises as `encode`."""
        gain_db: float = (await self._work({"measure": to_message(order)}))["gain_db"]
        return gain_db

    async def _work(self, message: dict[str, Any]) -> dict[str, Any]:
        async with self._seats:
            try:
                reply = await self._encode(message, self._idle.pop() if self._idle else await self._start(ENCODER))
            except ChildDied:
                reply = await self._encode(message, await self._start(ENCODER))
        return _checked(reply)

    async def begin(self, book: AudiobookOrder) -> None:
        """Start the audiobook, from nothing. Raises EnvironmentFault, ChildDied, ChildRaised."""
        if book.cover and len(book.cover) > MAX_COVER_BYTES:
            book = msgspec.structs.replace(book, cover=b"")  # it would not go through a pipe; finish() tells
        self._book, self._reels = book, []
        await self._reopen()

    async def append(self, reel: Path) -> None:
        """Append the next reel in reading order; it must stay on disk until the book is finished.

        Raises ReelDamaged: of this reel, and nothing was appended; of an earlier one: begin again. Raises
        EnvironmentFault, ChildDied, ChildRaised.
        """
        await self._assemble({"append": str(reel)})
        self._reels.append(reel)

    async def finish(self, marks: Sequence[Mark], target: Path) -> FinishedBook:
        """Finish the audiobook under its name. Raises ReelDamaged (begin again), EnvironmentFault, ChildDied."""
        message = {"finish": [to_message(mark) for mark in marks], "target": str(target)}
        return from_message((await self._assemble(message))["book"], FinishedBook)

    async def close(self) -> None:
        """End all child processes."""
        children, self._children, self._idle, self._assembler = self._children, [], [], None
        await asyncio.gather(*(child.close() for child in children))

    async def _encode(self, message: dict[str, Any], child: Child) -> dict[str, Any]:
        try:
            return await child.call(message)
        except ChildDied:
            self._children.remove(child)
            raise
        finally:
            if child in self._children:
                self._idle.append(child)

    async def _assemble(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._assembler is not None
        try:
            return _checked(await self._assembler.call(message))
        except ChildDied:
            await self._reopen()
            return _checked(await self._assembler.call(message))

    async def _reopen(self) -> None:
        if self._assembler:
            self._children.remove(self._assembler)
            await self._assembler.close()
        self._assembler = await self._start(ASSEMBLER)
        assert self._book is not None
        _checked(await self._assembler.call({"begin": to_message(self._book)}))
        for reel in self._reels:
            _checked(await self._assembler.call({"append": str(reel)}))

    async def _start(self, module: str) -> Child:
        child = Child()
        await child.start(module, (), self._log_dir / f"{module.rsplit('.', 1)[-1]}.log")
        self._children.append(child)
        return child


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    """The answer of a child, or the error that it names."""
    if "fault" in reply:
        raise EnvironmentFault(reply["fault"])
    if "damaged" in reply:
        raise ReelDamaged(Path(reply["damaged"]), reply["why"])
    return reply
