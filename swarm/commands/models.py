"""`e2a-swarm models`: list the models of engines, fetch some ahead of time, or remove some."""

import argparse
from collections.abc import Sequence

from swarm.book.model.language_code import normal_language
from swarm.commands.machine_config import place_models
from swarm.commands.output import say, say_json, show_progress, tell_line
from swarm.errors import EXIT_DONE, UsageError
from swarm.job.card import ModelCard
from swarm.system.text import bytes_text, count_text
from swarm.voice.engine import Engine, OnProgress
from swarm.voice.host.process import fetch_model
from swarm.voice.host.registry import all_engines, find_model, find_voice_files, installed_engines
from swarm.voice.model_download import RemoteModel, fetch_files, lacking_bytes

MAX_WORDS = 6  # words of an engine's line


def run(arguments: argparse.Namespace) -> int:
    """Print the models, those on this machine first; return the exit code."""
    place_models(arguments)
    here, others = _listed()
    if arguments.language:
        language = normal_language(arguments.language)
        here, others = ([row for row in rows if _speaks(row, language)] for rows in (here, others))
    if arguments.json:
        say_json({"installed": not _missing(), "models": [_as_json(*row) for row in (*here, *others)]})
        return EXIT_DONE
    say(*([f"{len(here)} here:", *map(_here_line, here)] if here else ["none here yet"]), "")
    say("not here; e2a-swarm models fetch NAME downloads:")
    for engine in _with_models():
        cards = [model for each, model, _ in others if each is engine]
        if arguments.all or arguments.language:
            say(*map(_line, cards), *(f"  {line}" for line in engine.unlisted))
        elif cards:
            say(_engine_line(engine, cards), hang=4)
    if not (arguments.all or arguments.language):
        say("--all or --language CODE lists each of them")
    for engine in _ready():
        say(f"{engine.card.name} needs no download")
    for engine in _missing():
        name = engine.card.name[:1].upper() + engine.card.name[1:]
        say("", f"{name} is not installed on this machine, so it cannot speak with these models: {engine.card.install}")
    return EXIT_DONE


Row = tuple["Engine", "ModelCard", bool]  # an engine, its model, and whether the model is on this machine


def _listed() -> tuple[list[Row], list[Row]]:
    """Return the models on this machine, in the order of their engines, and those that can be fetched."""
    here: list[Row] = []
    others: list[Row] = []
    for engine in _with_models():
        cards = {model.name: model for model in engine.models()}
        kept = [name for name in engine.kept_models() if name in cards]
        here += [(engine, cards[name], True) for name in kept]
        others += [(engine, model, False) for name, model in cards.items() if name not in kept]
    return here, others


def _speaks(row: Row, language: str) -> bool:
    engine, model, _ = row
    return model.language in ("", language) and engine.card_for(model.name).speaks(language)


def _with_models() -> list[Engine]:
    return [engine for engine in all_engines() if engine.models()]


def _missing() -> list[Engine]:
    return [engine for engine in _with_models() if not engine.is_installed()]


def _ready() -> list[Engine]:
    """Return the engines whose voices come with them."""
    return [each for each in installed_engines() if each.card.speech and not each.card.any_model and not each.models()]


def run_fetch(arguments: argparse.Namespace) -> int:
    """Download models; return the exit code. Raises UsageError, EnvironmentFault."""
    place_models(arguments)

    tell, progress = (tell_line, tell_line) if arguments.json else (say, show_progress)
    voices = {name: found for name in arguments.names if (found := find_voice_files(name))}
    for name, found in voices.items():
        _fetch_voice(name, found, tell, progress)
    for engine, model in _named(arguments, [name for name in arguments.names if name not in voices]):
        if model in engine.kept_models():
            tell(f"{model} is here already: {engine.model_folder(model)}")
            continue
        card = next((each for each in engine.models() if each.name == model), None)
        tell(f"fetching {model}{_terms(card) if card else ''}")
        try:
            fetch_model(engine, model, progress)
        finally:
            show_progress("")
        tell(f"{model} is here: {bytes_text(engine.model_bytes(model))} in {engine.model_folder(model)}")
    return EXIT_DONE


def _fetch_voice(name: str, found: RemoteModel, tell: OnProgress, progress: OnProgress) -> None:
    """Download what one voice of a model needs. Raises EnvironmentFault."""
    if size := lacking_bytes(found):
        tell(f"fetching {name} of {found.title} ({bytes_text(size)})")
        try:
            fetch_files(found.title, found.folder, found.files, progress)
        finally:
            show_progress("")
    tell(f"{name} is here: {found.folder}")


def run_remove(arguments: argparse.Namespace) -> int:
    """Delete models; return the exit code. Raises UsageError, EnvironmentFault."""
    place_models(arguments)

    named = _named(arguments, arguments.names)
    for engine, model in named:
        if not engine.model_folder(model).is_dir():
            raise UsageError(f"{model} is not on this machine: `e2a-swarm models` lists those that are.")
    for engine, model in named:
        before = engine.model_bytes(model)
        engine.remove(model)
        say(f"{model} is removed: {bytes_text(before - engine.model_bytes(model))} are free again")
    return EXIT_DONE


def _named(arguments: argparse.Namespace, names: Sequence[str]) -> list[tuple[Engine, str]]:
    language = normal_language(arguments.language) if arguments.language else ""
    return [find_model(name, language) for name in names]


def _as_json(engine: Engine, model: ModelCard, here: bool) -> dict[str, object]:
    folder = str(engine.model_folder(model.name)) if here else ""
    found = {"here": here, "bytes": engine.model_bytes(model.name) if here else 0, "folder": folder}
    names = {"model": model.name, "engine": model.engine, "language": model.language}
    return {**names, "of": engine.card.name, "licence": model.licence, **found}


def _here_line(row: Row) -> str:
    engine, model, _ = row
    licence = f" ({model.licence})" if model.licence else ""
    return (
        f"  {model.title}{licence}, {bytes_text(engine.model_bytes(model.name))} in {engine.model_folder(model.name)}"
    )


def _line(model: ModelCard) -> str:
    return f"  {model.title}{_terms(model)}"


def _engine_line(engine: Engine, models: Sequence[ModelCard]) -> str:
    """Return what of an engine can be fetched, in one line: how many models, how large, and some words for them."""
    named = [each for each in models if each.engine]
    words = [*dict.fromkeys(f"{each.engine}{' --language CODE' if each.by_language else ''}" for each in named)]
    sizes = sorted(each.size for each in models if each.size)
    span = " to ".join(dict.fromkeys(bytes_text(size) for size in (*sizes[:1], *sizes[-1:])))
    facts = ", ".join(filter(None, (count_text(len(models), "model"), span)))
    more = ", ..." if len(words) > MAX_WORDS else ""
    return f"  {engine.card.name} ({facts}): {', '.join(words[:MAX_WORDS])}{more}"


def _terms(model: ModelCard) -> str:
    """Return the licence of a model and how large its download is, in brackets."""
    known = ", ".join(filter(None, (model.licence, bytes_text(model.size) if model.size else "")))
    return f" ({known})" if known else ""
