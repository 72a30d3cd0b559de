"""Chatterbox Multilingual: 23 languages, and the voice of any recording. Imports torch only to open a voice."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from swarm.errors import EnvironmentFault
from swarm.job.card import EngineCard, ModelCard, SettingCard, VoiceCard
from swarm.job.recipe import Recipe
from swarm.system.serving import teller
from swarm.voice.chatterbox.files import FILES, MODEL, model_folder
from swarm.voice.engine import Check, Engine, EngineFault, FaultKind, OnProgress, Voice
from swarm.voice.manifest import RemoteModel
from swarm.voice.model_download import ENV_MODELS, fetch_files, is_whole

TITLE = "Chatterbox"
LANGUAGES = (
    *("ar", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "it", "ja", "ko", "ms", "nb", "nl", "pl", "pt", "ru"),
    *("sv", "sw", "tr", "zh"),
)
CARD = EngineCard(
    name="chatterbox",
    about="23 languages, and voices of recordings, on a GPU",
    languages=LANGUAGES,
    scripts=(),
    limits=(("", 300), ("ja", 100), ("ko", 120), ("zh", 80)),  # well below 40 s of sound, after which it is cut off
    voices=(VoiceCard("default", "*", "the model's own"),),
    settings=(
        SettingCard("cfg_weight", 0.5, 0.0, 1.0, about="how closely it keeps to the pace of the voice"),
        SettingCard("exaggeration", 0.5, 0.25, 2.0, about="how lively it speaks"),
        SettingCard("min_p", 0.05, 0.0, 1.0, about="how likely a sound has to be at least"),
        SettingCard("repetition_penalty", 2.0, 1.0, 10.0, about="how much it avoids repeated sounds"),
        SettingCard("temperature", 0.8, 0.05, 5.0, about="how freely it chooses the sound"),
        SettingCard("top_p", 1.0, 0.01, 1.0, about="among what share of the likely sounds it chooses"),
    ),
    sample_rate=24_000,
    device="gpu",
    install="e2a-swarm engines install chatterbox",
    shortest=10,
    takes=3,
    clones=True,
    licence="MIT",
)


class ChatterboxEngine(Engine):
    """Chatterbox Multilingual, loaded with the package chatterbox-tts."""

    card = CARD
    # Its watermark needs pkg_resources, which later versions of setuptools lack.
    requirements = ("chatterbox-tts==0.1.7", "nvidia-ml-py>=12", "setuptools<81")

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model, and download it if need be. Raises EngineFault."""
        os.environ.setdefault("TQDM_DISABLE", "1")  # progress bars would fill the log
        try:
            self.fetch(MODEL, teller())
        except EnvironmentFault as fault:
            raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
        from swarm.voice.chatterbox.voice import open_voice

        return open_voice(recipe, device, model_folder(), job_files)

    def remote_model(self, recipe: Recipe) -> RemoteModel:
        """Return the files of its only model."""
        return RemoteModel(TITLE, model_folder(), FILES)

    def trial(self) -> Voice:
        """Return a voice with random weights, whose model is small where the package allows it."""
        os.environ.setdefault("TQDM_DISABLE", "1")
        from swarm.voice.chatterbox.voice import open_trial

        return open_trial()

    def checks(self) -> Iterator[Check]:
        """Tell the version of the package."""
        from importlib.metadata import version

        yield Check(f"engine {self.card.name}", "ok", f"chatterbox-tts {version('chatterbox-tts')}")

    def words_for(self, language: str) -> tuple[str, ...]:
        """Return the word "chatterbox" for "" only: the engine is recommended for no language until it was heard."""
        return () if language else (self.card.name,)

    def models(self) -> tuple[ModelCard, ...]:
        """Return its only model."""
        return (ModelCard(MODEL, "chatterbox", licence="MIT", size=sum(file.size for file in FILES)),)

    def kept_models(self) -> tuple[str, ...]:
        """Return the model if all its files are here."""
        return (MODEL,) if is_whole(model_folder(), FILES) else ()

    def model_folder(self, model: str) -> Path:
        """Return the folder of the model, which may not exist yet."""
        return model_folder()

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download the files that are not here. Raises EnvironmentFault."""
        fetch_files(TITLE, model_folder(), FILES, progress)

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the variable that has the model downloaded into a folder."""
        return {ENV_MODELS: str(folder)}


engine = ChatterboxEngine()
