"""`voices --listen`: speak a few words with voices of this machine, each into a file of its own."""

import re
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from swarm.job.recipe import Recipe
from swarm.system.disk import guarded
from swarm.system.serving import OnNews
from swarm.voice.engine import EngineFault
from swarm.voice.environment import find_environment
from swarm.voice.host.choice import sentence
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import engine_target

SEED = 1
DEVICE = "cpu:0"


async def speak_samples(
    recipes: Sequence[Recipe], text: str, folder: Path, listen: OnNews = lambda words: None
) -> AsyncIterator[tuple[Recipe, Path | str]]:
    """Yield each recipe with the FLAC file of its sample, or with the reason why there is none. Raises StoreError.

    An empty `text` stands for a sentence in the language of the recipe; `listen` is called with the progress of a
    download.
    """
    process, engine = EngineProcess(), ""
    with TemporaryDirectory(prefix="e2a-listen-") as logs:
        try:
            for recipe in recipes:
                try:
                    if recipe.engine != engine or not process.alive:
                        await _close(process)
                        process, engine = EngineProcess(), recipe.engine
                        target, environment = engine_target(engine), find_environment(engine)
                        await process.start(target, Path(logs) / "engine.log", environment=environment)
                    await process.open(0, recipe, DEVICE, listen=listen)
                    clip = await process.speak(0, text or sentence(recipe.language), SEED)
                except EngineFault as fault:
                    yield recipe, str(fault)
                    continue
                path = folder / file_name(recipe)
                with guarded(path):
                    path.write_bytes(clip.frame)
                yield recipe, path
        finally:
            await _close(process)


def file_name(recipe: Recipe) -> str:
    """Return the name of a sample: engine, language and voice."""
    voice = re.sub(r"[^\w.+-]+", "-", recipe.voice).strip("-")
    return f"sample-{recipe.engine}-{recipe.language}-{voice}.flac"


async def _close(process: EngineProcess) -> None:
    if process.alive:
        await process.close()
