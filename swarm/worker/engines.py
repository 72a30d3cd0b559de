"""The engine processes of a worker: one for each slot, or one for all slots of an engine that computes nothing."""

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from swarm.errors import SwarmError
from swarm.job.clip_info import SpokenClip
from swarm.job.recipe import Recipe
from swarm.system.child import OnNews
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import engine_target, find_card

SpokenWords = tuple[str, *tuple[int, ...]]  # a text and the seeds of its takes
OF_THE_DEVICE = (FaultKind.MEMORY, FaultKind.DEVICE)  # faults after which a process computes no more


class Engines:
    """Opens, uses and ends the processes behind the slots."""

    def __init__(self, devices: tuple[str, ...], log_dir: Path) -> None:
        self.devices = devices
        self._log_dir = log_dir
        self.pids: set[int] = set()  # of all processes there ever were, since a reading of a GPU may be a little old
        self._processes: dict[int, EngineProcess] = {}
        self._engines: dict[int, str] = {}
        self._entrances: dict[str, asyncio.Lock] = {}
        self._prefetched: dict[int, tuple[SpokenWords, asyncio.Task[SpokenClip]]] = {}
        self._starting = asyncio.Lock()  # slots that share a process must not each start one

    async def load(
        self,
        slot: int,
        recipe: Recipe,
        job_files: Path | None = None,
        *,
        listen: OnNews = lambda words: None,
        again: bool = True,
    ) -> bytes:
        """Load the voice of a recipe in a slot, maybe for minutes. Raises EngineFault: UNAVAILABLE, MEMORY, DEVICE.

        `job_files` is the folder with the job's files; `listen` hears how far a download is. Returns the latents that
        were computed, b"" if there are none.
        """
        async with self._starting:
            if self._engines.get(slot) != recipe.engine:
                await self.unload(slot)
                self._processes[slot] = await self._process(slot, recipe.engine)
                self._engines[slot] = recipe.engine
        process = self._processes[slot]
        self.pids |= await process.own_pids(slot)
        try:
            async with self._entrance(slot):
                return await process.open(slot, recipe, self.devices[slot], job_files, listen=listen)
        except EngineFault as fault:
            taken_away = self._processes.get(slot) is not process
            if not again or taken_away or (process.alive and fault.kind not in OF_THE_DEVICE):
                raise
            await self.unload(slot, process)  # the process died or its device failed, which may not happen again
            return await self.load(slot, recipe, job_files, listen=listen, again=False)

    def _entrance(self, slot: int) -> AbstractAsyncContextManager[object]:
        """Return a lock around loading: a GPU with room for one model must not be filled with two halves."""
        device = self.devices[slot]
        return nullcontext() if device.startswith("cpu") else self._entrances.setdefault(device, asyncio.Lock())

    async def _process(self, slot: int, engine: str) -> EngineProcess:
        """Return a new process, or another slot's if the engine computes nothing."""
        try:
            shared, target = find_card(engine).shares_process, engine_target(engine)
        except SwarmError as error:
            raise EngineFault(FaultKind.UNAVAILABLE, str(error)) from error
        for other, name in self._engines.items():
            if shared and name == engine and self._processes[other].alive:
                return self._processes[other]
        process = EngineProcess()
        await process.start(target, self._log_dir / f"engine-{slot}.log")
        return process

    def speak(self, slot: int, text: str, *seeds: int) -> "asyncio.Task[SpokenClip]":
        """Speak a segment, with the next of the seeds if a take is doubtful. The task raises EngineFault."""
        words, speaking = self._prefetched.pop(slot, ((), None))
        if speaking and words == (text, *seeds):
            return speaking
        if speaking:
            speaking.cancel()
        return asyncio.create_task(self._speak(slot, text, *seeds))

    def prefetch(self, slot: int, text: str, *seeds: int) -> None:
        """Have a slot's process begin a text as soon as it is through with the one under way.

        `speak` of the same text and seeds collects the clip, or what else became of it; the clip is kept until then.
        """
        self.cancel_prefetch(slot)
        if slot in self._processes:
            task = asyncio.create_task(self._speak(slot, text, *seeds))
            task.add_done_callback(_collected)
            self._prefetched[slot] = (text, *seeds), task

    def cancel_prefetch(self, slot: int) -> None:
        """Withdraw a slot's prefetched text: its process does not begin it, or its clip is dropped."""
        _, before = self._prefetched.pop(slot, ((), None))
        if before:
            before.cancel()

    async def _speak(self, slot: int, text: str, *seeds: int) -> SpokenClip:
        return await self._processes[slot].speak(slot, text, *seeds)

    def kill(self, slot: int) -> None:
        """End a slot's process at once, without waiting for it."""
        process = self._forget(slot)
        if process is not None:
            process.kill()

    def process(self, slot: int) -> EngineProcess | None:
        """Return the process behind a slot at present."""
        return self._processes.get(slot)

    async def unload(self, slot: int, only: EngineProcess | None = None) -> None:
        """End a slot's process, unless other slots speak with it; with `only`, unless it is another one by now."""
        if only is not None and self._processes.get(slot) is not only:
            return
        process = self._forget(slot)
        if process is not None and process not in self._processes.values():
            await process.close()

    def _forget(self, slot: int) -> EngineProcess | None:
        self.cancel_prefetch(slot)
        self._engines.pop(slot, None)
        return self._processes.pop(slot, None)

    async def close(self) -> None:
        """End every process."""
        for slot in list(self._processes):
            await self.unload(slot)


def _collected(task: "asyncio.Task[SpokenClip]") -> None:
    """Look at how a prefetched text went, since nothing else may ever ask."""
    if not task.cancelled():
        task.exception()
