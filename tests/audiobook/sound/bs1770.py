"""A loudness meter of our own, from the text of ITU-R BS.1770-5: what FFmpeg's is compared with."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from swarm.audiobook.sound.encoder import Samples

BLOCK_S, STEP_S = 0.4, 0.1
SILENT_LUFS = -70.0
GATE_LU = -10.0  # under the mean of what is not silent: pauses do not count
OFFSET_LU = -0.691
TAIL_S = 1.0  # for the filter to ring out
STRETCH_S = 15.0  # filtered at once, so that memory is bounded

# The two filters of BS.1770 as analogue prototypes, for any rate: frequency in Hz, quality, gain in dB.
SHELF = (1681.974450955533, 0.7071752369554196, 3.999843853973347)
HIGH_PASS = (38.13547087602444, 0.5003270373238773)
SHELF_EXPONENT = 0.4996667741545416


def bs1770_lufs(sound: Samples, sample_rate: int) -> float | None:
    """Return the integrated loudness of a mono sound, float32 of shape (samples,); None where it is silent."""
    power = _block_power(sound, sample_rate)
    heard = power[_lufs(power) > SILENT_LUFS]
    if not heard.size:
        return None
    gate = float(_lufs(heard.mean())) + GATE_LU
    return float(_lufs(heard[_lufs(heard) > gate].mean()))


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    lufs: NDArray[np.float64] = OFFSET_LU + 10 * np.log10(np.maximum(power, 1e-12))
    return lufs


def _block_power(sound: Samples, sample_rate: int) -> NDArray[np.float64]:
    """Return the weighted power of blocks of 0.4 s, one every 0.1 s."""
    step, steps = round(STEP_S * sample_rate), round(BLOCK_S / STEP_S)
    stretch = step * round(STRETCH_S / STEP_S)
    parts = [_step_power(sound[start : start + stretch], step, sample_rate) for start in range(0, sound.size, stretch)]
    power = np.concatenate(parts) if parts else np.zeros(0)
    if power.size < steps:
        return np.zeros(0)
    summed = np.cumsum(np.concatenate(([0.0], power)))
    blocks: NDArray[np.float64] = (summed[steps:] - summed[:-steps]) / steps
    return blocks


def _step_power(sound: Samples, step: int, sample_rate: int) -> NDArray[np.float64]:
    """Return the weighted power of each whole 0.1 s."""
    size = _fast_size(sound.size + round(TAIL_S * sample_rate))
    weighted = np.fft.irfft(np.fft.rfft(sound, size) * _weights(size, sample_rate), size)[: sound.size]
    whole = weighted[: sound.size // step * step].reshape(-1, step)
    power: NDArray[np.float64] = np.square(whole).mean(axis=1)
    return power


def _fast_size(least: int) -> int:
    """Return the next size of small factors, for which a transform is fastest."""
    return min(odd << max(0, (-(-least // odd) - 1).bit_length()) for odd in (1, 3, 5, 9, 15))


@lru_cache(maxsize=2)  # a stretch's, and the last one's: they take longer than all the rest, for 3 MB each
def _weights(size: int, sample_rate: int) -> NDArray[np.complex128]:
    """Return the gain of both filters at each frequency of a transform."""
    delay = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    frequency, quality, gain_db = SHELF
    k, high = np.tan(np.pi * frequency / sample_rate), 10 ** (gain_db / 20)
    middle = high**SHELF_EXPONENT
    shelf = ((high + middle * k / quality + k * k), 2 * (k * k - high), (high - middle * k / quality + k * k))
    weights = _biquad(shelf, k, quality, delay)
    frequency, quality = HIGH_PASS
    k = np.tan(np.pi * frequency / sample_rate)
    # BS.1770 scales this filter by its denominator's first coefficient
    scale = 1 + k / quality + k * k
    return weights * _biquad((scale, -2 * scale, scale), k, quality, delay)


def _biquad(
    above: tuple[float, float, float], k: float, quality: float, delay: NDArray[np.complex128]
) -> NDArray[np.complex128]:
    below = (1 + k / quality + k * k, 2 * (k * k - 1), 1 - k / quality + k * k)
    response: NDArray[np.complex128] = (above[0] + (above[1] + above[2] * delay) * delay) / (
        below[0] + (below[1] + below[2] * delay) * delay
    )
    return response
