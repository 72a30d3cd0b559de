"""A fake engine that clones: it really reads `voice.wav` and `model/`, and makes latents that are new each time.

Its pitch follows from the latents, so that a book of two voices can be told. PARROT_LOG names a file that says who
computed and who was given latents; PARROT_PACE_S is how long a sentence takes.
"""

import hashlib
import os
import time
import wave
from pathlib import Path

import numpy as np
from small_tensors import small_tensors

from swarm.job.card import EngineCard, VoiceCard
from swarm.job.spec import Recipe
from swarm.voice.engine import Engine, EngineFault, FaultKind, Pcm

RATE = 24_000


class ParrotVoice:
    sample_rate = RATE

    def __init__(self, latents: bytes, is_made: bool) -> None:
        self._latents, self._is_made = latents, is_made
        self._period = 40 + hashlib.sha256(latents).digest()[0]

    def latents(self) -> bytes | None:
        return self._latents if self._is_made else None

    def speak(self, text: str, seed: int) -> Pcm:
        time.sleep(float(os.environ.get("PARROT_PACE_S", "0")))
        samples = np.arange(max(len(text), 10) * RATE // 50)
        return (np.sin(samples * 2 * np.pi / self._period) * 9_000).astype(np.int16)


class ParrotEngine(Engine):
    card = EngineCard("parrot", "", ("*",), (), (("", 300),), (VoiceCard("polly", "*"),), clones=True, custom=True)

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> ParrotVoice:
        if recipe.model and (job_files is None or len((job_files / "model" / "model.pth").read_bytes()) < 10):
            raise EngineFault(FaultKind.UNAVAILABLE, "the model is not there")
        if not recipe.voice.startswith("clone:"):
            return ParrotVoice(b"polly", is_made=False)
        assert job_files is not None
        given = job_files / "latents.safetensors"
        log("given" if given.exists() else "computed")
        if given.exists():
            return ParrotVoice(given.read_bytes(), is_made=False)
        with wave.open(str(job_files / "voice.wav")) as file:
            assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
            heard = file.readframes(file.getnframes())
        return ParrotVoice(small_tensors(heard[-1000:] + os.urandom(150_000)), is_made=True)  # more than one piece


def log(what: str) -> None:
    if "PARROT_LOG" in os.environ:
        with Path(os.environ["PARROT_LOG"]).open("a") as file:
            file.write(f"{what}\n")


engine = ParrotEngine()
