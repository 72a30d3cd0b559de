"""Which sentences of a chapter each segment says: found by their letters, also where an older version made the job.

A segment may be several short sentences, a long sentence several segments. What belongs together is a phrase.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from swarm.book.page.origin import signs

SURE_SIGNS = 12  # a sentence as long as this may be looked for further on
FAR_SIGNS = 20_000


class Phrase(Struct, frozen=True):
    """Sentences `first` up to, not with, `end`, and the segments that say them, likewise."""

    first: int
    end: int
    first_segment: int
    end_segment: int


def match_sentences(said: Sequence[str], segments: Sequence[str]) -> list[Phrase]:
    """The phrases of a chapter in order, from its sentences as they are said and the texts of its segments.

    What nobody says, and what no sentence is found for, is in no phrase.
    """
    ends: list[int] = []
    text = ""
    pieces = [signs(segment) for segment in segments]
    for piece in pieces:
        ends.append((ends[-1] if ends else 0) + len(piece))
    text = "".join(pieces)
    phrases: list[Phrase] = []
    segment = 0
    for number, start, end in _found(said, text):
        while ends[segment] <= start:
            segment += 1
        last = segment
        while ends[last] < end:
            last += 1
        if phrases and phrases[-1].end_segment > segment:  # both are in one segment
            phrases[-1] = Phrase(phrases[-1].first, number + 1, phrases[-1].first_segment, last + 1)
        else:
            phrases.append(Phrase(number, number + 1, segment, last + 1))
    return phrases


def _found(said: Sequence[str], text: str) -> Iterator[tuple[int, int, int]]:
    """Each sentence that is found: its number, where it begins and where it ends."""
    at = 0
    for number, sentence in enumerate(map(signs, said)):
        if not sentence:
            continue
        start = at
        if not text.startswith(sentence, at):
            start = text.find(sentence, at, at + FAR_SIGNS) if len(sentence) >= SURE_SIGNS else -1
        if start >= 0:
            at = start + len(sentence)
            yield number, start, at
