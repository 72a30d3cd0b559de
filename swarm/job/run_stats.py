"""What a job took besides the clips that count. Nobody needs it to go on, so it is no record and may be lost."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

MAX_WORKERS = 1000  # a member that calls itself something else each time shall not fill the memory
MAX_BYTES = 1 << 20  # of an effort as it is kept

Count = Annotated[int, Meta(ge=0, lt=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
ByWorker = Annotated[dict[str, Seconds], Meta(max_length=MAX_WORKERS)]


class RunStats(Struct):
    """Over all runs of a job. Seconds are by worker id, all its slots together; the moment is since the epoch."""

    duplicates: Count = 0  # clips for a place that had one already
    reissued: Count = 0  # places that a worker lost with its lease
    first_grant_s: Seconds | None = None
    idle_s: ByWorker = field(default_factory=dict)  # without anything to speak, while the job was not complete
    wasted_s: ByWorker = field(default_factory=dict)  # spent on duplicates

    def duplicate(self, worker: str, work_s: float) -> None:
        """A clip came that was not needed any more."""
        self.duplicates += 1
        _add(self.wasted_s, worker, work_s)

    def idle(self, worker: str, seconds: float) -> None:
        """A worker had nothing to speak."""
        _add(self.idle_s, worker, seconds)


def decode_effort(data: bytes) -> RunStats:
    """An effort as it was kept; nothing where that is damaged, or figures that cannot be."""
    try:
        return msgspec.json.decode(data, type=RunStats) if len(data) <= MAX_BYTES else RunStats()
    except (ValueError, RecursionError):
        return RunStats()


def _add(seconds: dict[str, float], worker: str, more: float) -> None:
    if worker in seconds or len(seconds) < MAX_WORKERS:
        seconds[worker] = seconds.get(worker, 0.0) + more
