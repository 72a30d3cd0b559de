"""The books of one config: each becomes a job, and each job an edition, if the disk has room for both.

All constants of the estimate of room are here, each with what it was measured on.
"""

import re
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.audiobook.delivery import Delivery, find_destination
from swarm.audiobook.destination import Destination
from swarm.audiobook.edition import Edition
from swarm.audiobook.output_path import (
    CLAIMS,
    Head,
    book_marks,
    claim_output_path,
    claims_in,
    is_another_voice,
    is_bare_claim,
    note_claim,
    release_report,
    report_path,
)
from swarm.audiobook.read_along_maker import sound_style
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.style import Style, make_style, read_cover
from swarm.book.model.reading_choice import Wording
from swarm.config import RenderConfig
from swarm.coordinator.book_cast import keep_mends
from swarm.coordinator.brought_files import BroughtFiles, find_brought_files, put_back
from swarm.coordinator.prepare import Prepared, prepare, unheard
from swarm.errors import BookError, EnvironmentFault, ReaderMissing, StoreError
from swarm.job.spec import JobSpec
from swarm.job.state import JobState
from swarm.job.store.store import DiskStore, has_job, is_used
from swarm.job.store.summary import size_of
from swarm.system.machine import Clock, Say
from swarm.system.platform import disk_of, free_bytes, trim_memory
from swarm.system.text import bytes_text, is_device_name
from swarm.voice.host.default_voice import FetchedHere, Workers, reach_for_workers
from swarm.voice.host.registry import check_at_hand, estimate_s

if TYPE_CHECKING:
    from swarm.audiobook.audiobookshelf import Upload


# FLAC keeps 0.55 of hibari's 16-bit samples, 0.58 of espeak's, measured on The Yellow Wallpaper.
FLAC_SHARE = 0.57
VOICE_RATE = 24_000  # Hz, of nearly all voices; the true rate is known after one sentence
EVERY_CLIP_BYTES = 4096  # a half-empty last block, and its rows in the journal
# Pace and FLAC come out within a fifth of the estimate with the voices at hand; another voice may be a third slower.
# So there is certainly too little room only where half of it does not fit.
MAX_WRONG = 2.0
WARN_SHARE = 1.2
# A book that takes less is spoken in a minute or two: trying is the better estimate.
MIN_BYTES = 50_000_000


@dataclass
class Need:
    """Bytes that will be written, by disk; `files` of them are the audiobook's, `folders` names the places."""

    bytes: dict[object, float] = field(default_factory=dict)
    folders: dict[object, Path] = field(default_factory=dict)
    files: float = 0.0

    def add_bytes(self, folder: Path, size: float) -> None:
        """Add so many bytes to the need of an existing folder."""
        disk = disk_of(folder)
        self.bytes[disk] = self.bytes.get(disk, 0.0) + size
        self.folders.setdefault(disk, folder)


def clip_bytes(state: JobState) -> float:
    """Estimate the bytes of the clips that are still to be spoken."""
    left = [
        len(segment.spoken)
        for number, chapter in enumerate(state.spec.chapters)
        for index, segment in enumerate(chapter.segments)
        if (number, index) not in state.accepted
    ]
    rate = state.sample_rate or VOICE_RATE
    return estimate_s(state.spec.recipe, sum(left)) * rate * 2 * FLAC_SHARE + len(left) * EVERY_CLIP_BYTES


def file_bytes(state: JobState, style: Style) -> tuple[float, float]:
    """Estimate the bytes of the reels, and of the audiobook's files."""
    segments = [segment for chapter in state.spec.chapters for segment in chapter.segments]
    seconds = estimate_s(state.spec.recipe, sum(len(segment.spoken) for segment in segments))
    seconds += sum(style.pause_s(segment.pause) for segment in segments)
    coding = style.coding(state.sample_rate or VOICE_RATE)
    samples = seconds * coding.sample_rate * coding.channels * 2
    reels = seconds * coding.bitrate / 8 or samples * FLAC_SHARE
    whole = samples if style.format.family == "wav" else reels
    return reels, whole * (2 if style.keep_chapters else 1)


def book_need(state: JobState, style: Style, folder: Path, job: Path, state_dir: Path) -> Need:
    """Estimate the room for a book: its files in `folder`, the rest in the state folder; `job` has what exists."""
    reels, files = file_bytes(state, style)
    encoded = 0 if state.finished else size_of(job / "reels")
    need = Need(files=files)
    need.add_bytes(state_dir, clip_bytes(state) + max(0.0, reels - encoded))
    need.add_bytes(folder, files)
    if style.read_along:
        sound = sound_style(style)
        more_reels, sounds = file_bytes(state, sound)
        need.add_bytes(state_dir, sounds + (0 if sound.format.codec == style.format.codec else more_reels))
        need.add_bytes(folder, sounds)
        need.files += sounds
    return need


def check_space(needs: Iterable[Need]) -> list[str]:
    """Return warnings where room may run out on a disk. Raises EnvironmentFault where it certainly does."""
    total = Need()
    for need in needs:
        for disk, size in need.bytes.items():
            total.add_bytes(need.folders[disk], size)
    notes = [judge(folder, total.bytes[disk], free_bytes(folder)) for disk, folder in total.folders.items()]
    return [note for note in notes if note]


def judge(where: Path | str, size: float, free: int | None) -> str:
    """Return a warning if so many bytes may not fit into a place; "" if they do. Raises EnvironmentFault."""
    if free is None or size < MIN_BYTES or free > size * WARN_SHARE:
        return ""
    spec = f"about {bytes_text(round(size))} will be written to {where}, where {bytes_text(free)} are free"
    if free < size / MAX_WRONG:
        raise EnvironmentFault(
            f"There is too little room: {spec}. Free some (`e2a-swarm jobs` shows what old jobs hold), or name "
            "another folder with --output-dir or --state-dir."
        )
    return f"room may run out: {spec}"


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
        self.workers: Workers | None = None  # only commands that take workers set it
        self.tell: Say = unheard  # shows how far the download of a voice is, or a question who speaks
        self.destination: Destination | None = None
        self.upload: Upload | None = None

    @property
    def may_change_voices(self) -> bool:
        """Whether a book of which nothing is spoken may get another engine: workers speak, and the user named none."""
        config, brought = self.config, self.brought
        named = config.engine or config.model or config.voice or brought.model or brought.voice
        return self.workers is not None and not (named or config.redo or config.take_over)

    def open(self) -> None:
        """Read every book and open its job, before anything is served. Raises BookError, StoreError, UsageError."""
        if self.config.style.cover:
            read_cover(self.config.style.cover)  # a bad cover is refused before books are read
        self.destination = find_destination(self.config.output_dir, self.config.output_url, self.config.state_dir)
        if self.config.upload:
            from swarm.audiobook.audiobookshelf import Upload  # imported late: few upload, and all start sooner

            self.upload = Upload(self.config.upload)
            self.upload.find_room()  # a fault of the server shows now, not after the night
        brought = self.brought = find_brought_files(self.config, self.store)
        for note in brought.notes:
            self.say(note)
        found: dict[str, Prepared] = {}  # keys are jobs, since the same book may be named twice
        for path in self.config.books:
            if prepared := self._prepare(path, brought):
                found.setdefault(prepared.state.job, prepared)
        if self.workers is None:  # only this machine speaks
            for prepared in found.values():
                if not prepared.state.complete:
                    check_at_hand(prepared.state.spec.recipe)
        for job, prepared in found.items():  # all jobs are locked by now, so none takes another's name
            if prepared.undoubted:
                self.undoubted[prepared.state.spec.title] = None
                continue
            self.store.commit([(job, record, b"") for record in prepared.records])
            if self.config.redo and (self.config.redo.recast[0] or self.config.redo.rename[0]):
                keep_mends(self.config, prepared.state)
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
        provide = FetchedHere(self.say, self.tell) if self.workers is None else reach_for_workers
        try:
            return prepare(self.config, path, self.store, self.clock.now(), brought, self.workers, provide, self.tell)
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
                self.config.state_dir if edition.delivery else edition.output_path.parent,
                self.store.folder(edition.state.job),
                self.config.state_dir,
            )
            for edition in self.editions
            if not edition.is_made
        ]
        notes = check_space(needs)
        if self.destination:
            delivered = sum(need.files for need in needs)
            notes.append(judge(self.destination.name, delivered, self.destination.free_bytes()))
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
        delivery = Delivery(self.destination, self.store.folder(job) / "outbox") if self.destination else None
        claim = delivery.claim_name if delivery else partial(claim_output_path, self.config.output_dir)
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
                "With --edition replace this one takes its place."
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


def file_stem(title: str, authors: Sequence[str], chapters: str, *, preview: bool = False, voice: str = "") -> str:
    """Return the audiobook's file name without its ending: "Title - Author", with the chapters if they are chosen.

    `voice` is named if it is given: previews are made to compare voices.
    """
    author = " & ".join(authors[:3])
    name = f"{title} - {author}" if author else title
    if chapters:
        noun = "chapter" if chapters.isdigit() else "chapters"
        name += f" ({'preview of ' if preview else ''}{noun} {chapters}{f', {voice}' if voice else ''})"
    coding = sys.getfilesystemencoding()  # this coding is ASCII in some old locales
    writable = unicodedata.normalize("NFC", name).encode(coding, "replace").decode(coding)
    clean = re.sub(r'[\x00-\x1f<>:"/\\|?*]', " ", writable)
    short = re.sub(r"\s+", " ", clean).strip(" .-").encode()[:180].decode(errors="ignore").strip(" .-")
    return f"_{short}" if is_device_name(short) else short or "audiobook"


def free_names(store: DiskStore, output_dir: Path) -> None:
    """Release the names in an output folder that commands claimed which were killed, and wrote nothing there."""
    for notes in (store.state_dir / "jobs").glob(f"*/{CLAIMS}"):
        job = notes.parent.name
        claims = [claim for claim in claims_in(notes.parent) if claim.parent == output_dir.absolute()]
        for report in filter(is_bare_claim, claims):
            with suppress(StoreError):  # a command that runs holds it
                store.lock_job(job, named=False)
                release_report(report, job)
                store.release_job(job)
