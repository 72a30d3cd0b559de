"""The environments of engines: folders with a Python and libraries of their own, under the state folder.

An engine that names requirements runs in one. Each environment lies in a folder of its own name, and the file
`environment.json` beside it is written only after a sentence was spoken there: what it does not name is not believed.
"""

import os
from pathlib import Path

from msgspec import Struct

from swarm.config import ENV_HOME, state_folder
from swarm.system.disk import read_json

MARK = "environment.json"
MAX_MARK_BYTES = 4 << 20
_PYTHON = Path("Scripts/python.exe" if os.name == "nt" else "bin/python")


class Environment(Struct, frozen=True):
    """An environment that has spoken a sentence."""

    engine: str
    name: str  # the name of the folder, in the folder of the engine
    packages: tuple[str, ...]  # the user or the engine asked for these
    requirements: tuple[str, ...]  # all that it was made from
    target: str = ""  # "module:object" of an engine whose package lies there only
    facts: bytes = b""  # the engine's own description, as workers send it
    folders: tuple[tuple[str, str], ...] = ()  # the folders of the engine's models

    @property
    def folder(self) -> Path:
        """The folder of the environment."""
        return engine_folder(self.engine) / self.name

    @property
    def python(self) -> Path:
        """The Python of the environment."""
        return python_in(self.folder)

    def has(self, package: str) -> bool:
        """Return whether a package lies in the environment, without importing it."""
        return any(self.folder.glob(f"[Ll]ib*/python*/site-packages/{package}")) or any(
            self.folder.glob(f"Lib/site-packages/{package}")
        )


def environments_folder() -> Path:
    """Return the folder of all environments, in the state folder."""
    return state_folder(os.environ.get(ENV_HOME)) / "engines"


def engine_folder(engine: str) -> Path:
    """Return the folder of an engine's environment, which may not exist."""
    return environments_folder() / engine


def python_in(folder: Path) -> Path:
    """Return the Python of an environment in a folder."""
    return folder / _PYTHON


def find_environment(engine: str) -> Environment | None:
    """Return the environment of an engine; None if there is none that has spoken, or its Python is gone."""
    found = read_json(engine_folder(engine) / MARK, Environment, MAX_MARK_BYTES)
    is_plain = found is not None and found.engine == engine and Path(found.name).name == found.name
    return found if found and is_plain and found.python.is_file() else None


def find_environments() -> tuple[Environment, ...]:
    """Return the environments of this machine, in the order of their engines' names."""
    try:
        names = sorted(path.name for path in environments_folder().iterdir() if path.is_dir())
    except OSError:
        return ()
    return tuple(found for found in map(find_environment, names) if found is not None)
