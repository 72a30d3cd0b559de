"""The two interfaces an engine package implements, and how a failure is named.

Engines are found by the entry-point group `e2a_swarm.engines`; each entry is an object of `Engine`.
"""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from swarm.job.card import EngineCard
from swarm.job.recipe import Recipe

if TYPE_CHECKING:  # workers and coordinators handle no samples: 20 MiB and a tenth of a second of theirs
    import numpy as np
    from numpy.typing import NDArray

Pcm: TypeAlias = "NDArray[np.int16]"


class FaultKind(StrEnum):
    """Why a segment has no clip. Only what the text may be blamed for counts against it."""

    EMPTY = "empty"  # no samples
    SILENT = "silent"
    NONFINITE = "nonfinite"  # NaN or infinity
    IMPLAUSIBLE = "implausible"  # far too long or short for its text
    ERROR = "error"  # the engine raised
    CRASHED = "crashed"  # the engine's process died
    MEMORY = "memory"  # the device, or the machine, has not enough; no fault of the text
    DEVICE = "device"  # the device failed; perhaps it is gone
    UNAVAILABLE = "unavailable"  # the engine cannot be opened on this worker; no fault of the text


class EngineFault(Exception):
    """An engine did not return a clip."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Voice(Protocol):
    """A loaded voice."""

    @property
    def sample_rate(self) -> int:
        """Hz."""

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment: int16 mono PCM, shape (samples,). Raises EngineFault."""


@runtime_checkable
class SharingVoice(Voice, Protocol):
    """A voice that computed, when it was opened, what other workers need not compute again."""

    def latents(self) -> bytes | None:
        """What to keep with the job as `latents.safetensors`; None where it was given or there is none."""


class Engine(Protocol):
    """Something that can load voices."""

    @property
    def card(self) -> EngineCard:
        """What is known without loading."""

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model; may take minutes. `device` is "cpu" or "cuda:0". Raises EngineFault.

        UNAVAILABLE: not on this machine; MEMORY, DEVICE: not on this device, for now.

        `job_files` is a folder, its files by name: `voice.wav` (the reference, mono), `model/` (a custom model),
        `latents.safetensors` (what another worker's `latents` returned). None where the recipe needs none.
        """
