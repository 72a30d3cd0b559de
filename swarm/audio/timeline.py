"""The times of sentences in the sound: exact to the sample, computed from clips and pauses. Pure."""

from collections.abc import Sequence

from msgspec import Struct

from swarm.audio.format import Coding
from swarm.audio.reel import Reel, lay_reel, whole_frames


class ReelTimes(Struct, frozen=True):
    """The length of a reel, and when each of its clips begins and ends in it; None for a missing clip."""

    length_s: float
    spans_s: tuple[tuple[float, float] | None, ...]


class Cue(Struct, frozen=True):
    """The time at which a place is heard in its file."""

    chapter: int
    index: int
    start_s: float
    end_s: float


def time_reel(samples: Sequence[int], pauses_s: Sequence[float], sample_rate: int, coding: Coding) -> ReelTimes:
    """Return the times of a reel whose clips have `samples` at the voice's rate in Hz; a missing clip has 0 samples."""
    layout = lay_reel(samples, pauses_s, sample_rate, coding.lead_s)
    frames = whole_frames(layout.samples, sample_rate, coding.sample_rate, coding.frame_samples)
    spans = (
        (start / sample_rate, (start + length) / sample_rate) if length else None
        for start, length in zip(layout.starts, samples, strict=True)
    )
    return ReelTimes(frames * coding.frame_samples / coding.sample_rate, tuple(spans))


def cues(reels: Sequence[Reel], times: Sequence[ReelTimes], begin_s: float) -> list[Cue]:
    """Return when each place of a file's reels is heard; the first reel begins at `begin_s` seconds."""
    found = []
    for reel, timed in zip(reels, times, strict=True):
        for index, span in enumerate(timed.spans_s, reel.first):
            if span is not None:
                start_s, end_s = span
                found.append(Cue(reel.chapter, index, begin_s + start_s, begin_s + end_s))
        begin_s += timed.length_s
    return found
