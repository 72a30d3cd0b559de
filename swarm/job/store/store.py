"""The coordinator's disk: jobs with their journals, and the clips that all jobs share.

It says which jobs are there and in use, which sentences users overruled in them, and what was committed since the
start.
"""

import hashlib
import os
import re
import shutil
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from swarm.errors import Remedy, StoreError
from swarm.job.job_asset import piece_size
from swarm.job.record import COSTLY, AnyRecord, ClipAccepted, LatentsKept, SegmentReworded
from swarm.job.run import MAX_BYTES, RunStats, decode_run_stats
from swarm.job.spec import JobSpec
from swarm.job.store.clips import ClipFolder, file_size
from swarm.job.store.journal import FILE as JOURNAL
from swarm.job.store.journal import Journal, create_journal
from swarm.job.store.summary import (
    JobSummary,
    clip_bytes,
    drop_summary,
    list_summaries,
    only_in,
    read_summary,
    standing_of,
    write_summary,
)
from swarm.system.disk import (
    STATE_VERSION,
    VERSION_FILE,
    Lock,
    Scratch,
    check_state,
    clear_parts,
    guarded,
    make_folder,
    make_private_folder,
    replace_file,
    write_synced,
)
from swarm.system.platform import sync_file, sync_folder

FileContents = Mapping[str, bytes | Path]  # keys are digests
COPY_BYTES = 1 << 20


def file_path(folder: Path, digest: str) -> Path:
    """Return the path of a job file, whether it is there or not."""
    return folder / "assets" / digest


def put_job_assets(folder: Path, contents: FileContents, jobs: Path) -> None:
    """Put files into a job's folder, durably; a file that another of the `jobs` has is linked. Raises OSError."""
    for digest, content in contents.items():
        target = file_path(folder, digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_suffix(".part")
        part.unlink(missing_ok=True)
        if isinstance(content, bytes):
            write_synced(part, content)
        elif not _share(digest, content.stat().st_size, part, jobs):
            copy_synced(content, part)
        part.replace(target)
        sync_folder(target.parent)


@contextmanager
def unpacking(parent: Path) -> Iterator[Path]:
    """Yield a new folder inside an existing one, and remove it afterwards. Raises StoreError."""
    with guarded(parent), tempfile.TemporaryDirectory(dir=parent) as folder:
        yield Path(folder)


def _share(digest: str, size: int, part: Path, jobs: Path) -> bool:
    """Link `part` to the same content in another job, and tell whether that could be done."""
    for twin in jobs.glob(f"*/assets/{digest}"):
        if twin.stat().st_size == size and digest_of(twin) == digest:
            try:
                os.link(twin, part)
            except OSError:
                return False
            return True
    return False


def digest_of(path: Path) -> str:
    """Return the SHA-256 digest of a file, hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def copy_synced(source: Path, part: Path) -> None:
    """Copy a file and sync its content; its name is not durable yet. Raises OSError."""
    with source.open("rb") as reading, part.open("wb") as writing:
        while chunk := reading.read(COPY_BYTES):
            writing.write(chunk)
        writing.flush()
        sync_file(writing.fileno())


def read_piece(path: Path, offset: int) -> bytes:
    """Read the piece of a file that begins at an offset. Raises StoreError."""
    with guarded(path), path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        file.seek(offset)
        return file.read(piece_size(size, offset))


class Tally(Struct):
    """Counts that only grow."""

    commits: int = 0  # transactions of journals
    clips: int = 0  # clips that were spoken
    clip_bytes: int = 0
    sound_s: float = 0.0
    work_s: float = 0.0  # seconds that engines spent on the clips
    retakes: int = 0  # takes beyond the first of each clip

    def commit(self, records: Iterable[AnyRecord]) -> None:
        """Count one commit."""
        self.commits += 1
        for record in records:
            if isinstance(record, ClipAccepted) and not record.reused:
                self.clips += 1
                self.clip_bytes += record.bytes
                self.sound_s += record.length_s
                self.work_s += record.work_s
                self.retakes += max(0, record.takes - 1)


JOB_NAME = re.compile(  # none is a device on Windows
    r"(?!(?:con|prn|aux|nul|(?:com|lpt)[0-9])(?:\.|$))[a-z0-9_][a-z0-9._-]{0,119}", re.IGNORECASE | re.ASCII
)
BOOK = "book.epub"
RUN_STATS = "effort.json"
BROUGHT = "brought"  # the folder of clips that came with a job from elsewhere, by job
MAX_OPEN_JOURNALS = 16  # each journal is three open files, and a command may have hundreds of books
NO_FILES: FileContents = {}

Entry = tuple[str, AnyRecord, bytes]  # the job, the record, and the bytes of its clip or latents, or b""


class DiskStore:
    """The jobs, records and clips under a state folder. Each method may raise StoreError; then it has changed nothing.

    Use each job from one thread at a time; `find_clip`, `clip_path`, `read_asset` and `save_run_stats` from any.
    """

    def __init__(self, state_dir: Path) -> None:
        self.state_dir, self.tally = state_dir, Tally()
        self._journals: dict[str, Journal] = {}
        self._choosing = threading.Lock()  # reports are read while another thread commits
        self._locks: dict[str, Lock] = {}
        self._brought: dict[str, ClipFolder | None] = {}  # keys are jobs; None where a job has no such clips
        self._made: list[str] = []
        check_state(state_dir)
        with guarded(state_dir):
            make_private_folder(state_dir)
        if not (version := state_dir / VERSION_FILE).exists():
            with guarded(version):
                replace_file(version, f"{STATE_VERSION}\n".encode())
        for name in ("jobs", "clips"):
            make_folder(state_dir / name)
        self._scratch = Scratch(state_dir / "scratch")
        self.clips = ClipFolder(state_dir / "clips", self._scratch.folder)

    def folder(self, job: str) -> Path:
        """Return the folder of a job. Raises StoreError for a name that no job can have."""
        if not JOB_NAME.fullmatch(job):
            raise StoreError(f"There is no job {job!r}; `e2a-swarm jobs` lists them all.")
        return self.state_dir / "jobs" / job

    def create_job(self, spec: JobSpec, book_file: Path, contents: FileContents = NO_FILES) -> None:
        """Make a job in the scratch folder, and rename it into place as the last step."""
        folder = self.folder(spec.job)
        if (folder / JOURNAL).exists():
            raise StoreError(f"{folder} exists already", Remedy("move it away"))
        fresh = self._scratch.folder / spec.job
        with guarded(folder):
            fresh.mkdir()
            copy_synced(book_file, fresh / BOOK)
            put_job_assets(fresh, contents, self.state_dir / "jobs")
            create_journal(fresh, spec)
            sync_folder(fresh)
            if folder.exists():  # a folder without a journal holds only files that can be made again
                folder.rename(self._scratch.folder / f"{spec.job}.removed")
            fresh.rename(folder)
            self._made.append(spec.job)
            sync_folder(folder.parent)

    def open_job(self, job: str) -> JobSpec | None:
        """Open and check the journal of a job, and return its spec; None if there is no job of that name."""
        return self._journal(job).spec() if (self.folder(job) / JOURNAL).exists() else None

    def records(self, job: str) -> Iterator[AnyRecord]:
        """Yield the records of a job, oldest first."""
        return self._journal(job).records()

    def commit(self, entries: Sequence[Entry]) -> None:
        """Write clips first, then rows, one transaction for each journal: no row names a clip that is not there."""
        by_job: dict[str, list[AnyRecord]] = {}
        clips: dict[str, bytes] = {}
        for job, record, frame in entries:
            by_job.setdefault(job, []).append(record)
            if frame and isinstance(record, ClipAccepted):
                clips[record.key] = frame
            elif frame and isinstance(record, LatentsKept):
                self.restore_asset(job, record.digest, frame)
        for job in by_job:
            self._journal(job)  # raises for an unknown job, before anything is written
        if clips:
            self.clips.add_clips(clips)
        for job, records in by_job.items():
            drop_summary(self.folder(job))
            self._journal(job).append_records(records)
            self.tally.commit(records)

    def rewrite_records(self, job: str, records: Sequence[AnyRecord]) -> None:
        """Write records in place of all that a job has; their clips have to be there."""
        drop_summary(self.folder(job))
        self._journal(job).rewrite_records(records)

    def asset_size(self, job: str, digest: str) -> int:
        """Return the size of a job file in bytes, 0 if it is gone."""
        return file_size(self.asset_path(job, digest))

    def settle(self, job: str) -> None:
        """Close the files of a job that is finished, and write its summary for lists of jobs."""
        self._journal(job).suspend()
        write_summary(self.folder(job))

    def run_stats(self, job: str) -> RunStats:
        """Return the run stats of a job; empty ones if they cannot be read."""
        try:
            with (self.folder(job) / RUN_STATS).open("rb") as file:
                return decode_run_stats(file.read(MAX_BYTES + 1))
        except OSError:
            return RunStats()

    def save_run_stats(self, job: str, run_stats: RunStats) -> None:
        """Save the run stats beside the journal; other writes report a disk that fails."""
        with suppress(OSError):
            replace_file(self.folder(job) / RUN_STATS, msgspec.json.encode(run_stats))

    def asset_path(self, job: str, digest: str) -> Path:
        """Return the path of a job file, whether it is there or not."""
        return file_path(self.folder(job), digest)

    def unpacking(self) -> AbstractContextManager[Path]:
        """Yield a folder on the same disk for unfinished files, and remove it afterwards."""
        return unpacking(self._scratch.folder)

    def restore_asset(self, job: str, digest: str, content: bytes | Path) -> None:
        """Put back a job file that was lost."""
        with guarded(self.folder(job)):
            put_job_assets(self.folder(job), {digest: content}, self.state_dir / "jobs")

    def read_asset(self, job: str, digest: str, offset: int) -> bytes:
        """Read the piece of a job file that begins at an offset."""
        return read_piece(self.asset_path(job, digest), offset)

    def brought_clips(self, job: str) -> ClipFolder:
        """Return the folder of the clips that came with a job from elsewhere: they count for that job alone."""
        found = self._brought.get(job)
        if found is None:
            found = self._brought[job] = ClipFolder(self._brought_folder(job), self._scratch.folder)
        return found

    def _brought_folder(self, job: str) -> Path:
        return self.state_dir / BROUGHT / self.folder(job).name

    def _has(self, job: str) -> ClipFolder | None:
        """Return the folder of the clips that came with a job; None where it has none."""
        if job and job not in self._brought:
            self._brought[job] = self.brought_clips(job) if self._brought_folder(job).is_dir() else None
        return self._brought[job] if job else None

    def _clips_with(self, key: str, job: str) -> ClipFolder:
        brought = self._has(job)
        return brought if brought and brought.size(key) else self.clips

    def has_clip(self, record: ClipAccepted, job: str) -> bool:
        """Tell whether a clip is there as a record of a job from elsewhere says."""
        folder = self._clips_with(record.key, job)
        with guarded(folder.root):
            is_whole = folder.size(record.key) == record.bytes
            return is_whole and (folder is not self.clips or digest_of(folder.path(record.key)) == record.digest)

    def believe_clip(self, key: str, job: str) -> None:
        """Let a clip that came with a job count for all jobs: this machine has listened to it."""
        brought = self._has(job)
        if brought and brought.size(key) and not self.clips.size(key):
            self.clips.add_clips({key: brought.path(key).read_bytes()})
            brought.discard_clip(key)

    def clip_path(self, key: str, job: str = "") -> Path:
        """Return the path of a clip as a job has it, whether it is there or not."""
        return self._clips_with(key, job).path(key)

    def find_clip(self, key: str, job: str = "") -> Path | None:
        """Return the path of a clip as a job has it, if it is there and not empty."""
        return self._clips_with(key, job).find_clip(key)

    def clip_keys(self, job: str = "") -> set[str]:
        """Return the keys of all clips that count for a job, whole or not."""
        brought = self._has(job)
        return self.clips.keys() | (brought.keys() if brought else set())

    def discard_clip(self, key: str, job: str = "") -> None:
        """Remove a clip that cannot be trusted, as a job has it."""
        self._clips_with(key, job).discard_clip(key)

    def lost_clips(self, job: str) -> list[ClipAccepted]:
        """Return the accepted clips whose file is missing or of another size than journaled."""
        clips, sizes, _, _ = standing_of(self.records(job))
        found = {key: self._clips_with(key, job).size(key) for key in sizes}
        return [record for record in clips if not found[record.key] or found[record.key] != sizes[record.key]]

    def jobs(self) -> list[JobSummary]:
        """Return all jobs of this store, oldest first."""
        return list_jobs(self.state_dir)

    def remove_jobs(self, jobs: Sequence[str]) -> None:
        """Remove unused jobs and the clips that no other job refers to."""
        for job in jobs:
            if not self.folder(job).is_dir():
                raise StoreError(f"There is no job {job!r}; `e2a-swarm jobs` lists them all.")
            self.lock_job(job)
        orphans = self._orphans(jobs)
        for job in jobs:
            self._remove_folder(job)
        for key in orphans:
            self.clips.discard_clip(key)
        for job in jobs:
            self._locks.pop(job).release()

    def forsake(self) -> list[str]:
        """Remove and return the jobs that this process made, unless they hold something that cost work."""
        gone = []
        for job in self._made:
            with suppress(StoreError):  # the command may have failed because of the disk
                if not any(isinstance(record, COSTLY) for record in self.records(job)):
                    self._remove_folder(job)
                    gone.append(job)
        self._made.clear()
        return gone

    def bytes_of(self, jobs: Sequence[str]) -> int:
        """Return the bytes that removing these jobs together would free."""
        names = job_names(self.state_dir)
        others = [self.folder(name) for name in names if name not in set(jobs)]
        try:
            clips = clip_bytes(map(self.folder, names)) - clip_bytes(others)
        except StoreError:  # clips cannot be counted then, so they stay
            clips = 0
        return only_in(map(self.folder, jobs)) + clips

    def _remove_folder(self, job: str) -> None:
        folder, removed = self.folder(job), self._scratch.folder / f"{job}.removed"
        self._close_journal(job)
        if brought := self._brought.pop(job, None):
            brought.end_threads()
        with guarded(folder):
            folder.rename(removed)
            sync_folder(folder.parent)
            shutil.rmtree(removed)
            shutil.rmtree(self._brought_folder(job), ignore_errors=True)

    def _orphans(self, jobs: Sequence[str]) -> list[str]:
        """Return the keys of clips that only these jobs refer to; none if any journal cannot be read."""
        try:
            orphans = {key for job in jobs for key in read_summary(self.folder(job)).sizes}
            for name in job_names(self.state_dir) if orphans else ():
                if name not in jobs:
                    orphans -= read_summary(self.folder(name)).sizes.keys()
        except StoreError:
            return []
        return list(orphans)

    def lock_job(self, job: str, *, named: bool = True) -> None:
        """Keep other processes off a job until `close`. Raises a StoreError that names the process using it.

        Without `named`, other processes do not learn which one holds it; that is quicker.
        """
        self.folder(job)  # raises StoreError for a name that leads to another folder
        if job not in self._locks:
            lock = Lock(self.state_dir / "locks" / f"{job}.lock")
            lock.acquire(job, named=named)
            self._locks[job] = lock
            clear_parts(self.folder(job))

    def release_job(self, job: str) -> None:
        """Close the journal of a job and release its lock."""
        with self._choosing:
            self._close_journal(job)
        if lock := self._locks.pop(job, None):
            lock.release()

    def close(self) -> None:
        """Close the journals, release the locks and remove the scratch folder."""
        for job in list(self._journals):
            self._close_journal(job)
        for clips in (self.clips, *filter(None, self._brought.values())):
            clips.end_threads()
        for lock in self._locks.values():
            lock.release()
        self._locks.clear()
        self._scratch.remove_scratch()

    def _journal(self, job: str) -> Journal:
        """Return the journal of a job, and close the files of the one that was used least recently."""
        with self._choosing:
            journal = self._journals.pop(job, None) or Journal(self.folder(job))
            self._journals[job] = journal
            rest = list(self._journals.values())[:-MAX_OPEN_JOURNALS]
        for other in rest:
            other.suspend()
        return journal

    def _close_journal(self, job: str) -> None:
        if journal := self._journals.pop(job, None):
            journal.close()


def list_jobs(state_dir: Path) -> list[JobSummary]:
    """Return all jobs under a state folder, oldest first. A full or read-only disk does not matter.

    Raises StoreError.
    """
    return list_summaries(state_dir / "jobs" / name for name in job_names(state_dir))


def clip_bytes_of_all(state_dir: Path) -> int:
    """Return the bytes of the clips of all jobs that can be read, under a state folder. Raises StoreError."""
    sizes: dict[str, int] = {}
    for name in job_names(state_dir):
        with suppress(StoreError):
            sizes |= read_summary(state_dir / "jobs" / name).sizes
    return sum(sizes.values())


def job_names(state_dir: Path) -> list[str]:
    """Return the names of all jobs under a state folder, readable or not. Raises StoreError."""
    folder = state_dir / "jobs"
    with guarded(state_dir):
        names = [path.name for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return [name for name in names if JOB_NAME.fullmatch(name)]


def has_job(state_dir: Path, job: str) -> bool:
    """Tell whether there is a job of that name."""
    return bool(JOB_NAME.fullmatch(job)) and (state_dir / "jobs" / job / JOURNAL).exists()


def is_used(state_dir: Path, job: str) -> bool:
    """Tell whether this or another process has locked a job. Raises StoreError."""
    if not has_job(state_dir, job):
        return False
    lock = Lock(state_dir / "locks" / f"{job}.lock")
    if free := lock.try_acquire():
        lock.release()
    return not free


Overrides = dict[tuple[int, int], SegmentReworded]  # the keys are chapter and index


def reworded_jobs(state_dir: Path, slug: str) -> list[tuple[JobSpec, Overrides]]:
    """Return the jobs that have wordings, the newest first, of books whose title has this slug. Raises StoreError."""
    folders = [state_dir / "jobs" / name for name in job_names(state_dir) if name.rpartition("-")[0] == slug]
    found = [each for folder in folders for each in _reworded(folder)]
    return sorted(found, key=lambda each: -each[0].created_s)


def _reworded(folder: Path) -> Iterator[tuple[JobSpec, Overrides]]:
    with suppress(StoreError), closing(Journal(folder, read_only=True)) as journal:
        if wordings := journal.overrides():
            yield journal.spec(), wordings
