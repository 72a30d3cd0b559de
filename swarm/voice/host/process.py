"""The worker's side of an engine process: opens voices, has them speak, and turns failures into EngineFaults."""

import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import msgspec
from msgspec import structs

from swarm.errors import EnvironmentFault
from swarm.job.clip_info import SpokenClip
from swarm.job.spec import Recipe
from swarm.system.child import ONE_THREAD, Child, ChildDied, ChildRaised
from swarm.system.platform import run_loop
from swarm.system.serving import Frame, OnNews
from swarm.voice.engine import Check, Engine, EngineFault, FaultKind, OnProgress, unavailable
from swarm.voice.environment import Environment, find_environment
from swarm.voice.host.choice import sentence
from swarm.voice.host.registry import choose_recipe, engine_targets

SpokenWords = tuple[str, *tuple[int, ...]]  # a text and the seeds of its takes

logger = logging.getLogger(__name__)


class EngineProcess:
    """An engine in a process of its own, which speaks for one slot or several."""

    def __init__(self) -> None:
        self._child = Child()
        self.batches: dict[int, int] = {}  # segments that the voice of each slot speaks together
        self.took = 0  # bytes of its device that it had at most, as it last said
        self.measures = 0  # how often it said so

    @property
    def pid(self) -> int:
        """The id of the process; 0 before it is started."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether the process was started and is not known to have ended."""
        return self._child.alive

    async def start(
        self,
        engine: str,
        log_path: Path,
        more: Mapping[str, str] | None = None,
        environment: Environment | None = None,
    ) -> None:
        """Start the process; `engine` is "module:object", `more` are further variables for the process.

        `environment` is the engine's own, if it has one. Raises EngineFault(UNAVAILABLE).
        """
        self._engine = engine
        python = environment.python if environment else None
        try:
            await self._child.start_child(
                "swarm.voice.host.engine_child", [], log_path, {**ONE_THREAD, **(more or {})}, python
            )
        except EnvironmentFault as fault:
            raise unavailable(str(fault)) from fault
        logger.debug(f"process {self.pid} is started for {engine}; what it prints goes to {log_path}")

    async def own_pids(self, slot: int) -> set[int]:
        """Return the ids of the process: on Windows, a virtual environment starts a second process."""
        try:
            reply = await self._call(slot, {"call": "pid"}, FaultKind.CRASHED)
        except EngineFault:  # the next `open` reports the same fault
            return {self.pid}
        return {self.pid, reply["pid"]}

    async def open(
        self,
        slot: int,
        recipe: Recipe,
        device: str,
        job_files: Path | None = None,
        listen: OnNews = lambda words: None,
        need: int = 0,
    ) -> bytes:
        """Load a slot's voice in place of its last one, which may take minutes. Raises EngineFault.

        `job_files` is the folder with the job's files; `listen` is called with the progress of a download. Returns the
        latents that were computed, b"" if there are none. If less than `need` bytes of the device are free, it raises
        EngineFault(MEMORY) before anything is loaded.
        """
        call = {"call": "open", "engine": self._engine, "recipe": msgspec.to_builtins(recipe), "device": device}
        more = {"assets": str(job_files or ""), "need": need}
        reply = await self._call(slot, {**call, **more}, FaultKind.UNAVAILABLE, listen)
        self._measured(reply)
        latents: bytes = reply["latents"]
        self.batches[slot] = reply["batch"]
        logger.debug(
            f"process {self.pid} has loaded {recipe.engine}, voice {recipe.voice}, for slot {slot} on {device}"
        )
        return latents

    async def speak_all(self, slot: int, lines: Sequence[SpokenWords]) -> list[SpokenClip | None]:
        """Speak segments together, each again with its next seed as long as its take is doubtful.

        A segment that could not be spoken beside others has None in place of its clip. Raises EngineFault if none could
        be: CRASHED if the process died, UNAVAILABLE if this processor cannot run the engine, ERROR if a clip is out of
        bounds, or the engine's fault of the first.
        """
        reply = await self._call(slot, {"call": "speak", "lines": lines}, FaultKind.CRASHED)
        self._measured(reply)
        try:
            clips = msgspec.convert(reply["clips"], list[SpokenClip | None])
        except msgspec.ValidationError as fault:
            raise EngineFault(FaultKind.ERROR, f"its clip is out of bounds: {fault}") from fault
        if len(clips) != len(lines):
            raise EngineFault(FaultKind.ERROR, f"it sent {len(clips)} clips of {len(lines)} sentences")
        return clips

    def _measured(self, reply: Frame) -> None:
        self.took, self.measures = reply["took"], self.measures + 1

    async def speak(self, slot: int, text: str, *seeds: int) -> SpokenClip:
        """Speak a single segment, as `speak_all` does. Raises EngineFault."""
        clip = (await self.speak_all(slot, [(text, *seeds)]))[0]
        if clip is None:
            raise EngineFault(FaultKind.ERROR, "it sent no clip")
        return clip

    async def prove(self, recipe: Recipe, text: str, listen: OnNews = lambda words: None) -> SpokenClip:
        """Speak a text with the engine's voice for trials, or with a recipe if it has none. Raises EngineFault."""
        call = {"call": "prove", "engine": self._engine, "recipe": msgspec.to_builtins(recipe), "text": text}
        reply = await self._call(0, call, FaultKind.UNAVAILABLE, listen)
        return msgspec.convert(reply["clip"], SpokenClip)

    async def facts(self, name: str) -> Frame:
        """Return `target`, `facts` and `folders` of an engine that is registered there. Raises EngineFault."""
        return await self._call(0, {"call": "facts", "name": name}, FaultKind.UNAVAILABLE)

    async def fetch(self, model: str, listen: OnNews = lambda words: None) -> None:
        """Download a model of the engine. Raises EngineFault(UNAVAILABLE)."""
        await self._call(0, {"call": "fetch", "engine": self._engine, "model": model}, FaultKind.UNAVAILABLE, listen)

    async def checks(self) -> list[Check]:
        """Return what the engine finds of this machine, for `doctor`. Raises EngineFault(UNAVAILABLE)."""
        reply = await self._call(0, {"call": "checks", "engine": self._engine}, FaultKind.UNAVAILABLE)
        return msgspec.convert(reply["checks"], list[Check])

    def kill(self) -> None:
        """Kill the process; a call under way raises EngineFault(CRASHED)."""
        logger.debug(f"process {self.pid} is killed")
        self._child.kill_child()

    async def end_engine(self) -> None:
        """End the process and wait until it is gone."""
        logger.debug(f"process {self.pid} is ended")
        await self._child.end_child()

    async def _call(
        self, slot: int, message: Frame, death_kind: FaultKind, listen: OnNews = lambda words: None
    ) -> Frame:
        try:
            reply = await self._child.call({**message, "lane": slot}, listen)
        except ChildDied as death:
            raise EngineFault(FaultKind.UNAVAILABLE if death.lacks_instruction else death_kind, str(death)) from death
        except ChildRaised as fault:
            raise EngineFault(FaultKind.ERROR, str(fault)) from fault
        if "fault" in reply:
            raise EngineFault(FaultKind(reply["fault"]), reply["message"])
        return reply


Result = TypeVar("Result")


def fetch_model(engine: Engine, model: str, tell: OnProgress) -> None:
    """Download a model of an engine. Raises EnvironmentFault, also if its licence was not accepted."""
    environment = find_environment(engine.card.name)
    if environment is None:
        engine.fetch(model, tell)
    else:
        _run(environment, lambda process: process.fetch(model, tell))


def engine_checks(engine: Engine) -> list[Check]:
    """Return what an engine finds of this machine; it may take seconds. Raises EnvironmentFault."""
    environment = find_environment(engine.card.name)
    return list(engine.checks()) if environment is None else _run(environment, lambda process: process.checks())


def prove(engine: Engine, environment: Environment, tell: OnProgress) -> None:
    """Speak a sentence with an engine in an environment. Raises EnvironmentFault."""
    card = engine.card_for("")
    language = "en" if card.speaks("en") else card.languages[0]
    recipe = choose_recipe(language, engine=engine.card.name)
    _run(environment, lambda process: process.prove(recipe, sentence(language), tell))


def ask_facts(environment: Environment) -> Environment:
    """Return an environment with what the engine there tells of itself. Raises EnvironmentFault."""
    told = _run(environment, lambda process: process.facts(environment.engine))
    return structs.replace(
        environment, target=told["target"], facts=told["facts"], folders=tuple(map(tuple, told["folders"]))
    )


def _run(environment: Environment, ask: Callable[[EngineProcess], Awaitable[Result]]) -> Result:
    """Start a process of an environment's engine, ask it for something, and end it. Raises EnvironmentFault."""

    async def run(folder: Path) -> Result:
        process = EngineProcess()
        try:
            target = environment.target or engine_targets().get(environment.engine, "")
            await process.start(target, folder / "log", environment=environment)
            return await ask(process)
        finally:
            await process.end_engine()

    with TemporaryDirectory(prefix="e2a-task-") as folder:
        try:
            return run_loop(run(Path(folder)))
        except EngineFault as fault:
            raise EnvironmentFault(str(fault)) from fault
