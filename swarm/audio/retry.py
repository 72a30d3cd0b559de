"""Work in child processes is tried again when a process dies over it, and waits when memory seems to be short."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from swarm.errors import EnvironmentFault
from swarm.system.child import ChildDied

MAX_DEATHS = 2  # work waits after so many processes in a row died over it
RETRY_S = 30.0  # work over which processes died is tried again after this time: memory may be free by then
LOOK_S = 0.5  # work that waits looks so often whether all is spoken by now

logger = logging.getLogger(__name__)
Answer = TypeVar("Answer")


class Retry:
    """Does work again if processes die over it.

    After two deaths the work waits while `is_speaking` tells that some book is still being spoken, and is then tried
    by one process at a time. `relieve` ends idle processes, so that memory is free for it.
    """

    def __init__(self, is_speaking: Callable[[], bool], relieve: Callable[[], Awaitable[None]]) -> None:
        self._is_speaking = is_speaking
        self._relieve = relieve
        self._alone = asyncio.Lock()

    async def insist(self, work: Callable[[], Awaitable[Answer]]) -> Answer:
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
        """Wait before another try, until all is spoken at most. Raises EnvironmentFault if it is."""
        if not self._is_speaking():
            raise EnvironmentFault(
                f"A process that makes the audiobook ended twice: {death} Free some memory and run the same command "
                "again; nothing that was spoken is lost."
            ) from death
        logger.warning(f"a process that makes the audiobook ended twice, and is tried again in {RETRY_S:g} s: {death}")
        await self._relieve()
        until_s = asyncio.get_running_loop().time() + RETRY_S
        while self._is_speaking() and asyncio.get_running_loop().time() < until_s:
            await asyncio.sleep(LOOK_S)
