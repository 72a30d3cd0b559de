"""Takes a job from another state folder: the copy of a standby, that of a machine that is gone, or an exported job.

The union of two journals of one job. It is a journal again: the one of the higher epoch, and what the other adds.

The rules, place by place:

- Of an accepted clip that both have, the higher journal's stands. Of a place that is open there, the other's clip is
  taken if the place still wants it: the same words, the same latents, no take that was refused since.
- A discard that asks for another take, or a user's own wording, is taken from the other if the higher journal says
  nothing of that place since the two parted. Otherwise the higher epoch decides.
- Quarantines and failures of the other are dropped: the next run tries those places again.
- The gain and the latents are the higher journal's. Where it has none, the other's are taken.
- Pauses, runs and finished files are the higher journal's alone.

A copy that has to follow another run keeps the records that it had beside it, so nothing of them is lost either.

A job's folder remembers of other machines with the job that a standby copied it, and who took it over.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from itertools import chain, takewhile
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Struct

from swarm.config import STANDBY
from swarm.errors import StoreError
from swarm.job.job_asset import digests_of
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    ClipDoubted,
    GainFixed,
    LatentsKept,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
    WorkerSeen,
)
from swarm.job.run import MAX_EPOCH, taken_over
from swarm.job.spec import JobSpec
from swarm.job.state import JobState, Place, apply
from swarm.job.store.clips import clip_name, file_size
from swarm.job.store.journal import Journal
from swarm.job.store.store import BOOK, BROUGHT, DiskStore, file_path, list_jobs
from swarm.job.store.summary import KEY, standing_of
from swarm.system.disk import guarded, replace_file
from swarm.system.text import clean

Records = Sequence[AnyRecord]

DIGEST = re.compile(r"[0-9a-f]{64}")
MAX_GAIN_DB = 200.0
MAX_TIME_S = 1e11  # seconds since the epoch: clocks tell no later ones


def replayed(spec: JobSpec, records: Records) -> JobState:
    """Return the state that records lead to."""
    state = JobState(spec)
    for record in records:
        apply(state, record)
    return state


def unite(spec: JobSpec, one: Records, other: Records) -> list[AnyRecord]:
    """Return the union of two journals of a job, whichever comes first."""
    states = replayed(spec, one), replayed(spec, other)
    if _rank(states[0], one) >= _rank(states[1], other):
        return _enriched(spec, one, other)
    return _enriched(spec, other, one)


def _enriched(spec: JobSpec, higher: Records, lower: Records) -> list[AnyRecord]:
    """Return the higher journal and what the lower one adds."""
    return [*higher, *_additions(replayed(spec, higher), higher, replayed(spec, lower), lower)]


def _rank(state: JobState, records: Records) -> tuple[int, int, int]:
    return state.epoch, len(state.accepted), len(records)


def _additions(state: JobState, higher: Records, lower_state: JobState, lower: Records) -> Iterator[AnyRecord]:
    """Yield what the lower journal adds to the higher one, and apply it to `state`."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(higher, lower, strict=False)))
    wishes = _wishes(state, higher[shared:], lower[shared:])
    for record in chain(wishes, _about_the_voice(state, lower_state, lower), _clips(state, lower_state)):
        apply(state, record)  # the next record depends on those before it
        yield record


def _wishes(state: JobState, higher: Records, lower: Records) -> Iterator[AnyRecord]:
    """Yield what the user wanted last of places of which the higher journal says nothing since the two parted."""
    known = {record for record in lower if _wished(record)}  # the higher journal may have them from here
    decided = {place for record in higher if (place := _wished(record)) and record not in known}
    wishes = {(type(record), place): record for record in lower if (place := _wished(record)) and place not in decided}
    for (_, place), wish in wishes.items():
        if isinstance(wish, ClipDiscarded) and wish.retake > state.first_takes.get(place, 0):
            yield wish
        elif isinstance(wish, SegmentReworded):
            is_same = wish.said == state.wordings.get(place, "")
            if not is_same or wish.speaker not in ("", state.speakers.get(place)):
                yield wish
            if not is_same:
                yield ClipDiscarded(*place, "worded otherwise on another machine")


def _wished(record: AnyRecord) -> Place | None:
    """Return the place of which a user wanted something; None for any other record."""
    match record:
        case SegmentReworded(chapter=chapter, index=index):
            return chapter, index
        case ClipDiscarded(chapter=chapter, index=index, retake=retake) if retake:
            return chapter, index
    return None


def _about_the_voice(state: JobState, lower_state: JobState, lower: Records) -> Iterator[AnyRecord]:
    """Yield the latents and gains that the higher journal lacks, and the names of further workers."""
    if state.latents is None and lower_state.latents is not None:
        yield lower_state.latents
    seen = set(state.workers)
    for record in lower:
        if isinstance(record, GainFixed) and record.level not in state.gains_db:
            yield record
        if isinstance(record, WorkerSeen) and record.worker not in seen:
            seen.add(record.worker)
            yield record


def _clips(state: JobState, lower: JobState) -> Iterator[ClipAccepted]:
    """Yield the clips of the lower journal that the higher one still wants."""
    if _latents(state) != _latents(lower):
        return  # the clips of the lower journal have another voice
    for place, clip in lower.accepted.items():
        if _is_wanted(state, place, clip):
            yield clip


def _latents(state: JobState) -> str | None:
    return state.latents.digest if state.latents else None


def _is_wanted(state: JobState, place: Place, clip: ClipAccepted) -> bool:
    """Tell whether a clip fits an open place: its words, its sound, and a take that was not refused."""
    if place in state.accepted or clip.take < state.first_takes.get(place, 0):
        return False
    return state.sample_rate in (0, clip.sample_rate) and state.key(place, clip.take) == clip.key


def fits(record: AnyRecord, spec: JobSpec) -> bool:
    """Tell whether a record can be of this job, and names no file by a path of its own."""
    match record:
        case RunStarted(epoch=epoch):
            return 0 <= epoch <= MAX_EPOCH
        case GainFixed(gain_db=gain_db):
            return -MAX_GAIN_DB <= gain_db <= MAX_GAIN_DB
        case LatentsKept(digest=digest):
            return not digest or DIGEST.fullmatch(digest) is not None
        case ClipAccepted(key=key) if not KEY.fullmatch(key):
            return False
        case (
            ClipAccepted(chapter=chapter, index=index)
            | ClipDiscarded(chapter=chapter, index=index)
            | ClipDoubted(chapter=chapter, index=index)
            | SegmentReworded(chapter=chapter, index=index)
            | SegmentFailed(chapter=chapter, index=index)
            | SegmentQuarantined(chapter=chapter, index=index)
        ):
            return 0 <= chapter < len(spec.chapters) and 0 <= index < len(spec.chapters[chapter].segments)
    return True


MAX_BOOK = 2 << 30  # bytes
MAX_RECORD_BYTES = 64 << 10  # a long sentence has the times of its words in its record
MAX_RECORDS_OF_JOB, MAX_RECORDS_OF_SENTENCE = 10_000, 50  # runs; takes of a sentence, and what became of them
CLIPS_AT_A_TIME = 64  # one sync covers this many


class Adopted(Struct, frozen=True):
    """What came of taking a job over."""

    title: str
    sentences: int
    clips: int  # clips of the job that are here now
    lost: int  # clips that a journal names and no folder has


def adopt_job(store: DiskStore, source: Path, job: str, *, own_stands: bool = False) -> Adopted:
    """Unite a job of another state folder with the store's own, or take it as it is if the store has none.

    With `own_stands` the other journal only adds to the store's own, even if its epoch is higher.
    Locks the job in the store and only reads the other folder. Raises StoreError.
    """
    folder = source / "jobs" / job
    spec, records = _read_job(folder, job)
    store.lock_job(job)
    files = {digest: path for digest in _digests(spec, records) if (path := file_path(folder, digest)).is_file()}
    is_new = store.open_job(job) is None
    own = [] if is_new else list(store.records(job))
    join = _enriched if own_stands else unite
    # A job without records is of an adoption that was cut off.
    united = join(spec, own, records) if own else records
    known = set(standing_of(own).clips)
    taken = [record for record in standing_of(united).clips if record not in known]
    _take_clips(store, job, (source / BROUGHT / job, source / "clips"), taken)
    if is_new:
        store.create_job(spec, folder / BOOK, files)
    for digest, path in files.items():
        if not store.asset_size(job, digest):
            store.restore_asset(job, digest, path)
    _unite(store, spec, own, united)
    lost = len(store.lost_clips(job))
    return Adopted(spec.title, sum(len(chapter.segments) for chapter in spec.chapters), _count(store, job) - lost, lost)


def _read_job(folder: Path, job: str) -> tuple[JobSpec, list[AnyRecord]]:
    """Return what a job's folder of another state folder holds, once it is known to be sound. Raises StoreError."""
    with closing(Journal(folder, read_only=True)) as journal:
        spec, (count, longest) = journal.spec(), journal.extent()
        most = MAX_RECORDS_OF_JOB + MAX_RECORDS_OF_SENTENCE * sum(len(chapter.segments) for chapter in spec.chapters)
        if count > most or longest > MAX_RECORD_BYTES:
            raise StoreError(f"{journal.path} has more records than its book can have, or longer ones")
        records = list(journal.records())
    if not 0 < file_size(folder / BOOK) <= MAX_BOOK:
        raise StoreError(f"{folder / BOOK} is missing, or no file that a book could be")
    if spec.job != job or not 0 <= spec.created_s <= MAX_TIME_S or not all(fits(record, spec) for record in records):
        raise StoreError(f"{folder} is not a copy of the job {job}; copy that folder once more.")
    if parted := parted_records(folder, spec):
        records = unite(spec, records, parted)
    return spec, list(records)


def _unite(store: DiskStore, spec: JobSpec, own: list[AnyRecord], united: list[AnyRecord]) -> None:
    if united[: len(own)] != own:
        store.rewrite_records(spec.job, united)
    elif further := united[len(own) :]:
        store.commit([(spec.job, record, b"") for record in further])


def _count(store: DiskStore, job: str) -> int:
    return len(standing_of(store.records(job)).clips)


def _digests(spec: JobSpec, records: Iterable[AnyRecord]) -> frozenset[str]:
    latents = {record.digest for record in records if isinstance(record, LatentsKept) and record.digest}
    return digests_of(spec.job_files) | latents


def _take_clips(store: DiskStore, job: str, folders: Sequence[Path], records: Iterable[ClipAccepted]) -> None:
    """Have the clips for this job alone: as links where one disk has both folders, else as copies by digest."""
    lacking = {record.key: record for record in records if not store.has_clip(record, job)}
    names = [(key, clip_name(folder, key)) for folder in reversed(folders) for key in lacking]
    files = {key: name for key, name in names if file_size(name) == lacking[key].bytes}
    clips = store.brought_clips(job)
    left = clips.link_clips(files)
    for first in range(0, len(left), CLIPS_AT_A_TIME):
        clips.add_clips(dict(_copies(left[first : first + CLIPS_AT_A_TIME], files, lacking)))


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


PARTED = "parted"  # records of other runs that a copy followed before
MAX_PARTED_BYTES = 64 << 20


def keep_parted(folder: Path, spec: JobSpec, records: Records) -> None:
    """Keep the records of a copy that is to follow another run, united with those kept before. Raises StoreError."""
    before = parted_records(folder, spec)
    data = msgspec.msgpack.encode(unite(spec, before, records) if before else records)
    if len(data) <= MAX_PARTED_BYTES:
        with guarded(folder / PARTED):
            replace_file(folder / PARTED, data)


def parted_records(folder: Path, spec: JobSpec) -> list[AnyRecord]:
    """Return the records of other runs that a copy followed before; none if they are damaged or of another job."""
    with suppress(OSError, ValueError, RecursionError):
        if 0 < file_size(folder / PARTED) <= MAX_PARTED_BYTES:
            records = msgspec.msgpack.decode((folder / PARTED).read_bytes(), type=list[AnyRecord])
            return records if all(fits(record, spec) for record in records) else []
    return []


FOLLOWED = "followed"  # its time is when a standby last had all that there was
FOLLOWED_INTERVAL_S = 5.0  # the disk is told of it no more often


def note_followed(folder: Path, now: float) -> None:
    """Remember that a copy had all that there was at this moment, if the disk allows it."""
    with suppress(OSError):
        path = folder / FOLLOWED
        if not path.exists() or now - path.stat().st_mtime >= FOLLOWED_INTERVAL_S:
            path.touch()


class OpenCopy(NamedTuple):
    """A copy of work that is not finished; `name` is what `take-over` calls it."""

    name: str
    title: str
    followed_s: float  # seconds since the epoch; 0 if it never was whole


def open_copies(state_dir: Path) -> list[OpenCopy]:
    """Return the copies of a standby that are not finished, as far as they can be read."""
    with suppress(StoreError):
        jobs = [job for job in list_jobs(state_dir / STANDBY) if not job.finished and not job.trouble]
        folder = state_dir / STANDBY / "jobs"
        return [OpenCopy(job.job, clean(job.title) or job.job, followed_s(folder / job.job)) for job in jobs]
    return []


def followed_s(folder: Path) -> float:
    """Return when a copy last had all that there was, in seconds since the epoch; 0 if it never had."""
    with suppress(OSError):
        return (folder / FOLLOWED).stat().st_mtime
    return 0.0


COPIED = "copied"  # this file exists once a standby had all of the job
TAKEN_OVER = "taken-over"  # the epoch of the head that another machine began


def note_copied(folder: Path) -> None:
    """Remember that a standby has a copy, if the disk allows it."""
    with suppress(OSError):
        (folder / COPIED).touch()


def was_copied(folder: Path) -> bool:
    """Return whether a standby ever had a whole copy."""
    return (folder / COPIED).is_file()


def note_taken_over(folder: Path, epoch: int) -> None:
    """Remember the epoch under which another machine has the job, if the disk allows it."""
    with suppress(OSError):
        (folder / TAKEN_OVER).write_text(str(epoch), encoding="ascii")


def taken_over_at(folder: Path) -> int:
    """Return the epoch under which another machine was last heard to have the job; 0 for none."""
    with suppress(OSError, ValueError):
        with (folder / TAKEN_OVER).open("rb") as file:
            epoch = int(file.read(32))
        return epoch if 0 <= epoch <= MAX_EPOCH else 0
    return 0


def leader_epoch(folder: Path, draw: Callable[[int], int], epoch: int) -> int:
    """Return the epoch of a job that is taken over here, above that of any other head that this machine heard of."""
    return taken_over(max(epoch, taken_over_at(folder)), draw)
