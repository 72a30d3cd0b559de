"""Positions of sentences in the finished files. Pure."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence

from msgspec import Struct

from swarm.audio.timeline import Cue
from swarm.watch.history import Place


class HeardSentence(Struct, frozen=True, gc=False):
    """A sentence in a file, named from the report's folder; a missing one is where it ought to be."""

    file: str
    start_s: float
    end_s: float


def locate(files: Iterable[tuple[str, Sequence[Cue]]], missing: Iterable[Place]) -> dict[Place, HeardSentence]:
    """Find where each place is heard, and where the `missing` ones would be; a file's cues are in reading order."""
    found, lost = dict[Place, HeardSentence](), sorted(missing)
    for file, cues in files:
        places = [(cue.chapter, cue.index) for cue in cues]
        for place in lost:
            after = bisect_left(places, place)
            # A missing sentence would follow the one before it, or begin the first file.
            if after or place not in found:
                end_s = cues[after - 1].end_s if after else 0.0
                found[place] = HeardSentence(file, end_s, end_s)
        found |= {(cue.chapter, cue.index): HeardSentence(file, cue.start_s, cue.end_s) for cue in cues}
    return found
