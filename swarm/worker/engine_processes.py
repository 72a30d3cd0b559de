"""The engine processes of a worker: one for each slot, or one for all slots of an engine that only waits.

How much memory each model took on each kind of device is kept in a small file of the state folder. It may be lost.
"""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from swarm.errors import SwarmError
from swarm.job.clip_info import SpokenClip
from swarm.job.spec import Recipe
from swarm.lease.message import CPU
from swarm.lease.worker.rest import model_of
from swarm.system.disk import read_json, replace_file
from swarm.system.platform import ENV_STANDS_BACK
from swarm.system.serving import OnNews
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.environment import find_environment
from swarm.voice.host.process import EngineProcess, SpokenWords
from swarm.voice.host.registry import engine_target, find_card

FILE = "memory.json"
MAX_BYTES = 256 * 1024
MAX_MODELS = 500  # one kind of device has no more
GROWTH = 1.05  # a need that grew by a smaller factor is not worth a write

Bytes = Annotated[int, Meta(ge=1, le=1 << 50)]
Known = dict[str, Annotated[dict[str, Bytes], Meta(max_length=MAX_MODELS)]]  # each device has the need of each model


class Needs:
    """The memory that models took, by the kinds of this machine's devices: "cpu", and each GPU by what it is."""

    def __init__(self, state_dir: Path, gpus: Mapping[str, str] | None = None) -> None:
        """`gpus` tells of each GPU, such as "cuda:0", what it is: equal ones have equal needs."""
        self._file = state_dir / FILE
        self._gpus = dict(gpus or {})
        self._known = read_json(self._file, Known, MAX_BYTES) or {}

    def of(self, device: str, recipe: Recipe) -> int:
        """Return how many bytes of a device the model of a recipe takes; 0 if it was never measured."""
        return self._known.get(self._kind(device), {}).get(_name(recipe), 0)

    def note(self, device: str, recipe: Recipe, took: int) -> None:
        """Keep what a process took, if it is more than is known. A full disk is no fault here."""
        known, name = self._known.setdefault(self._kind(device), {}), _name(recipe)
        if took > GROWTH * known.get(name, 0) and (name in known or len(known) < MAX_MODELS):
            known[name] = took
            with suppress(OSError):
                replace_file(self._file, msgspec.json.encode(self._known))

    def least(self) -> dict[str, int]:
        """Return the smallest need on each kind of device of which one is known."""
        return {kind: min(models.values()) for kind, models in self._known.items() if models}

    def _kind(self, device: str) -> str:
        return CPU if device.startswith(CPU) else self._gpus.get(device, device)


def _name(recipe: Recipe) -> str:
    return " ".join(filter(None, model_of(recipe)))


Batch = tuple[SpokenWords, ...]
FIRST_MEASURES = 8  # only the first measures of a process tell a model's need: later ones include caches
DEVICE_FAULTS = (FaultKind.MEMORY, FaultKind.DEVICE)  # a process cannot go on after these faults


class Engines:
    """The engine processes behind the slots: it starts, uses and ends them."""

    def __init__(
        self,
        devices: tuple[str, ...],
        log_dir: Path,
        uuids: Mapping[str, str] | None = None,
        needs: Needs | None = None,
        *,
        stand_back: bool = False,
    ) -> None:
        """`uuids` are those of the GPUs by their names, if there are several that a process must not mix up.

        `needs` tells how much memory models took before, and learns what they take now. `stand_back`: all other
        programs of the machine come first.
        """
        self._needs, self.stand_back = needs, stand_back
        self.devices = devices
        self._uuids = dict(uuids or {})
        self._log_dir = log_dir
        # All processes so far, since an old reading of a GPU may still show an ended one.
        self.pids: set[int] = set()
        self._processes: dict[int, EngineProcess] = {}
        self._engines: dict[int, str] = {}
        self._recipes: dict[int, Recipe] = {}  # each slot has loaded this recipe last, or is loading it
        self._load_locks: dict[str, asyncio.Lock] = {}
        self.prefetched: dict[int, tuple[Batch, asyncio.Task[list[SpokenClip | None]]]] = {}
        self._starting = asyncio.Lock()  # keeps slots that share a process from each starting one

    async def load(
        self,
        slot: int,
        recipe: Recipe,
        job_files: Path | None = None,
        *,
        listen: OnNews = lambda words: None,
        again: bool = True,
    ) -> bytes:
        """Load the voice of a recipe in a slot, which may take minutes.

        `job_files` is the folder with the job's files; `listen` is called with the progress of a download. Returns the
        latents that were computed, b"" if there are none. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE.
        """
        async with self._starting:
            if self._engines.get(slot) != recipe.engine:
                await self.unload(slot)
                self._processes[slot] = await self._process(slot, recipe.engine)
                self._engines[slot] = recipe.engine
        process = self._processes[slot]
        self.pids |= await process.own_pids(slot)
        try:
            async with self._load_lock(slot):
                self._recipes[slot], need = recipe, self._room(slot, recipe, process)
                made = await process.open(slot, recipe, self._device(slot), job_files, listen=listen, need=need)
            self._learn(slot, process)
            return made
        except EngineFault as fault:
            replaced = self._processes.get(slot) is not process
            if not again or replaced or (process.alive and fault.kind not in DEVICE_FAULTS):
                raise
            await self.unload(slot, process)  # a fresh process may succeed after a crash or a fault of the device
            return await self.load(slot, recipe, job_files, listen=listen, again=False)

    def _room(self, slot: int, recipe: Recipe, process: EngineProcess) -> int:
        """Return the bytes that have to be free for a model: its own, and those that others there have yet to take."""
        device = self.devices[slot]
        own = self._needs.of(device, recipe) if self._needs else 0
        if self._needs is None or not own:
            return 0
        missing = {process: own - process.took}
        for other, voice in self._recipes.items():
            there, place = self._processes.get(other), self.devices[other]
            if there and there is not process and (place == device or place[:3] == device[:3] == CPU):
                missing[there] = self._needs.of(place, voice) - there.took
        return sum(max(0, each) for each in missing.values())

    def _learn(self, slot: int, process: EngineProcess) -> None:
        """Keep what a process took for a slot's voice, while it is fresh and has no other voice."""
        alone = [*self._processes.values()].count(process) == 1
        if self._needs and alone and self._processes.get(slot) is process and process.measures <= FIRST_MEASURES:
            self._needs.note(self.devices[slot], self._recipes[slot], process.took)

    def _device(self, slot: int) -> str:
        """Return a slot's device as its process names it: a process that sees one GPU names that the first."""
        return "cuda:0" if self.devices[slot] in self._uuids else self.devices[slot]

    def _variables(self, slot: int) -> dict[str, str]:
        """Return variables that show a process only its slot's GPU: DeepSpeed and Triton take the first they see."""
        uuid, priority = self._uuids.get(self.devices[slot]), {ENV_STANDS_BACK: "1"} if self.stand_back else {}
        return priority | ({"CUDA_VISIBLE_DEVICES": uuid} if uuid else {})

    def _load_lock(self, slot: int) -> AbstractAsyncContextManager[object]:
        """Return a lock for loading on a slot's GPU, so that two models cannot fill its memory by halves."""
        device = self.devices[slot]
        return nullcontext() if device.startswith("cpu") else self._load_locks.setdefault(device, asyncio.Lock())

    async def _process(self, slot: int, engine: str) -> EngineProcess:
        """Return a new process, or another slot's process if the engine shares it. Raises EngineFault(UNAVAILABLE)."""
        try:
            shared, target = find_card(engine).shares_process, engine_target(engine)
        except SwarmError as error:
            raise EngineFault(FaultKind.UNAVAILABLE, str(error)) from error
        for other, name in self._engines.items():
            if shared and name == engine and self._processes[other].alive:
                return self._processes[other]
        process = EngineProcess()
        log, variables = self._log_dir / f"engine-{slot}.log", self._variables(slot)
        await process.start(target, log, variables, find_environment(engine))
        return process

    def speak(self, slot: int, batch: Batch) -> "asyncio.Task[list[SpokenClip | None]]":
        """Speak segments together, as `EngineProcess.speak_all` does. The task raises EngineFault."""
        words, speaking = self.prefetched.pop(slot, ((), None))
        if speaking and words == batch:
            return speaking
        if speaking:
            speaking.cancel()
        return asyncio.create_task(self._speak(slot, batch))

    def prefetch(self, slot: int, batch: Batch) -> None:
        """Queue a batch in a slot's process, which begins it as soon as the one under way is finished.

        `speak` with the same texts and seeds returns the task of this batch, which keeps its clips or fault until then.
        """
        self.cancel_prefetch(slot)
        if slot in self._processes:
            task = asyncio.create_task(self._speak(slot, batch))
            task.add_done_callback(_retrieve_exception)
            self.prefetched[slot] = batch, task

    def cancel_prefetch(self, slot: int) -> None:
        """Cancel a slot's prefetched batch: if its process has begun it already, the clips are dropped."""
        _, before = self.prefetched.pop(slot, ((), None))
        if before:
            before.cancel()

    async def _speak(self, slot: int, batch: Batch) -> list[SpokenClip | None]:
        process = self._processes.get(slot)
        if process is None:  # the process was ended between the order and the beginning of this task
            raise EngineFault(FaultKind.CRASHED, "the engine was ended before it began")
        clips = await process.speak_all(slot, batch)
        self._learn(slot, process)
        return clips

    def kill(self, slot: int) -> None:
        """Kill a slot's process, without waiting for its end; only part with one that other slots share."""
        process = self._forget(slot)
        if process is not None and process not in self._processes.values():
            process.kill()

    def batch(self, slot: int) -> int:
        """Return how many segments the voice of a slot speaks together."""
        process = self._processes.get(slot)
        return process.batches.get(slot, 1) if process else 1

    def process(self, slot: int) -> EngineProcess | None:
        """Return the current process of a slot; None if it has none."""
        return self._processes.get(slot)

    async def unload(self, slot: int, only: EngineProcess | None = None) -> None:
        """End a slot's process unless other slots share it; with `only`, do so only if the slot still has that one."""
        if only is not None and self._processes.get(slot) is not only:
            return
        process = self._forget(slot)
        if process is not None and process not in self._processes.values():
            await process.end_engine()

    def _forget(self, slot: int) -> EngineProcess | None:
        self.cancel_prefetch(slot)
        self._engines.pop(slot, None)
        self._recipes.pop(slot, None)
        return self._processes.pop(slot, None)

    async def end_engines(self) -> None:
        """End every process."""
        for slot in list(self._processes):
            await self.unload(slot)


def _retrieve_exception(task: "asyncio.Task[list[SpokenClip | None]]") -> None:
    """Retrieve the exception of a task: asyncio would log it if nothing did, and a prefetch may never be collected."""
    if not task.cancelled():
        task.exception()
