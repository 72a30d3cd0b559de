"""A peak limiter that looks ahead: numpy only, since scipy's presence would change what hibari speaks."""

import numpy as np
from numpy.typing import NDArray

Sound = NDArray[np.float32]

CEILING = np.float32(0.84)  # -1.5 dBFS: room for what AAC adds
BLOCK_SAMPLES = 32
REACH_BLOCKS = 24  # each side of a peak: 32 ms at 24 kHz, slow enough not to be heard as distortion


def limit(sound: Sound) -> Sound:
    """Bring peaks under the ceiling by turning the sound down smoothly around them; shape (samples,)."""
    whole = np.pad(sound, (0, -sound.size % BLOCK_SAMPLES))
    peaks = np.abs(whole).reshape(-1, BLOCK_SAMPLES).max(axis=1)
    if not peaks.size or peaks.max() <= CEILING:
        return sound
    gain = _smooth(np.minimum(1, CEILING / np.maximum(peaks, CEILING)))
    limited = whole.reshape(-1, 2, BLOCK_SAMPLES // 2) * _between_blocks(gain)
    return limited.reshape(-1)[: sound.size]


def _smooth(gain: Sound) -> Sound:
    """A smooth curve that is nowhere above the given gain, not even between neighbouring blocks.

    Held one block further than it is averaged over: the mean of values all below a bound is below it too.
    """
    reach = REACH_BLOCKS + 1
    held = _lowest(np.pad(gain, reach, constant_values=1), 2 * reach + 1)
    weights = np.hanning(2 * REACH_BLOCKS + 3)[1:-1]
    padded = np.pad(held, REACH_BLOCKS, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid").astype(np.float32)


def _lowest(values: Sound, width: int) -> Sound:
    """The least of every `width` neighbours; windows are doubled, for that takes few passes."""
    have = 1
    while have < width:
        step = min(have, width - have)
        values = np.minimum(values[:-step], values[step:])
        have += step
    return values


def _between_blocks(gain: Sound) -> Sound:
    """The gain of every sample, shape (blocks, halves, samples): straight lines between the blocks' centres."""
    edges = np.concatenate((gain[:1], (gain[1:] + gain[:-1]) / 2, gain[-1:]))
    starts = np.stack((edges[:-1], gain), axis=1)[..., None]
    ends = np.stack((gain, edges[1:]), axis=1)[..., None]
    ramp = np.arange(BLOCK_SAMPLES // 2, dtype=np.float32) / (BLOCK_SAMPLES // 2)
    return (starts + (ends - starts) * ramp).astype(np.float32, copy=False)
