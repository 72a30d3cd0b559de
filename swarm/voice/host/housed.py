"""Engines whose packages lie in environments of their own only. The program knows them by what they told there."""

from functools import lru_cache
from pathlib import Path

from swarm.voice.engine import OnProgress
from swarm.voice.environment import Environment, find_environments
from swarm.voice.host.offered import OfferedEngine, decode_facts


class HousedEngine(OfferedEngine):
    """An engine in an environment of its own, which does all the work."""

    def __init__(self, environment: Environment) -> None:
        """Raise ValueError if what it told of itself is not usable."""
        super().__init__(decode_facts(environment.facts))
        self.requirements, self.target = environment.packages, environment.target
        self._folders = dict(environment.folders)

    def is_installed(self) -> bool:
        """Return True: without its environment it would not be known."""
        return True

    def kept_models(self) -> tuple[str, ...]:
        """Return the models whose folders are there."""
        return tuple(name for name, folder in self._folders.items() if Path(folder).is_dir())

    def model_folder(self, model: str) -> Path:
        """Return the folder that the engine named for a model."""
        return Path(self._folders[model])

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Raise NotImplementedError: an errand to its environment fetches models (`host/errand.py`)."""
        raise NotImplementedError


def housed_engines() -> dict[str, HousedEngine]:
    """Return the engines that lie in environments only, by name."""
    found = [_house(environment) for environment in find_environments() if environment.target]
    return {engine.card.name: engine for engine in found if engine is not None}


@lru_cache(maxsize=64)
def _house(environment: Environment) -> HousedEngine | None:
    try:
        engine = HousedEngine(environment)
    except ValueError:  # an earlier version's facts; its installation can be renewed
        return None
    return engine if engine.card.name == environment.engine else None
