"""The worker's side of an engine's process: opens a voice, has it speak, and names what went wrong."""

import logging
from pathlib import Path

import msgspec

from swarm.errors import EnvironmentFault
from swarm.job.clip_info import SpokenClip
from swarm.job.recipe import Recipe
from swarm.system.child import ONE_THREAD, Child, ChildDied, ChildRaised, Frame, OnNews
from swarm.voice.engine import EngineFault, FaultKind

logger = logging.getLogger(__name__)


class EngineProcess:
    """An engine in a process of its own, speaking for one slot or several."""

    def __init__(self) -> None:
        self._child = Child()

    @property
    def pid(self) -> int:
        """The id of the process; 0 before it is started."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether it is started and not known to have ended."""
        return self._child.alive

    async def start(self, engine: str, log_path: Path) -> None:
        """Start the process; `engine` is "module:object". Raises EngineFault(UNAVAILABLE)."""
        self._engine = engine
        try:
            await self._child.start("swarm.voice.host.child", [], log_path, ONE_THREAD)
        except EnvironmentFault as fault:
            raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
        logger.debug(f"process {self.pid} is started for {engine}; what it prints goes to {log_path}")

    async def own_pids(self, slot: int) -> set[int]:
        """Return the ids of the process: a virtual environment of Windows has two processes."""
        try:
            reply = await self._call(slot, {"call": "pid"}, FaultKind.CRASHED)
        except EngineFault:  # the next call that opens a voice tells of it
            return {self.pid}
        return {self.pid, reply["pid"]}

    async def open(
        self, slot: int, recipe: Recipe, device: str, job_files: Path | None = None, listen: OnNews = lambda words: None
    ) -> bytes:
        """Load a slot's voice, in place of the one it had; may take minutes. Raises EngineFault(UNAVAILABLE).

        `job_files` is the folder with the job's files; `listen` hears how far a download is. Returns the latents that
        were computed, b"" where there are none.
        """
        call = {"call": "open", "engine": self._engine, "recipe": msgspec.to_builtins(recipe), "device": device}
        reply = await self._call(slot, {**call, "assets": str(job_files or "")}, FaultKind.UNAVAILABLE, listen)
        latents: bytes = reply["latents"]
        logger.debug(
            f"process {self.pid} has loaded {recipe.engine}, voice {recipe.voice}, for slot {slot} on {device}"
        )
        return latents

    async def speak(self, slot: int, text: str, *seeds: int) -> SpokenClip:
        """Speak a segment, with the next of the seeds where a take is doubtful.

        Raises EngineFault: CRASHED when the process died of it, ERROR when its clip is out of bounds.
        """
        reply = await self._call(slot, {"call": "speak", "text": text, "seeds": seeds}, FaultKind.CRASHED)
        try:
            return msgspec.convert(reply, SpokenClip)
        except msgspec.ValidationError as fault:
            raise EngineFault(FaultKind.ERROR, f"its clip is out of bounds: {fault}") from fault

    def kill(self) -> None:
        """End the process now; what is under way raises EngineFault(CRASHED)."""
        logger.debug(f"process {self.pid} is killed")
        self._child.kill()

    async def close(self) -> None:
        """End the process and wait until it is gone."""
        logger.debug(f"process {self.pid} is ended")
        await self._child.close()

    async def _call(
        self, slot: int, message: Frame, if_it_dies: FaultKind, listen: OnNews = lambda words: None
    ) -> Frame:
        try:
            reply = await self._child.call({**message, "lane": slot}, listen)
        except ChildDied as death:
            raise EngineFault(if_it_dies, str(death)) from death
        except ChildRaised as fault:
            raise EngineFault(FaultKind.ERROR, str(fault)) from fault
        if "fault" in reply:
            raise EngineFault(FaultKind(reply["fault"]), reply["message"])
        return reply
