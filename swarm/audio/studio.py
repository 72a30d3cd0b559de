"""The child processes of a coordinator that encode reels and put files together, shared by all its books."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from swarm.audio.binder import Binder
from swarm.audio.order import MeasuredGain, ReelDone, ReelOrder, from_message, to_message
from swarm.audio.process import Processes, ask
from swarm.audio.retry import Retry
from swarm.audio.turns import Desks, Turns
from swarm.system.child import Child, ChildDied

ENCODER = "swarm.audio.encoder"
ENCODER_TIMEOUT_S = 300.0  # a reel takes a second, on a crowded machine much more
MAX_BINDERS = 4  # files that are put together at a time
MAX_EARLY_BINDERS = 2  # the other binders are left to files whose reels are all there


class Studio:
    """Encodes reels and binds files for all books of a coordinator; the books take turns.

    A process that dies or exceeds its timeout is started again, and gets the same work (see Retry). `is_speaking`
    tells whether any of the books is still being spoken.
    """

    def __init__(self, log_dir: Path, encoders: int, is_speaking: Callable[[], bool] = lambda: False) -> None:
        self.processes = Processes(log_dir)
        self.encoders = encoders
        self.pieces, self.sound_s, self.busy_s = 0, 0.0, 0.0  # only work that is done counts
        self._turns = Turns(encoders)
        self._desks = Desks(MAX_BINDERS, MAX_EARLY_BINDERS)
        self._retry = Retry(is_speaking, self.processes.end_idle)

    async def encode(self, book: str, order: ReelOrder) -> ReelDone:
        """Encode a reel as soon as it is the book's turn. Raises EnvironmentFault, ChildRaised."""
        return from_message((await self._work(book, "order", order))["reel"], ReelDone)

    async def measure(self, book: str, order: ReelOrder) -> MeasuredGain:
        """Return the gain that brings a stretch of a book to its level. Raises as `encode`."""
        return from_message((await self._work(book, "measure", order))["found"], MeasuredGain)

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

    async def _work(self, book: str, task: str, order: ReelOrder) -> dict[str, Any]:
        message, sound_s = {task: to_message(order)}, sum(clip.info.length_s for clip in order.clips if clip)

        async def encode() -> dict[str, Any]:
            async with self._turns.turn(book):
                child = await self.processes.take_soon(ENCODER)
                with self._counted(sound_s):
                    return await self._ask(child, message)

        return await self._retry.insist(encode)

    @contextmanager
    def _counted(self, sound_s: float) -> Iterator[None]:
        """Count a piece of work that succeeds; silence alone tells nothing of the time that sound takes."""
        began_s = time.monotonic()
        yield
        if sound_s:
            self.pieces += 1
            self.sound_s += sound_s
            self.busy_s += time.monotonic() - began_s

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
