"""The words for a book's parts: plain values, fit for the journal and the wire.

Also tells the kind of a cover picture by its first bytes; this module imports no picture library.
"""

import struct
from collections.abc import Sequence
from enum import StrEnum
from itertools import pairwise
from typing import Literal

from msgspec import Struct

from swarm.book.model.engine_text import Phonemes, make_engine_text, mark_language, mark_manner, mark_voice

CharRun = tuple[int, int, int]  # visible characters before it in the text, those before it in the document, its length


class Pause(StrEnum):
    """The kind of pause after a segment. The style decides the lengths."""

    CLAUSE = "clause"  # a sentence was cut to fit the engine
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    SCENE = "scene"  # "* * *", a rule
    HEADING = "heading"
    CHAPTER = "chapter"


class TextTrace(Struct, frozen=True):
    """The places of a text's visible characters in a document. Characters that reading added are in no run."""

    document: str
    text: str
    runs: tuple[CharRun, ...]


class Saying(Struct, frozen=True):
    """The phonemes that a book gives for a word or a phrase of a block."""

    written: str
    time: int  # occurrences of `written` in the block before this one
    phonemes: str  # IPA


class Block(Struct, frozen=True):
    """A paragraph, heading or scene break as a reader sees it; a scene break has no text."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    language: str = ""  # "" if the markup names none
    trace: TextTrace | None = None  # only the text of an EPUB has its place in the file
    sayings: tuple[Saying, ...] = ()  # phonemes that the book gives for its words


class ChapterText(Struct, frozen=True):
    """One chapter as the book has it.

    `left_out` is the reason not to speak it, "" if it is spoken; `grounds` is the evidence for the reason.
    """

    title: str
    blocks: tuple[Block, ...]
    left_out: str = ""
    grounds: str = ""


class Cover(Struct, frozen=True):
    """The cover picture, byte for byte as the book has it."""

    data: bytes
    media_type: str  # "image/jpeg", "image/png", ...


class LibraryFacts(Struct, frozen=True):
    """What else libraries sort a book by; an empty field is unknown."""

    subjects: tuple[str, ...] = ()
    asin: str = ""
    translators: tuple[str, ...] = ()
    rights: str = ""
    title_sort: str = ""  # "Yellow Wallpaper, The"
    author_sort: str = ""  # "Gilman, Charlotte Perkins"; several are joined by semicolons


class Rule(Struct, frozen=True):
    """A rule of pronunciation: words, and how they are said."""

    written: str
    said: str
    language: str = ""  # primary subtag, "" for every language
    pattern: bool = False  # `written` is a regular expression
    phonemes: bool = False  # `said` is IPA instead of a spelling


class Doubt(Struct, frozen=True):
    """Blocks of a book of one kind about which a listener may decide otherwise: "431 page numbers: left out"."""

    what: str  # the reason for leaving them out, or what they perhaps are
    times: int
    words: int
    left_out: bool
    examples: tuple[str, ...]  # each with the words before it
    option: str = ""  # the option that decides otherwise, "" if there is none


class Book(Struct, frozen=True):
    """A whole book in reading order."""

    title: str
    authors: tuple[str, ...]
    language: str  # primary subtag, lower case: "en"
    chapters: tuple[ChapterText, ...]
    year: str = ""
    publisher: str = ""
    description: str = ""
    identifier: str = ""
    cover: Cover | None = None
    notes: int = 0  # footnotes and endnotes that the text refers to
    oddities: tuple[str, ...] = ()  # notes on the file that may explain how it is read
    subtitle: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""
    pronunciations: tuple[Rule, ...] = ()  # rules of the book's own lexicons
    lost: tuple[str, ...] = ()  # a line for each document and cover that could not be read, also in the oddities
    library: LibraryFacts = LibraryFacts()
    language_doubt: str = ""  # why it is not read in the language that it names, or that it names none
    cautions: tuple[str, ...] = ()  # the user should know these before the book is spoken
    doubts: tuple[Doubt, ...] = ()
    region: str = ""  # the region of its language that it names: "PT" of "pt-PT"


class Origin(Struct, frozen=True, array_like=True, gc=False):
    """The place of a sentence in a document of the EPUB.

    `document` is an index into the chapter's `documents`. `start` and `end` are the numbers of visible characters
    before the sentence and before its end, as `book/page/passage.py` counts them.
    """

    document: int
    start: int
    end: int


class Segment(Struct, frozen=True, array_like=True):
    """The smallest text handed to a voice, and the pause after it. The order of fields is that in the journal."""

    spoken: str  # the words for the engine: numbers and abbreviations are spelled out
    pause: Pause
    language: str = ""  # primary subtag, "" if it is the job's
    written_otherwise: str | None = None  # the words of the book, if they differ from `spoken`
    phonemes: tuple[Phonemes, ...] = ()  # phonemes of words in `spoken`, in order
    origin: Origin | None = None  # place of the whole sentence, also if the segment is a piece of it
    said_in: str = ""  # language that the engine is told, "" for that of the job
    voice: str = ""  # the voice of a character, "" for that of the recipe
    speaker: str = ""  # the name in the book, "" if unknown or not looked for
    manner: str = ""  # whisper, shout or ask, where an engine is told how something is said

    @property
    def written(self) -> str:
        """The words of the book: the text to show people."""
        return self.spoken if self.written_otherwise is None else self.written_otherwise

    @property
    def engine_text(self) -> str:
        """The text that grants carry. Clip keys are hashes of it."""
        text = mark_language(self.marked_words, self.said_in) if self.said_in else self.marked_words
        return mark_voice(text, self.voice) if self.voice else text

    @property
    def marked_words(self) -> str:
        """The engine text without voice and language."""
        text = make_engine_text(self.spoken, self.phonemes) if self.phonemes else self.spoken
        return mark_manner(text, self.manner) if self.manner else text


class Unspoken(Struct, frozen=True, array_like=True):
    """Text that the engine cannot speak. A pause replaces it, and the report names it.

    `text` is in the words of the book. `after` is the index of the segment before it, -1 at the start of the chapter.
    """

    after: int
    text: str
    reason: str


class Chapter(Struct, frozen=True):
    """One chapter of a job: the segments to speak, in order. A segment's index is its place here."""

    title: str
    segments: tuple[Segment, ...]
    unspoken: tuple[Unspoken, ...] = ()
    documents: tuple[str, ...] = ()  # names of documents: origins are indices into them


def picture_kind(data: bytes) -> str:
    """Return FFmpeg's name for the kind; "" if covers cannot be of it."""
    if data.startswith(b"\xff\xd8\xff"):
        return "mjpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"GIF8"):
        return "gif"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith((b"II*\0", b"MM\0*")):
        return "tiff"
    if data[4:12] in (b"ftypavif", b"ftypavis"):
        return "avif"
    return "bmp" if data.startswith(b"BM") else ""


MAX_BYTES = 2048  # one clip may have some five hundred words
TICK_S = 0.01
_PAIR = struct.Struct("<HH")
_MOST = 0xFFFF

WordTime = tuple[int, float]  # the first character of a word in the engine's text, and its first moment in s


def pack_words(words: Sequence[WordTime]) -> bytes:
    """Pack the times of words that follow each other; b"" if they do not, or do not fit."""
    pairs = [(character, round(moment_s / TICK_S)) for character, moment_s in words]
    ordered = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(pairs))
    fitting = all(0 <= number <= _MOST for pair in pairs for number in pair) and len(pairs) * _PAIR.size <= MAX_BYTES
    return b"".join(_PAIR.pack(*pair) for pair in pairs) if ordered and fitting else b""


def unpack_words(packed: bytes, length_s: float) -> tuple[WordTime, ...]:
    """Return the times that a peer or a journal has packed for a clip of this length; () if they cannot be."""
    if len(packed) % _PAIR.size:
        return ()
    words = tuple((character, ticks * TICK_S) for character, ticks in _PAIR.iter_unpack(packed))
    ordered = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(words))
    return words if ordered and (not words or words[-1][1] <= length_s) else ()
