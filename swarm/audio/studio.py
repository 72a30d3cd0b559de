"""A pool of child processes that encode reels, and one that assembles the audiobook."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from swarm.audio.order import (
    MAX_COVER_BYTES,
    AudiobookOrder,
    FinishedBook,
    Mark,
    MeasuredGain,
    ReelDone,
    ReelOrder,
    from_message,
    to_message,
)
from swarm.audio.reel_file import ReelDamaged
from swarm.errors import EnvironmentFault
from swarm.system.child import ONE_THREAD, Child, ChildDied

ENCODER_TIMEOUT_S = 300.0  # a reel takes a second, but encoders run at low priority
ASSEMBLER_TIMEOUT_S = 900.0  # a slow disk may take minutes to finish a whole book
MAX_DEATHS = 2  # of processes over the same work, one after the other, before it waits
RETRY_S = 30.0  # until work over which processes died is tried again: memory may be free by then
LOOK_S = 0.5  # between two looks, while it waits, whether the book is spoken by now
ENCODER, ASSEMBLER = "swarm.audio.encoder", "swarm.audio.audiobook_child"


logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Studio:
    """Encodes and assembles one book in child processes, which it starts when they are first needed.

    A process that dies or exceeds its timeout is started again, and gets the same work; a new assembler first gets all
    reels that were appended before. If that dies too, the work waits while `is_speaking` says that the book is still
    being spoken, and is tried again by one process at a time.
    """

    def __init__(self, log_dir: Path, encoders: int, is_speaking: Callable[[], bool] = lambda: False) -> None:
        self._is_speaking = is_speaking
        self._alone = asyncio.Lock()
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

    async def measure(self, order: ReelOrder) -> MeasuredGain:
        """Return the gain that brings a stretch of a book to its level. Raises as `encode`."""
        return from_message((await self._work({"measure": to_message(order)}))["found"], MeasuredGain)

    async def _work(self, message: dict[str, Any]) -> dict[str, Any]:
        async def encode() -> dict[str, Any]:
            return await self._encode(message, self._idle.pop() if self._idle else await self._start(ENCODER))

        async with self._seats:
            return _checked(await self._insist(encode))

    async def _insist(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
        """Do work in a process, and again if processes die over it. Raises EnvironmentFault."""
        deaths = 0
        while True:
            try:
                if deaths < MAX_DEATHS:
                    return await work()
                async with self._alone:
                    return await work()
            except ChildDied as death:
                deaths += 1
                if deaths >= MAX_DEATHS:
                    await self._wait(death)

    async def _wait(self, death: ChildDied) -> None:
        """Wait before another try, until the book is spoken at most. Raises EnvironmentFault if it is."""
        if not self._is_speaking():
            raise EnvironmentFault(
                f"A process that makes the audiobook ended twice: {death} Free some memory and run the same command "
                "again; nothing that was spoken is lost."
            ) from death
        logger.warning(f"a process that makes the audiobook ended twice, and is tried again in {RETRY_S:g} s: {death}")
        idle, self._idle = self._idle, []
        self._children = [child for child in self._children if child not in idle]
        await asyncio.gather(*(child.close() for child in idle))  # memory may be short
        until_s = asyncio.get_running_loop().time() + RETRY_S
        while self._is_speaking() and asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(LOOK_S)

    async def begin(self, book: AudiobookOrder) -> None:
        """Start the audiobook, from nothing. Raises EnvironmentFault, ChildDied, ChildRaised."""
        if book.cover and len(book.cover) > MAX_COVER_BYTES:
            book = msgspec.structs.replace(book, cover=b"")  # too large for a pipe; finish() says so
        self._book, self._reels = book, []
        await self._insist(self._reopen)

    async def append(self, reel: Path) -> None:
        """Append the next reel in reading order; it must stay on disk until the book is finished.

        Raises ReelDamaged. If it names this reel, nothing was appended; if it names an earlier one, begin again.
        Raises EnvironmentFault, ChildDied, ChildRaised.
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
            return await _answer(child, message, ENCODER_TIMEOUT_S)
        except ChildDied:
            if child in self._children:  # not after close()
                self._children.remove(child)
            raise
        finally:
            if child in self._children:
                self._idle.append(child)

    async def _assemble(self, message: dict[str, Any]) -> dict[str, Any]:
        tries = iter((False,))

        async def ask() -> dict[str, Any]:
            if next(tries, True):  # the process before died
                await self._reopen()
            return await self._ask(message)

        return await self._insist(ask)

    async def _ask(self, message: dict[str, Any]) -> dict[str, Any]:
        assert self._assembler is not None
        return _checked(await _answer(self._assembler, message, ASSEMBLER_TIMEOUT_S))

    async def _reopen(self) -> None:
        if self._assembler:
            self._children.remove(self._assembler)
            await self._assembler.close()
        self._assembler = await self._start(ASSEMBLER)
        assert self._book is not None
        await self._ask({"begin": to_message(self._book)})
        for reel in self._reels:
            await self._ask({"append": str(reel)})

    async def _start(self, module: str) -> Child:
        child = Child()
        await child.start(module, (), self._log_dir / f"{module.rsplit('.', 1)[-1]}.log", ONE_THREAD)
        self._children.append(child)
        return child


async def _answer(child: Child, message: dict[str, Any], timeout_s: float) -> dict[str, Any]:
    """Call a process, and kill it if it exceeds the timeout. Raises ChildDied, ChildRaised."""
    try:
        return await asyncio.wait_for(child.call(message), timeout_s)
    except TimeoutError:
        child.kill()
        raise ChildDied(f"A process of ours did not answer for {timeout_s:g} s.") from None


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    """Return the reply of a child. Raises EnvironmentFault, ReelDamaged if it names one."""
    if "fault" in reply:
        raise EnvironmentFault(reply["fault"])
    if "damaged" in reply:
        raise ReelDamaged(Path(reply["damaged"]), reply["why"])
    return reply
