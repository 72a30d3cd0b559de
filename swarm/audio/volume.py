"""Which files an audiobook becomes, and what they are called: one, one a chapter, or as many as hours ask for. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence

from msgspec import Struct, structs

from swarm.audio.order import Mark
from swarm.audio.reel import Reel

MAX_NAME_BYTES = 120
_UNFIT = re.compile(r'[\x00-\x1f<>:"/\\|?*\ud800-\udfff]')


class Volume(Struct, frozen=True):
    """One file: its reels `first` up to, not with, `end`; number 0 where it is the only one."""

    first: int
    end: int
    number: int = 0
    count: int = 0  # of all
    title: str = ""


def by_chapter(reels: Sequence[Reel], titles: Sequence[str]) -> list[Volume]:
    """A file for each chapter that has anything to say."""
    return _numbered(list(_chapters(reels)), reels, titles)


def by_length(reels: Sequence[Reel], titles: Sequence[str], lengths_s: Sequence[float], most_s: float) -> list[Volume]:
    """As few files as hold `most_s` each, cut between chapters; within one only where it alone is longer."""
    spans: list[tuple[int, int]] = []
    held_s = most_s
    for first, end in _units(reels, lengths_s, most_s):
        added_s = sum(lengths_s[first:end])
        if held_s + added_s > most_s:
            spans.append((first, end))
            held_s = added_s
        else:
            spans[-1] = (spans[-1][0], end)
            held_s += added_s
    return _numbered(spans, reels, titles)


def _numbered(spans: list[tuple[int, int]], reels: Sequence[Reel], titles: Sequence[str]) -> list[Volume]:
    volumes = [Volume(first, end, title=titles[reels[first].chapter]) for first, end in spans]
    return [structs.replace(each, number=number, count=len(volumes)) for number, each in enumerate(volumes, 1)]


def _chapters(reels: Sequence[Reel]) -> Iterator[tuple[int, int]]:
    """Each chapter's reels."""
    starts = [number for number, reel in enumerate(reels) if reel.first == 0]
    yield from zip(starts, [*starts[1:], len(reels)], strict=True)


def _units(reels: Sequence[Reel], lengths_s: Sequence[float], most_s: float) -> Iterator[tuple[int, int]]:
    """What is not to be cut: chapters, or the reels of one that is too long."""
    for first, end in _chapters(reels):
        if sum(lengths_s[first:end]) <= most_s:
            yield first, end
        else:
            yield from ((number, number + 1) for number in range(first, end))


def volume_marks(volume: Volume, reels: Sequence[Reel], titles: Sequence[str]) -> tuple[Mark, ...]:
    """The chapters of a file; the first may be the rest of one that began in the file before."""
    chapters = [reels[number].chapter for number in range(volume.first, volume.end)]
    starts = [number for number, chapter in enumerate(chapters) if not number or chapter != chapters[number - 1]]
    return tuple(Mark(titles[chapters[start]], start) for start in starts)


def volume_name(volume: Volume, ending: str) -> str:
    """The file's name: numbered so that any list of files has them in order."""
    digits = max(2, len(str(volume.count)))
    return f"{file_name(f'{volume.number:0{digits}} - {volume.title}')}.{ending}"


def file_name(text: str) -> str:
    """A text as the name of a file on any system, without an ending."""
    clean = re.sub(r"\s+", " ", _UNFIT.sub(" ", unicodedata.normalize("NFC", text))).strip(" .")
    return clean.encode()[:MAX_NAME_BYTES].decode(errors="ignore").strip(" .")
