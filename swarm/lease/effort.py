"""What a job took besides the clips that count. Nobody needs it to go on, so it is no record and may be lost."""

from msgspec import Struct, field

MOST_WORKERS = 1000  # a member that calls itself something else each time shall not fill the memory


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
        _add(self.wasted_s, worker, work_s)

    def idle(self, worker: str, seconds: float) -> None:
        """A worker had nothing to speak."""
        _add(self.idle_s, worker, seconds)


def _add(seconds: dict[str, float], worker: str, more: float) -> None:
    if worker in seconds or len(seconds) < MOST_WORKERS:
        seconds[worker] = seconds.get(worker, 0.0) + more
