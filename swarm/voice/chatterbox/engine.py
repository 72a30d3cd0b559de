"""Chatterbox Multilingual: 23 languages, and the voice of any recording. Imports torch only to open a voice."""

import os
from collections.abc import Iterator
from pathlib import Path

from swarm.job.card import EngineCard, ModelCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Check, FetchedEngine, Voice
from swarm.voice.model_download import RemoteFile, hub_url

MODEL = "chatterbox-multilingual"
_COMMIT = "5bb1f6ee58e50c3b8d408bc82a6d3740c2db6e18"  # a commit of the repository ResembleAI/chatterbox
_FILES = {
    "Cangjie5_TC.json": (1_920_163, "7073fd9de919443ae88e0bd2449917a65fe54898a4413ed1edcc4b67f28bce8c"),
    "conds.pt": (107_374, "6552d70568833628ba019c6b03459e77fe71ca197d5c560cef9411bee9d87f4e"),
    "grapheme_mtl_merged_expanded_v1.json": (
        69_989,
        "69632f47220a788a52ce2661d096453c5655e9bf25289d89a8d832c46ee07dbf",
    ),
    "s3gen.pt": (1_057_165_844, "9b9ff07e60b20c136e2b1b3d7563a24604e8d2c4c267888d1ee929dd0151d2a3"),
    "t3_mtl23ls_v2.safetensors": (
        2_143_989_752,
        "b1237586127ce98e7800a68e49938eb5092846862aabcb6e17b2fda7889a6c75",
    ),
    "ve.pt": (5_698_626, "4b16d836bc598509860f6fa068165a8bb5e9ac84f05582dfcf278a5a372879f1"),
}
FILES = tuple(
    RemoteFile(name, f"{hub_url()}/ResembleAI/chatterbox/resolve/{_COMMIT}/{name}", size, digest)
    for name, (size, digest) in _FILES.items()
)
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
    manners=(("whisper", "exaggeration", 0.3), ("shout", "exaggeration", 0.9)),
)


class ChatterboxEngine(FetchedEngine):
    """Chatterbox Multilingual, loaded with the package chatterbox-tts."""

    card = CARD
    # Its watermark needs pkg_resources, which later versions of setuptools lack.
    requirements = ("chatterbox-tts==0.1.7", "nvidia-ml-py>=12", "setuptools<81")

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model, and download it if need be. Raises EngineFault."""
        os.environ.setdefault("TQDM_DISABLE", "1")  # progress bars would fill the log
        folder = self.fetched(recipe)
        from swarm.voice.chatterbox.voice import open_voice

        return open_voice(recipe, device, folder, job_files)

    def model_of(self, recipe: Recipe) -> str:
        """Return its only model."""
        return MODEL

    def files_of(self, model: str) -> tuple[RemoteFile, ...]:
        """Return the files of its only model."""
        return FILES

    def title_of(self, model: str) -> str:
        """Return the engine's name: it has only one model."""
        return "Chatterbox"

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


engine = ChatterboxEngine()
