"""Clips as sound: reads them from the disk, and tells how unlike two sounds of one sentence are.

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


WINDOW_S, STEP_S, BANDS = 0.04, 0.01, 80
FLOOR_DB = -80.0  # below the loudest band of a sound: all below is silence
MAX_FRAMES = 3000  # a longer sound is looked at more coarsely, which bounds the memory
LONGER = 1.25  # times the other's length, at most
MAX_UNLIKENESS_DB = 3.5  # honest sounds of one sentence differ less (docs/benchmarks-of-reading.md)


def is_alike(one: Pcm, other: Pcm, rate: int) -> bool:
    """Tell whether two sounds of one rate in Hz can be the same voice with the same sentence."""
    sizes = sorted((one.size, other.size))
    if not sizes[0] or sizes[1] > LONGER * sizes[0]:
        return False
    return unlikeness_db(one, other, rate) <= MAX_UNLIKENESS_DB


def unlikeness_db(one: Pcm, other: Pcm, rate: int) -> float:
    """Return the mean distance of the spectra of two sounds, along the path on which they are most alike."""
    step = max(round(STEP_S * rate), max(one.size, other.size) // MAX_FRAMES)
    first, second = _log_mel_db(one, rate, step), _log_mel_db(other, rate, step)
    squares = (first**2).sum(1)[:, None] + (second**2).sum(1) - 2 * first @ second.T
    return _shortest_path(np.sqrt(np.maximum(squares, 0.0) / BANDS))


def _log_mel_db(pcm: Pcm, rate: int, step: int) -> NDArray[np.float64]:
    """Return how loud each band is at each so many samples: shape (frames, bands)."""
    size = round(WINDOW_S * rate)
    padded = np.pad(pcm / 32768, (0, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::step] * np.hanning(size)
    power = np.abs(np.fft.rfft(frames)) ** 2
    tops = 700 * (10 ** (np.linspace(0, 2595 * np.log10(1 + rate / 1400), BANDS + 2) / 2595) - 1)
    hertz = np.fft.rfftfreq(size, 1 / rate)
    low, middle, high = (tops[shift : shift + BANDS, None] for shift in range(3))
    bands = np.clip(np.minimum((hertz - low) / (middle - low), (high - hertz) / (high - middle)), 0, None)
    loud = power @ bands.T
    result: NDArray[np.float64] = np.maximum(10 * np.log10(loud / (loud.max() or 1.0) + 1e-12), FLOOR_DB)
    return result


def _shortest_path(costs: NDArray[np.float64]) -> float:
    """Return the mean cost of the cells on the cheapest way through a matrix, from its first corner to its last one."""
    rows, columns = costs.shape
    skewed = np.pad(costs, ((0, 0), (1, rows))).ravel()[: rows * (rows + columns)].reshape(rows, rows + columns)
    # Of the last two diagonals, by row: the cost of the cheapest way to each cell, and how many cells it has.
    old, new = (np.array([0.0, *[np.inf] * rows]), np.zeros(rows + 1)), (np.full(rows + 1, np.inf), np.zeros(rows + 1))
    for diagonal in range(2, rows + columns + 1):
        low, high = max(1, diagonal - columns), min(rows, diagonal - 1) + 1
        corner, above, left = old[0][low - 1 : high - 1], new[0][low - 1 : high - 1], new[0][low:high]
        cells = np.where(above <= left, new[1][low - 1 : high - 1], new[1][low:high])
        side = np.minimum(above, left)
        total, count = np.full(rows + 1, np.inf), np.zeros(rows + 1)
        total[low:high] = np.minimum(corner, side) + skewed[low - 1 : high - 1, diagonal - 1]
        count[low:high] = np.where(corner <= side, old[1][low - 1 : high - 1], cells) + 1
        old, new = new, (total, count)
    return float(new[0][rows] / new[1][rows])
