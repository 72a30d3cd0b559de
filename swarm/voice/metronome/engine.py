"""metronome: speech-like sound at a set pace, without using the CPU, for rehearsals, benchmarks and tests."""

import os
from pathlib import Path

from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Voice

ENV_BATCH = (
    "E2A_METRONOME_BATCH"  # "16,0.4": 16 sentences are spoken together, and n take as long as n to the power 0.4
)
ENV_DEVICE = "E2A_METRONOME_DEVICE"  # "gpu": only slots on GPUs speak, as with an engine that needs one


def batch_size() -> int:
    """Return the batch size that the environment says, 1 if it says none."""
    word = os.environ.get(ENV_BATCH, "").partition(",")[0]
    return int(word) if word.isdigit() and int(word) else 1


def batch_curve() -> float:
    """Return the power that the environment says; 1, so that a batch gains nothing, if it says none."""
    try:
        return min(1.0, max(0.0, float(os.environ.get(ENV_BATCH, "").partition(",")[2])))
    except ValueError:
        return 1.0


CARD = EngineCard(
    name="metronome",
    about="babble that takes no CPU time, to try the swarm without a voice",
    languages=("*",),
    scripts=(),
    limits=(("", 300),),
    voices=(
        VoiceCard(name="tick", language="*", about="syllables, entered where the text says"),
        VoiceCard(name="tock", language="*", about="the same syllables entered elsewhere, for characters"),
    ),
    casts=True,
    settings=(
        SettingCard("cost_per_char", 0.001, 0, 60, about="seconds of work for each character"),
        SettingCard("seconds_per_char", 0.065, 0, 1, about="seconds of sound for each character"),
    ),
    sample_rate=24_000,
    numbers=("*",),
    abbreviations=("*",),
    device="any",
    shares_process=True,
    speech=False,
    batch=batch_size(),
)


class MetronomeEngine(Engine):
    """An engine that needs no model and opens at once."""

    card = CARD

    def computes_on(self) -> str:
        """Return the kind of device that the environment says, "" if it says none."""
        return os.environ.get(ENV_DEVICE, "")

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> Voice:
        """Return a voice at the speed of its slot. Raises EngineFault(UNAVAILABLE)."""
        from swarm.voice.metronome.voice import MetronomeVoice, slot_speed

        settings = self.card.defaults | dict(recipe.settings)
        cost_s = float(settings["cost_per_char"]) / slot_speed(device)
        return MetronomeVoice(cost_s, float(settings["seconds_per_char"]), batch_curve(), recipe.voice)

    def estimate_s(self, recipe: Recipe, characters: int) -> float:
        """Return the seconds of the sound, which follow from a setting."""
        return characters * float((self.card.defaults | dict(recipe.settings))["seconds_per_char"])


engine = MetronomeEngine()
