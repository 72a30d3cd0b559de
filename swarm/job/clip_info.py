"""The facts of a clip, the length that it can have, and when its written words are heard. Pure.

They have one form for engine processes, messages, journals and reels. By the length workers judge what an engine
returned, and coordinators what is sent to them."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Annotated, NamedTuple

import regex
from msgspec import Meta, Struct

from swarm.book.model.book import MAX_BYTES as MAX_WORD_BYTES
from swarm.book.model.book import Segment, WordTime, unpack_words
from swarm.job.job_asset import Digest

MAX_DOUBT = 500  # characters; the judge of takes cuts longer doubts


class ClipInfo(Struct, frozen=True, kw_only=True):
    """The facts of one clip's sound. The message `Clip` and the record `ClipAccepted` inherit these fields."""

    samples: Annotated[int, Meta(ge=0, lt=2**53)]
    sample_rate: Annotated[int, Meta(ge=8000, le=192_000)]  # Hz
    digest: Digest  # SHA-256 of the frame
    work_s: Annotated[float, Meta(ge=0, le=1e9)]  # seconds in the engine for all takes, without encoding
    takes: Annotated[int, Meta(ge=0, lt=2**53)] = 1  # takes that were spoken, of which this is the best
    doubt: Annotated[str, Meta(max_length=MAX_DOUBT)] = ""  # suspected faults of this take; empty if none
    words: Annotated[bytes, Meta(max_length=MAX_WORD_BYTES)] = b""  # the word times that `word_times.py` packs

    @property
    def length_s(self) -> float:
        """The length in seconds."""
        return self.samples / self.sample_rate

    @property
    def info(self) -> "ClipInfo":
        """These facts alone, without what a message or a record adds to them."""
        return ClipInfo(**{name: getattr(self, name) for name in ClipInfo.__struct_fields__})


class SpokenClip(Struct, frozen=True):
    """A clip as it comes out of an engine's process."""

    frame: bytes  # FLAC, mono, 16 bit
    info: ClipInfo
    further: int = 0  # this take minus the take that was asked for


MAX_CLIP_S = 1800  # a small FLAC can claim hours of silence

# Speech takes about 0.07 s a letter, rehearsals 0.002 s. "1,000,000" and "XVIII" take far longer than their letters.
MIN_S_LETTER = 0.001
MAX_S_LETTER = 0.5
MAX_S_DIGIT = 3.0
MAX_S_EXTRA = 5.0


class Implausible(NamedTuple):
    """The length of a sound that cannot be speech of its text, and the lengths that could be."""

    length_s: float
    letters: int  # letters and digits
    least_s: float
    most_s: float

    def __str__(self) -> str:
        return (
            f"{self.length_s:.2f} s for {self.letters} letters and digits; "
            f"{self.least_s:.2f} to {self.most_s:.0f} s are plausible"
        )


def implausible(length_s: float, text: str) -> Implausible | None:
    """Return how a sound of so many seconds cannot be speech of a text, None if it can."""
    letters = sum(map(str.isalnum, text))
    digits = sum(map(str.isdigit, text))
    least_s = MIN_S_LETTER * letters
    most_s = min(MAX_S_EXTRA + MAX_S_LETTER * letters + MAX_S_DIGIT * digits, MAX_CLIP_S)
    return None if least_s <= length_s <= most_s else Implausible(length_s, letters, least_s, most_s)


MAX_WORDS = 500  # comparing takes the square of a sentence's words
_WORD, _MARKS = regex.compile(r"\S+"), regex.compile(r"[\p{P}\p{S}]+")


def heard_words(segment: Segment, clip: ClipInfo) -> tuple[WordTime, ...]:
    """Return the first character of each written word of a sentence whose time is known, and its moment in its clip.

    The segment is as it was spoken, in the user's own wording if there is one. A word that was told to the engine in
    other words, such as a number, has no time. A peer or a journal made the clip info: it is not trusted.
    """
    if not clip.words:
        return ()
    return tuple(_moments(segment.spoken, segment.written, unpack_words(clip.words, clip.length_s)))


def _moments(said: str, written: str, words: Sequence[WordTime]) -> Iterator[WordTime]:
    spoken, printed = _tokens(said), _tokens(written)
    if not words or max(len(spoken), len(printed)) > MAX_WORDS:
        return
    moments: dict[int, float] = {}
    ends = [start for start, _ in spoken[1:]] + [len(said)]
    known = iter(words)
    character, moment_s = next(known)
    for (start, _), end in zip(spoken, ends, strict=True):
        while character < start:
            character, moment_s = next(known, (len(said), 0.0))
        if character < end:
            moments[start] = moment_s
    for place, start in _pairs(spoken, printed):
        if start in moments:
            yield place, moments[start]


def _pairs(spoken: list[tuple[int, str]], printed: list[tuple[int, str]]) -> Iterator[tuple[int, int]]:
    """Yield the beginnings of each word that is both printed and spoken: in the written text, and in the spoken one."""
    one, other = [word for _, word in spoken], [word for _, word in printed]
    if one == other:
        yield from ((place, start) for (start, _), (place, _) in zip(spoken, printed, strict=True))
        return
    for first, second, size in SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks():
        for (start, _), (place, _) in zip(spoken[first : first + size], printed[second : second + size], strict=True):
            yield place, start


def _tokens(text: str) -> list[tuple[int, str]]:
    """Return the words of a text with their first characters, without marks and capitals, as they are compared."""
    return [(found.start(), _MARKS.sub("", found.group()).lower()) for found in _WORD.finditer(text)]
