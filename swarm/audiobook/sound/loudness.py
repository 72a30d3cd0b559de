"""Measures how loud a voice is by EBU R128, with FFmpeg's meter, and limits its true peaks by looking ahead.

The limiter uses numpy only, since scipy's presence would change what hibari speaks."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

BLOCK_SAMPLES = 32
SLOW_REACH_BLOCKS = 24  # each side of a peak: 32 ms at 24 kHz, slow enough not to be heard as distortion
QUICK_REACH_BLOCKS = 4
# A voice of high peaks could not be brought to a level if all of it were turned down for each of them. So what passes
# the ceiling by more than this is first cut down to it within milliseconds.
QUICK_OVER_DB = 3.0
OVERSAMPLING = 8  # true peaks lie between samples: they are looked for at so many times the rate
# What lies between samples is taken from so many each side, and once more from as few as FFmpeg's meter takes, which
# hears more of the highest sounds than there is.
SINC_REACH_SAMPLES = 96
METER_REACH_SAMPLES, METER_BETA = 16, 9.0
BLOCKS_AT_ONCE = 4096  # the search for peaks takes 14 MB for so many
# If all samples are below this share of the ceiling, nothing between them reaches the ceiling.
SAFE_SHARE = np.float32(0.7)


def limit(sound: Samples, ceiling: float) -> Samples:
    """Bring true peaks under the ceiling by turning the sound down smoothly around them; shape (samples,)."""
    quick = _limit(sound, ceiling * 10 ** (QUICK_OVER_DB / 20), QUICK_REACH_BLOCKS)
    return _limit(quick, ceiling, SLOW_REACH_BLOCKS)


def _limit(sound: Samples, ceiling: float, reach: int) -> Samples:
    whole = np.pad(sound, (0, -sound.size % BLOCK_SAMPLES))
    peaks = _peaks(whole, ceiling)
    if not np.any(peaks > ceiling):
        return sound
    gain = _smooth(np.minimum(1, np.float32(ceiling) / np.maximum(peaks, np.float32(ceiling))), reach)
    touched = np.flatnonzero(_widest(gain) < 1)
    limited = whole.reshape(-1, BLOCK_SAMPLES).copy()
    limited[touched] *= _between_blocks(gain, touched)
    return limited.reshape(-1)[: sound.size]


def true_peak(sound: Samples, bound: float) -> float:
    """Return the true peak as a share of full scale, or a lower value if it is below `bound`."""
    return float(_peaks(np.pad(sound, (0, -sound.size % BLOCK_SAMPLES)), bound).max(initial=0.0))


def _peaks(whole: Samples, bound: float) -> Samples:
    """Return the highest value of each block, shape (blocks,); between samples only where it may be above `bound`."""
    if not whole.size:
        return whole
    peaks: Samples = np.maximum.reduceat(np.abs(whole), np.arange(0, whole.size, BLOCK_SAMPLES))
    doubtful = np.flatnonzero(peaks > bound * SAFE_SHARE)
    for start in range(0, doubtful.size, BLOCKS_AT_ONCE):
        some = doubtful[start : start + BLOCKS_AT_ONCE]
        peaks[some] = np.maximum(peaks[some], _peaks_between(whole, some))
    return peaks


def _peaks_between(whole: Samples, numbers: NDArray[np.intp]) -> Samples:
    """Return the highest value between the samples of these blocks, shape (blocks,)."""
    padded = np.pad(whole, (SINC_REACH_SAMPLES, SINC_REACH_SAMPLES))
    places = numbers[:, None] * BLOCK_SAMPLES + np.arange(BLOCK_SAMPLES + 2 * SINC_REACH_SAMPLES)
    peaks: Samples = np.abs(padded[places] @ _INTERPOLATE).max(axis=1)
    return peaks


def _interpolator() -> Samples:
    """Return the matrix, of windowed sincs, from a block with its surroundings to what lies between its samples."""
    targets = SINC_REACH_SAMPLES + np.arange(BLOCK_SAMPLES)[:, None] + np.arange(1, OVERSAMPLING) / OVERSAMPLING
    distance = targets.reshape(-1) - np.arange(BLOCK_SAMPLES + 2 * SINC_REACH_SAMPLES)[:, None]
    far, near = np.clip(distance / SINC_REACH_SAMPLES, -1, 1), np.clip(distance / METER_REACH_SAMPLES, -1, 1)
    hann = np.cos(np.pi * far / 2) ** 2
    kaiser = np.where(np.abs(near) < 1, np.i0(METER_BETA * np.sqrt(1 - near**2)) / np.i0(METER_BETA), 0)
    return np.concatenate([np.sinc(distance) * window for window in (hann, kaiser)], axis=1).astype(np.float32)


_INTERPOLATE = _interpolator()


def _smooth(gain: Samples, reach: int) -> Samples:
    """Return a smooth curve that is nowhere above the given gain, not even between neighbouring blocks.

    The least gain is held for one block more than the mean is taken over, so that every mean is of values below it.
    """
    held = _lowest(np.pad(gain, reach + 1, constant_values=1), 2 * reach + 3)
    weights = np.hanning(2 * reach + 3)[1:-1]
    padded = np.pad(held, reach, mode="edge")
    return np.convolve(padded, weights / weights.sum(), mode="valid").astype(np.float32)


def _lowest(values: Samples, width: int) -> Samples:
    """Return the least of every `width` neighbours; the windows are doubled, which takes few passes."""
    have = 1
    while have < width:
        step = min(have, width - have)
        values = np.minimum(values[:-step], values[step:])
        have += step
    return values


def _widest(gain: Samples) -> Samples:
    """Return the least gain that each block or a neighbour has: where it is 1 there is nothing to do."""
    return _lowest(np.pad(gain, 1, constant_values=1), 3)


def _between_blocks(gain: Samples, numbers: NDArray[np.intp]) -> Samples:
    """Return the gain of each sample of these blocks, shape (blocks, samples): lines between the blocks' centres."""
    edges = np.concatenate((gain[:1], (gain[1:] + gain[:-1]) / 2, gain[-1:]))
    first, middle, last = edges[:-1][numbers], gain[numbers], edges[1:][numbers]
    starts, ends = np.stack((first, middle), axis=1)[..., None], np.stack((middle, last), axis=1)[..., None]
    ramp = np.arange(BLOCK_SAMPLES // 2, dtype=np.float32) / (BLOCK_SAMPLES // 2)
    return (starts + (ends - starts) * ramp).astype(np.float32, copy=False).reshape(-1, BLOCK_SAMPLES)


SILENT_LUFS = -70.0  # the meter says no less
STRETCH_S = 10  # a longer stretch would let the meter hold more memory
LOUDNESS = "lavfi.r128.I"


def loudness_lufs(sound: Samples, sample_rate: int) -> float | None:
    """Return the integrated loudness of a mono sound, float32 of shape (samples,); None where it is silent.

    What is shorter than 0.4 s, one block of the standard, counts as silent.
    """
    graph = _meter(sample_rate)
    said = SILENT_LUFS
    for frame in (*_frames(sound, sample_rate), None):
        graph.push(frame)
        for metadata in _measured(graph):
            said = float(metadata.get(LOUDNESS, said))  # the last frame has none if it is no whole 0.1 s
    return said if said > SILENT_LUFS else None


def _meter(sample_rate: int) -> av.filter.Graph:
    graph = av.filter.Graph()
    source = graph.add_abuffer(
        sample_rate=sample_rate, format="fltp", layout="mono", time_base=Fraction(1, sample_rate)
    )
    graph.link_nodes(source, graph.add("ebur128", "framelog=quiet:metadata=1"), graph.add("abuffersink")).configure()
    return graph


def _frames(sound: Samples, sample_rate: int) -> Iterator[av.AudioFrame]:
    step = STRETCH_S * sample_rate
    for start in range(0, sound.size, step):
        part = np.ascontiguousarray(sound[None, start : start + step], np.float32)
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = sample_rate, start, Fraction(1, sample_rate)
        yield frame


def _measured(graph: av.filter.Graph) -> Iterator[dict[str, str]]:
    """Yield what is said with each frame that the meter is through with."""
    while True:
        try:
            frame = graph.pull()
        except (BlockingIOError, EOFError):  # it waits for more, or had all
            return
        yield frame.metadata
