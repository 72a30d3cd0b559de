"""hibari: natural English on the CPU."""

from collections.abc import Sequence
from pathlib import Path

from swarm.job.card import SPEED, EngineCard, VoiceCard
from swarm.job.recipe import Recipe
from swarm.voice.engine import Engine, Voice

CARD = EngineCard(
    name="hibari",
    about="natural English on the CPU, far faster than real time",
    languages=("en",),
    scripts=("Latin",),
    limits=(("", 300),),  # memory and time grow steeply beyond 400 phonemes
    voices=(VoiceCard(name="heart", language="en", about="American", gender="female"),),
    casts=True,
    settings=(SPEED,),
    sample_rate=24_000,
    characters_s=18.0,
    natural=("en",),
    phonemes=("en",),
    licence="Apache-2.0",
)


class HibariEngine(Engine):
    """The hibari package, which comes with its model."""

    card = CARD

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Load the model on the CPU in about 0.7 s, whatever the device. Raises EngineFault(UNAVAILABLE)."""
        from swarm.voice.hibari.voice import open_voice

        return open_voice(recipe, [voice.name for voice in self.card.voices])

    def phonemes_of(self, language: str, texts: Sequence[str]) -> tuple[str, ...]:
        """Ask the package's dictionary and rules for the IPA of some texts."""
        from swarm.voice.hibari.voice import phonemes_of

        return phonemes_of(texts)


engine = HibariEngine()
