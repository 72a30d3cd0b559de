"""hibari: natural English on the CPU.

Of its voices one comes with the package hibari-tts, the others are downloaded.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from msgspec import structs

from swarm.config import may_download
from swarm.errors import UsageError
from swarm.job.card import SPEED, EngineCard, ModelCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import FetchedEngine, Voice, unavailable
from swarm.voice.model_download import RemoteFile, hub_url

LICENCE = "Apache-2.0"
BUILT_IN = "heart"
# The file of each other voice at the hub, as the package's own list has it.
_FILES = {
    "emma": ("bf_emma.int8.onnx", 7_936_868, "f709f0488ee63b583a22189a955aaf4257b9806dd330be3490661e53af0a89c1"),
    "fenrir": ("am_fenrir_v2.int8.onnx", 8_031_158, "f59fbd87908c91f827bc21b1b89443757b9a8580db9eee20aa948deb731321f4"),
    "fable": ("bm_fable.int8.onnx", 7_936_868, "c28529302f2d27cd12f62625c24425888c4e3c2675583100ec530259136b8bc6"),
    "kore": ("af_kore.int8.onnx", 7_936_868, "346885752673e45d42f9864c9e2432094bc4b6385df060d4b83273da764d2fa9"),
}
_BRITISH, _MALE = ("emma", "fable"), ("fenrir", "fable")
_REPOSITORY = "maureesewilliams/hibari"
_PREFIX = "hibari-"
WEIGHTS = "model.onnx"

# As benchmarks/voices_apart.py measures the voices that they were distilled from.
_SOUNDS = {
    "heart": (0.90, -0.14, 0.24, 0.23),
    "emma": (0.82, 0.65, -0.30, 0.59),
    "fenrir": (0.33, 0.30, -0.34, -0.15),
    "fable": (0.22, -0.33, -0.08, 0.03),
    "kore": (0.55, -0.34, 0.00, -0.01),
}
VOICES = tuple(
    VoiceCard(
        name, "en", "British" if name in _BRITISH else "American", "male" if name in _MALE else "female", sound=sound
    )
    for name, sound in _SOUNDS.items()
)


def model_of(voice: str) -> str:
    """Return the name of the model that a voice needs; "" for the one that comes with the package, or for no voice."""
    return f"{_PREFIX}{voice}" if voice in _FILES else ""


def voice_of(model: str) -> str:
    """Return the voice of a model."""
    return model.removeprefix(_PREFIX) or BUILT_IN


def models() -> dict[str, RemoteFile]:
    """Return the file of each model by its name."""
    return {
        model_of(voice): RemoteFile(WEIGHTS, f"{hub_url()}/{_REPOSITORY}/resolve/main/voices/{name}", size, digest)
        for voice, (name, size, digest) in _FILES.items()
    }


CARD = EngineCard(
    name="hibari",
    about="natural English on the CPU, far faster than real time",
    languages=("en",),
    scripts=("Latin",),
    limits=(("", 300),),  # memory and time grow steeply beyond 400 phonemes
    voices=VOICES,
    casts=True,
    settings=(SPEED,),
    sample_rate=24_000,
    characters_s=18.0,
    realtime=130,
    natural=("en",),
    phonemes=("en",),
    licence=LICENCE,
)


class HibariEngine(FetchedEngine):
    """The hibari package, which comes with one voice; the others are downloaded."""

    card = CARD
    aliases = tuple(f"{CARD.name}:{voice.name}" for voice in VOICES[1:])

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load a voice on the CPU in about 0.7 s, whatever the device; download it if it is not here.

        Raises EngineFault(UNAVAILABLE).
        """
        from swarm.voice.hibari.voice import open_voice

        if recipe.voice not in [voice.name for voice in self.card.voices]:
            raise unavailable(f"hibari has no voice {recipe.voice!r}.")
        return open_voice(recipe, self.fetched(recipe) / WEIGHTS if self.model_of(recipe) else None)

    def model_of(self, recipe: Recipe) -> str:
        """Return the model of a voice that does not come with the package."""
        return model_of(recipe.voice)

    def files_of(self, model: str) -> tuple[RemoteFile, ...]:
        """Return the file of a downloaded voice."""
        return (models()[model],)

    def title_of(self, model: str) -> str:
        """Return the name of a downloaded voice."""
        return f"hibari's voice {voice_of(model)}"

    def is_ready(self, language: str) -> bool:
        """Return whether it speaks a language: one voice is always here."""
        return language in self.card.languages

    def phonemes_of(self, language: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Ask the package's dictionary and rules for the IPA of some texts."""
        from swarm.voice.hibari.voice import phonemes_of

        return phonemes_of(texts)

    def model_of_voice(self, name: str) -> str:
        """Return the model of a voice that does not come with the package."""
        return model_of(name.strip().lower())

    def card_for(self, model: str, config: Mapping[str, object] | None = None) -> EngineCard:
        """Return the card; of a model, with its voice as the default."""
        if not model:
            return self.card
        own = voice_of(model)
        return structs.replace(self.card, voices=tuple(sorted(self.card.voices, key=lambda voice: voice.name != own)))

    def choose_model(self, word: str, language: str, model: str = "") -> str:
        """Return the model that a word such as "hibari:emma" or a name means; "" for the voice of the package."""
        return self.find_model(model) if model else model_of(word.partition(":")[2])

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
            ModelCard(name, f"{self.card.name}:{voice_of(name)}", "en", licence=LICENCE, size=file.size)
            for name, file in models().items()
        )

    def offered_models(self) -> tuple[str, ...]:
        """Return the downloaded voices; the one of the package needs no mention. "*": it can download any other."""
        return (*(("*",) if may_download() else ()), *self.kept_models())


engine = HibariEngine()
