"""The edition of a job: the audiobook and the files beside it, and their delivery."""

import asyncio
import contextlib
import json
import shutil
import threading
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from swarm.audiobook.delivery import DELIVERED_FILE, Delivery, Uploads
from swarm.audiobook.destination import DestinationFault, Stopped
from swarm.audiobook.output_path import (
    Head,
    has_files,
    head_of_report,
    is_finished_by,
    leftovers,
    release_output_path,
    replaces_another,
    report_path,
)
from swarm.audiobook.press import Damaged, Maker, MayFinish, Measured, Press, at_once
from swarm.audiobook.read_along_maker import ReadAlongMaker, read_along_path
from swarm.audiobook.report import HeardSentence, ReportExtra, closing_lines, locate, make_report, rewriting
from swarm.audiobook.report_page import report_page
from swarm.audiobook.sidecars import write_sidecars
from swarm.audiobook.sound.format import level_lines
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import AudiobookDone
from swarm.audiobook.style import Style
from swarm.book.model.reading_choice import Wording
from swarm.errors import StoreError
from swarm.job.record import AnyRecord, ClipAccepted, GainFixed, JobFinished
from swarm.job.state import JobState, Place
from swarm.job.store.store import DiskStore
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.system.disk import OUTPUT_OPTION, guarded, replace_file
from swarm.system.event_loop import from_thread
from swarm.system.machine import Say

if TYPE_CHECKING:
    from swarm.audiobook.audiobookshelf import Upload


RELEASE_S = 5.0  # claims are given back for so long when a command ends
MAX_GAPS = 0.02  # share of the sentences that an audiobook may lack and still be delivered unasked


@dataclass
class Edition:
    """The audiobook of one job at `output_path`. With `audiobook` False the job's clips are all that is wanted.

    With a `delivery` it is in the outbox, and finished files are taken from there to their destination.
    """

    state: JobState
    store: DiskStore
    output_path: Path
    style: Style
    studio: Studio
    audiobook: bool = True
    delivery: Delivery | None = None
    upload: "Upload | None" = None
    deliver_gaps: bool = False  # an audiobook that lacks many sentences is delivered, too
    keep_both: bool = False  # files of earlier editions stay on a server
    done: float = 0.0  # share that was done before sentences were mended
    say: Say = lambda line: None
    wording: Wording = field(default_factory=Wording)
    options: tuple[str, ...] = ()  # the user's options for files, which the report tells
    books: tuple[AudiobookDone, ...] = ()
    maker: Maker | None = None  # see Press
    made: dict[str, Any] = field(default_factory=dict)  # the report, without its segments

    def __post_init__(self) -> None:
        self._press: Press | None = None
        self._making: Press | None = None  # the same while it makes files
        self._beside: list[Path] = []  # subtitles and the read-along EPUB
        self._read_along: ReadAlongMaker | None = None
        self._before: Head | None = None  # the report that lay at this name before this run
        self._notes: tuple[str, ...] = ()
        self._complete = asyncio.Event()
        self._early: list[asyncio.Task[None]] = []  # deliveries of single files while the others are being made
        self._delivering = asyncio.Lock()
        self._file_lines: list[str] = []  # closing lines about loudness and uploads
        self._rewrite_line = ""  # closing line of a run that only re-encoded

    @property
    def size(self) -> int:
        """Bytes of the files that this run wrote."""
        written = [book.bytes for _, book in self._press.bound] if self._press else []
        return sum(written) + sum(path.stat().st_size for path in self._beside)

    @property
    def encoded(self) -> float:
        """Share of the sound that is encoded, from 0 to 1."""
        return self._press.encoded if self._press else float(self.is_finished)

    @property
    def whereabouts(self) -> str:
        """The place of the audiobook as the user knows it: a path or an address, of a folder if it is split."""
        place = (
            self.output_path.with_name(self.output_path.name.rpartition(".")[0])
            if self.style.split
            else self.output_path
        )
        return self.delivery.address(place) if self.delivery else str(place)

    @property
    def is_finished(self) -> bool:
        """Whether an earlier run wrote the audiobook, and it lies unchanged where it belongs."""
        there = self._is_delivered if self.delivery else self.is_made
        return there and (self.upload is None or self._is_uploaded)

    @property
    def is_made(self) -> bool:
        """Whether the audiobook is written, and still on this machine if it is needed here."""
        finished = self.state.finished
        if finished is None or finished.style != self.style.digest or not self.state.complete:
            return False
        if self._is_delivered and (self.upload is None or self._is_uploaded):
            return True
        if not is_finished_by(report_path(self.output_path), self.state.job):
            return False
        return not self.audiobook or self._lies_there(finished)

    @cached_property
    def _is_delivered(self) -> bool:
        finished = self.state.finished
        if self.delivery is None or finished is None or finished.style != self.style.digest or not self.state.complete:
            return False
        return self.delivery.holds(finished.files, finished.bytes)

    @property
    def _is_uploaded(self) -> bool:
        finished = self.state.finished
        return bool(self.upload and finished and self._uploads.holds(self.upload.place, finished.at_s))

    @property
    def _uploads(self) -> Uploads:
        return Uploads(self.store.folder(self.state.job))

    def _lies_there(self, finished: JobFinished) -> bool:
        files = [Path(name) for name in finished.files]
        here = self.output_path.absolute().parent
        if not files or any(not file.is_file() or here not in file.parents for file in files):
            return False
        return sum(file.stat().st_size for file in files) == finished.bytes

    def release_name(self, *, forsaken: bool = False) -> None:
        """Remove the claim of its name from the output folder, unless a file of the edition lies there.

        A `forsaken` job leaves none in any case.
        """
        with contextlib.suppress(StoreError, DestinationFault):
            if self.delivery and (forsaken or self.delivery.has_nothing_there):
                self.delivery.release_name(self.output_path)
            elif not self.delivery and (forsaken or not has_files(self.output_path)):
                release_output_path(self.output_path, self.state.job)

    def notice_place(self, place: Place) -> None:
        """Take notice of a place that was accepted or quarantined."""
        if self._making is not None:
            self._making.notice_place(place)
        if self._read_along is not None:
            self._read_along.notice_place(place)
        if self.state.complete:
            self._complete.set()

    def reopen(self, place: Place) -> None:
        """Wait for another clip of a place."""
        if self._making is not None:
            self._making.reopen(place)

    def distrust(self, worker: str) -> None:
        """Encode all again that a worker may have encoded."""
        if self._making is not None:
            self._making.distrust(worker)

    async def write_audiobook(
        self, damaged: Damaged, measured: Measured, may_finish: MayFinish = at_once
    ) -> tuple[str, ...]:
        """Wait for the clips, write the audiobook, and return its files. Raises StoreError, EnvironmentFault.

        No file gets its name before `may_finish` returns.
        """
        if not self.audiobook:
            if not self.state.complete:
                await self._complete.wait()
            return ()

        def noted(gain: GainFixed) -> None:
            self._file_lines += level_lines(self.style.level, gain.heard_lufs)
            measured(gain)

        self._clear_outbox()
        self._before = self.delivery.replaced if self.delivery else head_of_report(report_path(self.output_path))
        where = self.state, self.store, self.studio, self.output_path
        self._press = self._making = Press(*where, self.style, damaged, noted, self._written, may_finish, self.maker)
        self._press.all_at_once = replaces_another(self._before, self.state.job)
        try:
            self.books = await self._press.make_files()
        except ExceptionGroup as group:  # tasks that failed together have one cause
            raise group.exceptions[0] from None
        except BaseException:
            self.stop_delivery()
            raise
        finally:
            self._making = None
            with contextlib.suppress(OSError):  # the run may have failed because of the disk
                for part in self._press.parts:
                    part.unlink(missing_ok=True)
        chapters = self.state.spec.chapters
        self._beside = await asyncio.to_thread(
            write_sidecars, self._press, self.style, chapters, self.output_path, self.state.words
        )
        if self.style.read_along:
            await self._write_read_along(damaged, measured, self._press.used)
        written = [book.path for _, book in self._press.bound]
        return tuple(str(path.absolute()) for path in (*written, *self._beside))

    @property
    def is_withheld(self) -> bool:
        """Whether the audiobook lacks so many sentences that it is neither delivered nor uploaded unasked."""
        unspoken = self.state.spec.unspoken
        sentences = unspoken + sum(len(chapter.segments) for chapter in self.state.spec.chapters)
        return not self.deliver_gaps and len(self.state.quarantined) + unspoken > MAX_GAPS * sentences

    def _leftovers(self) -> list[str]:
        """Return the names of files of the last edition of this name that are to be removed."""
        files = self.state.finished.files if self.state.finished else ()
        return leftovers(self._before, self.state.job, files, self.output_path.name, page=self.style.report_html)

    async def _write_read_along(self, damaged: Damaged, measured: Measured, reels: set[Path]) -> None:
        where = self.state, self.store, self.style
        self._read_along = ReadAlongMaker(*where, damaged, measured, self.studio, reels, self.maker)
        target = read_along_path(self.output_path, Path(self.state.spec.source))
        made = await self._read_along.write_book(target, self.wording)
        self._beside.append(made.path)
        self._notes = made.notes

    def _written(self, book: AudiobookDone) -> None:
        """Begin to deliver a finished file if it is one of several that are still being made."""
        early = book.path != self.output_path and not replaces_another(self._before, self.state.job)
        if self.delivery and early and not self.is_withheld:
            self._early.append(asyncio.create_task(self._deliver_early(book.path)))

    async def _deliver_early(self, path: Path) -> None:
        assert self.delivery is not None
        async with self._delivering:
            try:
                await asyncio.to_thread(self.delivery.deliver_file, path, from_thread(self.say))
            except DestinationFault as fault:  # `deliver` tries again, with all other files
                self.say(f"{fault} The rest is made all the same.")
            except Stopped:
                pass

    async def deliver_files(self) -> tuple[str, ...]:
        """Deliver the finished files and return their addresses; none if they lie where they belong.

        Raises an EnvironmentFault that says where the files are meanwhile.
        """
        if self.delivery is None or self.state.finished is None or self.is_withheld:
            return ()
        files = [Path(file) for file in self.state.finished.files]
        if not all(self.delivery.outbox in file.parents for file in files):
            return ()  # an earlier run delivered them, so these are addresses
        report = report_path(self.output_path)
        page = report.with_suffix(".html")
        try:
            await asyncio.gather(*self._early)
            with contextlib.suppress(Stopped):
                await asyncio.to_thread(
                    self.delivery.deliver_files,
                    [*files, *([page] if page.exists() else []), report],
                    from_thread(self.say),
                )
            await asyncio.to_thread(self.delivery.remove_files, self._leftovers(), from_thread(self.say))
        except asyncio.CancelledError:
            self.stop_delivery()
            raise
        self._remember(report)
        return tuple(map(self.delivery.address, files))

    async def upload_files(self) -> None:
        """Upload the audiobook, if the user wants that and it is not done yet. Raises EnvironmentFault."""
        finished = self.state.finished
        if self.upload is None or finished is None or self._is_uploaded or self.is_withheld:
            return
        files = [path for path in self._uploaded_files(finished) if path.is_file()]
        place, uploads = self.upload.place, self._uploads
        try:
            await asyncio.to_thread(self.upload.upload_book, files, self.style.tags, from_thread(self.say))
            uploads.note_upload(place, finished.at_s, self.style.tags, files)
            old = set() if self.keep_both else uploads.known_files(place, self.style.tags)
            left = await asyncio.to_thread(self.upload.remove_stale_files, files, old, self.style.tags)
        except asyncio.CancelledError:
            self.upload.stop_upload()
            raise
        self._remember(report_path(self.output_path))
        self._file_lines += [f"uploaded to {self.upload.name}", *left]

    def _uploaded_files(self, finished: JobFinished) -> list[Path]:
        """Return the audiobook's files on this machine and those that belong to them, without kept chapter files."""
        names = [Path(name) for name in finished.files]
        if self.delivery:
            prefix = self.delivery.destination.address("")
            names = [self.delivery.outbox / name.removeprefix(prefix).lstrip("/\\") for name in finished.files]
        sound = [path for path in names if path.suffix == self.output_path.suffix]
        sound = [path for path in sound if path.name == self.output_path.name] or sound
        folders = {self.output_path.parent, *(path.parent for path in sound)}
        return sound + [path for path in names if path.suffix != self.output_path.suffix and path.parent in folders]

    def remove_outbox(self) -> None:
        """Remove the outbox if all files are where they belong."""
        if self.delivery and not self.is_withheld:
            shutil.rmtree(self.delivery.outbox, ignore_errors=True)

    def stop_delivery(self) -> None:
        """Ask the threads that deliver to end soon."""
        if self.delivery:
            self.delivery.stop_delivery()
        for task in self._early:
            task.cancel()

    def _clear_outbox(self) -> None:
        """Remove files of an earlier style from the outbox."""
        if self.delivery is None:
            return
        with guarded(self.delivery.outbox):
            self.delivery.outbox.mkdir(parents=True, exist_ok=True)
            for path in self.delivery.outbox.iterdir():
                if path.is_dir():
                    shutil.rmtree(path)
                elif path.name != DELIVERED_FILE:
                    path.unlink()

    def _remember(self, report: Path) -> None:
        """Load what an earlier run reported, for the closing lines."""
        if not self.made:
            with contextlib.suppress(OSError, ValueError):
                self.made = json.loads(report.read_bytes())
                self.made.pop("segments", None)

    def write_report(self, core: CoordinatorCore) -> None:
        """Write `<name>.report.json`, and the page if the style wants it. Raises StoreError."""
        extra = ReportExtra(
            files=self._addresses(),
            duration_s=sum(book.duration_s for book in self.books),
            run_stats=core.jobs[self.state.job].run_stats,
            heard=self._heard(),
            options=self.options,
        )
        self.made = make_report(self.state.spec, self._records(), extra)
        self._rewrite_line = rewriting(self.state.spec, self._records()) if self.audiobook else ""
        path = report_path(self.output_path)
        with guarded(path, OUTPUT_OPTION):
            replace_file(path, msgspec.json.encode(self.made))
            if self.style.report_html:
                replace_file(path.with_suffix(".html"), report_page(self.made, self._sound()).encode())
            for name in () if self.delivery else self._leftovers():
                (path.parent / name).unlink(missing_ok=True)
                with contextlib.suppress(OSError):  # a folder of chapters that has other files stays
                    self.output_path.with_name(self.output_path.name.rpartition(".")[0]).rmdir()
        del self.made["segments"]  # the longest part, which closing lines do not need

    def _addresses(self) -> tuple[str, ...]:
        """Return the addresses where the files are, or will be delivered."""
        files = self.state.finished.files if self.state.finished else ()
        return tuple(self.delivery.address(Path(file)) for file in files) if self.delivery else files

    def _sound(self) -> list[str]:
        """Return the names of the audiobook's files, as seen from the report's folder."""
        folder = self.output_path.parent
        bound = self._press.bound[: len(self.books)] if self._press else []
        return [book.path.relative_to(folder).as_posix() for _, book in bound]

    def _heard(self) -> dict[Place, HeardSentence]:
        """Locate all sentences in the files."""
        if self._press is None:
            return {}
        cues = [self._press.cues(volume) for volume, _ in self._press.bound[: len(self.books)]]
        return locate(zip(self._sound(), cues, strict=True), self.state.quarantined)

    def _records(self) -> Iterator[AnyRecord]:
        return map(self._as_held, self.store.records(self.state.job))

    def _as_held(self, record: AnyRecord) -> AnyRecord:
        """Return the equal record of the state, so that a long book's records are in memory only once."""
        if not isinstance(record, ClipAccepted):
            return record
        held = self.state.accepted.get((record.chapter, record.index))
        return held if held == record else record

    def closing_lines(self) -> list[str]:
        """Return the lines that the command says at its end."""
        notes = dict.fromkeys(note for book in self.books for note in book.notes)
        made = [*closing_lines(self.made, self._rewrite_line), *self._page_lines()] if "totals" in self.made else []
        return [*made, *notes, *self._notes, *self._file_lines, *self._withheld_lines()]

    def _withheld_lines(self) -> list[str]:
        if not self.is_withheld or not (self.delivery or self.upload):
            return []
        return [
            f"more than {MAX_GAPS:.0%} of the sentences are missing: it is neither delivered nor uploaded, and is in "
            f"{self.output_path.absolute().parent}. The same command tries them again; --on-failure deliver sends it "
            "as it is"
        ]

    def _page_lines(self) -> list[str]:
        page = report_path(self.output_path).with_suffix(".html")
        at = self.delivery.address(page) if self.delivery else page.absolute()
        return [f"report as a page: {at}"] if self.style.report_html else []


def release_names(editions: Iterable[Edition], forsaken: Collection[str] = ()) -> None:
    """Remove the claims of editions that are not written, those of `forsaken` jobs in any case.

    All are tried at once, and for a few seconds: a server or a network drive may not answer.
    """
    began_s, releasing = time.monotonic(), []
    for edition in editions:
        releasing.append(partial(edition.release_name, forsaken=edition.state.job in forsaken))
    threads = [threading.Thread(target=release, daemon=True) for release in releasing]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, began_s + RELEASE_S - time.monotonic()))
