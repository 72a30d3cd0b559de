"""A fake engine whose texts name the fault to fail with. The host's process loads it as "faulty_engine:engine"."""

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path

import numpy as np

from swarm.errors import UsageError
from swarm.job.card import EngineCard
from swarm.job.spec import Recipe
from swarm.system.serving import teller
from swarm.voice.engine import Engine, EngineFault, FaultKind, Pcm, from_floats

RATE = 24_000
SOUND = (np.sin(np.arange(RATE) / 20) * 9_000).astype(np.int16)  # 1 s
meeting = threading.Barrier(2)


class FaultyVoice:
    sample_rate = RATE

    def __init__(self, job_files: Path | None) -> None:
        self._job_files = job_files

    def latents(self) -> bytes | None:
        return (self._job_files / "voice.wav").read_bytes()[::-1] if self._job_files else None

    def speak(self, text: str, seed: int) -> Pcm:
        match text.split()[0]:
            case "crash":
                print("the model broke", file=sys.stderr, flush=True)
                os.abort()
            case "segfault":
                ctypes.string_at(0)
            case "illegal":
                signal.raise_signal(signal.SIGILL)
            case "exit":
                sys.exit(5)
            case "hang":
                time.sleep(60)
            case "empty":
                return SOUND[:0]
            case "silent":
                return np.zeros(RATE, np.int16)
            case "nan":
                return from_floats(np.full(RATE, np.nan, np.float32))
            case "waver" if seed == 1:
                return np.zeros(RATE, np.int16)
            case "long":
                return np.tile(SOUND, 60)
            case "floats":
                return np.zeros(RATE, np.float32)  # type: ignore[return-value]
            case "memory":
                raise RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB.")
            case "lost":
                raise RuntimeError("CUDA error: unspecified launch failure")
            case "ram":
                raise MemoryError
            case "raise":
                raise ValueError("bad weather " * 1000)
            case "chatter":
                print("chatter")
                os.write(1, b"from C\n")
            case "meet":
                meeting.wait(300)
            case "slow":
                time.sleep(0.1)
        return SOUND


class FaultyEngine(Engine):
    card = EngineCard("faulty", "", ("*",), (), (("", 300),), (), takes=3, any_voice=True)

    def check_voice(self, name: str, language: str, model: str) -> str:
        if "+" in name:
            raise UsageError(f"{name} blends nothing.")
        return name

    def open(self, recipe: Recipe, device: str, job_files: Path | None = None) -> FaultyVoice:
        match recipe.voice:
            case "missing":
                raise EngineFault(FaultKind.UNAVAILABLE, "no such model")
            case "broken":
                raise RuntimeError("no memory")
            case "distant":
                teller()("downloading it, 43 %")
                teller()("downloading it, 44 %")
            case "fat":
                raise RuntimeError("CUDA out of memory. Tried to allocate 2.00 GiB.")
            case "deadly":
                os._exit(9)
        return FaultyVoice(job_files)


engine = FaultyEngine()
