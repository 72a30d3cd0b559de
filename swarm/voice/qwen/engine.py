"""Qwen3-TTS: ten languages, nine voices, the voice of any recording, or a described one. Imports torch only to open."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from swarm.errors import UsageError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.spec import CLONE, Recipe
from swarm.voice.engine import Check, FetchedEngine, Voice
from swarm.voice.model_download import RemoteFile
from swarm.voice.qwen.card import CARD, CARDS, CLONING, DESCRIBED, DESIGN, SPEAKERS, files_of


class QwenEngine(FetchedEngine):
    """Qwen3-TTS, loaded with the package qwen-tts."""

    card = CARD
    aliases = ("qwen3-tts",)
    requirements = ("qwen-tts==0.1.1", "nvidia-ml-py>=12", "torch>=2.11,<2.14", "torchaudio==2.11.0")

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model, and download it if need be. Raises EngineFault."""
        folder = self.fetched(recipe)
        from swarm.voice.qwen.voice import open_voice

        return open_voice(recipe, device, folder, job_files)

    def model_of(self, recipe: Recipe) -> str:
        """Return the model of a recipe, or of its voice."""
        return recipe.model or self.model_of_voice(recipe.voice) or SPEAKERS

    def files_of(self, model: str) -> tuple[RemoteFile, ...]:
        """Return the files of a model at its commit."""
        return files_of(model)

    def title_of(self, model: str) -> str:
        """Return the name of the engine, and of the model."""
        return f"Qwen3-TTS ({model})"

    def trial(self) -> Voice:
        """Return a voice of a small model with random weights."""
        from swarm.voice.qwen.voice import open_trial

        return open_trial()

    def checks(self) -> Iterator[Check]:
        """Tell the version of the package."""
        from importlib.metadata import version

        yield Check(f"engine {self.card.name}", "ok", f"qwen-tts {version('qwen-tts')}")

    def words_for(self, language: str) -> tuple[str, ...]:
        """Return the word "qwen" for "" only: the engine is recommended for no language until it was heard."""
        return () if language else (self.card.name,)

    def models(self) -> tuple[ModelCard, ...]:
        """Return its three models; the usual word means that of the nine voices."""
        sizes = {model: sum(file.size for file in files_of(model)) for model in CARDS}
        return tuple(
            ModelCard(model, self.card.name if model == SPEAKERS else "", licence="Apache-2.0", size=size)
            for model, size in sizes.items()
        )

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card of a model, or of the engine as a whole for "". Raises UsageError."""
        if model and model not in CARDS:
            raise UsageError(f"{self.card.name} has no model {model[:100]!r}: `e2a-swarm models` lists them all.")
        return CARDS.get(model, self.card)

    def model_of_voice(self, name: str) -> str:
        """Return the model of a recording's voice, of the described voice, or of the nine."""
        if name.startswith(CLONE):
            return CLONING
        return DESIGN if name.strip().lower() == DESCRIBED else SPEAKERS


engine = QwenEngine()
