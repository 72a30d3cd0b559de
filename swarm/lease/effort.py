"""What a job took besides the clips that count. Nobody needs it to go on, so it is no record and may be lost."""

from msgspec import Struct, field


class Effort(Struct):
    """Over all runs of a job. Seconds are by worker id, all its slots together; the moment is since the epoch."""

    duplicates: int = 0  # clips for a place that had one already
    reissued: int = 0  # places that a worker lost with its lease
    first_grant_s: float | None = None
    idle_s: dict[str, float] = field(default_factory=dict)  # without anything to speak, while the job was not complete
    wasted_s: dict[str, float] = field(default_factory=dict)  # spent on duplicates

    def duplicate(self, worker: str, work_s: float) -> None:
        """A clip came that was not needed any more."""
        self.duplicates += 1
        self.wasted_s[worker] = self.wasted_s.get(worker, 0.0) + work_s

    def idle(self, worker: str, seconds: float) -> None:
        """A worker had nothing to speak."""
        self.idle_s[worker] = self.idle_s.get(worker, 0.0) + seconds
