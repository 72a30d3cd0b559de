"""Positions, in the finished files, of the sentences that a report names. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from msgspec import Struct

from swarm.audio.timeline import Cue
from swarm.watch.history import Place


class HeardSentence(Struct, frozen=True):
    """A sentence in a file, named from the report's folder; a missing one is where it ought to be."""

    file: str
    start_s: float
    end_s: float


def locate(files: Iterable[tuple[str, Sequence[Cue]]], wanted: Iterable[Place]) -> dict[Place, HeardSentence]:
    """Find where each of the `wanted` places is heard; the cues of a file are in reading order."""
    left, found = set(wanted), dict[Place, HeardSentence]()
    for file, cues in files:
        places = [(cue.chapter, cue.index) for cue in cues]
        for place in sorted(left):
            after = bisect_left(places, place)
            if after < len(places) and places[after] == place:
                found[place] = HeardSentence(file, cues[after].start_s, cues[after].end_s)
            elif after:  # a missing sentence would follow the one before it
                found[place] = HeardSentence(file, cues[after - 1].end_s, cues[after - 1].end_s)
    return found
