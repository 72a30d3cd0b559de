"""Speaks single sentences of a job once more, with one engine of this machine."""

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from swarm.coordinator.verification import Respeak
from swarm.errors import EnvironmentFault
from swarm.job.recipe import Recipe
from swarm.voice.engine import EngineFault
from swarm.worker.engine_processes import Engines


@asynccontextmanager
async def respeaking(recipe: Recipe, job_files: Mapping[str, Path], folder: Path, log: Path) -> AsyncIterator[Respeak]:
    """Open the voice of a job, and yield what speaks its sentences. Raises EnvironmentFault if that is not here.

    `job_files` are the job's files by their names in its voice; they are linked into `folder`, which is empty.
    """
    engines = Engines(("cpu:0",), log)
    for name, path in job_files.items():
        _link(path, folder / name)
    try:
        await engines.load(0, recipe, folder)
        yield lambda text, seed: _respoken(engines, text, seed)
    except EngineFault as fault:
        raise EnvironmentFault(f"This machine cannot speak the book to compare it: {fault}") from fault
    finally:
        await engines.close()


async def _respoken(engines: Engines, text: str, seed: int) -> bytes:
    try:
        (clip,) = await engines.speak(0, ((text, seed),))
    except EngineFault:
        return b""
    return clip.frame if clip else b""


def _link(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
