"""Statistics over the runs of a job. Only the report needs them, so they are no record and may be lost."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

MAX_WORKERS = 1000  # bounds the memory that a worker with a new id each time can fill
MAX_BYTES = 1 << 20  # a larger file is not loaded

Count = Annotated[int, Meta(ge=0, lt=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
ByWorker = Annotated[dict[str, Seconds], Meta(max_length=MAX_WORKERS)]


class RunStats(Struct):
    """Statistics over all runs of a job. Seconds are added up by worker id, over all slots of the worker."""

    duplicates: Count = 0  # clips for places that had a clip already
    reissued: Count = 0  # places that workers lost with their leases
    first_grant_s: Seconds | None = None  # seconds since the epoch
    idle_s: ByWorker = field(default_factory=dict)  # time without a lease while the job was incomplete
    wasted_s: ByWorker = field(default_factory=dict)  # time spent on duplicates

    def duplicate(self, worker: str, work_s: float) -> None:
        """Count a clip that was not needed any more."""
        self.duplicates += 1
        _add(self.wasted_s, worker, work_s)

    def idle(self, worker: str, seconds: float) -> None:
        """Add to the time that a worker had nothing to speak."""
        _add(self.idle_s, worker, seconds)


def decode_run_stats(data: bytes) -> RunStats:
    """Decode saved run stats; return empty ones if the data is damaged or out of bounds."""
    try:
        return msgspec.json.decode(data, type=RunStats) if len(data) <= MAX_BYTES else RunStats()
    except (ValueError, RecursionError):
        return RunStats()


def _add(seconds: dict[str, float], worker: str, more: float) -> None:
    if worker in seconds or len(seconds) < MAX_WORKERS:
        seconds[worker] = seconds.get(worker, 0.0) + more
