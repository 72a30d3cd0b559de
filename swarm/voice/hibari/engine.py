"""hibari: natural English on the CPU."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import structs

from swarm.config import may_download
from swarm.errors import EnvironmentFault, UsageError
from swarm.job.card import SPEED, EngineCard, ModelCard
from swarm.job.recipe import Recipe
from swarm.voice.download import ENV_MODELS, fetch_files
from swarm.voice.engine import Engine, EngineFault, FaultKind, OnProgress, Voice
from swarm.voice.hibari import voices
from swarm.voice.remote_model import RemoteModel

CARD = EngineCard(
    name="hibari",
    about="natural English on the CPU, far faster than real time",
    languages=("en",),
    scripts=("Latin",),
    limits=(("", 300),),  # memory and time grow steeply beyond 400 phonemes
    voices=voices.VOICES,
    casts=True,
    settings=(SPEED,),
    sample_rate=24_000,
    characters_s=18.0,
    natural=("en",),
    phonemes=("en",),
    licence=voices.LICENCE,
)


class HibariEngine(Engine):
    """The hibari package, which comes with one voice; the others are downloaded."""

    card = CARD
    aliases = tuple(f"{CARD.name}:{voice.name}" for voice in voices.VOICES[1:])

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load a voice on the CPU in about 0.7 s, whatever the device; download it if it is not here.

        Raises EngineFault(UNAVAILABLE).
        """
        from swarm.system.serving import teller
        from swarm.voice.hibari.voice import open_voice

        if recipe.voice not in [voice.name for voice in self.card.voices]:
            raise EngineFault(FaultKind.UNAVAILABLE, f"hibari has no voice {recipe.voice!r}.")
        model = voices.model_of(recipe.voice)
        if not model:
            return open_voice(recipe, None)
        try:
            self.fetch(model, teller())
        except EnvironmentFault as fault:
            raise EngineFault(FaultKind.UNAVAILABLE, str(fault)) from fault
        return open_voice(recipe, voices.folder_of(model) / voices.WEIGHTS)

    def remote_model(self, recipe: Recipe) -> RemoteModel | None:
        """Return the file of a voice that does not come with the package."""
        if not (model := voices.model_of(recipe.voice)):
            return None
        return RemoteModel(_title(model), voices.folder_of(model), (voices.models()[model],))

    def is_ready(self, language: str) -> bool:
        """Return whether it speaks a language: one voice is always here."""
        return language in self.card.languages

    def phonemes_of(self, language: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Ask the package's dictionary and rules for the IPA of some texts."""
        from swarm.voice.hibari.voice import phonemes_of

        return phonemes_of(texts)

    def model_of_voice(self, name: str) -> str:
        """Return the model of a voice that does not come with the package."""
        return voices.model_of(name.strip().lower())

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card; of a model, with its voice as the default."""
        if not model:
            return self.card
        own = voices.voice_of(model)
        return structs.replace(self.card, voices=tuple(sorted(self.card.voices, key=lambda voice: voice.name != own)))

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the model that a word such as "hibari:emma" or a name means; "" for the voice of the package."""
        return self.find_model(model) if model else voices.model_of(word.partition(":")[2])

    def find_model(self, word: str, language: str = "") -> str:
        """Return the model that a word or a name means. Raises UsageError."""
        if word == self.card.name:
            raise UsageError(
                f"{word} needs no download: its first voice comes with it; others: {', '.join(self.aliases)}."
            )
        return super().find_model(word, language)

    def models(self) -> tuple[ModelCard, ...]:
        """Return the voices that can be downloaded."""
        return tuple(
            ModelCard(name, f"{self.card.name}:{voices.voice_of(name)}", "en", licence=voices.LICENCE, size=file.size)
            for name, file in voices.models().items()
        )

    def kept_models(self) -> tuple[str, ...]:
        """Return the downloaded voices on this machine."""
        return tuple(model for model in voices.models() if voices.is_here(model))

    def offered_models(self) -> tuple[str, ...]:
        """Return the downloaded voices; the one of the package needs no mention. "*": it can download any other."""
        return (*(("*",) if may_download() else ()), *self.kept_models())

    def model_folder(self, model: str) -> Path:
        """Return the folder of a downloaded voice, which may not exist yet."""
        return voices.folder_of(model)

    def fetch(self, model: str, progress: OnProgress) -> None:
        """Download a voice. Raises EnvironmentFault."""
        fetch_files(_title(model), voices.folder_of(model), [voices.models()[model]], progress)

    def models_variables(self, folder: Path) -> Mapping[str, str]:
        """Return the variable that has the voices downloaded into a folder."""
        return {ENV_MODELS: str(folder)}


def _title(model: str) -> str:
    return f"hibari's voice {voices.voice_of(model)}"


engine = HibariEngine()
