"""A coordinator's disk: what survives its crash."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random

from swarm.job.job_asset import fault_of_tensors
from swarm.job.record import AnyRecord, ClipAccepted, ClipDiscarded, LatentsKept
from swarm.job.spec import JobSpec
from swarm.job.state import JobState, Place, apply
from swarm.lease.outcome import JournalEntry


class Disk:
    """The journals of some jobs. `durable` is what replaying them gives, kept up to date with every commit."""

    def __init__(self, jobs: Sequence[JobSpec], files: dict[str, bytes]) -> None:
        self.files = files  # contents by digest
        self.spec = {spec.job: spec for spec in jobs}
        self.wipe()

    def wipe(self) -> None:
        """Begin anew with jobs of which nothing is spoken."""
        self.records: dict[str, list[AnyRecord]] = {job: [] for job in self.spec}
        self.durable = {job: JobState(spec) for job, spec in self.spec.items()}
        self.writing: list[JournalEntry] = []
        self._settled: set[tuple[str, int, int]] = set()

    def load(self, job: str, records: Sequence[AnyRecord]) -> None:
        """Have these records in place of a job's own."""
        self.records[job] = list(records)
        self.durable[job] = self.replay(job)
        self._settled |= {(job, *place) for place in self.durable[job].accepted}

    def begin(self, entries: list[JournalEntry]) -> None:
        """Start to write; durable once `commit` is called."""
        assert not self.writing, "one commit at a time"
        self.writing = entries

    def commit(self) -> None:
        """Confirm the commit that is under way."""
        entries, self.writing = self.writing, []
        for entry in entries:
            self._append(entry)

    def crash(self, random: Random) -> None:
        """End the process while it writes: each job's transaction is there as a whole, or not at all."""
        survived = {job: random.random() < 0.5 for job in self.spec}
        entries, self.writing = self.writing, []
        for entry in entries:
            if survived[entry.job]:
                self._append(entry)

    def replay(self, job: str) -> JobState:
        """Return a job's state as a new process finds it."""
        state = JobState(self.spec[job])
        for record in self.records[job]:
            apply(state, record)
        return state

    def replay_with(self, job: str, coming: list[JournalEntry]) -> JobState:
        """Return a job's state once the commit under way is written too."""
        state = self.replay(job)
        for entry in coming:
            if entry.job == job:
                apply(state, entry.record)
        return state

    def settled(self, job: str, place: Place) -> bool:
        """Tell whether a place was known to need no more work; its clip may have rotted since."""
        return (job, *place) in self._settled or self.durable[job].is_settled(place)

    def _append(self, entry: JournalEntry) -> None:
        self.records[entry.job].append(entry.record)
        if isinstance(entry.record, LatentsKept):
            assert self.durable[entry.job].latents is None, "two latents for one voice"
            assert not entry.frame or hashlib.sha256(entry.frame).hexdigest() == entry.record.digest, "wrong latents"
            assert not entry.frame or not fault_of_tensors(entry.frame), "latents that are none"
            self.files[entry.record.digest] = entry.frame
        apply(self.durable[entry.job], entry.record)
        if isinstance(entry.record, ClipAccepted):
            self._settled.add((entry.job, entry.record.chapter, entry.record.index))


def doubly_accepted(records: Sequence[AnyRecord]) -> Place | None:
    """Return a place of which two clips were accepted without a discard in between; None if there is none."""
    standing: dict[Place, bool] = {}
    for record in records:
        if isinstance(record, ClipAccepted):
            if standing.get((record.chapter, record.index)):
                return record.chapter, record.index
            standing[record.chapter, record.index] = True
        elif isinstance(record, ClipDiscarded):
            standing[record.chapter, record.index] = False
    return None
