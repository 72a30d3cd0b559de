"""What comes out of one job: the audiobook and the report beside it."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from swarm.audio.order import FinishedBook
from swarm.audio.studio import Studio
from swarm.audio.subtitle import Line, write_subtitles
from swarm.lease.coordinator import Coordinator
from swarm.lease.job import JobState, Place
from swarm.lease.record import AnyRecord, ClipAccepted, JobFinished
from swarm.lease.roster import Session
from swarm.node.disk import guarded, replace_file
from swarm.node.press import Damaged, Measured, Press
from swarm.node.store import Store
from swarm.node.style import Style
from swarm.node.target import is_whole, report_path
from swarm.watch.coverage import Heard, locate
from swarm.watch.page import report_page
from swarm.watch.report import ReportExtra, closing_lines, make_report


@dataclass
class Edition:
    """The audiobook of one job at `target`; `audiobook` False: its clips are all that is wanted."""

    state: JobState
    store: Store
    target: Path
    style: Style
    audiobook: bool
    encoders: int
    books: tuple[FinishedBook, ...] = ()
    made: dict[str, Any] = field(default_factory=dict)  # the report

    def __post_init__(self) -> None:
        self._press: Press | None = None
        self._beside: list[Path] = []  # subtitles
        self._complete = asyncio.Event()

    @property
    def size(self) -> int:
        """Bytes of the audiobook written now; 0 where there is none."""
        written = [book.bytes for _, book in self._press.bound] if self._press else []
        return sum(written) + sum(path.stat().st_size for path in self._beside)

    @property
    def is_finished(self) -> bool:
        """Whether the audiobook was written before and lies there as it was written."""
        finished = self.state.finished
        if finished is None or finished.style != self.style.digest or not self.state.complete:
            return False
        if not is_whole(report_path(self.target)):
            return False
        return not self.audiobook or self._lies_there(finished)

    def _lies_there(self, finished: JobFinished) -> bool:
        files = [Path(name) for name in finished.files]
        here = self.target.absolute().parent
        if not files or any(not file.is_file() or here not in file.parents for file in files):
            return False
        return sum(file.stat().st_size for file in files) == finished.bytes

    def notice(self, place: Place) -> None:
        """Something became of a place."""
        if self._press is not None:
            self._press.notice(place)
        if self.state.complete:
            self._complete.set()

    async def write(self, damaged: Damaged, measured: Measured) -> tuple[str, ...]:
        """Wait for the clips and write the audiobook; returns the files. Raises StoreError, EnvironmentFault."""
        if not self.audiobook:
            if not self.state.complete:
                await self._complete.wait()
            return ()
        log_dir = self.store.folder(self.state.job) / "log"
        studio, keeper = Studio(log_dir, self.encoders), Studio(log_dir, 0) if self.style.keep_chapters else None
        self._press = Press(self.state, self.store, studio, self.target, self.style, damaged, measured, keeper)
        try:
            self.books = await self._press.run()
        except ExceptionGroup as group:  # one of those that failed together is enough to tell
            raise group.exceptions[0] from None
        finally:
            await studio.close()
            if keeper:
                await keeper.close()
            with contextlib.suppress(OSError):  # it may be the disk that failed
                for part in self._press.parts:
                    part.unlink(missing_ok=True)
        self._beside = await asyncio.to_thread(self._write_beside, self._press)
        written = [book.path for _, book in self._press.bound]
        return tuple(str(path.absolute()) for path in (*written, *self._beside))

    def _write_beside(self, press: Press) -> list[Path]:
        """The text with its times beside each file, where it was asked for. Raises StoreError."""
        kind, chapters = self.style.subtitles, self.state.facts.chapters
        written = []
        for volume, book in press.bound if kind else ():
            lines = [
                Line(cue.start_s, cue.end_s, chapters[cue.chapter].segments[cue.index].text)
                for cue in press.cues(volume)
            ]
            path = book.path.with_name(f"{book.path.name.rpartition('.')[0]}.{kind}")
            with guarded(path):
                replace_file(path, write_subtitles(kind, lines, press.tags(volume)).encode())
            written.append(path)
        return written

    def report(self, core: Coordinator) -> None:
        """Write `<name>.report.json`. Raises StoreError."""
        work = core.works[self.state.job]
        extra = ReportExtra(
            files=self.state.finished.files if self.state.finished else (),
            duration_s=sum(book.duration_s for book in self.books),
            first_grant_s=work.first_grant_s,
            clips_received=work.clips_received,
            duplicates=work.duplicates,
            reissued=work.reissued,
            idle_s=_by_worker(core.sessions, idle_s),
            wasted_s=_by_worker(core.sessions, lambda session: session.wasted_s),
            heard=self._heard(),
        )
        records = map(self._as_held, self.store.records(self.state.job))
        self.made = make_report(self.state.facts, records, extra)
        path = report_path(self.target)
        with guarded(path):
            replace_file(path, msgspec.json.encode(self.made))
            if self.style.report_html:
                replace_file(path.with_suffix(".html"), report_page(self.made).encode())
        del self.made["segments"]  # long, and needed no more

    def _heard(self) -> dict[Place, Heard]:
        """Where the sentences that the report names are in the files."""
        if self._press is None:
            return {}
        doubtful = [place for place, clip in self.state.accepted.items() if clip.doubt]
        folder = self.target.parent
        files = [
            (book.path.relative_to(folder).as_posix(), self._press.cues(volume))
            for volume, book in self._press.bound[: len(self.books)]
        ]
        return locate(files, (*doubtful, *self.state.quarantined))

    def _as_held(self, record: AnyRecord) -> AnyRecord:
        """The same record as the state holds it: a long book's need not be in memory twice."""
        if not isinstance(record, ClipAccepted):
            return record
        held = self.state.accepted.get((record.chapter, record.index))
        return held if held == record else record

    def closing_lines(self) -> list[str]:
        """What to say at the end."""
        notes = dict.fromkeys(book.note for book in self.books if book.note)
        return [*closing_lines(self.made), *notes]


def idle_s(session: Session) -> float:
    """Seconds that all slots of a worker had nothing to do."""
    return sum(slot.idle_s for slot in session.slots)


def _by_worker(sessions: Mapping[str, Session], figure: Any) -> dict[str, float]:
    totals: dict[str, float] = {}
    for session in sessions.values():
        totals[session.worker] = totals.get(session.worker, 0.0) + figure(session)
    return totals
