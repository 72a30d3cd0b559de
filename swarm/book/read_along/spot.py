"""Finds the spots of a job: the stretches of documents in which its segments are written.

Divides the spot of a sentence into its words, by the times that a voice told.
"""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct
from msgspec.structs import replace

from swarm.book.model.book import Chapter, WordTime
from swarm.book.page.passage import visible_chars


class Spot(Struct, frozen=True):
    """A stretch of a document, and the segments of a chapter that are written there.

    The segments are `first` up to, but without, `end`. `start` and `stop` count visible characters, like an Origin.
    """

    chapter: int
    first: int
    end: int
    document: str
    start: int
    stop: int


def find_spots(script: Sequence[Chapter]) -> Iterator[Spot]:
    """Yield the spots of a job's chapters, in order. Segments without an origin have no spot."""
    for number, chapter in enumerate(script):
        yield from _chapter_spots(number, chapter)


def _chapter_spots(number: int, chapter: Chapter) -> Iterator[Spot]:
    """Yield a chapter's spots. Successive segments that overlap, such as pieces of one sentence, share a spot."""
    spot: Spot | None = None
    for index, segment in enumerate(chapter.segments):
        if segment.origin is None:
            continue
        start, stop = segment.origin.start, segment.origin.end
        found = Spot(number, index, index + 1, chapter.documents[segment.origin.document], start, stop)
        if spot and spot.end == index and spot.document == found.document and start < spot.stop and spot.start < stop:
            spot = replace(spot, end=index + 1, start=min(spot.start, start), stop=max(spot.stop, stop))
            continue
        if spot:
            yield spot
        spot = found
    if spot:
        yield spot


def with_origins(script: Sequence[Chapter], made_again: Sequence[Chapter]) -> tuple[Chapter, ...]:
    """Return a job's chapters with the origins, and the words of the book, from a newer script of the same book.

    Segments are paired by their engine texts, in order; those between two pairs, which are told to the engine in other
    words by now, by their places if they are as many as before. A segment without a pair has no origin.
    """
    return tuple(_with_origins(*pair) for pair in zip(script, made_again, strict=False))


def _with_origins(chapter: Chapter, again: Chapter) -> Chapter:
    texts, texts_again = ([segment.marked_words for segment in each.segments] for each in (chapter, again))
    segments = [replace(segment, origin=None) for segment in chapter.segments]
    for _, first, end, other, other_end in SequenceMatcher(None, texts, texts_again, autojunk=False).get_opcodes():
        if end - first != other_end - other:
            continue
        for index, pair in zip(range(first, end), again.segments[other:other_end], strict=True):
            said = segments[index]
            written = said.written_otherwise or (None if pair.written == said.spoken else pair.written)
            segments[index] = replace(said, origin=pair.origin, written_otherwise=written)
    return replace(chapter, segments=tuple(segments), documents=again.documents)


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
