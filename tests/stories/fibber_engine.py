"""A fake engine that babbles as metronome does, and lies where FIBBER_LIES is set: it sends noise as long.

FIBBER_PACE_S is how long a sentence takes.
"""

import os
import time
import zlib
from pathlib import Path

import numpy as np

from swarm.job.card import EngineCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Pcm
from swarm.voice.metronome.engine import SAMPLE_RATE, babble

SAMPLES_A_CHARACTER = 1_000


class FibberVoice:
    sample_rate = SAMPLE_RATE

    def speak(self, text: str, seed: int) -> Pcm:
        time.sleep(float(os.environ["FIBBER_PACE_S"]))
        size = len(text) * SAMPLES_A_CHARACTER
        if "FIBBER_LIES" in os.environ:
            return np.random.default_rng().integers(-9_000, 9_000, size).astype(np.int16)
        return babble(zlib.crc32(text.encode()), size)


class FibberEngine(Engine):
    card = EngineCard("fibber", "", ("*",), (), (("", 300),), (VoiceCard("anna", "*"),))

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> FibberVoice:
        return FibberVoice()


engine = FibberEngine()
