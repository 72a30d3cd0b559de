"""Converts the arrays of engines into int16 mono PCM."""

import numpy as np
from numpy.typing import NDArray

from swarm.voice.engine import EngineFault, FaultKind, Pcm


def from_floats(wave: NDArray[np.floating]) -> Pcm:
    """Convert a wave between -1 and 1, shape (samples,), to int16; louder samples are clipped.

    Raises EngineFault(NONFINITE).
    """
    if not np.isfinite(wave).all():
        raise EngineFault(FaultKind.NONFINITE, "The engine returned samples that are not numbers.")
    pcm: Pcm = (np.clip(wave, -1.0, 1.0) * 32767.0).astype(np.int16)
    return pcm


def check_pcm(sound: object) -> Pcm:
    """Return the sound if it is int16 mono PCM. Raises EngineFault(ERROR)."""
    if isinstance(sound, np.ndarray) and sound.dtype == np.int16 and sound.ndim == 1:
        return sound
    shape = f"{sound.dtype} of shape {sound.shape}" if isinstance(sound, np.ndarray) else type(sound).__name__
    raise EngineFault(FaultKind.ERROR, f"The engine returned {shape}, not int16 of shape (samples,).")
