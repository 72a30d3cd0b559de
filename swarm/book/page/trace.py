"""Where a passage stands in its document, so that its sentences can be found again in the markup.

A place in a document is how many signs come before it: the characters of its text in document order, white space and
what is invisible not counted, so that it means the same in the tree that was read and in one that is parsed again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

import regex
from lxml import etree

from swarm.job.book import SignRun, TextTrace

# Joiners are not counted: whether they are read depends on the letters around them.
_NONE = r"\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\p{Cc}"
_NO_SIGNS, _SIGN = regex.compile(f"[{_NONE}]+"), regex.compile(f"[^{_NONE}]")


def signs(text: str) -> str:
    """Return the characters of a text that are counted."""
    bare = "".join(text.split())
    return bare if bare.isprintable() else str(_NO_SIGNS.sub("", bare))  # the pattern takes ten times as long


def sign_offsets(text: str) -> list[int]:
    """Return where the characters that are counted stand in a text."""
    return [match.start() for match in _SIGN.finditer(text)]


def _same(one: str, other: str, most: int) -> int:
    """Count the signs, at most `most`, with which two texts begin alike."""
    return next((at for at in range(most) if one[at] != other[at]), most)


def follow(part: str, whole: str, start: int) -> tuple[list[SignRun], int]:
    """Find the signs of a text from `start` on in the longer one that it was made of; return their runs and the end.

    A sign that does not come any more stands nowhere.
    """
    if whole.startswith(part, start):
        return [(0, start, len(part))], start + len(part)
    found: list[SignRun] = []
    for at, sign in enumerate(part):
        place = whole.find(sign, start)
        if place < 0:
            continue
        start = place + 1
        if found and found[-1][0] + found[-1][2] == at and found[-1][1] + found[-1][2] == place:
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + 1)
        else:
            found.append((at, place, 1))
    return found, start


def _through(first: Iterable[SignRun], second: Sequence[SignRun]) -> Iterator[SignRun]:
    """Combine two traces: yield where the signs of the first stand in what the second refers to."""
    number = 0
    for at, place, count in first:
        while number < len(second) and second[number][0] + second[number][2] <= place:
            number += 1
        next_one = number
        while next_one < len(second) and second[next_one][0] < place + count:
            other, there, length = second[next_one]
            begin, end = max(place, other), min(place + count, other + length)
            yield at + begin - place, there + begin - other, end - begin
            next_one += 1


class Tracer:
    """Follows the reading of one document: what of a block comes from where."""

    def __init__(self, document: str) -> None:
        self.document = document
        self._place = 0
        self._parts: list[tuple[int, int, int]] = []  # the block's parts: number of the part, place, signs
        self._whole = ""
        self._runs: list[SignRun] = []
        self._start = 0

    def skip(self, element: etree._Element) -> None:
        """Note that an element's text is not read."""
        self._place += len(signs("".join(element.itertext())))

    def take(self, part: int, text: str) -> None:
        """Note that a text of the document becomes a part of the block."""
        count = len(signs(text))
        if count:
            self._parts.append((part, self._place, count))
        self._place += count

    def take_whole(self, part: int, said: str, element: etree._Element) -> None:
        """Note that `said` is read instead of an element's content; it may be its own text."""
        text = "".join(element.itertext())
        if text and signs(text) == signs(said):
            self.take(part, text)
        else:
            self.skip(element)

    def close(self, parts: list[str], *, carried: bool = False) -> None:
        """End the block; its traces are asked for next, unless it is `carried` over as the next block's first part."""
        if carried:
            self._parts = [(0, place, count) for _, place, count in self._parts[:1]]
            return
        taken, self._parts = {number: (place, count) for number, place, count in self._parts}, []
        pieces = [signs(part) for part in parts]
        self._whole, self._start = "".join(pieces), 0
        ends = [0]
        for piece in pieces:
            ends.append(ends[-1] + len(piece))
        self._runs = [
            (begin, *taken[number]) for number, (begin, end) in enumerate(pairwise(ends)) if number in taken and end
        ]

    def trace(self, said: str) -> TextTrace:
        """Return where a passage of the block stands; passages are asked for in order."""
        runs, self._start = follow(signs(said), self._whole, self._start)
        return TextTrace(self.document, said, tuple(_through(runs, self._runs)))


def span(trace: TextTrace, start: int, end: int) -> tuple[int, int] | None:
    """Find the places of the signs from `start` up to `end`; None where they stand nowhere."""
    first = bisect_right(trace.runs, start, key=lambda run: run[0]) - 1
    last = bisect_left(trace.runs, end, key=lambda run: run[0]) - 1
    if first < 0 or trace.runs[first][0] + trace.runs[first][2] <= start:
        first += 1
    if first > last:
        return None
    (at, place, _), (last_at, last_place, count) = trace.runs[first], trace.runs[last]
    return place + max(start - at, 0), last_place + min(end - last_at, count)


def rewritten(trace: TextTrace, text: str) -> TextTrace:
    """Make the trace of a text from which parts were removed, or before which words were put."""
    own, whole = signs(text), signs(trace.text)
    most = min(len(own), len(whole))
    head = _same(own, whole, most)
    tail = _same(own[::-1], whole[::-1], most - head)
    runs = [(0, 0, head)] if head else []
    if len(own) <= len(whole):
        middle = follow(own[head : len(own) - tail], whole[head : len(whole) - tail], 0)[0]
        runs += [(at + head, place + head, count) for at, place, count in middle]
    runs += [(len(own) - tail, len(whole) - tail, tail)] if tail else []
    return TextTrace(trace.document, text, tuple(_through(runs, trace.runs)))
