"""`e2a-swarm engines`: list the engines with environments of their own, make such environments, or remove some."""

import argparse
from pathlib import Path

from swarm.commands.output import say, say_json, show_progress
from swarm.errors import EXIT_DONE, EngineUnknown, UsageError
from swarm.system.text import bytes_text
from swarm.voice.engine import Engine
from swarm.voice.environment import engine_folder, environments_folder, find_environment
from swarm.voice.host.foreign import NAME
from swarm.voice.host.installer import install, is_current, packages_of, remove
from swarm.voice.host.registry import all_engines, engine_for, find_engine


def run(arguments: argparse.Namespace) -> int:
    """Print the engines with environments of their own; return the exit code."""
    rows = [_facts(engine) for engine in _able()]
    if arguments.json:
        say_json(rows)
        return EXIT_DONE
    say(*map(_line, rows))
    return EXIT_DONE


def _able() -> list[Engine]:
    return [engine for engine in all_engines() if engine.requirements]


def _facts(engine: Engine) -> dict[str, object]:
    found = find_environment(engine.card.name)
    where = {"folder": str(found.folder), "bytes": _size(found.folder)} if found else {"folder": "", "bytes": 0}
    facts = {"engine": engine.card.name, "about": engine.card.about, "licence": engine.card.licence}
    current = found is not None and is_current(engine, found)
    return {**facts, "here": found is not None, "current": current, **where}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _line(row: dict[str, object]) -> str:
    name = row["engine"]
    if not row["here"]:
        state = f"not here: e2a-swarm engines install {name}"
    elif not row["current"]:
        state = f"made for an earlier version of e2a-swarm: e2a-swarm engines install {name} renews it"
    else:
        state = f"here, {bytes_text(int(str(row['bytes'])))} in {row['folder']}"
    return f"{name}: {row['about']} ({row['licence']}); {state}"


def run_install(arguments: argparse.Namespace) -> int:
    """Make environments; return the exit code. Raises UsageError, EnvironmentFault."""
    packages = tuple(map(_requirement, arguments.package))
    names = [_name(word.lower(), new=bool(packages)) for word in arguments.names]
    for name in names:
        packages_of(name, packages)  # before the first is installed, so that no mistake waits for it
    for name in names:
        try:
            environment = install(name, show_progress, more=packages, recogniser=arguments.recogniser)
        finally:
            show_progress("")
        say(
            f"{name} is here and has spoken a sentence: {bytes_text(_size(environment.folder))} in {environment.folder}"
        )
        engine = find_engine(name)
        if engine.models() and not engine.kept_models():
            say(f"a model for it: e2a-swarm models fetch {engine.words_for('')[0]}; else the first book fetches it")
    return EXIT_DONE


def _requirement(word: str) -> str:
    """Return a requirement for pip; a local package gets its whole path, so that it can be installed again."""
    return str(Path(word).expanduser().absolute()) if Path(word).expanduser().exists() else word


def _name(word: str, *, new: bool) -> str:
    """Return the name of the engine that a word means; of one that packages bring, the word. Raises UsageError."""
    try:
        return engine_for(word).card.name
    except EngineUnknown:
        if new and NAME.fullmatch(word):
            return word
        raise


def run_remove(arguments: argparse.Namespace) -> int:
    """Delete environments; return the exit code. Raises UsageError, EnvironmentFault."""
    names = [_kept_name(word.lower()) for word in arguments.names]
    for name in names:
        size = _size(engine_folder(name))
        try:
            remove(name, show_progress)
        finally:
            show_progress("")
        say(f"the environment of {name} is removed: {bytes_text(size)} are free again")
    return EXIT_DONE


def _kept_name(word: str) -> str:
    """Return the name of an engine that has a folder here, also of one that is known no more. Raises UsageError."""
    here = [path.name for path in environments_folder().glob("*") if path.is_dir()]
    name = word if word in here else engine_for(word).card.name
    if not engine_folder(name).is_dir():
        raise UsageError(f"{name} has no environment on this machine: `e2a-swarm engines` lists them.")
    return name
