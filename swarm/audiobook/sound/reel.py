"""Lays out an audiobook: chapters are cut into reels and divided into files, with pauses and times of sentences. Pure.

Only the text decides where a reel ends. Times are exact to the sample, computed from clips and pauses."""

import re
import unicodedata
import zlib
from collections.abc import Iterator, Sequence

from msgspec import Struct

from swarm.audiobook.sound.format import Coding
from swarm.audiobook.sound.studio_request import Mark
from swarm.book.model.book import Chapter, Pause, Segment

START = "start"  # the silence at the head of each file, named beside the kinds of pause
START_S = 0.5  # players and Bluetooth devices swallow the first moment of a file, and shops ask for half a second
VARY = "vary"  # the share by which pauses vary, named beside the kinds of pause
VARY_SHARE = 0.2
PAUSE_LENGTHS_S = {  # if the user names none
    Pause.CLAUSE: 0.15,
    Pause.SENTENCE: 0.5,  # voices pause 0.3 s at a comma
    Pause.PARAGRAPH: 0.8,
    Pause.HEADING: 1.0,
    Pause.SCENE: 1.3,
    Pause.CHAPTER: 2.0,
}
_VARIED = (Pause.SENTENCE, Pause.PARAGRAPH)  # the others are rare, and mark places that listeners know
_LONG_CHARS = 200  # the pause is longest after a sentence of so many characters


def varied_s(pause: Pause, usual_s: float, share: float, text: str, place: tuple[int, int]) -> float:
    """Return the seconds of the pause after a text: longer after a long one, and a little by chance.

    It differs from the usual length by at most `share` of it. The place decides, too, so that the same short sentence
    in two places has different pauses.
    """
    if pause not in _VARIED:
        return usual_s
    length = min(1.0, len(text) / _LONG_CHARS)
    chance = zlib.crc32(f"{place} {text}".encode()) / 2**32
    return usual_s * (1 + share * (length + chance - 1))


CHARACTERS_S = 15  # a rough pace of speech, which only the places of the cuts depend on
REEL_S = 60.0
MIN_S, MAX_S = 0.7 * REEL_S, 1.3 * REEL_S


class Reel(Struct, frozen=True):
    """A stretch of one chapter that is encoded at once: the segments from `first` to before `end`."""

    chapter: int
    first: int
    end: int


class Layout(Struct, frozen=True):
    """The starts of a reel's clips and its length, in samples of the voice's rate."""

    starts: tuple[int, ...]
    samples: int


def plan_reels(chapter_index: int, chapter: Chapter) -> tuple[Reel, ...]:
    """Cut a chapter into reels of about a minute, each ending at the longest pause near there."""
    segments, reels, first = chapter.segments, [], 0
    while first < len(segments):
        end = _cut(segments, first)
        reels.append(Reel(chapter_index, first, end))
        first = end
    return tuple(reels)


def _cut(segments: Sequence[Segment], first: int) -> int:
    """Return the end of the reel that begins at `first`."""
    best, best_end, length_s = (0.0, 0.0), first + 1, 0.0
    for index in range(first, len(segments)):
        segment = segments[index]
        length_s += len(segment.spoken) / CHARACTERS_S
        if length_s > MAX_S and index > first:
            return best_end
        rank = (PAUSE_LENGTHS_S[segment.pause] if length_s >= MIN_S else 0.0, -abs(length_s - REEL_S))
        if index == first or rank > best:
            best, best_end = rank, index + 1
        length_s += PAUSE_LENGTHS_S[segment.pause]
    return len(segments)


def lay_reel(samples: Sequence[int], pauses_s: Sequence[float], sample_rate: int, lead_s: float) -> Layout:
    """Lay clips of these lengths in samples one after another, each followed by its pause, at the voice's rate in Hz.

    The silence at the beginning is taken from the last pause, so that cutting a chapter into reels does not lengthen
    it. A missing clip (0 samples) adds no pause to the one before: the longer of both counts.
    """
    lead = round(lead_s * sample_rate)
    starts, position, sounding = [], lead, lead
    for length, pause_s in zip(samples, pauses_s, strict=True):
        starts.append(position)
        sounding = position + length if length else sounding
        position = max(position, sounding + round(pause_s * sample_rate))
    return Layout(tuple(starts), max(sounding, position - lead))


def whole_frames(samples: int, sample_rate: int, target_rate: int, frame_samples: int) -> int:
    """Return how many frames hold these samples after they are resampled to the target rate in Hz."""
    resampled = -(-samples * target_rate // sample_rate)
    return -(-resampled // frame_samples)


class ReelTimes(Struct, frozen=True):
    """The length of a reel, and when each of its clips begins and ends in it; None for a missing clip."""

    length_s: float
    spans_s: tuple[tuple[float, float] | None, ...]


class Cue(Struct, frozen=True):
    """The time at which a place is heard in its file."""

    chapter: int
    index: int
    start_s: float
    end_s: float


def time_reel(samples: Sequence[int], pauses_s: Sequence[float], sample_rate: int, coding: Coding) -> ReelTimes:
    """Return the times of a reel whose clips have `samples` at the voice's rate in Hz; a missing clip has 0 samples."""
    layout = lay_reel(samples, pauses_s, sample_rate, coding.lead_s)
    frames = whole_frames(layout.samples, sample_rate, coding.sample_rate, coding.frame_samples)
    spans = (
        (start / sample_rate, (start + length) / sample_rate) if length else None
        for start, length in zip(layout.starts, samples, strict=True)
    )
    return ReelTimes(frames * coding.frame_samples / coding.sample_rate, tuple(spans))


def cues(reels: Sequence[Reel], times: Sequence[ReelTimes], begin_s: float) -> list[Cue]:
    """Return when each place of a file's reels is heard; the first reel begins at `begin_s` seconds."""
    found = []
    for reel, timed in zip(reels, times, strict=True):
        for index, span in enumerate(timed.spans_s, reel.first):
            if span is not None:
                start_s, end_s = span
                found.append(Cue(reel.chapter, index, begin_s + start_s, begin_s + end_s))
        begin_s += timed.length_s
    return found


MAX_NAME_BYTES = 120
_DEVICE = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(?=\s*(?:\.|$))", re.IGNORECASE)  # Windows opens these, not files
_UNSAFE = re.compile(r'[\x00-\x1f<>:"/\\|?*\ud800-\udfff]')


class Volume(Struct, frozen=True):
    """One file: the reels from `first` to before `end`. The only file of a book has number 0."""

    first: int
    end: int
    number: int = 0
    count: int = 0  # number of all files
    title: str = ""


def by_chapter(reels: Sequence[Reel], titles: Sequence[str]) -> list[Volume]:
    """Return a file for each chapter that has segments."""
    spans = list(_chapters(reels))
    return _numbered(spans, [titles[reels[first].chapter] for first, _ in spans])


def by_length(reels: Sequence[Reel], lengths_s: Sequence[float], max_s: float, form: str) -> list[Volume]:
    """Return as few files of at most `max_s` as possible, cut between chapters; only a longer chapter is cut itself.

    `form` makes their titles of their numbers and how many there are: "Part {} of {}". A file that holds the whole book
    has no title of its own.
    """
    spans: list[tuple[int, int]] = []
    held_s = max_s
    for first, end in _units(reels, lengths_s, max_s):
        added_s = sum(lengths_s[first:end])
        if held_s + added_s > max_s:
            spans.append((first, end))
            held_s = added_s
        else:
            spans[-1] = (spans[-1][0], end)
            held_s += added_s
    titles = [form.format(number, len(spans)) for number in range(1, len(spans) + 1)]
    return _numbered(spans, titles if len(spans) > 1 else [""] * len(spans))


def _numbered(spans: Sequence[tuple[int, int]], titles: Sequence[str]) -> list[Volume]:
    return [
        Volume(first, end, number, len(spans), title)
        for number, ((first, end), title) in enumerate(zip(spans, titles, strict=True), 1)
    ]


def _chapters(reels: Sequence[Reel]) -> Iterator[tuple[int, int]]:
    """Yield the first and the end reel of each chapter."""
    starts = [number for number, reel in enumerate(reels) if reel.first == 0]
    yield from zip(starts, [*starts[1:], len(reels)], strict=True)


def _units(reels: Sequence[Reel], lengths_s: Sequence[float], max_s: float) -> Iterator[tuple[int, int]]:
    """Yield what is not to be cut: chapters, or the reels of a chapter that is too long."""
    for first, end in _chapters(reels):
        if sum(lengths_s[first:end]) <= max_s:
            yield first, end
        else:
            yield from ((number, number + 1) for number in range(first, end))


def volume_marks(volume: Volume, reels: Sequence[Reel], titles: Sequence[str], shift: int = 0) -> tuple[Mark, ...]:
    """Return the chapters of a file; the first may be the rest of one that began in the file before.

    So many reels as `shift` stand before the volume's own, in its first chapter.
    """
    chapters = [reels[number].chapter for number in range(volume.first, volume.end)]
    starts = [number for number, chapter in enumerate(chapters) if not number or chapter != chapters[number - 1]]
    return tuple(Mark(titles[chapters[start]], start + shift if start else 0) for start in starts)


def volume_name(volume: Volume, book: str, ending: str) -> str:
    """Return the file's name, numbered so that sorted lists have the files in order. `book` is the book's title."""
    digits = max(2, len(str(volume.count)))
    return f"{file_name(f'{volume.number:0{digits}} - {volume.title or book}')}.{ending}"


def file_name(text: str) -> str:
    """Return a text as a file name for any system, without an ending."""
    clean = re.sub(r"\s+", " ", _UNSAFE.sub(" ", unicodedata.normalize("NFC", text))).strip(" .")
    clean = _DEVICE.sub(r"\1_", clean)
    return clean.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .")
