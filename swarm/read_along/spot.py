"""Where in a book's documents each stretch of a job's segments is written."""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from swarm.book.page.origin import follow, rewritten, signs, span
from swarm.book.speech.lexicon import NO_LEXICON, Lexicon
from swarm.book.speech.script import chosen_chapters
from swarm.book.speech.segment import segment_chapter, spelled_sentences
from swarm.book.speech.speech import Speech
from swarm.job.book import Block, Book, Chapter, ChapterText, Origin
from swarm.job.card import EngineCard
from swarm.read_along.match import match_sentences


class Spot(Struct, frozen=True):
    """Segments `first` up to, not with, `end` of a chapter, and the places of a document where they are written."""

    chapter: int
    first: int
    end: int
    document: str
    start: int
    stop: int


def find_spots(
    book: Book,
    script: Sequence[Chapter],
    card: EngineCard,
    language: str,
    selection: str = "",
    lexicon: Lexicon = NO_LEXICON,
) -> Iterator[Spot]:
    """The spots of a job's script, in its order, from its book read with `traced`; see make_script for the rest.

    What stands nowhere in the documents, a title that the table of contents alone gives, has none. Raises UsageError.
    """
    speech = Speech(card, lexicon.over(book.pronunciations))
    texts = chosen_chapters(book, selection)
    if len(texts) != len(script):  # those without a word that the engine can say are no chapters of the job
        texts = [text for text in texts if segment_chapter(text, language, card, speech).segments]
    for number, (text, chapter) in enumerate(zip(texts, script, strict=False)):
        yield from _chapter_spots(number, text, chapter, language, speech)


def _chapter_spots(number: int, text: ChapterText, chapter: Chapter, language: str, speech: Speech) -> Iterator[Spot]:
    said: list[str] = []
    written: list[tuple[str, int, int] | None] = []
    for block, sentences in spelled_sentences(text, language, speech):
        said += [spoken for _, spoken in sentences]
        written += _places(block, [sentence for sentence, _ in sentences])
    for phrase in match_sentences(said, [segment.text for segment in chapter.segments]):
        places = [place for place in written[phrase.first : phrase.end] if place]
        same = [place for place in places if place[0] == places[0][0]]
        if same:
            start, stop = min(place[1] for place in same), max(place[2] for place in same)
            yield Spot(number, phrase.first_segment, phrase.end_segment, same[0][0], start, stop)


def _places(block: Block, sentences: Sequence[str]) -> Iterator[tuple[str, int, int] | None]:
    """Where each sentence of a block stands: document and places."""
    origin = block.origin if block.origin and block.origin.text == block.text else _rewritten(block)
    whole, at = signs(block.text), 0
    for sentence in sentences:
        runs, at = follow(signs(sentence), whole, at)
        found = span(origin, runs[0][1], at) if origin and runs else None
        yield (origin.document, *found) if origin and found else None


def _rewritten(block: Block) -> Origin | None:
    return rewritten(block.origin, block.text) if block.origin else None
