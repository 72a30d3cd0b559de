"""Coqui's models: XTTS, VITS and others. Imports torch only to open a voice or to fetch a model.

Torchaudio is imported without its compiled libraries: they often belong to another torch, and are not needed here."""

import importlib
import importlib.util
import logging
import os
import sys
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.spec import CUSTOM, Recipe
from swarm.voice.coqui import files as cache
from swarm.voice.coqui import files as shared
from swarm.voice.coqui import models
from swarm.voice.coqui.card import (
    COQUI,
    CUSTOM_FILES,
    INSTALL,
    REQUIREMENTS,
    VOCABULARY,
    engines_for,
    is_installed,
    model_card,
)
from swarm.voice.coqui.models import licence_of
from swarm.voice.coqui.options import ENV_LICENCE
from swarm.voice.engine import Check, Engine, EngineFault, OnProgress, Voice, unavailable
from swarm.voice.model_download import RemoteModel

if TYPE_CHECKING:
    from swarm.voice.coqui.load import Loader


_LOADER = "torchaudio._extension.utils"


def import_torchaudio() -> None:
    """Import torchaudio, which then finds none of its libraries. Raises ImportError, OSError or RuntimeError."""
    if "torchaudio" not in sys.modules:
        _hide_libraries()
    importlib.import_module("torchaudio")


def _hide_libraries() -> None:
    """Load the module with which torchaudio loads its libraries beforehand, and let it find none."""
    package = importlib.util.find_spec("torchaudio")
    for folder in (package.submodule_search_locations or ()) if package else ():
        spec = importlib.util.spec_from_file_location(_LOADER, f"{folder}/_extension/utils.py")
        if spec is None or spec.loader is None:
            return
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module._load_lib = lambda library: False  # type: ignore[attr-defined]  # as where the files were deleted
        sys.modules[_LOADER] = module


class CoquiEngine(Engine):
    """Coqui's models, loaded with the package coqui-tts."""

    card = COQUI
    aliases = models.ENGINES
    custom_files = CUSTOM_FILES
    requirements = REQUIREMENTS
    unlisted = (f"fairseq: a model for each of some 1100 languages ({licence_of(models.A_FAIRSEQ)})",)

    def __init__(self) -> None:
        self._loader: Loader | None = None

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model of a recipe onto a device. Raises EngineFault: UNAVAILABLE, MEMORY or DEVICE."""
        check_installed()
        from swarm.voice.coqui.load import Loader

        self._loader = self._loader or Loader()
        return self._loader.open(recipe, device, job_files)

    def is_installed(self) -> bool:
        """Return whether Coqui is in its environment or beside the program, without importing it."""
        return super().is_installed() or is_installed()

    def remote_model(self, recipe: Recipe) -> RemoteModel | None:
        """Return a model as machines that have it list it; None for one that is not shared, as a custom one."""
        return shared.remote_model(recipe.model)

    def trial(self) -> Voice:
        """Return a voice of a tiny VITS with random weights."""
        check_installed()
        from swarm.voice.coqui.load import open_trial

        return open_trial()

    def checks(self) -> Iterator[Check]:
        """Import Coqui, which takes seconds, and tell whether the licence of XTTS was accepted."""
        try:
            check_installed()
        except EngineFault as fault:
            yield Check(f"engine {self.card.name}", "fail", str(fault), f"{INSTALL}, which brings versions that fit.")
            return
        from importlib.metadata import version

        licence = "accepted" if os.environ.get(ENV_LICENCE) == "1" else f"not accepted ({ENV_LICENCE}=1 does)"
        text = f"coqui-tts {version('coqui-tts')}; the licence of XTTS is {licence}"
        yield Check(f"engine {self.card.name}", "ok", text)

    def answers_to(self, word: str) -> bool:
        """Return whether a word is one of ebook2audiobook's names for Coqui's models."""
        return models.is_coqui(word)

    def words_for(self, language: str) -> tuple[str, ...]:
        """Return the words of --tts-engine to recommend for a language, the best first."""
        return tuple(engines_for(language)) if language else self.aliases[:1]

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card of a model; of a custom one by its config. Raises UsageError."""
        return model_card(model, config)

    def custom_fault(self, config: Mapping[str, object], files: Collection[str]) -> str:
        """Return what a custom model lacks; XTTS needs its vocabulary."""
        if str(config.get("model")).lower() == "xtts" and VOCABULARY not in files:
            return f"there is no {VOCABULARY} in it, which XTTS needs"
        return ""

    def check_voice(self, name: str, language: str, model: str) -> str:
        """Return the name of a speaker; a model that is not here may have any. Raises UsageError."""
        known = cache.speakers_of(model) if model and not model.startswith(CUSTOM) else ()
        found = [each for each in known if each.strip().lower() == name.strip().lower()]
        if known and not found:
            few = ", ".join(known[:8]) + (" ..." if len(known) > 8 else "")
            raise UsageError(f"{self.card_for(model).title} has no voice {name[:60]!r}; it has {few}.")
        return found[0] if found else name

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the model for ebook2audiobook's name of an engine, or for a model's own name. Raises UsageError."""
        return models.choose_model(word, language, model)

    def models(self) -> tuple[ModelCard, ...]:
        """Return the models of Coqui's list, and the models of fairseq on this machine."""
        names = dict.fromkeys((*models.known_models(), *cache.fairseq_models()))
        return tuple(_model_card(name) for name in names)

    def kept_models(self) -> tuple[str, ...]:
        """Return the models on this machine in the order of Coqui's list, followed by those of fairseq."""
        return cache.kept_models()

    def find_model(self, word: str, language: str = "") -> str:
        """Return the model for ebook2audiobook's name of an engine, or for a model's own name. Raises UsageError."""
        return models.find_listed(word, language)

    def model_folder(self, model: str) -> Path:
        """Return the folder of a model in Coqui's or Hugging Face's cache, which may not exist yet."""
        return cache.folder_of(model)

    def model_bytes(self, model: str) -> int:
        """Return the size of a model and its vocoder in bytes."""
        return cache.size_of(model)

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download a model and its vocoder. Raises EnvironmentFault."""
        logging.disable()  # Coqui would log a traceback for each failure
        try:
            check_installed()
            from swarm.voice.coqui.files import find_listed_model

            find_listed_model(model, progress)
        except EngineFault as fault:
            raise EnvironmentFault(str(fault)) from fault
        finally:
            logging.disable(logging.NOTSET)

    def remove(self, model: str) -> None:
        """Delete a model, and its vocoder unless another model needs it. Raises EnvironmentFault."""
        cache.remove(model)

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the environment variables that make Coqui and Hugging Face's library use a folder."""
        return {"TTS_HOME": str(folder), "HF_HUB_CACHE": str(folder / "hub")}


def _model_card(model: str) -> ModelCard:
    word = models.engine_of(model)
    return ModelCard(model, word, models.model_language(model), word in models.ONE_LANGUAGE, licence_of(model))


def check_installed() -> None:
    """Import Coqui, which takes seconds. Raises EngineFault(UNAVAILABLE) with the remedy."""
    if not is_installed():
        raise unavailable(f"Coqui is not installed on this machine: {INSTALL}")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import_torchaudio()
        import TTS.api  # noqa: F401
    except (ImportError, OSError, RuntimeError) as fault:
        remedy = f"{INSTALL} brings versions that fit, in an environment of their own"
        raise unavailable(f"Coqui does not load here ({fault}): {remedy}.") from fault


engine = CoquiEngine()
