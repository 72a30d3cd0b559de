"""The books of one config: each becomes a job, and each job an edition."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.audio.studio import Studio
from swarm.config import RenderConfig
from swarm.coordinator.brought_files import BroughtFiles, find_brought_files, put_back
from swarm.coordinator.job_spec import Offered
from swarm.coordinator.prepare import Prepared, file_stem, prepare
from swarm.coordinator.space import book_need, check_space, judge
from swarm.edition.delivery import Delivery, find_depot
from swarm.edition.depot import Depot
from swarm.edition.edition import Edition
from swarm.edition.predecessor import Head, book_marks, is_another_voice
from swarm.edition.style import make_style, read_cover
from swarm.edition.target import claim_target, claims_in, note_claim, release_report, report_path
from swarm.errors import BookError, ReaderMissing
from swarm.job.reading import Wording
from swarm.job.spec import JobSpec
from swarm.store.job_use import has_job, is_used
from swarm.store.store import DiskStore
from swarm.system.machine import Clock, Say
from swarm.system.platform import trim_memory

if TYPE_CHECKING:
    from swarm.edition.audiobookshelf import Upload


class Books:
    """The books of a config, their jobs and editions. `open` may run in any thread."""

    def __init__(self, config: RenderConfig, store: DiskStore, studio: Studio, clock: Clock, say: Say) -> None:
        self.config = config
        self.store = store
        self.studio = studio
        self.clock = clock
        self.say = say
        self.editions: list[Edition] = []
        self.undoubted: dict[str, None] = {}  # titles of books that `redo --doubtful` leaves as they are
        self.unread: list[BookError | ReaderMissing] = []  # books of a folder that could not be read
        self.brought = BroughtFiles()
        self.offered: Offered | None = None  # only commands that take workers set it
        self.depot: Depot | None = None
        self.upload: Upload | None = None

    def open(self) -> None:
        """Read every book and open its job, before anything is served. Raises BookError, StoreError, UsageError."""
        if self.config.style.cover:
            read_cover(self.config.style.cover)  # a bad cover is refused before books are read
        self.depot = find_depot(self.config.output_dir, self.config.output_url, self.config.state_dir)
        if self.config.upload:
            from swarm.edition.audiobookshelf import Upload  # imported late: few upload, and all start sooner

            self.upload = Upload(self.config.upload)
            self.upload.find_room()  # a fault of the server shows now, not after the night
        brought = self.brought = find_brought_files(self.config, self.store)
        for note in brought.notes:
            self.say(note)
        found: dict[str, Prepared] = {}  # keys are jobs, since the same book may be named twice
        for path in self.config.books:
            if prepared := self._prepare(path, brought):
                found.setdefault(prepared.state.job, prepared)
        for job, prepared in found.items():  # all jobs are locked by now, so none takes another's name
            if prepared.undoubted:
                self.undoubted[prepared.state.spec.title] = None
                continue
            self.store.commit([(job, record, b"") for record in prepared.records])
            for note in prepared.notes:
                self.say(note)
            self.editions.append(self._edition(prepared))
        if not self.editions and not self.undoubted:
            raise self.unread[0]
        if self.editions:
            self._check_space()
        trim_memory()

    def _prepare(self, path: Path, brought: BroughtFiles) -> Prepared | None:
        """Prepare the job of a book; None if a folder held it and it cannot be read. Raises as `open` does."""
        try:
            return prepare(self.config, path, self.store, self.clock.now(), brought, self.offered)
        except (BookError, ReaderMissing) as fault:
            if path not in self.config.found:
                raise
            self.say(f"left out: {fault}")
            self.unread.append(fault)
            return None

    def _check_space(self) -> None:
        """Say where room may run out. Raises EnvironmentFault for a book that certainly does not fit."""
        needs = [
            book_need(
                edition.state,
                edition.style,
                self.config.state_dir if edition.delivery else edition.target.parent,
                self.store.folder(edition.state.job),
                self.config.state_dir,
            )
            for edition in self.editions
            if not edition.is_made
        ]
        notes = check_space(needs)
        if self.depot:
            delivered = sum(need.files for need in needs)
            notes.append(judge(self.depot.name, delivered, self.depot.free_bytes()))
        for note in filter(None, notes):
            self.say(note)

    def _edition(self, prepared: Prepared) -> Edition:
        job = prepared.state.job
        style = make_style(self.config.style, prepared.state.spec)
        named = self.config.redo.stem if self.config.redo else ""
        preview = bool(self.config.preview_s)
        stem = named or file_stem(
            style.tags.title,
            style.tags.authors,
            self.config.chapters,
            preview=preview,
            voice=self.config.voice if preview else "",
        )
        delivery = Delivery(self.depot, self.store.folder(job) / "outbox") if self.depot else None
        claim = delivery.claim if delivery else partial(claim_target, self.config.output_dir)
        spec, others = prepared.state.spec, list[Head]()
        target = claim(stem, style.output_format, job, book_marks(spec), partial(self._may_replace, spec, others))
        report = report_path(target)
        address = delivery.address(report) if delivery else str(report.absolute())
        for claim_before in claims_in(self.store.folder(job)) if self.config.replace else []:
            if claim_before != report.absolute():
                release_report(claim_before, job)
        if note_claim(self.store.folder(job), address) and others:
            self.say(
                f"This edition is named {target.name}: the last one has another voice and stays. "
                "With --replace this one takes its place."
            )
        return Edition(
            prepared.state,
            self.store,
            target,
            style,
            self.studio,
            delivery=delivery,
            upload=self.upload,
            deliver_gaps=self.config.deliver_gaps,
            keep_both=self.config.keep_both,
            say=self.say,
            wording=Wording(self.config.reading, self.config.chapters, self.config.lexicon, self.config.credits),
            options=self.config.options,
        )

    def _may_replace(self, spec: JobSpec, others: list[Head], last: Head) -> bool:
        """Tell whether the edition of a job takes the place of the last one under its name.

        A job in use keeps its name, and so does one that another machine began and may still be speaking. An edition
        with another voice keeps it too, unless the user says otherwise, and is added to `others`.
        """
        job, state_dir = last.book.job, self.config.state_dir
        if job == spec.job:
            return self.config.replace
        if self.config.keep_both or not book_marks(spec) & last.marks or is_used(state_dir, job):
            return False
        if is_another_voice(spec.recipe, last) and not self.config.replace:
            others.append(last)
            return False
        return last.is_whole or has_job(state_dir, job)

    def put_back(self, job: str, digest: str) -> bool:
        """Put back a job file that was lost, from where the user named it; tell whether that was possible."""
        return put_back(self.brought, self.store, job, digest)
