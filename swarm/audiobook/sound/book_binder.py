"""The child process that puts one audiobook together: begin, append reel by reel as they come, finish.

Lossy sound is not encoded a second time."""

import contextlib
import errno
import gc
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from swarm.audiobook.sound.container import SoundFile, make_chapter
from swarm.audiobook.sound.cover import choose_cover, shrink_cover
from swarm.audiobook.sound.mp4 import Mp4File
from swarm.audiobook.sound.reel_file import ReelDamaged, read_reel
from swarm.audiobook.sound.studio_request import (
    AudiobookDone,
    AudiobookRequest,
    Mark,
    fault_message,
    from_message,
    to_message,
)
from swarm.audiobook.sound.tagged import TaggedFile, blank_chapters, chapters_note
from swarm.errors import EnvironmentFault, Remedy
from swarm.system.platform import sync_folder
from swarm.system.serving import serve

if TYPE_CHECKING:
    from av.container.core import Chapter  # only the stubs of PyAV have it

# MediaInfo reads neither a larger cover in an Ogg comment nor the chapters beside it.
MAX_OGG_COVER_BYTES = 200_000
LENGTH_MARGIN = 1.5  # room is kept for so many times the expected packets


class Audiobook:
    """One file in the making: append reels in reading order, then finish."""

    def __init__(self, request: AudiobookRequest) -> None:
        """Start the file. Raises OSError."""
        self._request = request
        self._picture, self._cover_fault = choose_cover(request.cover, request.tags.title, request.tags.authors)
        if self._picture and request.family == "ogg":
            self._picture = shrink_cover(self._picture, MAX_OGG_COVER_BYTES)
        self._reels: list[Path] = []
        request.part.parent.mkdir(parents=True, exist_ok=True)
        packets = int(LENGTH_MARGIN * request.expected_s * request.coding.sample_rate / request.coding.frame_samples)
        self._start(packets, blank_chapters(request.titles, request.coding.sample_rate))

    def append_reel(self, path: Path) -> None:
        """Append a reel.

        Raises ReelDamaged. If it names this reel, the book is as before; if it names an earlier one, start the book
        again. Raises OSError.
        """
        self._append(path)
        self._reels.append(path)
        if not self._file.has_room(None):
            self._restart(2 * self._packets, self._blank)  # now, while the book is still being spoken

    def finish_file(self, marks: Sequence[Mark], target: Path) -> AudiobookDone:
        """Write chapters and index, and give the file its name. Raises OSError, ReelDamaged."""
        chapters = list(self._chapters(marks))
        if not self._file.has_room(chapters):
            self._restart(self._packets, chapters)
        samples = self._file.samples
        self._file.finish_file(chapters)
        self._request.part.replace(target)
        sync_folder(target.parent)
        notes = tuple(filter(None, (self._cover_note, chapters_note(self._request, chapters))))
        return AudiobookDone(target, samples / self._request.coding.sample_rate, target.stat().st_size, notes)

    @property
    def _cover_note(self) -> str:
        drawn = ": one is drawn in its place" if self._picture else ""
        return f"its cover is {self._cover_fault}{drawn}" if self._cover_fault else ""

    def abandon_file(self) -> None:
        """Stop and remove the unfinished file."""
        try:
            if hasattr(self, "_file"):  # a restart that failed leaves none
                self._file.abandon_file()
        finally:
            self._request.part.unlink(missing_ok=True)

    @property
    def _packets(self) -> int:
        return self._file.samples // self._request.coding.frame_samples + 1

    def _start(self, packets: int, chapters: "list[Chapter]") -> None:
        self._blank, self._starts = chapters, list[int]()
        self._file: SoundFile
        if self._request.family == "mp4":
            self._file = Mp4File(self._request, self._picture, packets, len(chapters))
        else:
            self._file = TaggedFile(self._request, self._picture, chapters)

    def _append(self, path: Path) -> None:
        reel = read_reel(path)
        if (reel.head.coding, reel.head.extradata) != (self._request.coding, self._file.extradata):
            raise ReelDamaged(path, "is of another sample rate or version")
        self._starts.append(self._file.samples)
        self._file.write_reel(reel)

    def _restart(self, packets: int, chapters: "list[Chapter]") -> None:
        """Write the file again with enough room at its front."""
        self._file.abandon_file()
        del self._file
        gc.collect()  # container and streams refer to each other, and hold a large index
        self._start(packets, chapters)
        for path in self._reels:
            self._append(path)

    def _chapters(self, marks: Sequence[Mark]) -> "Iterator[Chapter]":
        # A mark stands in the middle of its reel's silent lead: a player that jumps there decodes silence first.
        coding = self._request.coding
        lead = round(coding.lead_s * coding.sample_rate / 2)
        places = [max(0, start + lead) for start in self._starts] + [self._file.samples]
        starts = [places[mark.reel] if mark.reel else 0 for mark in marks]  # the first chapter begins with the file
        spans = zip(marks, pairwise([*starts, self._file.samples]), strict=True)
        heard = [
            (mark, start, end) for mark, (start, end) in spans if end > start
        ]  # a chapter without sound gets no mark
        for number, (mark, start, end) in enumerate(heard):
            yield make_chapter(number, start, end, coding.sample_rate, mark.title)


REMEDIES = dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "make room there") | {
    errno.ENOENT: "put it back",
    errno.EIO: "check its disk",
}


class BookBinder:
    """Keeps the unfinished book between calls."""

    def __init__(self) -> None:
        self._book: Audiobook | None = None
        self._request: AudiobookRequest | None = None

    def handle(self, message: dict[str, Any]) -> dict[str, Any]:
        """Do one step and return the reply; a damaged reel and a disk error are replies, not exceptions."""
        try:
            return self._do(message)
        except ReelDamaged as error:
            if str(error.path) != message.get(
                "append"
            ):  # an earlier reel is damaged: the file written so far is useless
                self._drop()
            return {"damaged": str(error.path), "why": error.why}
        except OSError as error:
            self._drop()
            return fault_message(self._fault(error))

    def _do(self, message: dict[str, Any]) -> dict[str, Any]:
        if "begin" in message:
            self._begin(from_message(message["begin"], AudiobookRequest))
            return {}
        assert self._book is not None
        if "append" in message:
            self._book.append_reel(Path(message["append"]))
            return {}
        marks = from_message(message["finish"], tuple[Mark, ...])
        finished = self._book.finish_file(marks, Path(message["target"]))
        self._book = None
        return {"book": to_message(finished)}

    def _begin(self, request: AudiobookRequest) -> None:
        self._drop()
        self._request = request
        self._book = Audiobook(request)

    def _drop(self) -> None:
        book, self._book = self._book, None
        if book:
            with contextlib.suppress(OSError):  # the disk may still be full
                book.abandon_file()

    def _fault(self, error: OSError) -> EnvironmentFault:
        where = self._request.part.parent if self._request else "?"
        first = f"{REMEDIES.get(error.errno or 0, 'make it writable')} or choose another folder with --output-dir"
        return EnvironmentFault(
            f"The audiobook cannot be written to {where}: {error.strerror or error}.",
            Remedy(first, kept="nothing that was spoken is lost"),
        )


if __name__ == "__main__":
    serve(BookBinder().handle)
