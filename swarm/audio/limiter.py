"""A peak limiter that looks ahead: numpy only, since scipy's presence would change what hibari speaks."""

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

CEILING = np.float32(0.84)  # -1.5 dBFS: room for what AAC adds
BLOCK_SAMPLES = 32
REACH_BLOCKS = 24  # each side of a peak: 32 ms at 24 kHz, slow enough not to be heard as distortion


def limit(sound: Sound) -> Sound:
    """Bring peaks under the ceiling by turning the sound down smoothly around them; shape (k * 32,)."""
    peaks = np.abs(sound).reshape(-1, BLOCK_SAMPLES).max(axis=1)
    if peaks.max() <= CEILING:
        return sound
    gain = _smooth(np.minimum(1, CEILING / np.maximum(peaks, CEILING)))
    centres = np.arange(len(peaks)) * BLOCK_SAMPLES + BLOCK_SAMPLES / 2
    return sound * np.interp(np.arange(sound.size), centres, gain).astype(np.float32)


def _smooth(gain: Sound) -> Sound:
    """A smooth curve that is nowhere above the given gain, not even between neighbouring blocks.

    Held one block further than it is averaged over: the mean of values all below a bound is below it too.
    """
    reach = REACH_BLOCKS + 1
    padded = np.pad(gain, reach, constant_values=1)
    held = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    weights = np.hanning(2 * REACH_BLOCKS + 3)[1:-1]
    padded = np.pad(held, REACH_BLOCKS, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid").astype(np.float32)
