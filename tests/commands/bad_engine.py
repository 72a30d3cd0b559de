"""An engine with faults. Processes of engines load it, so it is apart from its tests, which load the whole program."""

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from swarm.job.card import EngineCard, SettingCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Pcm, Sound, SpokenLine


class BadVoice:
    """A voice with the fault that BAD_ENGINE names."""

    sample_rate = 24_000

    def __init__(self, fault: str) -> None:
        self.fault, self.spoken = fault, 0

    def speak(self, text: str, seed: int) -> Pcm:
        self.spoken += 1
        if self.fault == "dies" and not text:
            os._exit(3)
        if self.fault == "litters":
            (Path.home() / "litter").write_text("x")
        length = {"slow": 0.3, "short": 0.0}.get(self.fault, 0.065) * len(text)
        hertz = 200.0 + (self.spoken if self.fault == "forgets nothing" else 0)
        sound = np.sin(np.arange(int(length * self.sample_rate)) * 2 * np.pi * hertz / self.sample_rate) * 9000
        return sound if self.fault == "floats" else sound.astype(np.int16)  # type: ignore[return-value]

    def speak_all(self, lines: Sequence[SpokenLine]) -> Sequence[Sound]:
        """Speak a batch, in which each sentence hears its neighbours if that is the fault."""
        near = 1 if self.fault == "mingles" else 0
        return [self.speak(line.text, line.seed)[near * len(lines) :] for line in lines]


class BadEngine(Engine):
    card = EngineCard(
        "bad",
        "is bad",
        ("en",),
        (),
        (("", 200),),
        (VoiceCard("one", "en"),),
        (SettingCard("depth", 1, about="how bad it is"),),
        sample_rate=24_000,
        licence="0BSD",
        batch=4,
    )

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> BadVoice:
        if os.environ["BAD_ENGINE"] == "does not open":
            raise OSError("the disk is gone")
        return BadVoice(os.environ["BAD_ENGINE"])


engine = BadEngine()
