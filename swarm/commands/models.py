"""`e2a-swarm models`: Coqui's models on this machine; fetch some ahead of time, remove some."""

import argparse
from typing import TYPE_CHECKING

from swarm.commands.checks import examples
from swarm.commands.coqui_options import add_license_option, add_models_option, place_models
from swarm.commands.options import add_output_options
from swarm.commands.output import say, say_json
from swarm.errors import EXIT_DONE, EnvironmentFault, UsageError

if TYPE_CHECKING:
    from swarm.voice.coqui.files import ModelFiles

EXAMPLES = ("e2a-swarm models", "e2a-swarm models fetch xtts --accept-coqui-license", "e2a-swarm models remove xtts")
FETCHING = ("e2a-swarm models fetch xtts --accept-coqui-license", "e2a-swarm models fetch vits --language fr")
REMOVING = ("e2a-swarm models remove xtts", "e2a-swarm models remove vits --language fr")


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Register the command."""
    parser = commands.add_parser(
        "models",
        help="Coqui's models on this machine: list, fetch ahead of time, remove",
        description="The models of Coqui's list by the names that --tts-engine and --fine-tuned know, and which of "
        "them are on this machine. Models of your own travel with their jobs and are not among them.",
        usage="e2a-swarm models [OPTION...]\n       e2a-swarm models fetch|remove NAME...",
        epilog=examples(*EXAMPLES),
    )
    add_models_option(parser)
    add_output_options(parser, json="print the list as JSON", quiet="")
    parser.set_defaults(run=run)
    actions = parser.add_subparsers(metavar="fetch|remove NAME...", prog="e2a-swarm models")
    fetch = actions.add_parser(
        "fetch", description="Download models, as the first lease of a job would.", epilog=examples(*FETCHING)
    )
    add_license_option(fetch)
    remove = actions.add_parser("remove", description="Delete models from this machine.", epilog=examples(*REMOVING))
    for action, act in ((fetch, run_fetch), (remove, run_remove)):
        action.add_argument("names", metavar="NAME", nargs="+", help="xtts, vits, ... or a model's own name")
        action.add_argument("--language", metavar="CODE", default="", help="for names that have a model a language")
        add_models_option(action, default=argparse.SUPPRESS)
        action.set_defaults(run=act)


def run(arguments: argparse.Namespace) -> int:
    """Print the models, those that are here first."""
    place_models(arguments)
    from swarm.voice.coqui.cache import kept_models
    from swarm.voice.coqui.card import INSTALL, is_installed
    from swarm.voice.coqui.models import known_models

    here = kept_models()
    others = [model for model in known_models() if model not in here]
    if arguments.json:
        say_json(
            {"installed": is_installed(), "models": [_as_json(model, model in here) for model in (*here, *others)]}
        )
        return EXIT_DONE
    say(*([f"{len(here)} here:", *_here_lines(here)] if here else ["none here yet"]), "")
    say("not here; e2a-swarm models fetch NAME downloads:", *_lines(others))
    say(f"  fairseq: a model for each of some 1100 languages ({_licence('tts_models/eng/fairseq/vits')})")
    if not is_installed():
        say("", f"Coqui is not installed on this machine, so it can speak with none of them: {INSTALL}")
    return EXIT_DONE


def run_fetch(arguments: argparse.Namespace) -> int:
    """Download models. Raises UsageError, EnvironmentFault."""
    place_models(arguments)
    from swarm.voice.coqui.cache import is_here, place_of, size_of
    from swarm.watch.text import bytes_text

    for model in _named(arguments):
        if is_here(model):
            say(f"{model} is here already: {place_of(model)}")
            continue
        _fetch(model)
        say(f"{model} is here: {bytes_text(size_of(model))} in {place_of(model)}")
    return EXIT_DONE


def run_remove(arguments: argparse.Namespace) -> int:
    """Delete models. Raises UsageError, EnvironmentFault."""
    place_models(arguments)
    from swarm.voice.coqui.cache import place_of, remove, size_of
    from swarm.watch.text import bytes_text

    models = _named(arguments)
    for model in models:
        if not place_of(model).is_dir():
            raise UsageError(f"{model} is not on this machine: `e2a-swarm models` lists what is.")
    for model in models:
        before = size_of(model)
        remove(model)
        say(f"{model} is removed: {bytes_text(before - size_of(model))} are free again")
    return EXIT_DONE


def _named(arguments: argparse.Namespace) -> list[str]:
    from swarm.voice.coqui.models import find_listed

    return [find_listed(name, arguments.language) for name in arguments.names]


def _fetch(model: str) -> "ModelFiles":
    import logging

    from swarm.voice.coqui.engine import check_installed
    from swarm.voice.coqui.files import find_listed_model
    from swarm.voice.engine import EngineFault

    logging.disable()  # what Coqui logs of a failure is a traceback
    try:
        check_installed()
        return find_listed_model(model)
    except EngineFault as fault:
        raise EnvironmentFault(str(fault)) from fault
    finally:
        logging.disable(logging.NOTSET)


def _as_json(model: str, here: bool) -> dict[str, object]:
    from swarm.voice.coqui.cache import place_of, size_of
    from swarm.voice.coqui.models import engine_of, model_language
    from swarm.voice.coqui.origins import licence_of

    found = {"here": here, "bytes": size_of(model) if here else 0, "folder": str(place_of(model)) if here else ""}
    names = {"model": model, "engine": engine_of(model), "language": model_language(model)}
    return {**names, "licence": licence_of(model), **found}


def _here_lines(models: tuple[str, ...]) -> list[str]:
    from swarm.voice.coqui.cache import place_of, size_of
    from swarm.watch.text import bytes_text

    rows = zip(_lines(models), models, strict=True)
    return [f"{line}, {bytes_text(size_of(model))} in {place_of(model)}" for line, model in rows]


def _lines(models: "list[str] | tuple[str, ...]") -> list[str]:
    return [f"  {_short(model)} ({_licence(model)})" for model in models]


def _short(model: str) -> str:
    """What to call a model on the command line, and its own name."""
    from swarm.voice.coqui.models import ONE_LANGUAGE, engine_of, model_language

    engine = engine_of(model)
    language = f" --language {model_language(model)}" if engine in ONE_LANGUAGE else ""
    return f"{engine}{language}: {model}" if engine else model


def _licence(model: str) -> str:
    from swarm.voice.coqui.origins import licence_of

    return licence_of(model)
