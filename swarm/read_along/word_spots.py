"""Divides the spot of a sentence into its words, by the times that a voice told. A pure decision."""

from collections.abc import Sequence

from msgspec.structs import replace

from swarm.book.page.trace import visible_chars
from swarm.job.word_times import WordTime
from swarm.read_along.spot import Spot


def word_spots(spot: Spot, written: str, words: Sequence[WordTime], start_s: float) -> list[tuple[float, Spot]]:
    """Return the words of a sentence as spots, each with its start in s, if the sentence is heard from `start_s` on.

    `words` are the first characters and the moments of its written words; one without a moment shares the spot of the
    word before it. Where the words cannot be found the sentence stays one spot.
    """
    if spot.end - spot.first != 1 or len(visible_chars(written)) != spot.stop - spot.start:
        return [(start_s, spot)]
    places = [(len(visible_chars(written[:character])), moment_s) for character, moment_s in words]
    cuts = [(0, 0.0), *((place, moment_s) for place, moment_s in places if place)]
    ends = [place for place, _ in cuts[1:]] + [spot.stop - spot.start]
    return [
        (start_s + moment_s, replace(spot, start=spot.start + place, stop=spot.start + end))
        for (place, moment_s), end in zip(cuts, ends, strict=True)
    ]
