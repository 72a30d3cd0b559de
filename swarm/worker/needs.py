"""How much memory each model took on each kind of device, in a small file of the state folder. It may be lost."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from swarm.job.recipe import Recipe
from swarm.lease.offer import CPU
from swarm.lease.worker.rest import model_of
from swarm.system.disk import replace_file

FILE = "memory.json"
MAX_BYTES = 256 * 1024
MAX_MODELS = 500  # one kind of device has no more
GROWTH = 1.05  # a need that grew by a smaller factor is not worth a write

Bytes = Annotated[int, Meta(ge=1, le=1 << 50)]
Known = dict[str, Annotated[dict[str, Bytes], Meta(max_length=MAX_MODELS)]]  # each device has the need of each model


class Needs:
    """The memory that models took, by the kinds of this machine's devices: "cpu", and each GPU by what it is."""

    def __init__(self, state_dir: Path, gpus: Mapping[str, str] | None = None) -> None:
        """`gpus` tells of each GPU, such as "cuda:0", what it is: equal ones have equal needs."""
        self._file, self._gpus = state_dir / FILE, dict(gpus or {})
        self._known = _read(self._file)

    def of(self, device: str, recipe: Recipe) -> int:
        """Return how many bytes of a device the model of a recipe takes; 0 if it was never measured."""
        return self._known.get(self._kind(device), {}).get(_name(recipe), 0)

    def note(self, device: str, recipe: Recipe, took: int) -> None:
        """Keep what a process took, if it is more than is known. A full disk is no fault here."""
        known, name = self._known.setdefault(self._kind(device), {}), _name(recipe)
        if took > GROWTH * known.get(name, 0) and (name in known or len(known) < MAX_MODELS):
            known[name] = took
            with suppress(OSError):
                replace_file(self._file, msgspec.json.encode(self._known))

    def least(self) -> dict[str, int]:
        """Return the smallest need on each kind of device of which one is known."""
        return {kind: min(models.values()) for kind, models in self._known.items() if models}

    def _kind(self, device: str) -> str:
        return CPU if device.startswith(CPU) else self._gpus.get(device, device)


def _name(recipe: Recipe) -> str:
    return " ".join(filter(None, model_of(recipe)))


def _read(path: Path) -> Known:
    with suppress(OSError, ValueError):
        if path.stat().st_size <= MAX_BYTES:
            return msgspec.json.decode(path.read_bytes(), type=Known)
    return {}
