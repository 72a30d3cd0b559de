"""A chapter's text as segments: sentences, or pieces of them that fit the engine, each with its pause."""

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import pairwise

import regex
from msgspec.structs import replace

from swarm.book.page.letters import plain
from swarm.book.page.pause_mark import marked_pieces
from swarm.book.page.phonetic_mark import Marker
from swarm.book.speech.piece import cut, ends_sentence
from swarm.book.speech.sentence import split_sentences
from swarm.book.speech.speech import Speech
from swarm.job.book import Block, Chapter, ChapterText, Pause, Segment, Unspoken
from swarm.job.card import EngineCard

TITLE_BLOCKS = 4  # a chapter's heading is sought among so many of its first blocks

Spelled = tuple[str, str]  # a sentence as it is written, and as it is said

_ORDER = tuple(Pause)  # from the shortest to the longest
_HEARD = regex.compile(r"[\p{L}\p{N}]")
_LETTER = regex.compile(r"\p{L}")
_ENDS = regex.compile(r"[.!?…。！？:][\"'”’»)\]」』]*$")
_SCRIPTS = (
    "Latin Greek Cyrillic Armenian Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Tamil Telugu Kannada Malayalam "
    "Sinhala Thai Lao Tibetan Myanmar Georgian Hangul Ethiopic Khmer Mongolian Hiragana Katakana Bopomofo Han"
)


def segment_chapter(chapter: ChapterText, language: str, card: EngineCard, speech: Speech | None = None) -> Chapter:
    """Segment a chapter for an engine; what the engine cannot say is named in `unspoken` and becomes a pause.

    Without `speech` every sentence stays as it is written.
    """
    blocks = _titled(chapter)
    row = _Row(card)
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if not _HEARD.search(block.text):
            row.rest(Pause.SCENE)
            continue
        row.add(_pieces(block, language, card, speech), _pause_after(block, following))
    row.rest(Pause.CHAPTER)
    return Chapter(chapter.title, tuple(row.segments), tuple(row.unspoken))


class _Row:
    """Segments as they come, and what stands unspoken between them."""

    def __init__(self, card: EngineCard) -> None:
        self.card = card
        self.segments: list[Segment] = []
        self.unspoken: list[Unspoken] = []

    def add(self, pieces: list[Segment], last: Pause) -> None:
        """Take in a block's pieces; the pause after the block is never lost, whatever of it is spoken."""
        for piece in pieces:
            reason = _unspoken(piece.text, self.card)
            if reason:
                self.unspoken.append(Unspoken(len(self.segments) - 1, piece.text, reason))
                self.rest(piece.pause)
            else:
                self.segments.append(piece)
        self.rest(last)

    def rest(self, pause: Pause) -> None:
        """Lengthen the pause after the last segment; it is never shortened."""
        if self.segments and _ORDER.index(pause) > _ORDER.index(self.segments[-1].pause):
            self.segments[-1] = replace(self.segments[-1], pause=pause)


def _titled(chapter: ChapterText) -> tuple[Block, ...]:
    """The blocks with the title once: the book's own heading, else the title that the contents give."""
    opening = [block for block in chapter.blocks if block.text][:TITLE_BLOCKS]
    if not _HEARD.search(chapter.title) or any(block.kind == "heading" for block in opening):
        return chapter.blocks
    said = plain("".join(block.text for block in opening))
    if said.startswith(plain(chapter.title.rstrip("…"))):
        return chapter.blocks
    return (Block("heading", chapter.title), *chapter.blocks)


def _pause_after(block: Block, following: Block | None) -> Pause:
    if block.kind == "heading" or (following is not None and following.kind == "heading"):
        return Pause.HEADING
    return Pause.PARAGRAPH


def _pieces(block: Block, language: str, card: EngineCard, speech: Speech | None) -> list[Segment]:
    """A block's lines as sentences and their pieces."""
    limit = card.limit(language)
    own = _subtag(block.language)
    found: list[Segment] = []
    marker = Marker(block.sayings) if block.sayings else None
    for line in block.text.split("\n"):
        for text, pause in marked_pieces(line) if speech else ((line, None),):
            for _, said in _spelled(text, block, own or language, speech, marker):
                found += _fitted(said, limit)
            if pause and found:
                found[-1] = Segment(found[-1].text, pause)
        if found and block.kind != "heading" and not _ENDS.search(found[-1].text) and found[-1].pause == Pause.SENTENCE:
            found[-1] = Segment(found[-1].text, Pause.CLAUSE)  # a line of verse runs on
    found = _together(_heard(found, limit), card.shortest, limit)
    return [replace(piece, language=own) for piece in found] if own not in ("", language) else found


def _spelled(
    text: str, block: Block, language: str, speech: Speech | None, marker: Marker | None
) -> Iterator[tuple[str, str]]:
    """The sentences of a text, as they are written and as they are said."""
    heading = block.kind == "heading"
    for sentence in split_sentences(text, language):
        yield sentence, speech.say(sentence, language, heading=heading, marker=marker) if speech else sentence


def spelled_sentences(chapter: ChapterText, language: str, speech: Speech) -> Iterator[tuple[Block, list[Spelled]]]:
    """The blocks that segments are made of, each with its sentences as they are written and as they are said."""
    for block in _titled(chapter):
        if _HEARD.search(block.text):
            own = _subtag(block.language) or language
            pieces = (text for line in block.text.split("\n") for text, _ in marked_pieces(line))
            marker = Marker(block.sayings) if block.sayings else None
            yield block, [pair for text in pieces for pair in _spelled(text, block, own, speech, marker)]


def _fitted(sentence: str, limit: int) -> list[Segment]:
    pieces = cut(sentence, limit)
    ended = [ends_sentence(piece, following) for piece, following in pairwise([*pieces, ""])]
    pauses = [Pause.SENTENCE if end else Pause.CLAUSE for end in ended[:-1]]
    return [Segment(piece, pause) for piece, pause in zip(pieces, [*pauses, Pause.SENTENCE], strict=False)]


@lru_cache(256)
def _subtag(language: str) -> str:
    subtag = regex.split(r"[-_]", language.strip().lower())[0]
    return subtag if regex.fullmatch(r"[a-z]{2,3}", subtag) else ""


def _together(pieces: list[Segment], shortest: int, limit: int) -> list[Segment]:
    """Sentences that an engine does badly on alone go with the next one, the last with the one before."""
    found: list[Segment] = []
    for piece in pieces:
        short = bool(found) and (len(found[-1].text) < shortest or (piece is pieces[-1] and len(piece.text) < shortest))
        if short and len(found[-1].text) + 1 + len(piece.text) <= limit:
            found[-1] = Segment(f"{found[-1].text} {piece.text}", piece.pause)
        else:
            found.append(piece)
    return found


def _heard(pieces: list[Segment], limit: int) -> list[Segment]:
    """Lone punctuation goes with what stands before it, else after it."""
    found: list[Segment] = []
    lead = ""
    for piece in pieces:
        if not _HEARD.search(piece.text):
            if found:
                found[-1:] = _with_punctuation(found[-1].text, piece, limit)
            elif len(lead) < limit:  # a page of it is a pause
                lead = f"{lead} {piece.text}".strip()
        elif lead and not found:
            *cuts, last = _fitting(lead, piece.text, limit)
            found += [Segment(text, Pause.CLAUSE) for text in cuts]
            found.append(Segment(last, piece.pause))
        else:
            found.append(piece)
    return found


def _with_punctuation(before: str, piece: Segment, limit: int) -> list[Segment]:
    """A segment and the punctuation after it; where the two do not fit, its last word goes over with it."""
    if len(before) + 1 + len(piece.text) <= limit:
        return [Segment(f"{before} {piece.text}", piece.pause)]
    head, _, word = before.rpartition(" ")
    if _HEARD.search(head) and _HEARD.search(word) and len(word) + 1 + len(piece.text) <= limit:
        return [Segment(head, Pause.CLAUSE), Segment(f"{word} {piece.text}", piece.pause)]
    return [Segment(before, piece.pause)]  # a page of dots is a pause


def _fitting(lead: str, text: str, limit: int) -> list[str]:
    whole = f"{lead} {text}"
    pieces = cut(whole, limit) if len(lead) < limit // 2 else [text]
    return pieces if all(map(_HEARD.search, pieces)) else [text]


def _unspoken(text: str, card: EngineCard) -> str:
    """Why an engine cannot say a text; empty where it can."""
    if not card.scripts or not _LETTER.search(text) or _known(card.scripts).search(text):
        return ""
    return f"{card.name} cannot read {_script(text)}"


@cache
def _known(scripts: tuple[str, ...]) -> "regex.Pattern[str]":
    """A letter of these scripts, or one that belongs to no script."""
    named = "".join(rf"\p{{Script={name}}}" for name in scripts)
    return regex.compile(rf"[[{named}\p{{Script=Common}}]&&\p{{L}}]", regex.V1)


def _script(text: str) -> str:
    names = [name for name in _SCRIPTS.split() if regex.search(rf"\p{{Script={name}}}", text)]
    return f"{' and '.join(names)} letters" if names else "these letters"
