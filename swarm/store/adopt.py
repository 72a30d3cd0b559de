"""Take a job over from another state folder: the copy of a standby, or the folder of a machine that is gone."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path

from msgspec import Struct

from swarm.errors import StoreError
from swarm.job.job_file import digests_of
from swarm.job.record import AnyRecord, ClipAccepted, LatentsKept
from swarm.job.spec import JobSpec
from swarm.job.union import unite
from swarm.store.clips import clip_name, file_size
from swarm.store.job_files import file_path
from swarm.store.journal import Journal
from swarm.store.parcel import fits
from swarm.store.store import BOOK, DiskStore
from swarm.store.summary import standing_clips
from swarm.system.disk import guarded

CLIPS_AT_A_TIME = 64  # one sync covers this many


class Adopted(Struct, frozen=True):
    """What came of taking a job over."""

    title: str
    sentences: int
    clips: int  # clips of the job that are here now
    lost: int  # clips that a journal names and no folder has


def adopt_job(store: DiskStore, source: Path, job: str) -> Adopted:
    """Unite a job of another state folder with the store's own, or take it as it is if the store has none.

    Locks the job in the store and only reads the other folder. Raises StoreError.
    """
    folder = source / "jobs" / job
    with closing(Journal(folder, read_only=True)) as journal:
        spec, records = journal.spec(), list(journal.records())
    if spec.job != job or not all(fits(record, spec) for record in records):
        raise StoreError(f"{folder} is not a copy of the job {job}; copy that folder once more.")
    store.lock_job(job)
    files = {digest: path for digest in _digests(spec, records) if (path := file_path(folder, digest)).is_file()}
    _take_clips(store, source / "clips", standing_clips(records)[0])
    if store.open_job(job) is None:
        store.create_job(spec, folder / BOOK, files)
        store.commit([(job, record, b"") for record in records])
    else:
        for digest, path in files.items():
            if not store.job_file_size(job, digest):
                store.restore_job_file(job, digest, path)
        _unite(store, spec, records)
    lost = len(store.lost_clips(job))
    return Adopted(spec.title, sum(len(chapter.segments) for chapter in spec.chapters), _count(store, job) - lost, lost)


def _unite(store: DiskStore, spec: JobSpec, records: list[AnyRecord]) -> None:
    own = list(store.records(spec.job))
    united = unite(spec, own, records)
    if united[: len(own)] != own:
        store.rewrite(spec.job, united)
    elif further := united[len(own) :]:
        store.commit([(spec.job, record, b"") for record in further])


def _count(store: DiskStore, job: str) -> int:
    return len(standing_clips(store.records(job))[0])


def _digests(spec: JobSpec, records: Iterable[AnyRecord]) -> frozenset[str]:
    latents = {record.digest for record in records if isinstance(record, LatentsKept) and record.digest}
    return digests_of(spec.job_files) | latents


def _take_clips(store: DiskStore, clips: Path, records: Iterable[ClipAccepted]) -> None:
    """Have the clips in the store's folder: as links where one disk has both folders, else as copies by digest."""
    lacking = {record.key: record for record in records if store.clips.size(record.key) != record.bytes}
    names = {key: clip_name(clips, key) for key in lacking}
    files = {key: name for key, name in names.items() if file_size(name) == lacking[key].bytes}
    left = store.clips.link(files)
    for first in range(0, len(left), CLIPS_AT_A_TIME):
        store.clips.add(dict(_copies(left[first : first + CLIPS_AT_A_TIME], files, lacking)))


def _copies(
    keys: Iterable[str], files: Mapping[str, str], records: Mapping[str, ClipAccepted]
) -> Iterator[tuple[str, bytes]]:
    """Yield the clips that fit their digests, by key. Raises StoreError."""
    for key in keys:
        path = Path(files[key])
        with guarded(path):
            frame = path.read_bytes()
        if hashlib.sha256(frame).hexdigest() == records[key].digest:
            yield key, frame
