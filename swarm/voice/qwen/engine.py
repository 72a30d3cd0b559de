"""Qwen3-TTS: ten languages, nine voices, the voice of any recording, or a described one. Imports torch only to open."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import EngineCard, ModelCard
from swarm.job.recipe import CLONE, Recipe
from swarm.system.serving import teller
from swarm.voice.engine import Check, Engine, EngineFault, FaultKind, OnProgress, Voice
from swarm.voice.manifest import RemoteModel
from swarm.voice.model_download import ENV_MODELS, fetch_files, is_whole
from swarm.voice.qwen.card import CARD, CARDS, CLONING, DESCRIBED, DESIGN, SPEAKERS, files_of, model_folder


class QwenEngine(Engine):
    """Qwen3-TTS, loaded with the package qwen-tts."""

    card = CARD
    aliases = ("qwen3-tts",)
    requirements = ("qwen-tts==0.1.1", "nvidia-ml-py>=12", "torch>=2.11,<2.14", "torchaudio==2.11.0")

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model, and download it if need be. Raises EngineFault."""
        model = self._model_of(recipe)
        try:
            self.fetch(model, teller())
        except EnvironmentFault as fault:
            raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
        from swarm.voice.qwen.voice import open_voice

        return open_voice(recipe, device, model_folder(model), job_files)

    def _model_of(self, recipe: Recipe) -> str:
        return recipe.model or self.model_of_voice(recipe.voice) or SPEAKERS

    def remote_model(self, recipe: Recipe) -> RemoteModel:
        """Return the files of a recipe's model."""
        model = self._model_of(recipe)
        return RemoteModel(_title(model), model_folder(model), files_of(model))

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

    def kept_models(self) -> tuple[str, ...]:
        """Return the models of which all files are here."""
        return tuple(model for model in CARDS if is_whole(model_folder(model), files_of(model)))

    def model_folder(self, model: str) -> Path:
        """Return the folder of a model, which may not exist yet."""
        return model_folder(model)

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download the files of a model that are not here. Raises EnvironmentFault."""
        fetch_files(_title(model), model_folder(model), files_of(model), progress)

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the variable that has the models downloaded into a folder."""
        return {ENV_MODELS: str(folder)}


def _title(model: str) -> str:
    return f"Qwen3-TTS ({model})"


engine = QwenEngine()
