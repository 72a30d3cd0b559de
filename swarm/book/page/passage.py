"""The form of a text after it was read from markup, before it belongs to a chapter.

Traces passages to their places in a document, so that read-along can mark their sentences in the markup.

A place is the number of visible characters before it in document order. White space and invisible characters do not
count, so that a place stays the same when the document is parsed again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Literal

from lxml import etree
from msgspec import Struct

from swarm.book.language.pattern import compile_later
from swarm.book.model.book import CharRun, Saying, TextTrace


class Look(Struct, frozen=True):
    """How the markup shows a block, for what tells its kind."""

    path: str = ""  # the block elements around it with their classes and ids: "body section.chapter p.indent"
    linked: int = 0  # characters in links
    bold: int = 0  # characters in bold type by their elements


NO_LOOK = Look()


class Passage(Struct):
    """A block of a document. `level` is 0 but for a heading; `left_out` says why it is not spoken, "" if it is."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    level: int = 0
    left_out: str = ""
    grounds: str = ""  # words that made a rule leave it out, "" if the book itself marks it
    language: str = ""  # "" if the markup names none
    references: tuple[str, ...] = ()  # keys of the notes that it refers to
    note: str = ""  # key of the note that it belongs to
    marks: tuple[str, ...] = ()  # raised figures after its words that lead nowhere: marks of notes
    sayings: tuple[Saying, ...] = ()  # phonemes that the book gives for its words
    trace: TextTrace | None = None  # the place in the document, if a tracer was used
    look: Look = NO_LOOK


# Joiners count as invisible, because whether they are read depends on the letters around them.
_INVISIBLE_SET = r"\s\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\p{Cc}"
_INVISIBLE, _VISIBLE = compile_later(f"[{_INVISIBLE_SET}]+"), compile_later(f"[^{_INVISIBLE_SET}]")


def visible_chars(text: str) -> str:
    """Return the visible characters of a text."""
    bare = "".join(text.split())
    return bare if bare.isprintable() else str(_INVISIBLE.sub("", bare))  # the pattern takes ten times as long


def visible_offsets(text: str) -> list[int]:
    """Return the offsets of the visible characters of a text."""
    return [match.start() for match in _VISIBLE.finditer(text)]


def _common_prefix(one: str, other: str, limit: int) -> int:
    """Return the length of the prefix that two texts share, at most `limit`."""
    return next((at for at in range(limit) if one[at] != other[at]), limit)


def follow(part: str, whole: str, start: int) -> tuple[list[CharRun], int]:
    """Find the characters of `part` in order in `whole` from `start` on; return their runs and the end of the last.

    A character that is not found has no run.
    """
    if whole.startswith(part, start):
        return [(0, start, len(part))], start + len(part)
    found: list[CharRun] = []
    for at, char in enumerate(part):
        place = whole.find(char, start)
        if place < 0:
            continue
        start = place + 1
        if found and found[-1][0] + found[-1][2] == at and found[-1][1] + found[-1][2] == place:
            found[-1] = (found[-1][0], found[-1][1], found[-1][2] + 1)
        else:
            found.append((at, place, 1))
    return found, start


def _through(first: Iterable[CharRun], second: Sequence[CharRun]) -> Iterator[CharRun]:
    """Combine the runs of a text in another with the runs of that one in a document; yield the runs in the document."""
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
    """Records, while a document is read, from which places the text of each block comes."""

    def __init__(self, document: str) -> None:
        self.document = document
        self._place = 0
        self._taken: dict[int, tuple[int, str]] = {}  # place and visible characters, by part of the open block
        self._whole = ""
        self._runs: list[CharRun] = []
        self._start = 0

    def skip(self, element: etree._Element) -> None:
        """Pass over an element whose text is not read."""
        self._place += len(visible_chars("".join(element.itertext())))

    def trace_text(self, part: int, text: str) -> None:
        """Record that the document's next text becomes a part of the block."""
        chars = visible_chars(text)
        if chars:
            self._taken[part] = self._place, chars
        self._place += len(chars)

    def take_whole(self, part: int, said: str, element: etree._Element) -> None:
        """Record that `said` becomes a part instead of an element's text. It has a place only if the two are alike."""
        text = "".join(element.itertext())
        if text and visible_chars(text) == visible_chars(said):
            self.trace_text(part, text)
        else:
            self.skip(element)

    def end_block(self, parts: list[str]) -> None:
        """End the block; its passages can be traced then."""
        taken, self._taken = self._taken, {}
        pieces = [taken[number][1] if number in taken else visible_chars(part) for number, part in enumerate(parts)]
        starts = accumulate(map(len, pieces), initial=0)
        self._whole, self._start = "".join(pieces), 0
        self._runs = [
            (start, taken[number][0], len(pieces[number])) for number, start in enumerate(starts) if number in taken
        ]

    def trace(self, said: str) -> TextTrace:
        """Return the trace of the block's next passage."""
        runs, self._start = follow(visible_chars(said), self._whole, self._start)
        return TextTrace(self.document, said, tuple(_through(runs, self._runs)))


def span(trace: TextTrace, start: int, end: int) -> tuple[int, int] | None:
    """Return the places before and after the visible characters `start` to `end` of a text; None if they have none."""
    first = bisect_right(trace.runs, start, key=lambda run: run[0]) - 1
    last = bisect_left(trace.runs, end, key=lambda run: run[0]) - 1
    if first < 0 or trace.runs[first][0] + trace.runs[first][2] <= start:
        first += 1
    if first > last:
        return None
    (at, place, _), (last_at, last_place, count) = trace.runs[first], trace.runs[last]
    return place + max(start - at, 0), last_place + min(end - last_at, count)


def rewritten(trace: TextTrace, text: str) -> TextTrace:
    """Return the trace of a text after parts of it were removed, or words were added before it."""
    own, whole = visible_chars(text), visible_chars(trace.text)
    shorter = min(len(own), len(whole))
    head = _common_prefix(own, whole, shorter)
    tail = _common_prefix(own[::-1], whole[::-1], shorter - head)
    runs = [(0, 0, head)] if head else []
    if len(own) <= len(whole):
        middle = follow(own[head : len(own) - tail], whole[head : len(whole) - tail], 0)[0]
        runs += [(at + head, place + head, count) for at, place, count in middle]
    runs += [(len(own) - tail, len(whole) - tail, tail)] if tail else []
    return TextTrace(trace.document, text, tuple(_through(runs, trace.runs)))
