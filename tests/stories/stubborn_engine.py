"""A fake engine that fails at certain words, found through `e2a_swarm.engines`. STUBBORN_MENDED heals it."""

import os
from pathlib import Path

import numpy as np

from swarm.job.card import EngineCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, Pcm

RATE = 24_000


class StubbornVoice:
    sample_rate = RATE

    def speak(self, text: str, seed: int) -> Pcm:
        sound = (np.sin(np.arange(len(text) * RATE // 100) / 20) * 9_000).astype(np.int16)
        if "STUBBORN_MENDED" in os.environ:
            return sound
        if "STUBBORN_BROKEN" in os.environ:
            raise RuntimeError("the driver was upgraded")
        if "Leviathan" in text:
            raise ValueError("it is too big")
        if "abyss" in text:
            os._exit(11)
        if "ghost" in text:
            return sound * 0
        if "stumble" in text and self._is_first(text):
            os._exit(12)
        if "crowd" in text and self._is_first(text):
            raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")  # torch says it so
        if "faint" in text and self._is_first(text):
            raise RuntimeError("CUDA error: unspecified launch failure")
        return sound

    def _is_first(self, text: str) -> bool:
        """Tell whether no process has tried this text before."""
        mark = Path(os.environ["STUBBORN_FOLDER"]) / str(len(text))
        known = mark.exists()
        mark.touch()
        return not known


class StubbornEngine(Engine):
    card = EngineCard("stubborn", "", ("*",), (), (("", 300),), (VoiceCard("mule", "*"),))

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> StubbornVoice:
        return StubbornVoice()


engine = StubbornEngine()
