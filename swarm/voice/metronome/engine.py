"""metronome: a tone at a set pace, asleep meanwhile, for rehearsals, benchmarks and tests."""

from pathlib import Path

from swarm.job.card import EngineCard, VoiceCard
from swarm.job.recipe import Recipe
from swarm.voice.engine import Voice

CARD = EngineCard(
    name="metronome",
    about="a tone at a set pace, without using the CPU: for rehearsals",
    languages=("*",),
    scripts=(),
    limits=(("", 300),),
    voices=(VoiceCard(name="tick", language="*", about="one tone a sentence"),),
    settings=(("cost_per_char", 0.001), ("seconds_per_char", 0.065)),  # s
    numbers=("*",),
    abbreviations=("*",),
    shares_process=True,
)


class MetronomeEngine:
    """Opens at once."""

    card: EngineCard = CARD

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Return a voice at the speed of its slot. Raises EngineFault(UNAVAILABLE)."""
        from swarm.voice.metronome.voice import MetronomeVoice, slot_speed

        settings = dict(self.card.settings) | dict(recipe.settings)
        cost_s = float(settings["cost_per_char"]) / slot_speed(device)
        return MetronomeVoice(cost_s, float(settings["seconds_per_char"]))


engine = MetronomeEngine()
