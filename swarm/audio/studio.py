"""The child processes of a coordinator that encode reels and put files together, shared by all its books."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from swarm.audio.binder import Binder
from swarm.audio.order import MeasuredGain, ReelDone, ReelOrder, from_message, to_message
from swarm.audio.process import Processes, ask
from swarm.audio.retry import Retry
from swarm.audio.turns import Desks, Turns
from swarm.system.child import Child, ChildDied

ENCODER = "swarm.audio.encoder"
ENCODER_TIMEOUT_S = 300.0  # a reel takes a second, but encoders run at low priority
MAX_BINDERS = 4  # files that are put together at a time
MAX_EARLY_BINDERS = 2  # of them, those that still wait for reels


class Studio:
    """Encodes reels and binds files for all books of a coordinator; the books take turns.

    A process that dies or exceeds its timeout is started again, and gets the same work (see Retry). `is_speaking`
    tells whether any of the books is still being spoken.
    """

    def __init__(self, log_dir: Path, encoders: int, is_speaking: Callable[[], bool] = lambda: False) -> None:
        self.processes = Processes(log_dir)
        self._turns = Turns(encoders)
        self._desks = Desks(MAX_BINDERS, MAX_EARLY_BINDERS)
        self._retry = Retry(is_speaking, self.processes.end_idle)

    async def encode(self, book: str, order: ReelOrder) -> ReelDone:
        """Encode a reel as soon as it is the book's turn. Raises EnvironmentFault, ChildRaised."""
        return from_message((await self._work(book, {"order": to_message(order)}))["reel"], ReelDone)

    async def measure(self, book: str, order: ReelOrder) -> MeasuredGain:
        """Return the gain that brings a stretch of a book to its level. Raises as `encode`."""
        return from_message((await self._work(book, {"measure": to_message(order)}))["found"], MeasuredGain)

    @asynccontextmanager
    async def binder(self, whole: "asyncio.Future[Any]") -> AsyncIterator[Binder]:
        """Yield a binder for one file; `whole` is done once all its reels are encoded."""
        async with self._desks.desk(whole):
            binder = Binder(self.processes, self._retry)
            try:
                yield binder
            except BaseException:
                await binder.drop()
                raise
            binder.leave()

    async def close(self) -> None:
        """End all child processes."""
        await self.processes.close()

    async def _work(self, book: str, message: dict[str, Any]) -> dict[str, Any]:
        async def encode() -> dict[str, Any]:
            async with self._turns.turn(book):
                return await self._ask(await self.processes.take_soon(ENCODER), message)

        return await self._retry.insist(encode)

    async def _ask(self, child: Child, message: dict[str, Any]) -> dict[str, Any]:
        try:
            reply = await ask(child, message, ENCODER_TIMEOUT_S)
        except ChildDied:
            await self.processes.end(child)
            raise
        except BaseException:
            self.processes.give_back(child)
            raise
        self.processes.give_back(child)
        return reply
