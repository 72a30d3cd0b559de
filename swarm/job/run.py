"""The runs of a job: their epochs, which order the runs of one journal and its coordinators, and their statistics.

Only the report needs the statistics, so they are no record and may be lost."""

from collections.abc import Callable
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

RUNS = 1 << 20
LOTS = 1 << 20
TERMS = 1 << 13  # numbers stay below 2**53, which is the bound of counts in messages
MAX_EPOCH = RUNS * LOTS * TERMS - 1


def lineage_of(epoch: int) -> int:
    """Return the lineage that an epoch belongs to: 0 until the job is taken over, then higher with each time.

    Runs of one lineage are of one journal. Of two lineages, workers follow the higher one.
    """
    return epoch // RUNS


def taken_over(epoch: int, draw: Callable[[int], int]) -> int:
    """Return the first epoch of a coordinator that takes a job over; `draw(n)` draws a number below `n`."""
    term = min(epoch // (RUNS * LOTS) + 1, TERMS - 1)
    return max((term * LOTS + draw(LOTS)) * RUNS, epoch + 1)


MAX_WORKERS = 1000  # bounds the memory that a worker with a new id each time can fill
MAX_BYTES = 1 << 20  # a larger file is not loaded

Count = Annotated[int, Meta(ge=0, lt=2**53)]
Seconds = Annotated[float, Meta(ge=0, le=1e12)]
ByWorker = Annotated[dict[str, Seconds], Meta(max_length=MAX_WORKERS)]


class RunStats(Struct):
    """Statistics over all runs of a job. Seconds and joules are added up by worker id, over all its slots."""

    duplicates: Count = 0  # clips for places that had a clip already
    reissued: Count = 0  # places that workers lost with their leases
    first_grant_s: Seconds | None = None  # seconds since the epoch
    idle_s: ByWorker = field(default_factory=dict)  # time without a lease while the job was incomplete
    wasted_s: ByWorker = field(default_factory=dict)  # time spent on duplicates
    energy_j: ByWorker = field(default_factory=dict)  # joules of devices that tell, while they had a lease of the job
    checks: Count = 0  # clips that were spoken once more to be compared
    check_s: ByWorker = field(default_factory=dict)  # time spent on them
    outvoted: ByWorker = field(default_factory=dict)  # clips that two other workers spoke otherwise

    def duplicate(self, worker: str, work_s: float) -> None:
        """Count a clip that was not needed any more."""
        self.duplicates += 1
        _add(self.wasted_s, worker, work_s)

    def idle(self, worker: str, seconds: float) -> None:
        """Add to the time that a worker had nothing to speak."""
        _add(self.idle_s, worker, seconds)

    def spend(self, worker: str, joules: float) -> None:
        """Add to the energy that a worker used for the job."""
        _add(self.energy_j, worker, joules)

    def check(self, worker: str, work_s: float) -> None:
        """Count a clip that a worker spoke to be compared."""
        self.checks += 1
        _add(self.check_s, worker, work_s)

    def outvote(self, worker: str) -> None:
        """Count a clip of a worker that others spoke otherwise."""
        _add(self.outvoted, worker, 1)


def decode_run_stats(data: bytes) -> RunStats:
    """Decode saved run stats; return empty ones if the data is damaged or out of bounds."""
    try:
        return msgspec.json.decode(data, type=RunStats) if len(data) <= MAX_BYTES else RunStats()
    except (ValueError, RecursionError):
        return RunStats()


def _add(seconds: dict[str, float], worker: str, more: float) -> None:
    if worker in seconds or len(seconds) < MAX_WORKERS:
        seconds[worker] = seconds.get(worker, 0.0) + more
