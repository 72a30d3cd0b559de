"""Cuts chapters into reels and lays the clips of a reel one after another. Pure: only the text decides."""

from collections.abc import Sequence

from msgspec import Struct

from swarm.audio.pause import PAUSE_LENGTHS_S
from swarm.job.book import Chapter, Segment

CHARACTERS_S = 15  # a rough pace of speech, which only the places of the cuts depend on
REEL_S = 60.0
MIN_S, MAX_S = 0.7 * REEL_S, 1.3 * REEL_S


class Reel(Struct, frozen=True):
    """A stretch of one chapter that is encoded at once: the segments from `first` to before `end`."""

    chapter: int
    first: int
    end: int


class Layout(Struct, frozen=True):
    """The starts of a reel's clips and its length, in samples of the voice's rate."""

    starts: tuple[int, ...]
    samples: int


def plan_reels(chapter_index: int, chapter: Chapter) -> tuple[Reel, ...]:
    """Cut a chapter into reels of about a minute, each ending at the longest pause near there."""
    segments, reels, first = chapter.segments, [], 0
    while first < len(segments):
        end = _cut(segments, first)
        reels.append(Reel(chapter_index, first, end))
        first = end
    return tuple(reels)


def _cut(segments: Sequence[Segment], first: int) -> int:
    """Return the end of the reel that begins at `first`."""
    best, best_end, length_s = (0.0, 0.0), first + 1, 0.0
    for index in range(first, len(segments)):
        segment = segments[index]
        length_s += len(segment.spoken) / CHARACTERS_S
        if length_s > MAX_S and index > first:
            return best_end
        rank = (PAUSE_LENGTHS_S[segment.pause] if length_s >= MIN_S else 0.0, -abs(length_s - REEL_S))
        if index == first or rank > best:
            best, best_end = rank, index + 1
        length_s += PAUSE_LENGTHS_S[segment.pause]
    return len(segments)


def lay_reel(samples: Sequence[int], pauses_s: Sequence[float], sample_rate: int, lead_s: float) -> Layout:
    """Lay clips of these lengths in samples one after another, each followed by its pause, at the voice's rate in Hz.

    The silence at the beginning is taken from the last pause, so that cutting a chapter into reels does not lengthen
    it. A missing clip (0 samples) adds no pause to the one before: the longer of both counts.
    """
    lead = round(lead_s * sample_rate)
    starts, position, sounding = [], lead, lead
    for length, pause_s in zip(samples, pauses_s, strict=True):
        starts.append(position)
        sounding = position + length if length else sounding
        position = max(position, sounding + round(pause_s * sample_rate))
    return Layout(tuple(starts), max(sounding, position - lead))


def whole_frames(samples: int, sample_rate: int, target_rate: int, frame_samples: int) -> int:
    """Return how many frames hold these samples after they are resampled to the target rate in Hz."""
    resampled = -(-samples * target_rate // sample_rate)
    return -(-resampled // frame_samples)
