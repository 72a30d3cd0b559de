"""The two interfaces an engine package implements, and how a failure is named.

Engines are found by the entry-point group `e2a_swarm.engines`; each entry is an object of `Engine`.
"""

from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from swarm.lease.recipe import Recipe
from swarm.voice.card import EngineCard

Pcm = NDArray[np.int16]


class FaultKind(StrEnum):
    """Why a segment has no clip. Only what the text may be blamed for counts against it."""

    EMPTY = "empty"  # no samples
    SILENT = "silent"
    NONFINITE = "nonfinite"  # NaN or infinity
    IMPLAUSIBLE = "implausible"  # far too long or short for its text
    ERROR = "error"  # the engine raised
    CRASHED = "crashed"  # the engine's process died
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


class Engine(Protocol):
    """Something that can load voices."""

    @property
    def card(self) -> EngineCard:
        """What is known without loading."""

    def open(self, recipe: Recipe, device: str) -> Voice:
        """Load the model; may take minutes. `device` is "cpu" or "cuda:0". Raises EngineFault(UNAVAILABLE)."""
