"""Makes and removes the environments of engines, with uv where it is installed, else with pip.

An installation that ends early, even by kill -9, leaves a folder that no mark names: nothing believes it, and the next
installation or removal deletes it.
"""

import os
import shutil
import subprocess
import sys
import uuid
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import msgspec

from swarm.errors import EnvironmentFault, UsageError
from swarm.system.disk import guarded, replace_file
from swarm.voice.engine import Engine, OnProgress
from swarm.voice.environment import MARK, Environment, engine_folder, environments_folder, find_environment, python_in
from swarm.voice.host.foreign import HousedEngine
from swarm.voice.host.process import ask_facts, prove
from swarm.voice.host.registry import engine_targets, find_engine, learn
from swarm.voice.model_download import download_lock

# What a process of the program that speaks needs of the program's own requirements, as in pyproject.toml.
REQUIREMENTS = (
    "audioop-lts>=0.2.2; python_version >= '3.13'",
    "filelock>=3.20.1",
    "httpx>=0.28,<0.29",
    "msgpack>=1.1",
    "msgspec>=0.20",
    "numpy>=1.26",
    "platformdirs>=4",
    "psutil>=7",
    "pydub>=0.25.1,<0.26",
    "regex>=2024.11",
    "soundfile>=0.13",
)
VERIFY = ("faster-whisper>=1.1", "opencc>=1.1.9", "rapidfuzz>=3")  # --verify needs these
LOG = "install.log"
MAX_LINE = 160  # characters of an installer's line that are shown
_TAIL_LINES = 6  # the message of a failure ends with these lines of the installer's log
_TOLD = ("Collecting", "Downloading", "Downloaded", "Building", "Installing", "Resolved", "Prepared", "Installed")


def requirements_of(packages: Sequence[str], *, recogniser: bool = False) -> tuple[str, ...]:
    """Return all that an environment with some packages is made from."""
    return (*packages, *REQUIREMENTS, *(VERIFY if recogniser else ()))


def is_current(engine: Engine, environment: Environment) -> bool:
    """Return whether an environment is made from what this version of the program asks for."""
    return {*engine.requirements, *REQUIREMENTS} <= {*environment.requirements}


def packages_of(name: str, more: Sequence[str]) -> tuple[str, ...]:
    """Return the packages of an engine's environment: its own, and more that the user names.

    Raises EngineUnknown for an engine of another package if the user names no packages, UsageError for an engine that
    runs in the program's environment.
    """
    known = engine_targets()
    if name not in known and more:
        return tuple(more)
    engine = find_engine(name)
    if not engine.requirements:
        raise UsageError(f"{name} needs no environment of its own: it runs in that of e2a-swarm.")
    return (*engine.requirements, *(package for package in more if package not in engine.requirements))


def install(name: str, tell: OnProgress, *, more: Sequence[str] = (), recogniser: bool = False) -> Environment:
    """Make the environment of an engine, and let it speak a sentence there; return the one that is here if it fits.

    `more` are packages that pip can install, which may bring the engine itself. It may take many minutes, and waits for
    another process that installs the same engine. Raises UsageError, EnvironmentFault.
    """
    packages = packages_of(name, more)
    wanted = requirements_of(packages, recogniser=recogniser)
    with _held(name, tell):
        found = find_environment(name)
        if found is not None and {*wanted} <= {*found.requirements}:
            return found
        _clear(name, found)
        fresh = Environment(name, uuid.uuid4().hex[:12], packages, wanted)
        try:
            _make(fresh, tell)
            fresh = _proven(fresh, tell)
        except BaseException:
            shutil.rmtree(fresh.folder, ignore_errors=True)
            raise
        with guarded(fresh.folder):
            replace_file(engine_folder(name) / MARK, msgspec.json.encode(fresh))
        _clear(name, fresh)
    return fresh


def _proven(environment: Environment, tell: OnProgress) -> Environment:
    """Let an engine speak in its environment, and return that with what is known of it. Raises EnvironmentFault."""
    name = environment.engine
    tell(f"{name} speaks a sentence")
    if name in engine_targets() and not isinstance(known := find_engine(name), HousedEngine):
        prove(known, environment, tell)
        return environment
    environment = ask_facts(environment)
    try:
        engine = HousedEngine(environment)
    except ValueError as fault:
        raise EnvironmentFault(f"The engine {name} cannot be used: {fault}.") from fault
    learn(engine)  # the proof needs it to make the engine's recipe
    prove(engine, environment, tell)
    return environment


def remove(name: str, tell: OnProgress) -> None:
    """Delete the environment of an engine, also what a broken installation left. Raises EnvironmentFault."""
    with _held(name, tell):
        with guarded(engine_folder(name)):
            (engine_folder(name) / MARK).unlink(missing_ok=True)  # first: half an environment is none
        if left := _clear(name, None):
            raise EnvironmentFault(f"{left[0]} cannot be removed as a whole: end the workers that speak with {name}.")
        shutil.rmtree(engine_folder(name), ignore_errors=True)


@contextmanager
def _held(name: str, tell: OnProgress) -> Iterator[None]:
    """Hold the lock of an engine's environment; it ends with its process."""
    with (
        guarded(environments_folder()),
        download_lock(
            environments_folder() / f"{name}.lock", lambda: tell(f"another process installs {name}; waiting")
        ),
    ):
        yield


def _clear(name: str, kept: Environment | None) -> list[Path]:
    """Remove all folders of an engine's environments but one; return those that cannot be removed."""
    folders = [path for path in engine_folder(name).glob("*") if path.is_dir() and path.name != (kept and kept.name)]
    for path in folders:
        shutil.rmtree(path, ignore_errors=True)  # the installer of a killed process may still write there
    return [path for path in folders if path.exists()]


def _make(environment: Environment, tell: OnProgress) -> None:
    """Make an environment and install its requirements. Raises EnvironmentFault."""
    log = engine_folder(environment.engine) / LOG
    tell(f"making an environment for {environment.engine}")
    with guarded(environment.folder):
        environment.folder.mkdir(parents=True)
        log.unlink(missing_ok=True)
        for words in commands(environment):
            _run(environment, words, log, tell)


def commands(environment: Environment) -> Iterator[Sequence[str]]:
    """Yield the commands that fill an environment; each is asked for when the one before it is done."""
    folder, python = str(environment.folder), str(python_in(environment.folder))
    if uv := shutil.which("uv"):
        yield (uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, folder)
        yield (uv, "pip", "install", "--python", python, *environment.requirements)
        return
    has_pip = find_spec("pip") is not None  # the program's own pip saves the seconds that another one takes
    try:
        venv.create(folder, symlinks=os.name != "nt", with_pip=not has_pip)
    except subprocess.CalledProcessError as fault:
        raise EnvironmentFault(
            "This Python cannot make environments with pip: install uv, or Debian's package python3-venv."
        ) from fault
    pip = (sys.executable, "-m", "pip", "--python", python) if has_pip else (python, "-m", "pip")
    # Most files are never imported, so neither pip nor uv compiles them.
    quick = ("--no-input", "--disable-pip-version-check", "--no-compile")
    yield (*pip, "install", *quick, *environment.requirements)


def _run(environment: Environment, words: Sequence[str], log: Path, tell: OnProgress) -> None:
    """Run a command, and tell its lines; all of them go to a log. Raises EnvironmentFault."""
    with (
        log.open("a", encoding="utf-8") as output,
        subprocess.Popen(
            words,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                output.write(line)
                if line.strip().startswith(_TOLD):
                    tell(f"{environment.engine}: {line.strip()[:MAX_LINE]}")
        except BaseException:
            process.kill()
            raise
    if process.returncode:
        tail = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL_LINES:]
        raise EnvironmentFault(
            f"The environment of {environment.engine} cannot be made: {Path(words[0]).name} ended with code "
            f"{process.returncode}; {log} ends:\n" + "\n".join(line[:MAX_LINE] for line in tail)
        )
