"""Clips as sound: reads them from the disk, and tells whether two can be the same sentence.

A read checks digest and header."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from swarm.audiobook.sound.frame import check_frame

Pcm = NDArray[np.int16]  # mono, shape (samples,)


class ClipDamaged(Exception):
    """A clip on disk is missing, changed or not what its record says; it has to be spoken again."""


def read_clip(path: Path, digest: str, samples: int, sample_rate: int) -> Pcm:
    """Decode a clip from disk: int16, shape (samples,). Raises ClipDamaged."""
    try:
        frame = path.read_bytes()
    except OSError as error:
        raise ClipDamaged(f"{path} cannot be read: {error.strerror}") from error
    if why := check_frame(frame, samples, sample_rate, digest):
        raise ClipDamaged(f"{path}: {why}")
    try:
        pcm, _ = soundfile.read(io.BytesIO(frame), frames=samples, dtype="int16")
    except (soundfile.SoundFileError, RuntimeError) as error:
        raise ClipDamaged(f"{path} cannot be decoded: {error}") from error
    if pcm.shape != (samples,):
        raise ClipDamaged(f"{path} decodes to {len(pcm)} of {samples} samples")
    result: Pcm = pcm
    return result


FRAME_S = 0.02
LONGER = 1.25  # times the other's length, at most
LEAST_DB = -50.0  # below the loudest frame: all below is silence
EVEN_DB = 1.0  # deviation of a sound that is as loud everywhere
LEAST_RESEMBLANCE = 0.6  # a correlation


def resemblance(one: Pcm, other: Pcm, rate: int) -> float:
    """Return how alike two sounds of one rate in Hz are: 1 for the same, 0 for nothing in common."""
    curves = [_loudness_db(pcm, round(rate * FRAME_S)) for pcm in (one, other)]
    sizes = sorted(curve.size for curve in curves)
    if not sizes[0] or sizes[1] > LONGER * sizes[0] + 1:
        return 0.0
    a, b = (np.interp(np.linspace(0, 1, sizes[1]), np.linspace(0, 1, curve.size), curve) for curve in curves)
    even = [float(np.std(curve)) < EVEN_DB for curve in (a, b)]
    if any(even):
        return float(all(even))
    return max(0.0, float(np.corrcoef(a, b)[0, 1]))


def _loudness_db(pcm: Pcm, frame: int) -> NDArray[np.float64]:
    """Return how loud each frame is, relative to the loudest one."""
    whole = pcm[: pcm.size // frame * frame].astype(np.float64).reshape(-1, frame)
    power = np.mean(whole**2, axis=1)
    if not power.size or not power.max():
        return np.zeros(power.size)
    curve: NDArray[np.float64] = np.maximum(10 * np.log10(np.maximum(power, 1e-9) / power.max()), LEAST_DB)
    return curve
