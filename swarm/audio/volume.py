"""Divides an audiobook into files, by chapter or by length, and names them. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct

from swarm.audio.order import Mark
from swarm.audio.reel import Reel

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
