"""An engine that hums: a tone for each sentence, as long as its text. Begin an engine of your own with a copy of it."""

from pathlib import Path

from swarm.job.card import SPEED, EngineCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, EngineFault, FaultKind, Pcm

PITCHES = {"low": 110.0, "high": 220.0}  # Hz
SECONDS_PER_CHARACTER = 0.06


class HumVoice:
    """A voice that is ready to speak."""

    sample_rate = 24_000  # Hz

    def __init__(self, pitch: float, speed: float) -> None:
        self.pitch, self.speed = pitch, speed

    def speak(self, text: str, seed: int) -> Pcm:
        """Hum as long as somebody would speak the text."""
        import numpy as np  # imported late, since every command imports this module

        if not text.strip():
            raise EngineFault(FaultKind.EMPTY, "there is nothing to hum")
        times = np.arange(int(len(text) * SECONDS_PER_CHARACTER / self.speed * self.sample_rate)) / self.sample_rate
        return (np.sin(2 * np.pi * self.pitch * times) * 6_000).astype(np.int16)


class HumEngine(Engine):
    """The engine: what is known without loading it, and how to load a voice."""

    card = EngineCard(
        name="hum",
        about="hums every language",
        languages=("*",),  # or codes such as ("en", "fr")
        scripts=(),  # any
        limits=(("", 300),),  # most characters of a segment, in any language
        voices=(
            VoiceCard("low", "*", "a low hum", gender="male"),  # the first that fits a language is its default
            VoiceCard("high", "*", "a high hum", gender="female"),
        ),
        settings=(SPEED, SettingCard("semitones", 0, -12, 12, about="how much higher or lower it hums")),
        sample_rate=HumVoice.sample_rate,
        install="pip install ./examples/engine",
        licence="0BSD",
    )

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> HumVoice:
        """Return the voice of a recipe. An engine of neural networks loads its model here."""
        settings = self.card.defaults | dict(recipe.settings)
        pitch = PITCHES[recipe.voice] * 2 ** (float(settings["semitones"]) / 12)
        return HumVoice(pitch, float(settings["speed"]))


engine = HumEngine()
