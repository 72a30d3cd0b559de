"""Reads clips from the disk: checks digest and header, then decodes."""

import io
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from swarm.audio.frame import check_frame

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
