"""In-memory twins of the edges, for tests and rehearsals: the same contracts, no disk and no sockets."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from swarm.errors import StoreError
from swarm.lease.facts import JobFacts
from swarm.lease.record import AnyRecord, ClipAccepted, JobFinished
from swarm.node.store import Entry, JobSummary, standing_clips


class MemoryStore:
    """The Store in memory. `clips` is what would lie on the disk; the paths it gives are names only."""

    def __init__(self) -> None:
        self.clips: dict[str, bytes] = {}
        self._facts: dict[str, JobFacts] = {}
        self._records: dict[str, list[AnyRecord]] = {}

    def create_job(self, facts: JobFacts, book_file: Path) -> None:
        """Make a job."""
        if facts.job in self._facts:
            raise StoreError(f"The job {facts.job} exists already.")
        self._facts[facts.job] = facts
        self._records[facts.job] = []

    def open_job(self, job: str) -> JobFacts | None:
        """What a job is."""
        return self._facts.get(job)

    def records(self, job: str) -> Iterator[AnyRecord]:
        """The records of a job, oldest first."""
        return iter(tuple(self._known(job)))

    def commit(self, entries: Sequence[Entry]) -> None:
        """All or nothing: an unknown job is noticed before anything is written."""
        journals = [self._known(job) for job, _, _ in entries]
        for records, (_, record, frame) in zip(journals, entries, strict=True):
            records.append(record)
            if frame and isinstance(record, ClipAccepted):
                self.clips[record.key] = frame

    def clip_path(self, key: str) -> Path:
        """A name for a clip."""
        return Path("memory") / f"{key}.flac"

    def find_clip(self, key: str) -> Path | None:
        """A clip's name if it is there."""
        return self.clip_path(key) if self.clips.get(key) else None

    def discard_clip(self, key: str) -> None:
        """Forget a clip."""
        self.clips.pop(key, None)

    def lost_clips(self, job: str) -> list[ClipAccepted]:
        """Accepted clips that are not there, or of another size than journaled."""
        standing, sizes = standing_clips(self._known(job))
        return [record for record in standing if len(self.clips.get(record.key, b"")) != sizes[record.key]]

    def jobs(self) -> list[JobSummary]:
        """Every job, oldest first."""
        return sorted((self._summary(facts) for facts in self._facts.values()), key=lambda summary: summary.created_s)

    def remove_job(self, job: str) -> None:
        """Remove a job and the clips that no other job refers to."""
        keys = _keys(self._known(job))
        del self._facts[job], self._records[job]
        for key in keys.difference(*map(_keys, self._records.values())):
            self.discard_clip(key)

    def lock_job(self, job: str) -> None:
        """Nobody else can see this store."""

    def folder(self, job: str) -> Path:
        """A name for a job's folder."""
        return Path("memory") / job

    def close(self) -> None:
        """Nothing is held."""

    def _known(self, job: str) -> list[AnyRecord]:
        if job not in self._records:
            raise StoreError(f"There is no job {job!r}.")
        return self._records[job]

    def _summary(self, facts: JobFacts) -> JobSummary:
        records = self._records[facts.job]
        standing, sizes = standing_clips(records)
        finished = any(isinstance(record, JobFinished) for record in records)
        title, source, created_s = facts.title, facts.source, facts.created_s
        return JobSummary(facts.job, title, source, created_s, len(standing), sum(sizes.values()), finished)


def _keys(records: list[AnyRecord]) -> set[str]:
    return {record.key for record in records if isinstance(record, ClipAccepted)}
