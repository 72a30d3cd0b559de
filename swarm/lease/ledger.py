"""Which places of a job are free, and which lease holds the others. Soft state: a restart starts afresh."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from swarm.lease.job import JobState, Place

MAX_LEASE_CHARACTERS = 32 * 1024
MAX_LEASE_LINES = 1000
PROMISED = -1  # the slot of a lease that covers clips on their way, spoken before


@dataclass
class Lease:
    """A time-limited right to speak a run of one chapter; `pending` is what has no clip yet, in order."""

    id: int
    job: str
    chapter: int
    session: str
    slot: int
    pending: list[int]
    granted_s: float
    progressed_s: float  # the last sign that it advances


@dataclass
class Ledger:
    """The free places of one job and its leases."""

    state: JobState
    leases: dict[int, Lease] = field(default_factory=dict)
    expiries: Counter[Place] = field(default_factory=Counter)
    free: list[set[int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.free = [
            {index for index in range(len(chapter.segments)) if not self.state.is_settled((number, index))}
            for number, chapter in enumerate(self.state.facts.chapters)
        ]

    def find_run(self, allowed: Callable[[Place], bool], most: int) -> tuple[int, list[int]] | None:
        """The free run to speak next, in reading order: a chapter and its indices, at most `most` characters.

        A single segment longer than that is a run of its own.
        """
        for chapter, free in enumerate(self.free):
            run = self._run_of(chapter, [index for index in sorted(free) if allowed((chapter, index))], most)
            if run:
                return chapter, run
        return None

    def _run_of(self, chapter: int, indices: list[int], most: int) -> list[int]:
        run: list[int] = []
        for index in indices[:MAX_LEASE_LINES]:
            most -= len(self.state.text((chapter, index)))
            if run and most < 0:
                break
            run.append(index)
        return run

    def hold(self, lease: Lease) -> None:
        """Start a lease: its places are free no more."""
        self.leases[lease.id] = lease
        self.free[lease.chapter].difference_update(lease.pending)

    def settle(self, place: Place) -> None:
        """A place needs no more work, whoever held it."""
        chapter, index = place
        self.free[chapter].discard(index)
        for lease in self._holders(place):
            lease.pending.remove(index)
            if not lease.pending:
                del self.leases[lease.id]

    def reopen(self, place: Place) -> None:
        """A place is to be spoken (again), by whoever comes."""
        self.settle(place)
        self.free[place[0]].add(place[1])

    def end(self, lease: Lease) -> None:
        """A lease is over; what it has not done is free again."""
        del self.leases[lease.id]
        self._free_unsettled(lease.chapter, lease.pending)

    def cut(self, lease: Lease, end: int) -> list[int]:
        """Take from a lease what lies at or after index `end`, for another lease; returns those indices."""
        tail = [index for index in lease.pending if index >= end]
        lease.pending = [index for index in lease.pending if index < end]
        if not lease.pending:
            del self.leases[lease.id]
        return tail

    def characters(self, lease: Lease) -> int:
        """How much text a lease still has to speak."""
        return sum(len(self.state.text((lease.chapter, index))) for index in lease.pending)

    def _holders(self, place: Place) -> list[Lease]:
        chapter, index = place
        return [lease for lease in self.leases.values() if lease.chapter == chapter and index in lease.pending]

    def _free_unsettled(self, chapter: int, indices: list[int]) -> None:
        held = {index for lease in self.leases.values() if lease.chapter == chapter for index in lease.pending}
        self.free[chapter].update(i for i in indices if i not in held and not self.state.is_settled((chapter, i)))
