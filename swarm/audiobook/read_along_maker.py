"""The book itself with its sound: the EPUB that was read, with Media Overlays, beside the audiobook."""

import asyncio
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from swarm.audiobook.output_path import numbered
from swarm.audiobook.press import Damaged, Maker, Measured, Press
from swarm.audiobook.sound.reel import START, Cue
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.style import CHAPTER_SPLIT, Style
from swarm.book.model.book import Chapter, WordTime
from swarm.book.model.reading_choice import Wording
from swarm.book.read_along.spot import Spot, find_spots, word_spots
from swarm.job.state import JobState, Place
from swarm.job.store.store import BOOK, DiskStore
from swarm.system.disk import guarded, part_of
from swarm.system.platform import sync_file, sync_folder

if TYPE_CHECKING:
    from swarm.book.read_along.narrated import NarratedChapter

Words = Mapping[Place, Sequence[WordTime]]

ROOM = "read-along"  # the folder where its sound is made
ENDING = ".read-along.epub"
SOUND_TYPES = {"m4a": "audio/mp4", "mp3": "audio/mpeg"}  # types that every reading system plays


class ChapterSound(Struct, frozen=True):
    """A finished file of one chapter, and when its sentences are heard in it."""

    path: Path
    duration_s: float
    cues: tuple[Cue, ...]


class ReadAlong(Struct, frozen=True):
    """The finished book; `notes` are for the user."""

    path: Path
    notes: tuple[str, ...]


def read_along_path(target: Path, source: Path) -> Path:
    """Return the path of the read-along EPUB of an audiobook, which is never the path of its source."""
    stem = target.name.rpartition(".")[0]
    for number in count(1):
        path = target.with_name(f"{numbered(stem, number)}{ENDING}")
        if path.name.casefold() != source.name.casefold():
            return path
    raise AssertionError("there is always another number")


def sound_style(style: Style) -> Style:
    """Return the style of the sound in a read-along EPUB: the audiobook's if possible, to encode nothing again."""
    codec = style.format.codec
    pauses_s = tuple({**dict(style.pauses_s), START: 0.0}.items())  # the files are heard as one
    style = structs.replace(
        style,
        split=CHAPTER_SPLIT,
        cover=b"",
        subtitles="",
        keep_chapters=False,
        read_along=False,
        read_along_words=False,
        beside=(),
        pauses_s=pauses_s,
    )
    if codec in ("aac", "mp3"):
        return structs.replace(style, output_format="mp3" if codec == "mp3" else "m4a")
    return structs.replace(style, output_format="m4a", bitrate=0, sample_rate=0)


class ReadAlongMaker:
    """Makes the book of one job when its audiobook is made: first a file of sound of each chapter, of the same reels.

    `reels` are those that the audiobook was made of. See Press for `damaged`, `measured` and `maker`.
    """

    def __init__(
        self,
        state: JobState,
        store: DiskStore,
        style: Style,
        damaged: Damaged,
        measured: Measured,
        studio: Studio,
        reels: set[Path],
        maker: Maker | None = None,
    ) -> None:
        self._folder = store.folder(state.job)
        self._state, self._spec = state, state.spec
        self._whole, self._style = style, sound_style(style)
        sound = self._folder / ROOM / f"sound.{self._style.output_format}"
        self._press = Press(state, store, studio, sound, self._style, damaged, measured, maker=maker)
        self._press.spared = reels

    def notice_place(self, place: Place) -> None:
        """Take note that a place was settled or opened again."""
        self._press.notice_place(place)

    async def write_book(self, target: Path, wording: Wording) -> ReadAlong:
        """Write the book. Raises StoreError, EnvironmentFault, BookError, UsageError."""
        try:
            self._clear()
            await self._press.make_files()
            sounds = [
                ChapterSound(book.path, book.duration_s, tuple(self._press.cues(volume)))
                for volume, book in self._press.bound
            ]
            return await asyncio.to_thread(self._write, target, sounds, wording)
        except ExceptionGroup as group:  # one of the errors is enough to tell
            raise group.exceptions[0] from None
        finally:
            self._clear()

    def _write(self, target: Path, sounds: Sequence[ChapterSound], wording: Wording) -> ReadAlong:
        from swarm.audiobook.as_epub import as_epub  # few users ask for it, and all others start sooner

        with as_epub(self._folder / BOOK, self._folder / ROOM, self._spec, wording, self._whole) as (file, script):
            if wording.credits is not None:  # the opening and the closing stand on no page
                inner = range(1, len(script) - 1)
                sounds = [sound for sound in sounds if sound.cues and sound.cues[0].chapter in inner]
            words = self._words() if self._whole.read_along_words else None
            return write_read_along(file, script, target, sounds, self._style, words)

    def _words(self) -> Words:
        """Return the moments of the words of all clips that have them."""
        accepted = self._state.accepted.items()
        return {place: self._state.words(place) for place, clip in accepted if clip.words}

    def _clear(self) -> None:
        shutil.rmtree(self._folder / ROOM, ignore_errors=True)


def write_read_along(
    book_file: Path,
    script: Sequence[Chapter],
    target: Path,
    sounds: Sequence[ChapterSound],
    style: Style,
    words: Words | None = None,
) -> ReadAlong:
    """Write an EPUB with its sound, whole or not at all; the segments of `script` know where they stand in it.

    Words are marked if `words` is given, as far as their times are known. Raises StoreError, BookError.
    """
    from swarm.book.read_along.narrated import (
        Narration,
        narrate,  # few users ask for it, and all others start sooner
    )

    spoken = _all_spoken(script, sounds, style.output_format, words or {})
    modified = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    narration = Narration(spoken, SOUND_TYPES[style.output_format], style.tags.narrator, modified)
    part = part_of(target)
    with guarded(target):
        try:
            with part.open("wb") as file:
                with zipfile.ZipFile(file, "w") as archive:
                    marked, notes = narrate(book_file, archive, narration)
                file.flush()
                sync_file(file.fileno())
            part.replace(target)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        sync_folder(target.parent)
    places = {(spot.chapter, index) for spot in marked for index in range(spot.first, spot.end)}
    unmarked = sum((cue.chapter, cue.index) not in places for sound in sounds for cue in sound.cues)
    if unmarked:
        notes = (f"{unmarked} of its sentences are heard and not marked: they stand on no page of the book", *notes)
    if words is not None and not words:
        notes = ("the voice told no times of words, so sentences are marked", *notes)
    return ReadAlong(target, tuple(f"{target.name}: {note}" for note in notes))


def _all_spoken(
    script: Sequence[Chapter], sounds: Sequence[ChapterSound], ending: str, words: Words
) -> list["NarratedChapter"]:
    spots: dict[int, list[Spot]] = defaultdict(list)
    for spot in find_spots(script):
        spots[spot.chapter].append(spot)
    return [
        _spoken(sound, spots, f"chapter-{number:04}.{ending}", script, words) for number, sound in enumerate(sounds, 1)
    ]


def _spoken(
    sound: ChapterSound, spots: dict[int, list[Spot]], name: str, script: Sequence[Chapter], words: Words
) -> "NarratedChapter":
    """Return a file of sound with the spots that are heard in it, in order, without those that were not spoken."""
    from swarm.book.read_along.narrated import NarratedChapter

    starts = {cue.index: cue.start_s for cue in sound.cues}
    heard = []
    for spot in spots.get(sound.cues[0].chapter, ()) if sound.cues else ():
        moments = [starts[index] for index in range(spot.first, spot.end) if index in starts]
        if moments:
            segment = script[spot.chapter].segments[spot.first]
            known = words.get((spot.chapter, spot.first), ())
            heard += word_spots(spot, segment.written, known, moments[0]) if known else [(moments[0], spot)]
    return NarratedChapter(name, sound.path, sound.duration_s, tuple(heard))
