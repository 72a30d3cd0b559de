"""What lists of jobs need of each journal. A small file beside the journal has it, so that not every journal is read.

The file says which journal it was made of, by size and time. If that is another one by now, or the file is damaged or
missing, the journal is read and the file made anew.

Besides, how much of the disk folders use.
"""

import os
import re
import time
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from swarm.errors import StoreError
from swarm.job.job_asset import JobAsset
from swarm.job.record import AnyRecord, ClipAccepted, ClipDiscarded, JobFinished, RunStarted
from swarm.job.spec import FileOrigin, JobSpec, Setting
from swarm.job.store.clips import file_size
from swarm.job.store.journal import FILE as JOURNAL
from swarm.job.store.journal import Journal
from swarm.system.disk import DAMAGED, part_of


def size_of(folder: Path | str) -> int:
    """Return the bytes of all files under a folder."""
    return sum(status.st_size for status in _files(folder))


def only_in(folders: Iterable[Path]) -> int:
    """Return the bytes of the files under these folders that are linked from nowhere else."""
    names: Counter[tuple[int, int]] = Counter()
    files: dict[tuple[int, int], os.stat_result] = {}
    for status in (status for folder in folders for status in _files(folder)):
        names[status.st_dev, status.st_ino] += 1
        files[status.st_dev, status.st_ino] = status
    return sum(status.st_size for file, status in files.items() if names[file] >= status.st_nlink)


def _files(folder: Path | str) -> Iterator[os.stat_result]:
    """Yield the status of each file under a folder."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _files(entry.path)
            elif entry.is_file() and not entry.name.endswith("-shm"):  # SQLite has such a file while a journal is open
                with suppress(OSError):  # the file was removed meanwhile
                    yield os.stat(entry.path)  # noqa: PTH116 (an entry of Windows knows no links)


FILE = "summary"
FORMAT = 3  # raise it when what is in the file changes
SETTLED_NS = 2_000_000_000  # a journal changed more recently may change again without another time
_CRC_BYTES = 4
KEY = re.compile(r"[0-9a-f]{32}")  # the key of a clip

Stamp = tuple[int, int]  # size and time of a journal


class JobSummary(NamedTuple):
    """A job on this machine. `accepted` counts the spoken ones of `sentences`; `disk_bytes` includes its clips.

    If its journal cannot be read, `trouble` says why, and nothing else is known.
    """

    job: str
    title: str
    source: str
    created_s: float
    accepted: int
    disk_bytes: int
    finished: bool
    trouble: str = ""
    engine: str = ""
    voice: str = ""
    language: str = ""
    speed: Setting | None = None  # None: the engine has no such setting
    chapters: tuple[str, ...] = ()  # titles of the chapters that are spoken
    sentences: int = 0
    files: tuple[str, ...] = ()  # files of the audiobook when it was last written
    job_files: tuple[JobAsset, ...] = ()
    origins: tuple[FileOrigin, ...] = ()  # the user's files that the job files were made from
    used_s: float = 0.0  # when a command last used the job


class JournalSummary(Struct, frozen=True, array_like=True):
    """A journal's summary, with the clips that it names. `about` counts no other bytes than those of clips."""

    stamp: Stamp
    about: JobSummary
    sizes: dict[str, int]  # bytes of the file of each clip that the journal names, by key; 0 for a discarded one
    format: int = FORMAT


def read_summary(folder: Path) -> JournalSummary:
    """Return the summary of a job's journal. Raises StoreError if there is none and the journal cannot be read."""
    stamp = _stamp(folder)
    kept = _read_file(folder / FILE) if stamp else None
    if kept and kept.stamp == stamp:
        return kept
    with closing(Journal(folder, read_only=True)) as journal:
        made = _make(journal, stamp or (0, 0))
    if stamp and stamp == _stamp(folder) and stamp[1] < time.time_ns() - SETTLED_NS:
        _write_file(folder / FILE, made)
    return made


def clip_bytes(folders: Iterable[Path]) -> int:
    """Return the bytes of all clips that these jobs name; clips that they share count once. Raises StoreError."""
    sizes: dict[str, int] = {}
    for folder in folders:
        sizes |= read_summary(folder).sizes
    return sum(sizes.values())


def write_summary(folder: Path) -> None:
    """Write the summary of a journal that no process writes any more, if the disk allows it."""
    if stamp := _stamp(folder):
        with suppress(StoreError), closing(Journal(folder, read_only=True)) as journal:
            _write_file(folder / FILE, _make(journal, stamp))


def drop_summary(folder: Path) -> None:
    """Remove the summary of a journal that is about to change."""
    with suppress(OSError):
        (folder / FILE).unlink(missing_ok=True)


def list_summaries(folders: Iterable[Path]) -> list[JobSummary]:
    """Return the summaries of jobs, oldest first; a job whose journal cannot be read says why."""
    return sorted(map(_summary, folders), key=lambda summary: summary.created_s)


def _summary(folder: Path) -> JobSummary:
    folder_bytes = size_of(folder)
    try:
        about = read_summary(folder).about
    except StoreError as error:
        return JobSummary(folder.name, "", "", 0.0, 0, folder_bytes, finished=False, trouble=str(error))
    return about._replace(disk_bytes=about.disk_bytes + folder_bytes)


def _make(journal: Journal, stamp: Stamp) -> JournalSummary:
    standing = standing_of(journal.records())
    here = {record.key for record in standing.clips}
    if not all(map(KEY.fullmatch, standing.sizes)):
        raise DAMAGED.fault(journal.path)
    sizes = {key: size if key in here else 0 for key, size in standing.sizes.items()}
    return JournalSummary(stamp, summary_of(journal.spec(), standing), sizes)


class Standing(NamedTuple):
    """What stands of a job's records."""

    clips: list[ClipAccepted]  # accepted, and not discarded since
    sizes: Mapping[str, int]  # bytes of the file of each clip that was ever accepted, by key
    finished: JobFinished | None  # the last one, if no clip was discarded since
    started: RunStarted | None  # the last one


def standing_of(records: Iterable[AnyRecord]) -> Standing:
    """Return what stands of a job's records, the oldest first."""
    clips: dict[tuple[int, int], ClipAccepted] = {}
    sizes: dict[str, int] = {}
    finished = started = None
    for record in records:
        match record:
            case ClipAccepted():
                clips[record.chapter, record.index] = record
                sizes[record.key] = record.bytes
            case ClipDiscarded():
                clips.pop((record.chapter, record.index), None)
                finished = None
            case JobFinished():
                finished = record
            case RunStarted():
                started = record
    return Standing(list(clips.values()), sizes, finished, started)


def summary_of(spec: JobSpec, standing: Standing) -> JobSummary:
    """Summarise a job by what stands of its records."""
    finished, started = standing.finished, standing.started
    return JobSummary(
        job=spec.job,
        title=spec.title,
        source=spec.source,
        created_s=spec.created_s,
        accepted=len(standing.clips),
        disk_bytes=sum(standing.sizes.values()),
        finished=finished is not None,
        engine=spec.recipe.engine,
        voice=spec.voice_name,
        language=spec.recipe.language,
        speed=dict(spec.recipe.settings).get("speed"),
        chapters=tuple(chapter.title for chapter in spec.chapters),
        sentences=sum(len(chapter.segments) for chapter in spec.chapters),
        files=finished.files if finished else (),
        job_files=spec.job_files,
        origins=spec.origins,
        used_s=max(spec.created_s, started.at_s if started else 0.0, finished.at_s if finished else 0.0),
    )


# --- the file


def _stamp(folder: Path) -> Stamp | None:
    """Return size and time of a journal; None while there is a log beside it, which has what the file lacks."""
    path = f"{folder}{os.sep}{JOURNAL}"  # a Path takes longer to make than its file to stat
    try:
        found = os.stat(path)  # noqa: PTH116
    except OSError:
        return None
    if file_size(f"{path}-wal"):
        return None
    return found.st_size, found.st_mtime_ns


def _read_file(path: Path) -> JournalSummary | None:
    """Return what the file says; None if it is missing, damaged or of another format."""
    try:
        content = path.read_bytes()
        body = memoryview(content)[_CRC_BYTES:]
        if zlib.crc32(body) != int.from_bytes(content[:_CRC_BYTES]):
            return None
        kept = msgspec.msgpack.decode(body, type=JournalSummary)
    except (OSError, ValueError):
        return None
    return kept if kept.format == FORMAT else None


def _write_file(path: Path, made: JournalSummary) -> None:
    """Write the file, if the disk allows it. It needs no sync: a torn one is noticed, and made anew."""
    body, part = msgspec.msgpack.encode(made), part_of(path)
    with suppress(OSError):
        part.write_bytes(zlib.crc32(body).to_bytes(_CRC_BYTES) + body)
        part.replace(path)
    with suppress(OSError):
        part.unlink(missing_ok=True)
