"""Sounds to build clips and reels from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from swarm.audio.clip import make_clip
from swarm.audio.order import ReelClip
from swarm.voice.engine import Pcm

RATE = 24000


def tone(length_s: float, rate: int = RATE, level: float = 0.3, pitch_hz: float = 440.0) -> Pcm:
    times = np.arange(round(length_s * rate)) / rate
    return (level * 32767 * np.sin(2 * np.pi * pitch_hz * times)).astype(np.int16)


def silence(length_s: float, rate: int = RATE) -> Pcm:
    return np.zeros(round(length_s * rate), np.int16)


@pytest.fixture
def stored(tmp_path: Path) -> Callable[..., ReelClip]:
    """Puts a clip of a sound on disk."""

    def store(pcm: Pcm, name: str = "clip", rate: int = RATE) -> ReelClip:
        clip = make_clip(pcm, rate, "")
        path = tmp_path / f"{name}.flac"
        path.write_bytes(clip.frame)
        return ReelClip(path, clip.digest, clip.samples)

    return store
