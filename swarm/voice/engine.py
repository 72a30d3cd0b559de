"""The interface of an engine package: an engine, its models and voices, its checks, and the kinds of its failures.

A package registers an engine in the entry-point group `e2a_swarm.engines`. The entry has the name of the engine's card,
and refers to an instance of a subclass of `Engine`. A fault of the device is told from one of the text without torch.
"""

import re
import shutil
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, TypeAlias, runtime_checkable

from swarm.book.model.engine_text import Phonemes
from swarm.book.model.language_code import language_name
from swarm.config import may_download
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.spec import Recipe
from swarm.voice.environment import find_environment
from swarm.voice.model_download import (
    ENV_MODELS,
    RemoteFile,
    RemoteModel,
    fetch_files,
    is_whole,
    mend_files,
    models_folder,
)

if TYPE_CHECKING:  # workers and coordinators handle no samples, so they save the 20 MiB and 0.1 s that numpy takes
    import numpy as np
    from numpy.typing import NDArray


Verdict = Literal["ok", "-", "warn", "fail"]  # "-": not installed, which nothing needs


class Check(NamedTuple):
    """The result of one check; `remedy` is empty where nothing is wrong."""

    name: str
    verdict: Verdict
    text: str
    remedy: str = ""


Pcm: TypeAlias = "NDArray[np.int16]"
Sound: TypeAlias = "NDArray[np.int16] | TimedSound | EngineFault"  # an engine fault tells why a segment has no sound


@dataclass(frozen=True)
class TimedSound:
    """A sound, with the first character in the text and the first sample of each word that it is known of."""

    pcm: Pcm
    words: Sequence[tuple[int, int]]


OnProgress = Callable[[str], None]  # receives the progress of a download as a text


class FaultKind(StrEnum):
    """The reason why a segment has no clip. Only faults of the text count against it."""

    EMPTY = "empty"  # no samples
    SILENT = "silent"
    NONFINITE = "nonfinite"  # NaN or infinity
    IMPLAUSIBLE = "implausible"  # far too long or short for its text
    ERROR = "error"  # the engine raised
    CRASHED = "crashed"  # the engine's process died
    MEMORY = "memory"  # the device or the machine ran out of memory; not a fault of the text
    DEVICE = "device"  # the device failed or is gone; not a fault of the text
    UNAVAILABLE = "unavailable"  # this worker cannot open the engine; not a fault of the text


class EngineFault(Exception):
    """An engine did not return a clip."""

    def __init__(self, kind: FaultKind, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def unavailable(message: str) -> EngineFault:
    """Return the fault of a voice that this machine cannot open."""
    return EngineFault(FaultKind.UNAVAILABLE, message)


def recording_in(job_files: Path | None) -> Path:
    """Return the recording that a voice is to sound like. Raises EngineFault(UNAVAILABLE) without the job's files."""
    if job_files is None:
        raise unavailable("The recording of the voice is not here.")
    return job_files / "voice.wav"


class LastLoaded:
    """Keeps the model that a process loaded last, since its next voice may need the same one."""

    def __init__(self) -> None:
        self._key: object = None
        self._model: Any = None

    def load(self, key: object, load: Callable[[], Any]) -> Any:
        """Return the model of a key, which says all that decides it: name, files, device and settings."""
        if self._key != key:
            self._key = self._model = None  # freed before another one is loaded: a GPU may not have memory for two
            self._model = load()
            self._key = key
        return self._model


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
class PolyglotVoice(Voice, Protocol):
    """A voice of an engine whose card says that it speaks a segment in the segment's own language."""

    def speak_in(self, language: str, text: str, phonemes: Sequence[Phonemes], seed: int) -> Pcm:
        """Speak one segment in a language of the card; otherwise like `speak`."""


@dataclass(frozen=True)
class SpokenLine:
    """One segment of a batch. `language` is "" for the voice's own, and never else for a voice that is not polyglot."""

    text: str
    seed: int
    phonemes: Sequence[Phonemes] = ()
    language: str = ""


@runtime_checkable
class TimedVoice(Voice, Protocol):
    """A voice that knows when its words begin. It is asked in place of `speak` and its like."""

    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, with its phonemes and in its language where the voice can. Raises EngineFault."""


class TimedSpeech(ABC):
    """The base of a voice whose other ways of speaking follow from `speak_timed`."""

    @abstractmethod
    def speak_timed(self, line: SpokenLine) -> TimedSound:
        """Speak one segment, as a `TimedVoice` does."""

    def speak(self, text: str, seed: int) -> Pcm:
        """Speak one segment. Raises EngineFault."""
        return self.speak_timed(SpokenLine(text, seed)).pcm


@runtime_checkable
class BatchVoice(Voice, Protocol):
    """A voice that speaks several segments together, as many as its engine's card says in `batch`."""

    def speak_all(self, lines: Sequence[SpokenLine]) -> Sequence[Sound]:
        """Speak segments together, and return the sound of each, or its fault. Raises EngineFault for all of them.

        A segment sounds as if it was spoken alone: neither its neighbours nor their number may decide how.
        """


@runtime_checkable
class SharingVoice(Voice, Protocol):
    """A voice that computed latents when it was opened, so that other workers need not compute them again."""

    def latents(self) -> bytes | None:
        """Return the latents to keep with the job, as safetensors of finite numbers; None if given or not existing."""


class Engine(ABC):
    """An engine: it loads voices. An engine that needs no download only has to define `card` and `open`.

    The module of an engine must import quickly. Slow libraries belong inside `open` and `fetch`.
    """

    card: EngineCard  # the engine as a whole; `card_for` returns the cards of its models
    aliases: tuple[str, ...] = ()  # other words of --tts-engine that mean its models, the default model first
    custom_files: tuple[str, ...] = ()  # file names that a custom model may have besides config.json and weights
    # Pip installs these in the engine's own environment; () if it runs in the program's.
    requirements: tuple[str, ...] = ()
    unlisted: tuple[str, ...] = ()  # lines of `e2a-swarm models` about groups of models too large to list

    @abstractmethod
    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model, which may take minutes. `device` is "cpu:3" (slot 3), "cuda:0" or "mps".

        `job_files` is a folder that may contain `voice.wav` (the reference recording, mono), `model/` (a custom model)
        and `latents.safetensors` (the result of `latents` on another worker); None if the recipe needs no files.

        Raises EngineFault: UNAVAILABLE if this machine cannot open the voice, MEMORY or DEVICE if its device cannot
        for now.
        """

    def is_installed(self) -> bool:
        """Return whether the engine could be loaded here, without importing its libraries."""
        return not self.requirements or find_environment(self.card.name) is not None

    def trial(self) -> Voice | None:
        """Return a voice that proves the engine's libraries, such as one of a tiny model with random weights.

        None if the voice of a recipe proves them: then its model is downloaded for the proof, if it needs one.
        """
        return None

    def computes_on(self) -> str:
        """Return the kind of device it computes on here: "cpu", "gpu" or "any"; "" is what its models' cards say."""
        return ""

    def addable(self) -> Mapping[str, str]:
        """Return the languages that it would speak naturally with a package more, each with the line that adds it."""
        return {}

    def is_ready(self, language: str) -> bool:
        """Return whether it can speak a language here at once, without a download. Must be quick.

        A natural engine that is ready becomes the default of a language.
        """
        return self.is_installed() and not self.models()

    def lacking_languages(self) -> tuple[str, ...]:
        """Return the languages of which no voice is here, although a model that speaks them is. Must be quick."""
        return ()

    def checks(self) -> Iterable[Check]:
        """Check what the engine needs on this machine, for `e2a-swarm doctor`. May take seconds."""
        return ()

    def answers_to(self, word: str) -> bool:
        """Return whether a word of --tts-engine, in lower case, means this engine or one of its models."""
        return word in (self.card.name, *self.aliases)

    def words_for(self, language: str) -> tuple[str, ...]:
        """Return the words of --tts-engine to recommend for a language, the best first; the default word for ""."""
        return (self.card.name,) if not language or language in self.card.languages else ()

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card of a model, or of the default model for "". Raises UsageError.

        `model` may be "custom:" and a digest. Then `config` is the content of its config.json, or None if that file is
        not at hand.
        """
        return self.card

    def check_voice(self, name: str, language: str, model: str) -> str:
        """Return the name that recipes have for a voice that the card does not list, if the card says `any_voice`.

        It is asked before anything is loaded, with a name such as "anna:0.6+bert:0.4" of an engine that blends voices.
        Equal voices should get equal names. Raises UsageError if there is no such voice.
        """
        return name

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the name of the model for a word of --tts-engine and a language, or the one that `model` names.

        Returns "" if the engine has only one model. Raises UsageError.
        """
        if model:
            return self.find_model(model, language)
        fitting = [each for each in self.models() if each.language in ("", language)]
        chosen = [each.name for each in fitting if each.engine == word] or [each.name for each in fitting]
        if not chosen and self.models():
            raise UsageError(f"{self.card.name} has no model for {language_name(language)}.")
        return chosen[0] if chosen else ""

    def custom_fault(self, config: Mapping[str, object], files: Collection[str]) -> str:
        """Return what a custom model lacks, judging by its config and its file names; "" if it is complete."""
        return ""

    def loads_custom(self, config: Mapping[str, object]) -> bool:
        """Return whether a custom model with this config is one of the engine's, if the engine loads any."""
        return True

    def model_of_voice(self, name: str) -> str:
        """Return the model that the name of a voice of `card` decides; "" if any model may have the voice."""
        return ""

    def estimate_s(self, recipe: Recipe, characters: int) -> float:
        """Return the estimated seconds of sound of a text with so many characters, without pauses."""
        card = self.card_for(recipe.model)
        settings = card.defaults | dict(recipe.settings)
        return characters / card.pace(recipe.language) / float(settings.get("speed") or 1.0)

    def phonemes_of(self, language: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Return in IPA how the engine's default voice of a language says some texts; () if the engine cannot tell."""
        return ()

    def models(self) -> tuple[ModelCard, ...]:
        """Return the models that can be fetched, and others that are here; () if the engine needs no fetching."""
        return ()

    def kept_models(self) -> tuple[str, ...]:
        """Return the names of the models on this machine. Must be quick: workers call it every few seconds."""
        return tuple(model.name for model in self.models() if self.model_folder(model.name).is_dir())

    def offered_models(self) -> tuple[str, ...]:
        """Return the models that this machine can speak with now; "*" means that it can download any other."""
        if not self.models():
            return ("*",)
        return (*(("*",) if may_download() else ()), *self.kept_models())

    def find_model(self, word: str, language: str = "") -> str:
        """Return the name of the model that a model's name or a word of --tts-engine means. Raises UsageError."""
        known = self.models()
        named = [model.name for model in known if word == model.name]
        meant = [model for model in known if word == model.engine or (word == self.card.name and len(known) == 1)]
        fitting = [model.name for model in meant if not model.by_language or model.language == language]
        if named or fitting:
            return (named or fitting)[0]
        if meant and not language:
            raise UsageError(f"{word} has a model for each language: choose one, as in --language fr.")
        raise UsageError(f"{self.card.name} has no model {word[:100]!r}: `e2a-swarm models` lists them all.")

    def model_folder(self, model: str) -> Path:
        """Return the folder of a model, which may not exist yet."""
        raise NotImplementedError

    def model_bytes(self, model: str) -> int:
        """Return how many bytes a model takes on the disk."""
        files = self.model_folder(model).rglob("*")
        return sum(path.stat().st_size for path in files if path.is_file() and not path.is_symlink())

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download a model that is not here. Raises EnvironmentFault, also if its licence was not accepted."""
        raise NotImplementedError

    def remote_model(self, recipe: Recipe) -> RemoteModel | None:
        """Return the files that `open` needs for a recipe and would download if they were not here.

        Workers pass these on to each other, so that one machine downloads them. None if there are none. Must be quick.
        """
        return None

    @property
    def shares_models(self) -> bool:
        """Whether workers pass its models on to each other."""
        return type(self).remote_model is not Engine.remote_model

    def remove(self, model: str) -> None:
        """Delete a model from this machine. Raises EnvironmentFault."""
        folder = self.model_folder(model)
        try:
            shutil.rmtree(folder)
        except OSError as fault:
            raise EnvironmentFault(f"{folder} cannot be removed: {fault.strerror or fault}.") from fault

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the environment variables that make the engine keep its models in a folder, for --models-dir."""
        return {}


class FetchedEngine(Engine):
    """An engine whose models are files of known addresses, each model in a folder of its own below one folder."""

    @abstractmethod
    def files_of(self, model: str) -> tuple[RemoteFile, ...]:
        """Return the files of a model."""

    @abstractmethod
    def title_of(self, model: str) -> str:
        """Return what sentences for users call a model."""

    def model_of(self, recipe: Recipe) -> str:
        """Return the model that a recipe needs; "" if it needs none of these. Raises UsageError."""
        return recipe.model

    def fetched(self, recipe: Recipe) -> Path:
        """Return the folder of the model that a recipe needs; download what it lacks or is damaged of it.

        Raises EngineFault.
        """
        from swarm.system.serving import teller

        try:
            if needed := self.remote_model(recipe):
                mend_files(needed.title, needed.folder, needed.files, teller())
        except (EnvironmentFault, UsageError) as fault:
            raise unavailable(str(fault)) from fault
        return needed.folder if needed else self.model_folder("")

    def remote_model(self, recipe: Recipe) -> RemoteModel | None:
        """Return the files of the model that a recipe needs."""
        model = self.model_of(recipe)
        return RemoteModel(self.title_of(model), self.model_folder(model), self.files_of(model)) if model else None

    def kept_models(self) -> tuple[str, ...]:
        """Return the models of which all files are here."""
        names = (model.name for model in self.models())
        return tuple(name for name in names if is_whole(self.model_folder(name), self.files_of(name)))

    def model_folder(self, model: str) -> Path:
        """Return the folder of a model, which may not exist yet."""
        return models_folder() / model

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download the files of a model that are not here. Raises EnvironmentFault."""
        fetch_files(self.title_of(model), self.model_folder(model), self.files_of(model), progress)

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the variable that has the models downloaded into a folder."""
        return {ENV_MODELS: str(folder)}


_MEMORY = re.compile(r"out of memory|not enough memory|n.t allocate memory|ALLOC_FAILED", re.IGNORECASE)
_DEVICE = re.compile(
    r"\b(CUDA|HIP|cuDNN|cuBLAS|MIOpen|rocBLAS|MPS)( driver)? error|\b(CUBLAS|CUDNN|ROCBLAS)_STATUS_", re.I
)


def device_fault(fault: BaseException) -> FaultKind | None:
    """Return MEMORY or DEVICE, after which a process cannot go on; None if the device is not to blame."""
    if isinstance(fault, MemoryError):
        return FaultKind.MEMORY
    if not isinstance(fault, RuntimeError):  # every error of torch is a RuntimeError
        return None
    words = str(fault)
    if _MEMORY.search(words):
        return FaultKind.MEMORY
    return FaultKind.DEVICE if _DEVICE.search(words) else None


@contextmanager
def loading(title: str) -> Iterator[None]:
    """Turn what goes wrong while a model is loaded into EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
    try:
        yield
    except EngineFault:
        raise
    except Exception as fault:  # a damaged file, too little memory, a package that is missing
        kind = device_fault(fault) or FaultKind.UNAVAILABLE
        why = f"{type(fault).__name__}: {' '.join(str(fault).split())[:200]}"
        raise EngineFault(kind, f"{title} does not load: {why}.") from fault


def from_floats(wave: "NDArray[np.floating]") -> Pcm:
    """Convert a wave between -1 and 1, shape (samples,), to int16; louder samples are clipped.

    Raises EngineFault(NONFINITE).
    """
    import numpy as np

    if not np.isfinite(wave).all():
        raise EngineFault(FaultKind.NONFINITE, "The engine returned samples that are not numbers.")
    pcm: Pcm = (np.clip(wave, -1.0, 1.0) * 32767.0).astype(np.int16)
    return pcm


def check_pcm(sound: object) -> Pcm:
    """Return the sound if it is int16 mono PCM. Raises EngineFault(ERROR)."""
    import numpy as np

    if isinstance(sound, np.ndarray) and sound.dtype == np.int16 and sound.ndim == 1:
        return sound
    shape = f"{sound.dtype} of shape {sound.shape}" if isinstance(sound, np.ndarray) else type(sound).__name__
    raise EngineFault(FaultKind.ERROR, f"The engine returned {shape}, not int16 of shape (samples,).")
