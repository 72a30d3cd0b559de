"""What a job's records tell, sorted by what they are about. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from swarm.lease.facts import JobFacts
from swarm.lease.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    JobFinished,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    WorkerSeen,
)

Place = tuple[int, int]  # chapter, index


@dataclass
class History:
    """The records of a job, sorted by what they are about."""

    began_s: float
    runs: int = 0
    busy_s: float = 0.0  # from the start of each run to its last record
    accepted: dict[Place, ClipAccepted] = field(default_factory=dict)
    failures: dict[Place, list[SegmentFailed]] = field(default_factory=dict)
    quarantined: dict[Place, str] = field(default_factory=dict)
    workers: dict[str, WorkerSeen] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    _run_s: float | None = None
    _last_s: float = 0.0

    def take(self, record: AnyRecord) -> None:
        """Take in the next record."""
        match record:
            case RunStarted():
                self._end_run()
                self.began_s = record.at_s if not self.runs else self.began_s
                self.runs += 1
                self._run_s = self._last_s = record.at_s
            case ClipAccepted():
                self.accepted[record.chapter, record.index] = record
                self._last_s = max(self._last_s, record.accepted_s)
            case ClipDiscarded():
                self.accepted.pop((record.chapter, record.index), None)
            case SegmentFailed():
                self.failures.setdefault((record.chapter, record.index), []).append(record)
            case SegmentQuarantined():
                self.quarantined[record.chapter, record.index] = record.why
            case WorkerSeen():
                self.workers[record.worker] = record
            case JobFinished():
                self.files = record.files
                self._last_s = max(self._last_s, record.at_s)

    def first_grant_s(self, granted_s: float | None) -> float | None:
        """When speaking began, seconds since the job began; `granted_s` is the first grant known elsewhere."""
        begun = [clip.started_s for clip in self.accepted.values() if not clip.reused]
        begun += [] if granted_s is None else [granted_s]
        return min(begun) - self.began_s if begun else None

    def last_accept_s(self) -> float | None:
        """When the last clip was accepted, seconds since the job began."""
        return max((clip.accepted_s - self.began_s for clip in self.accepted.values()), default=None)

    def _end_run(self) -> None:
        if self._run_s is not None:
            self.busy_s += self._last_s - self._run_s

    @classmethod
    def of(cls, facts: JobFacts, records: Iterable[AnyRecord]) -> "History":
        """The history that records tell, oldest first."""
        history = cls(began_s=facts.created_s)
        for record in records:
            history.take(record)
        history._end_run()
        return history
