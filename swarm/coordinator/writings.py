"""The tasks that write the editions of a server, one for each job, and how they ended."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from swarm.errors import SwarmError
from swarm.system.tasks import cancel


class Writings:
    """The editions that are being written."""

    def __init__(self) -> None:
        self.tasks: dict[str, asyncio.Task[None]] = {}  # keys are jobs
        self._ended: asyncio.Queue[tuple[str, asyncio.Task[None]]] = asyncio.Queue()

    def begin(self, job: str, writing: Coroutine[Any, Any, None]) -> None:
        """Write the edition of a job."""
        task = self.tasks[job] = asyncio.create_task(writing)
        task.add_done_callback(lambda task: self._ended.put_nowait((job, task)))

    def fail(self, job: str, fault: SwarmError) -> None:
        """End the edition of a job by a fault, whatever it is at."""
        writing = self.tasks.get(job)

        async def fail() -> None:
            await cancel([writing] if writing else [])
            raise fault

        self.begin(job, fail())

    async def leave(self, job: str) -> None:
        """Stop writing the edition of a job, and leave it as it is."""
        if task := self.tasks.pop(job, None):
            await cancel([task])

    async def next_end(self) -> tuple[str, BaseException | None]:
        """Return the job whose edition ended next, and the fault that ended it; None if it is written."""
        while True:
            job, task = await self._ended.get()
            if self.tasks.get(job) is task:  # a job that was left has no task any more
                del self.tasks[job]
                return job, task.exception()
