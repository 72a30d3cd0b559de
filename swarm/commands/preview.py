"""`e2a-swarm preview`: speak the beginning of a chapter; and `voices --listen`: a few words of each voice."""

import argparse
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from swarm.commands import convert, option
from swarm.commands.book_config import render_config, words_of
from swarm.commands.command_table import NOT_IN_PREVIEWS, PREVIEW
from swarm.commands.machine_config import prepare_voices
from swarm.commands.option import option_parser
from swarm.commands.output import warn
from swarm.config import RenderConfig
from swarm.coordinator.brought_files import BroughtFiles
from swarm.coordinator.prepare import find_job
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.spec import Recipe
from swarm.system.disk import guarded
from swarm.system.serving import OnNews
from swarm.voice.engine import EngineFault
from swarm.voice.environment import find_environment
from swarm.voice.host.choice import sentence
from swarm.voice.host.process import EngineProcess
from swarm.voice.host.registry import engine_target, recipe_card

MAX_S = 3600
ALL = "all"  # the word of --voice that stands for every voice of the engine


def run(arguments: argparse.Namespace) -> int:
    """Convert the beginning of a chapter; return the exit code. Raises UsageError."""
    config = render_config(arguments)
    for word in words_of(option_parser(PREVIEW.sheets), arguments):
        if reason := NOT_IN_PREVIEWS.get(word.partition("=")[0]):
            raise UsageError(f"{word.partition('=')[0]}: {reason}")
    wanted = preview_config(arguments, config)
    if config.voice.lower() != ALL:
        return convert.run_with(arguments, wanted)
    return max(_preview(arguments, replace(wanted, voice=voice)) for voice in _voices(arguments, config))


def _preview(arguments: argparse.Namespace, config: RenderConfig) -> int:
    """Speak a preview with one of several voices; return the exit code. A voice that is not to be had is told."""
    try:
        return convert.run_with(arguments, config)
    except EnvironmentFault as fault:
        warn(f"{config.voice}: {fault}", error=True)
        return fault.exit_code


def _voices(arguments: argparse.Namespace, config: RenderConfig) -> list[str]:
    """Return every voice that the engine of a book has for its language. Raises BookError, UsageError."""
    prepare_voices(arguments)  # models in a folder of their own have voices too
    if len(config.books) != 1 or config.voice_file or config.custom_model:
        raise UsageError("--voice all: name one book, and no recording or model of your own.")
    recipe = find_job(replace(config, voice=""), config.books[0], BroughtFiles()).recipe
    return [voice.name for voice in recipe_card(recipe).voices_for(recipe.language)] or [recipe.voice]


def preview_config(arguments: argparse.Namespace, config: RenderConfig) -> RenderConfig:
    """Return the config of `convert` for a preview. Raises UsageError."""
    chapter = option.whole("--chapter", arguments.chapter, 1, 999_999)
    seconds = option.whole("--seconds", arguments.seconds, 1, MAX_S)
    return replace(
        config,
        chapters="" if arguments.name.strip() else str(chapter),
        preview_name=" ".join(arguments.name.split()),
        preview_s=float(seconds),
        upload=None,  # only whole books are uploaded to a library
        keep_both=True,  # previews are made to compare voices
    )


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
        await process.end_engine()
