"""The interface of an engine package: an engine, its models and voices, and how a failure is named.

Engines are found by the entry-point group `e2a_swarm.engines`; each entry names one object of a class of `Engine`, by
the name of its card.
"""

import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from swarm.config import may_download
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.check import Check
from swarm.job.engine_text import Phonemes
from swarm.job.language import language_name
from swarm.job.recipe import Recipe

if TYPE_CHECKING:  # workers and coordinators handle no samples: 20 MiB and a tenth of a second of theirs
    import numpy as np
    from numpy.typing import NDArray

Pcm: TypeAlias = "NDArray[np.int16]"
OnProgress = Callable[[str], None]  # is told in words how far a download is


class FaultKind(StrEnum):
    """The reason why a segment has no clip. Only faults of the text count against it."""

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
    """A voice that an engine has loaded and that can speak."""

    @property
    def sample_rate(self) -> int:
        """The sample rate in Hz."""

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment and return int16 mono PCM, shape (samples,). Raises EngineFault."""


@runtime_checkable
class PhonemeVoice(Voice, Protocol):
    """A voice of an engine whose card names languages in which it takes phonemes."""

    def speak_phonemes(self, text: str, phonemes: Sequence[Phonemes], seed: int) -> Pcm:
        """Speak one segment in which words have phonemes; otherwise like `speak`."""


@runtime_checkable
class SharingVoice(Voice, Protocol):
    """A voice that computed, when it was opened, what other workers need not compute again."""

    def latents(self) -> bytes | None:
        """Return the latents to keep with the job; None if they were given or there are none."""


class Engine(ABC):
    """Something that loads voices. All but `card` and `open` may stay as they are for an engine that needs no download.

    The module of an engine must be quick to import: `open` and `fetch` import what they compute or download with.
    """

    card: EngineCard  # of the engine as a whole; `card_for` has those of its models
    aliases: tuple[str, ...] = ()  # words of --tts-engine that mean one of its models, the usual one first
    custom_files: tuple[str, ...] = ()  # what a custom model may have besides config.json and its weights
    unlisted: tuple[str, ...] = ()  # lines about models that are too many for `models`

    @abstractmethod
    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model; may take minutes. `device` is "cpu:3" (slot 3), "cuda:0" or "mps". Raises EngineFault.

        UNAVAILABLE: not on this machine; MEMORY, DEVICE: not on this device, for now.

        `job_files` is a folder, its files by name: `voice.wav` (the reference, mono), `model/` (a custom model),
        `latents.safetensors` (what another worker's `latents` returned). None where the recipe needs none.
        """

    def is_installed(self) -> bool:
        """Return whether the engine could be loaded here, without importing what it computes with."""
        return True

    def checks(self) -> Iterable[Check]:
        """Check what the engine needs on this machine, for `doctor`; may take seconds."""
        return ()

    def answers_to(self, word: str) -> bool:
        """Return whether a word of --tts-engine, in lower case, means this engine or one of its models."""
        return word in (self.card.name, *self.aliases)

    def words_for(self, language: str) -> tuple[str, ...]:
        """Return the words of --tts-engine to recommend for a language, the best first; the usual one for ""."""
        return (self.card.name,) if not language or language in self.card.languages else ()

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card of a model; for "", of the one that is used where none is named. Raises UsageError.

        `model` may be "custom:" and a digest; then `config` is what its config.json says, where that is at hand.
        """
        return self.card

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the model for a word of --tts-engine and a language, or the one that is named. Raises UsageError.

        "" where the engine has one model only, which needs no name.
        """
        if model:
            return self.find_model(model, language)
        fitting = [each for each in self.models() if each.language in ("", language)]
        chosen = [each.name for each in fitting if each.engine == word] or [each.name for each in fitting]
        if not chosen and self.models():
            raise UsageError(f"{self.card.name} has no model for {language_name(language)}.")
        return chosen[0] if chosen else ""

    def custom_fault(self, config: Mapping[str, object], files: Collection[str]) -> str:
        """Return what a custom model lacks, by its config and the names of its files; "" where nothing is missing."""
        return ""

    def estimate_s(self, recipe: Recipe, characters: int) -> float:
        """Return how many seconds of sound a text of so many characters takes, without pauses."""
        card = self.card_for(recipe.model)
        settings = card.defaults | dict(recipe.settings)
        return characters / card.characters_s / float(settings.get("speed") or 1.0)

    def models(self) -> tuple[ModelCard, ...]:
        """Return the models that can be fetched, and others that are here; () where there are none to fetch."""
        return ()

    def kept_models(self) -> tuple[str, ...]:
        """Return the names of the models that are on this machine. Workers ask every few seconds."""
        return tuple(model.name for model in self.models() if self.model_folder(model.name).is_dir())

    def offered_models(self) -> tuple[str, ...]:
        """Return the models that this machine can speak with now; "*" stands for any other."""
        if not self.models():
            return ("*",)
        return (*(("*",) if may_download() else ()), *self.kept_models())

    def find_model(self, word: str, language: str = "") -> str:
        """Return the model that is meant by its name, or by a word of --tts-engine. Raises UsageError."""
        known = self.models()
        named = [model.name for model in known if word == model.name]
        meant = [model for model in known if word == model.engine or (word == self.card.name and len(known) == 1)]
        fitting = [model.name for model in meant if not model.by_language or model.language == language]
        if named or fitting:
            return (named or fitting)[0]
        if meant and not language:
            raise UsageError(f"{word} has a model for each language: say which, as in --language fr.")
        raise UsageError(f"{self.card.name} has no model {word[:100]!r}: `e2a-swarm models` lists those there are.")

    def model_folder(self, model: str) -> Path:
        """Return the folder that a model has for itself, or would have."""
        raise NotImplementedError

    def model_bytes(self, model: str) -> int:
        """Return how many bytes a model takes on the disk."""
        files = self.model_folder(model).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink())

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download a model that is not here. Raises EnvironmentFault, also where a licence is not agreed to."""
        raise NotImplementedError

    def remove(self, model: str) -> None:
        """Delete a model from this machine. Raises EnvironmentFault."""
        folder = self.model_folder(model)
        try:
            shutil.rmtree(folder)
        except OSError as fault:
            raise EnvironmentFault(f"{folder} cannot be removed: {fault.strerror or fault}.") from fault

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the environment variables that place the engine's models in a folder, as --models-dir says."""
        return {}
