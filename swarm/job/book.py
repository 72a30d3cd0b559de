"""The words for a book's parts: plain values without behaviour, fit for the journal and the wire."""

from enum import StrEnum
from typing import Literal

from msgspec import Struct

from swarm.job.engine_text import Phonemes, make_engine_text

SignRun = tuple[int, int, int]  # first sign in the text, first sign in the document, number of signs


class Pause(StrEnum):
    """The kind of pause between one segment and the next. The style decides the lengths."""

    CLAUSE = "clause"  # a sentence was cut to fit the engine
    SENTENCE = "sentence"
    PARAGRAPH = "paragraph"
    SCENE = "scene"  # "* * *", a rule
    HEADING = "heading"
    CHAPTER = "chapter"


class TextTrace(Struct, frozen=True):
    """Where the signs (visible characters) of `text` stand in a document; signs that reading added stand nowhere."""

    document: str
    text: str
    runs: tuple[SignRun, ...]


class Saying(Struct, frozen=True):
    """The phonemes of a word, or of several, in a block."""

    written: str
    time: int  # occurrences of `written` in the block before this one
    phonemes: str  # in IPA


class Block(Struct, frozen=True):
    """A paragraph, heading or scene break as a reader sees it; a scene break has no text."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    language: str = ""  # as the markup names it, "" if it names none
    trace: TextTrace | None = None  # where it stands in the file, if the file is an EPUB
    sayings: tuple[Saying, ...] = ()  # phonemes that the book gives for its words


class ChapterText(Struct, frozen=True):
    """One chapter as the book has it.

    `left_out` says why it is not spoken, "" if it is; `grounds` says what in the book shows that.
    """

    title: str
    blocks: tuple[Block, ...]
    left_out: str = ""
    grounds: str = ""


class Cover(Struct, frozen=True):
    """The cover picture as the book carries it."""

    data: bytes
    media_type: str  # "image/jpeg", "image/png", ...


class Rule(Struct, frozen=True):
    """A rule of pronunciation: what is written, and its spelling or its phonemes in IPA.

    `language` is a primary subtag, "" for every language.
    """

    written: str
    said: str
    language: str = ""
    pattern: bool = False
    phonemes: bool = False


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
    oddities: tuple[str, ...] = ()  # unusual things about the file that may explain how it is read
    subtitle: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""
    pronunciations: tuple[Rule, ...] = ()  # rules of the book's own lexicons
    lost: tuple[str, ...] = ()  # a line for each part of the text that could not be read; the oddities name it too


class Origin(Struct, frozen=True, array_like=True, gc=False):
    """The place of a sentence in a document of the EPUB.

    `document` is the document's number in the chapter's `documents`. `start` and `end` count the visible characters
    before the sentence and up to its end, as `book/page/trace.py` counts them.
    """

    document: int
    start: int
    end: int


class Segment(Struct, frozen=True, array_like=True):
    """The smallest text handed to a voice, and the pause after it.

    Jobs that 0.1 made have the first three fields only. The order of fields is the order in the journal.
    """

    spoken: str  # what the engine is told: numbers and abbreviations are spelled out
    pause: Pause
    language: str = ""  # primary subtag, where it is not the job's
    written_otherwise: str | None = None  # what the book says, where that differs from `spoken`
    phonemes: tuple[Phonemes, ...] = ()  # phonemes of words in `spoken`, in order
    origin: Origin | None = None  # place of the whole sentence, also if the segment is a piece of it

    @property
    def written(self) -> str:
        """The words of the book: the text to show people."""
        return self.spoken if self.written_otherwise is None else self.written_otherwise

    @property
    def engine_text(self) -> str:
        """The text that clip keys are hashes of and that grants carry."""
        return make_engine_text(self.spoken, self.phonemes) if self.phonemes else self.spoken


class Unspoken(Struct, frozen=True, array_like=True):
    """Text that the chosen engine cannot say; a pause stands in its place and the report names it.

    `text` is what the book says. `after` is the index of the segment before it, -1 at the start of the chapter.
    """

    after: int
    text: str
    reason: str


class Chapter(Struct, frozen=True):
    """One chapter of a job: the segments to speak, in order. A segment's index is its place here."""

    title: str
    segments: tuple[Segment, ...]
    unspoken: tuple[Unspoken, ...] = ()
    documents: tuple[str, ...] = ()  # names of the documents that its segments' origins refer to
