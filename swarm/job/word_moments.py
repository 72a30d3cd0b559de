"""When the written words of a sentence are heard, by the times of the spoken ones that a voice told. Pure."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

import regex

from swarm.job.book import Segment
from swarm.job.clip_info import ClipInfo
from swarm.job.word_times import WordTime, unpack_words

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
