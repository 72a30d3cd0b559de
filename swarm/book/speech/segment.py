"""Divides a chapter's text into segments: sentences, or pieces of them that fit the engine, each with its pause and its
place in the document.

Sentences are cut and joined as engine text, because that is what the engine's limit counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import pairwise

import regex
from msgspec import Struct
from msgspec.structs import replace

from swarm.book.language.pattern import compile_later
from swarm.book.model.book import Block, Chapter, ChapterText, Origin, Pause, Segment, Unspoken
from swarm.book.model.engine_text import read_engine_text
from swarm.book.model.language_code import marked_language
from swarm.book.model.speaker import NO_FALLBACKS, FallbackVoices, Speaker
from swarm.book.page.bare_text import AUDIBLE, plain
from swarm.book.page.passage import rewritten, span, visible_chars
from swarm.book.page.spoken_mark import Marker, pieces_between_marks
from swarm.book.speech.casting import NARRATOR, NO_CASTING, Casting, VoiceRun, voice_runs
from swarm.book.speech.piece import cut, cut_alike, ends_sentence
from swarm.book.speech.sentence import split_sentences
from swarm.book.speech.speech import Speech

Place = tuple[str, int, int]  # name of the document, visible characters before the start and before the end


class SentencePlaces:
    """Finds the places of the sentences of one block, one by one in order."""

    def __init__(self, block: Block) -> None:
        self._text = block.text
        trace = block.trace
        self._trace = trace if trace is None or trace.text == block.text else rewritten(trace, block.text)
        self._offset = 0  # characters before the rest of the block
        self._visible = 0  # visible characters among these

    def find_place(self, sentence: str, start: int) -> Place | None:
        """Return the place of the next sentence, at offset `start` of the block or after it; None if it has none."""
        if self._trace is None:
            return None
        first = self._text.find(sentence, max(start, self._offset))
        if first < 0:
            return None
        self._visible += len(visible_chars(self._text[self._offset : first]))
        first_visible = self._visible
        self._offset = first + len(sentence)
        self._visible += len(visible_chars(sentence))
        found = span(self._trace, first_visible, self._visible)
        return (self._trace.document, *found) if found else None


def join_places(one: Place | None, other: Place | None) -> Place | None:
    """Return the place that covers both; the first one if they are in different documents."""
    if one is None or other is None or one[0] != other[0]:
        return one or other
    return one[0], min(one[1], other[1]), max(one[2], other[2])


TITLE_BLOCKS = 4  # first blocks of a chapter, in which its heading is searched

MAX_NAMED_SHARE = 0.1  # the engine may name so many letters of a sentence instead of reading them

_ORDER = tuple(Pause)  # the shortest pause comes first
_LETTER = compile_later(r"\p{L}")
_BEYOND_LATIN = compile_later("[^\0-\u024f\u2000-\u206f]")  # no engine only names Latin letters
_ENDS = compile_later(r"[.!?…。！？:][\"'”’»)\]」』]*$")
_SCRIPTS = (
    "Latin Greek Cyrillic Armenian Hebrew Arabic Devanagari Bengali Gurmukhi Gujarati Tamil Telugu Kannada Malayalam "
    "Sinhala Thai Lao Tibetan Myanmar Georgian Thaana Syriac Hangul Ethiopic Khmer Mongolian Hiragana Katakana "
    "Bopomofo Oriya Han"
)


def segment_chapter(
    chapter: ChapterText,
    language: str,
    card: Speaker,
    speech: Speech | None = None,
    casting: Casting = NO_CASTING,
    fallbacks: FallbackVoices = NO_FALLBACKS,
) -> Chapter:
    """Segment a chapter for an engine. Text that the engine cannot speak becomes a pause and is in `unspoken`.

    Without `speech`, sentences are spoken as they are written. `fallbacks` speak passages in other languages.
    """
    blocks = _with_title(chapter)
    row = _Row(language)
    runs = voice_runs([block.text for block in blocks], casting, language) if casting.is_needed else None
    for index, block in enumerate(blocks):
        following = blocks[index + 1] if index + 1 < len(blocks) else None
        if not AUDIBLE.search(block.text):
            row.rest(Pause.SCENE)
            continue
        own = _own_language(block, language)
        teller = _teller(own, card, speech, fallbacks)
        voices = runs[index] if runs and not teller.told else ()  # a teller of another language has its own voice
        row.add(_pieces(block, language, teller, voices), own, teller, _pause_after(block, following))
    row.rest(Pause.CHAPTER)
    return Chapter(chapter.title, tuple(row.segments), tuple(row.unspoken), tuple(row.documents))


class _Piece(Struct, frozen=True):
    """A segment before it is final: `text` is engine text, `place` covers its sentences."""

    text: str
    pause: Pause
    written: str
    place: Place | None = None
    run: VoiceRun = NARRATOR


class _Teller(Struct, frozen=True):
    """The engine that tells a block: the job's, or a fallback voice, whose name is `voice`."""

    card: Speaker
    speech: Speech | None
    told: str = ""  # the language that it is told, "" for that of the job
    voice: str = ""


def _teller(own: str, card: Speaker, speech: Speech | None, fallbacks: FallbackVoices) -> _Teller:
    """Return the engine for a block in a language, "" for that of the job."""
    told = said_in(card, own)
    if told or own not in fallbacks:
        return _Teller(card, speech, told)
    other = fallbacks[own]
    return _Teller(other.card, speech and speech.for_card(other.card), own, other.voice)


class _Row:
    """Collects the segments of a chapter and its unspoken text."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.segments: list[Segment] = []
        self.unspoken: list[Unspoken] = []
        self.documents: dict[str, int] = {}  # the number of each document, by name
        # The last segment's place and origin are kept, since pieces of one sentence share an origin.
        self._last: tuple[Place | None, Origin | None] = (None, None)

    def add(self, pieces: list[_Piece], language: str, teller: _Teller, last: Pause) -> None:
        """Add a block's pieces and the pause after the block, which remains even if no piece can be spoken."""
        for piece in pieces:
            reason = _unspoken(piece.text, teller.card, teller.told or self.language)
            if reason:
                self.unspoken.append(Unspoken(len(self.segments) - 1, piece.written, reason))
                self.rest(piece.pause)
            else:
                self.segments.append(self._segment(piece, language, teller))
        self.rest(last)

    def _segment(self, piece: _Piece, language: str, teller: _Teller) -> Segment:
        spoken, phonemes = read_engine_text(piece.text)
        written = None if piece.written == spoken else piece.written
        return Segment(
            spoken,
            piece.pause,
            language,
            written,
            phonemes,
            self._origin(piece.place),
            teller.told,
            piece.run.voice or teller.voice,
            piece.run.speaker,
            piece.run.manner,
        )

    def _origin(self, place: Place | None) -> Origin | None:
        if place is None:
            return None
        if place is not self._last[0]:
            name, start, end = place
            self._last = place, Origin(self.documents.setdefault(name, len(self.documents)), start, end)
        return self._last[1]

    def rest(self, pause: Pause) -> None:
        """Lengthen the pause after the last segment; never shorten it."""
        if self.segments and _ORDER.index(pause) > _ORDER.index(self.segments[-1].pause):
            self.segments[-1] = replace(self.segments[-1], pause=pause)


def _with_title(chapter: ChapterText) -> tuple[Block, ...]:
    """Return the chapter's blocks, with its title before them unless they begin with a heading or the title."""
    opening = [block for block in chapter.blocks if block.text][:TITLE_BLOCKS]
    if not AUDIBLE.search(chapter.title) or any(block.kind == "heading" for block in opening):
        return chapter.blocks
    said = plain("".join(block.text for block in opening))
    if said.startswith(plain(chapter.title.rstrip("…"))):
        return chapter.blocks
    return (Block("heading", chapter.title), *chapter.blocks)


def _pause_after(block: Block, following: Block | None) -> Pause:
    if block.kind == "heading" or (following is not None and following.kind == "heading"):
        return Pause.HEADING
    return Pause.PARAGRAPH


def _pieces(block: Block, language: str, teller: _Teller, voices: Sequence[VoiceRun] = ()) -> list[_Piece]:
    """Return a block's lines as sentences and their pieces, each of one voice."""
    speech, limit = teller.speech, teller.card.limit(teller.told or language)
    places, marker = SentencePlaces(block), Marker(block.sayings) if block.sayings else None
    own, heading = marked_language(block.language) or language, block.kind == "heading"
    found: list[_Piece] = []
    line_start = 0
    for line in block.text.split("\n"):
        for start, text, pause in pieces_between_marks(line) if speech else ((0, line, None),):
            for offset, part, run in _parts(text, line_start + start, voices):
                for sentence in split_sentences(part, own):
                    said = speech.say(sentence, own, heading=heading, marker=marker) if speech else sentence
                    found += _fitted(sentence, said, limit, places.find_place(sentence, offset), run)
                if voices and found and not _ENDS.search(found[-1].text):
                    found[-1] = replace(found[-1], pause=Pause.CLAUSE)  # the sentence goes on in another voice
            if pause and found:
                found[-1] = replace(found[-1], pause=pause)
        if found and not heading and not _ENDS.search(found[-1].text) and found[-1].pause == Pause.SENTENCE:
            found[-1] = replace(found[-1], pause=Pause.CLAUSE)  # the sentence continues on the next line of verse
        line_start += len(line) + 1
    return _join_short(_join_punctuation(found, limit), teller.card.shortest, limit)


def _parts(text: str, start: int, voices: Sequence[VoiceRun]) -> Iterator[tuple[int, str, VoiceRun]]:
    """Yield the parts of a text by voice, each with its offset in the block. The text begins at offset `start`."""
    if not voices:
        yield start, text, NARRATOR
        return
    for run in voices:
        begin, end = max(run.start, start), min(run.end, start + len(text))
        if begin < end:
            yield begin, text[begin - start : end - start], run


def _fitted(sentence: str, said: str, limit: int, place: Place | None, run: VoiceRun) -> list[_Piece]:
    """Cut a sentence into pieces that fit the engine's limit."""
    pieces = cut(said, limit)
    if len(pieces) < 2:  # decided first, since nearly all sentences fit
        return [_Piece(piece, Pause.SENTENCE, sentence, place, run) for piece in pieces]
    ended = [ends_sentence(piece, following) for piece, following in pairwise(pieces)]
    pauses = [*(Pause.SENTENCE if end else Pause.CLAUSE for end in ended), Pause.SENTENCE]
    written = cut_alike(sentence, [read_engine_text(piece)[0] for piece in pieces])
    return [_Piece(*each, place, run) for each in zip(pieces, pauses, written, strict=True)]


def said_in(card: Speaker, own: str) -> str:
    """Return the language of a block if an engine speaks it besides that of the book, else ""."""
    return own if own and card.polyglot and own in card.languages and card.voices_for(own) else ""


def unsaid_languages(chapters: Iterable[ChapterText], language: str, card: Speaker) -> set[str]:
    """Return the languages of passages in which an engine cannot be told to speak them."""
    own = {_own_language(block, language) for chapter in chapters for block in chapter.blocks}
    return {each for each in own if each and not said_in(card, each)}


def _own_language(block: Block, language: str) -> str:
    """Return the language that a block's markup names; "" if it is the book's or none."""
    own = marked_language(block.language)
    return "" if own == language else own


def _join(one: _Piece, other: _Piece) -> _Piece:
    """Join two pieces."""
    written = f"{one.written} {other.written}".strip()
    main, place = one if AUDIBLE.search(one.text) else other, join_places(one.place, other.place)
    return _Piece(f"{one.text} {other.text}", other.pause, written, place, main.run)


def _join_written(one: _Piece, other: _Piece, text: str) -> _Piece:
    """Join two pieces, but with `text` alone as engine text."""
    return replace(_join(one, other), text=text)


def _join_short(pieces: list[_Piece], shortest: int, limit: int) -> list[_Piece]:
    """Join sentences shorter than the engine needs with the next one, or the last one with the one before."""
    found: list[_Piece] = []
    for piece in pieces:
        short = bool(found) and (len(found[-1].text) < shortest or (piece is pieces[-1] and len(piece.text) < shortest))
        short = short and found[-1].run.is_like(piece.run)
        if short and len(found[-1].text) + 1 + len(piece.text) <= limit:
            found[-1] = _join(found[-1], piece)
        else:
            found.append(piece)
    return found


def _join_punctuation(pieces: list[_Piece], limit: int) -> list[_Piece]:
    """Join pieces of punctuation alone with the piece before, or at the start with the piece after.

    Punctuation over the engine's limit is not spoken, but remains in `written`.
    """
    found: list[_Piece] = []
    lead: _Piece | None = None
    for piece in pieces:
        if not AUDIBLE.search(piece.text):
            if found:
                found[-1:] = _with_punctuation(found[-1], piece, limit)
            elif lead is None:
                lead = piece
            else:
                lead = _join(lead, piece) if len(lead.text) < limit else _join_written(lead, piece, lead.text)
        elif lead and not found:
            found += _fitting(lead, piece, limit)
        else:
            found.append(piece)
    return found


def _with_punctuation(before: _Piece, piece: _Piece, limit: int) -> list[_Piece]:
    """Join a piece and the punctuation after it; if they do not fit, only the last word and the punctuation."""
    if len(before.text) + 1 + len(piece.text) <= limit:
        return [_join(before, piece)]
    head, _, word = before.text.rpartition(" ")
    if AUDIBLE.search(head) and AUDIBLE.search(word) and len(word) + 1 + len(piece.text) <= limit:
        parts = cut_alike(before.written, [read_engine_text(text)[0] for text in (head, word)])
        moved = replace(before, text=word, pause=Pause.CLAUSE, written=parts[1])
        return [replace(before, text=head, pause=Pause.CLAUSE, written=parts[0]), _join(moved, piece)]
    return [_join_written(before, piece, before.text)]


def _fitting(lead: _Piece, piece: _Piece, limit: int) -> list[_Piece]:
    """Join a piece and the punctuation before it; cut the result if it does not fit."""
    whole = _join(lead, piece)
    texts = cut(whole.text, limit) if len(lead.text) < limit // 2 else []
    if not texts or not all(map(AUDIBLE.search, texts)):
        return [_join_written(lead, piece, piece.text)]
    parts = cut_alike(whole.written, [read_engine_text(text)[0] for text in texts])
    pauses = [*(Pause.CLAUSE for _ in texts[1:]), piece.pause]
    return [_Piece(*each, whole.place, whole.run) for each in zip(texts, pauses, parts, strict=True)]


def _unspoken(text: str, card: Speaker, language: str) -> str:
    """Return the reason why an engine cannot speak a text; "" if it can."""
    if not text.isascii() and _BEYOND_LATIN.search(text) and (unread := _unread(card.read_only_in, language)):
        named = _of_scripts(unread).findall(text)
        if named and len(named) > MAX_NAMED_SHARE * len(_LETTER.findall(text)):
            return f"{card.name} only names {_script(''.join(named))}"
    if not card.scripts or not _LETTER.search(text) or _known(card.scripts).search(text):
        return ""
    return f"{card.name} cannot read {_script(text)}"


@lru_cache(256)
def _unread(read_only_in: tuple[tuple[str, tuple[str, ...]], ...], language: str) -> tuple[str, ...]:
    """Return the scripts whose letters an engine only names in a language."""
    return tuple(script for script, languages in read_only_in if language not in languages)


@cache
def _of_scripts(scripts: tuple[str, ...]) -> "regex.Pattern[str]":
    return compile_later("[" + "".join(rf"\p{{Script={name}}}" for name in scripts) + "]")


@cache
def _known(scripts: tuple[str, ...]) -> "regex.Pattern[str]":
    """Return the pattern of a letter of these scripts or of no script."""
    named = "".join(rf"\p{{Script={name}}}" for name in scripts)
    return compile_later(rf"[[{named}\p{{Script=Common}}]&&\p{{L}}]", regex.V1)


def _script(text: str) -> str:
    names = [name for name in _SCRIPTS.split() if regex.search(rf"\p{{Script={name}}}", text)]
    return f"{' and '.join(names)} letters" if names else "these letters"
