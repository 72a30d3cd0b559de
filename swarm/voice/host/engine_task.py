"""Errands: what a command asks of an engine besides speech, in the engine's own environment if it has one."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from msgspec import structs

from swarm.errors import EnvironmentFault
from swarm.system.platform import run_loop
from swarm.voice.engine import Check, Engine, EngineFault, OnProgress
from swarm.voice.environment import Environment, find_environment
from swarm.voice.host.choice import sentence
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import choose_recipe, engine_targets

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
            await process.close()

    with TemporaryDirectory(prefix="e2a-task-") as folder:
        try:
            return run_loop(run(Path(folder)))
        except EngineFault as fault:
            raise EnvironmentFault(str(fault)) from fault
