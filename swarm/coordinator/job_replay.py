"""What a job has so far: its journal replayed, less the clips that are gone, with those that another job left."""

import hashlib
from collections.abc import Callable, Iterator

from swarm.audiobook.sound.frame import check_frame, key_of, read_streaminfo
from swarm.job.record import AnyRecord, ClipAccepted, ClipDiscarded, RunStarted
from swarm.job.spec import TAKES, JobSpec
from swarm.job.state import JobState, Place, apply
from swarm.job.store.store import DiskStore

Opened = tuple[list[AnyRecord], list[str]]


def replay(
    spec: JobSpec,
    store: DiskStore,
    now: float,
    notes: list[str],
    next_epoch: Callable[[int], int],
    open_again: Callable[[JobState], Iterator[Opened]],
) -> tuple[JobState, list[AnyRecord]]:
    """Return the state of a job, and the records with which a new run of it begins. Adds notes for the user.

    `open_again` yields the records that open sentences again, each with its notes. Raises StoreError.
    """
    state = JobState(spec)
    for record in store.records(spec.job):
        apply(state, record)
    fresh: list[AnyRecord] = [RunStarted(next_epoch(state.epoch), now)]
    lost = store.lost_clips(spec.job)
    fresh += [ClipDiscarded(clip.chapter, clip.index, "its file is gone or of another size") for clip in lost]
    for clip in lost:
        store.discard_clip(clip.key, spec.job)  # the clip contradicts the journal, so no other search may find it
    if lost:
        notes.append(f"clips of {len(lost)} sentences are gone from the disk: they are spoken again")
    for record in fresh:
        apply(state, record)
    for records, lines in open_again(state):
        for record in records:
            apply(state, record)
        fresh += records
        notes += lines
    for record in _reuse(state, store, now):
        apply(state, record)
        fresh.append(record)
    return state, fresh


def _reuse(state: JobState, store: DiskStore, now: float) -> list[AnyRecord]:
    """Return acceptances of clips that another job or an earlier edition left in the clip folder."""
    found: list[AnyRecord] = []
    there = store.clip_keys(state.job)  # one listing is far quicker than a look for each clip
    for number, chapter in enumerate(state.spec.chapters):
        for index in range(len(chapter.segments)):
            place = (number, index)
            if place not in state.accepted and (record := _find_any(state, store, place, now, there)):
                found.append(record)
    return found


def _find_any(state: JobState, store: DiskStore, place: Place, now: float, there: set[str]) -> ClipAccepted | None:
    """Find the clip of one of the takes that a worker may choose between, among the keys that are there."""
    first = state.next_take(place)
    takes = [take for take in range(first, first + TAKES) if state.key(place, take) in there]
    return next(filter(None, (find_spoken(state, store, place, now, take) for take in takes)), None)


def find_spoken(state: JobState, store: DiskStore, place: Place, now: float, take: int) -> ClipAccepted | None:
    """Return the acceptance of a take whose clip is in the clip folder already, whole; None if it is not."""
    key = state.key(place, take)
    path = store.find_clip(key, state.job)
    if path is None:
        return None
    frame = path.read_bytes()
    sample_rate, _, _, samples = read_streaminfo(frame) or (0, 0, 0, 0)
    digest = hashlib.sha256(frame).hexdigest()
    if check_frame(frame, samples, sample_rate, digest) or key_of(frame) not in ("", key):
        store.discard_clip(key, state.job)
        return None
    return ClipAccepted(
        chapter=place[0],
        index=place[1],
        take=take,
        key=key,
        samples=samples,
        sample_rate=sample_rate,
        digest=digest,
        bytes=len(frame),
        worker="",
        work_s=0.0,
        started_s=now,
        accepted_s=now,
        reused=True,
    )
