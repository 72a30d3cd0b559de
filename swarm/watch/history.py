"""The records of a job, sorted by their subject. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from msgspec import structs

from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    ClipDoubted,
    JobFinished,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
    WorkerSeen,
)
from swarm.job.spec import JobSpec
from swarm.job.state import note_doubt
from swarm.watch.words import failure_text

Place = tuple[int, int]  # chapter, index


@dataclass
class Run:
    """One opening of the job by a coordinator, until its last result."""

    began_s: float
    last_s: float
    spoken: int = 0  # clips that workers made
    finished: bool = False  # the audiobook was written


@dataclass
class History:
    """The records of a job, sorted by their subject."""

    began_s: float
    runs: list[Run] = field(default_factory=list)
    accepted: dict[Place, ClipAccepted] = field(default_factory=dict)
    failures: dict[Place, list[SegmentFailed]] = field(default_factory=dict)
    # Each sentence has its number of times that `redo` had it spoken again, and the first take of the last time.
    redone: dict[Place, tuple[int, int]] = field(default_factory=dict)
    quarantined: dict[Place, str] = field(default_factory=dict)
    mends: dict[Place, SegmentReworded] = field(default_factory=dict)  # the user's words and speakers
    workers: dict[str, WorkerSeen] = field(default_factory=dict)
    received: int = 0  # clips that were accepted as they came
    spoken_keys: set[str] = field(default_factory=set)  # clips that this job's workers made
    files: tuple[str, ...] = ()
    shift_s: float = 0.0  # the clock of the present run was so far behind that of the run before

    def take_record(self, record: AnyRecord) -> None:
        """Take in the next record."""
        match record:
            case RunStarted():
                self._begin_run(record.at_s)
            case ClipAccepted():
                record = self._shifted(record)
                self.accepted[record.chapter, record.index] = record
                self._reach(record.accepted_s, spoken=int(not record.reused))
                if not record.reused:
                    self.received += 1
                    self.spoken_keys.add(record.key)
            case ClipDiscarded(chapter=chapter, index=index, retake=retake):
                self.accepted.pop((chapter, index), None)
                if retake:
                    self.redone[chapter, index] = (self.redone.get((chapter, index), (0, 0))[0] + 1, retake)
            case ClipDoubted():
                note_doubt(self.accepted, record)
            case SegmentReworded():
                place = record.chapter, record.index
                self.mends[place] = record.after(self.mends.get(place))
            case SegmentFailed():
                self.failures.setdefault((record.chapter, record.index), []).append(record)
            case SegmentQuarantined():
                self.quarantined[record.chapter, record.index] = failure_text(record.why, record.note)
            case WorkerSeen():
                self.workers[record.worker] = record
            case JobFinished():
                self.files = record.files
                self._reach(record.at_s + self.shift_s)
                if self.runs:
                    self.runs[-1].finished = True

    def _begin_run(self, at_s: float) -> None:
        """Begin a run, no earlier than the last one ended: the clock may have been set back in between."""
        if not self.runs:
            self.began_s = at_s
        self.shift_s = max(0.0, self.runs[-1].last_s - at_s) if self.runs else 0.0
        self.runs.append(Run(at_s + self.shift_s, at_s + self.shift_s))

    def _shifted(self, clip: ClipAccepted) -> ClipAccepted:
        if not self.shift_s:
            return clip
        return structs.replace(clip, started_s=clip.started_s + self.shift_s, accepted_s=clip.accepted_s + self.shift_s)

    def runs_that_spoke(self) -> list[Run]:
        """Return the runs in which a worker made a clip that counts."""
        return [run for run in self.runs if run.spoken]

    def busy_s(self) -> float:
        """Return the seconds of the runs in which something was spoken, of the last run where none spoke."""
        return sum(run.last_s - run.began_s for run in self.runs_that_spoke() or self.runs[-1:])

    def known(self) -> list[ClipAccepted]:
        """Return the clips that an earlier job left, without those of a text that recurs in this book."""
        return [clip for clip in self.accepted.values() if clip.reused and clip.key not in self.spoken_keys]

    def first_grant_s(self, granted_s: float | None) -> float | None:
        """Return when speaking began, in seconds since the job began; `granted_s` is its first known grant."""
        begun = [clip.started_s for clip in self.accepted.values() if not clip.reused]
        begun += [] if granted_s is None else [granted_s]
        return min(begun) - self.began_s if begun else None

    def last_accept_s(self) -> float | None:
        """Return when the last clip was accepted, in seconds since the job began."""
        return max((clip.accepted_s - self.began_s for clip in self.accepted.values()), default=None)

    def _reach(self, at_s: float, spoken: int = 0) -> None:
        if self.runs:
            run = self.runs[-1]
            run.last_s, run.spoken = max(run.last_s, at_s), run.spoken + spoken

    @classmethod
    def of(cls, spec: JobSpec, records: Iterable[AnyRecord]) -> "History":
        """Make the history of records, the oldest first."""
        history = cls(began_s=spec.created_s)
        for record in records:
            history.take_record(record)
        return history
