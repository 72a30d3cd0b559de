"""Puts a file together from encoded reels as they come, without encoding lossy sound a second time."""

import gc
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.audio.container import SoundFile, make_chapter
from swarm.audio.cover import UnusablePicture, fit_cover, shrink_cover
from swarm.audio.drawn_cover import draw_cover
from swarm.audio.mp4 import Mp4File
from swarm.audio.numbered_cover import number_cover
from swarm.audio.order import AudiobookOrder, FinishedBook, Mark
from swarm.audio.reel_file import ReelDamaged, read_reel
from swarm.audio.tagged import TaggedFile, blank_chapters, chapters_note
from swarm.system.platform import sync_folder

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it

# MediaInfo reads neither a larger cover in an Ogg comment nor the chapters beside it.
MAX_OGG_COVER_BYTES = 200_000
LENGTH_MARGIN = 1.5  # room is kept for so many times the expected packets


class Audiobook:
    """One file in the making: append reels in reading order, then finish."""

    def __init__(self, order: AudiobookOrder) -> None:
        """Start the file. Raises OSError."""
        self._order = order
        self._picture, self._cover_fault = None, ""
        try:
            self._picture = fit_cover(order.cover) if order.cover else None
        except UnusablePicture as fault:
            self._cover_fault = str(fault)
        if not self._picture and order.cover != b"":
            drawn = draw_cover(order.tags.title, order.tags.authors)
            self._picture = fit_cover(drawn) if drawn else None
        if self._picture and order.cover_number:
            self._picture = number_cover(self._picture, order.cover_number)
        if self._picture and order.family == "ogg":
            self._picture = shrink_cover(self._picture, MAX_OGG_COVER_BYTES)
        self._reels: list[Path] = []
        order.part.parent.mkdir(parents=True, exist_ok=True)
        packets = int(LENGTH_MARGIN * order.expected_s * order.coding.sample_rate / order.coding.frame_samples)
        self._start(packets, blank_chapters(order.titles, order.coding.sample_rate))

    def append(self, path: Path) -> None:
        """Append a reel.

        Raises ReelDamaged. If it names this reel, the book is as before; if it names an earlier one, start the book
        again. Raises OSError.
        """
        self._append(path)
        self._reels.append(path)
        if not self._file.has_room(None):
            self._restart(2 * self._packets, self._blank)  # now, while the book is still being spoken

    def finish(self, marks: Sequence[Mark], target: Path) -> FinishedBook:
        """Write chapters and index, and give the file its name. Raises OSError, ReelDamaged."""
        chapters = list(self._chapters(marks))
        if not self._file.has_room(chapters):
            self._restart(self._packets, chapters)
        samples = self._file.samples
        self._file.close(chapters)
        self._order.part.replace(target)
        sync_folder(target.parent)
        notes = tuple(filter(None, (self._cover_note, chapters_note(self._order, chapters))))
        return FinishedBook(target, samples / self._order.coding.sample_rate, target.stat().st_size, notes)

    @property
    def _cover_note(self) -> str:
        drawn = ": one is drawn in its place" if self._picture else ""
        return f"its cover is {self._cover_fault}{drawn}" if self._cover_fault else ""

    def abandon(self) -> None:
        """Stop and remove the unfinished file."""
        try:
            if hasattr(self, "_file"):  # a restart that failed leaves none
                self._file.abandon()
        finally:
            self._order.part.unlink(missing_ok=True)

    @property
    def _packets(self) -> int:
        return self._file.samples // self._order.coding.frame_samples + 1

    def _start(self, packets: int, chapters: "list[Chapter]") -> None:
        self._blank, self._starts = chapters, list[int]()
        self._file: SoundFile
        if self._order.family == "mp4":
            self._file = Mp4File(self._order, self._picture, packets, len(chapters))
        else:
            self._file = TaggedFile(self._order, self._picture, chapters)

    def _append(self, path: Path) -> None:
        reel = read_reel(path)
        if (reel.head.coding, reel.head.extradata) != (self._order.coding, self._file.extradata):
            raise ReelDamaged(path, "is of another sample rate or version")
        self._starts.append(self._file.samples)
        self._file.write(reel)

    def _restart(self, packets: int, chapters: "list[Chapter]") -> None:
        """Write the file again with enough room at its front."""
        self._file.abandon()
        del self._file
        gc.collect()  # container and streams refer to each other, and hold a large index
        self._start(packets, chapters)
        for path in self._reels:
            self._append(path)

    def _chapters(self, marks: Sequence[Mark]) -> "Iterator[Chapter]":
        # A mark stands in the middle of its reel's silent lead: a player that jumps there decodes silence first.
        coding = self._order.coding
        lead = round(coding.lead_s * coding.sample_rate / 2)
        places = [max(0, start + lead) for start in self._starts] + [self._file.samples]
        starts = [places[mark.reel] if mark.reel else 0 for mark in marks]  # the first chapter begins with the file
        spans = zip(marks, pairwise([*starts, self._file.samples]), strict=True)
        heard = [
            (mark, start, end) for mark, (start, end) in spans if end > start
        ]  # a chapter without sound gets no mark
        for number, (mark, start, end) in enumerate(heard):
            yield make_chapter(number, start, end, coding.sample_rate, mark.title)
