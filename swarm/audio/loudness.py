"""Measures how loud a voice is by EBU R128, with FFmpeg's meter."""

from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np

from swarm.audio.limiter import Samples

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
