"""Divides the spot of a sentence into its words, by the times that a voice told. A pure decision."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

import regex
from msgspec.structs import replace

from swarm.book.page.trace import visible_chars
from swarm.job.book import Segment
from swarm.job.word_times import WordTime
from swarm.read_along.spot import Spot

MAX_WORDS = 500  # of a sentence; comparing takes the square of it
_WORD, _MARKS = regex.compile(r"\S+"), regex.compile(r"[\p{P}\p{S}]+")


def word_spots(spot: Spot, segment: Segment, words: Sequence[WordTime], start_s: float) -> list[tuple[float, Spot]]:
    """Return the words of a sentence as spots, each with its start in s, if the sentence is heard from `start_s` on.

    A word that was told to the engine in other words, such as a number, shares the spot of the word before it. Where
    the words cannot be found the sentence stays one spot.
    """
    if spot.end - spot.first != 1 or len(visible_chars(segment.written)) != spot.stop - spot.start:
        return [(start_s, spot)]
    cuts = [(0, 0.0), *((place, moment_s) for place, moment_s in _moments(segment, words) if place)]
    ends = [place for place, _ in cuts[1:]] + [spot.stop - spot.start]
    return [
        (start_s + moment_s, replace(spot, start=spot.start + place, stop=spot.start + end))
        for (place, moment_s), end in zip(cuts, ends, strict=True)
    ]


def _moments(segment: Segment, words: Sequence[WordTime]) -> Iterator[tuple[int, float]]:
    """Yield where the written words begin, in visible characters of the sentence, and their first moments in s."""
    spoken, written = _tokens(segment.spoken), _tokens(segment.written)
    if max(len(spoken), len(written)) > MAX_WORDS:
        return
    starts = [start for start, _ in spoken]
    moments: dict[int, float] = {}
    for start, after in pairwise((*starts, len(segment.spoken))):
        if known := [moment_s for character, moment_s in words if start <= character < after]:
            moments[start] = known[0]
    alike = SequenceMatcher(None, [word for _, word in spoken], [word for _, word in written], autojunk=False)
    for first, other, size in alike.get_matching_blocks():
        for (start, _), (place, _) in zip(spoken[first : first + size], written[other : other + size], strict=True):
            if start in moments:
                yield len(visible_chars(segment.written[:place])), moments[start]


def _tokens(text: str) -> list[tuple[int, str]]:
    """Return the words of a text with their first characters, without marks and capitals, as they are compared."""
    return [(found.start(), _MARKS.sub("", found.group()).lower()) for found in _WORD.finditer(text)]
