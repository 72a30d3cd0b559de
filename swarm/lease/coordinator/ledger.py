"""The free places of a job and its leases. They are not journaled: after a restart everything unspoken is free."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from swarm.job.state import JobState, Place

MAX_LEASE_CHARACTERS = 32 * 1024
MAX_LEASE_LINES = 1000
FreeRun = tuple[int, list[int]]  # a chapter and indices in it

PROMISED = -1  # the slot of a lease that covers clips on their way, spoken before


@dataclass
class Lease:
    """A right to speak a run of one chapter for a time; `pending` are the indices without a clip, in order."""

    id: int
    job: str
    chapter: int
    session: str
    slot: int
    pending: list[int]
    granted_s: float
    progressed_s: float  # the last sign that it advances
    characters: int = 0  # of what is pending
    reached: int = -1  # the last index that a heartbeat said is being spoken


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
            for number, chapter in enumerate(self.state.spec.chapters)
        ]

    def find_run(self, allowed: Callable[[Place], bool], most: int) -> FreeRun | None:
        """Return the next free run in reading order: a chapter and its indices, at most `most` characters.

        A single segment longer than that is a run of its own.
        """
        runs = (self.run_in(chapter, allowed, most) for chapter, free in enumerate(self.free) if free)
        return next((run for run in runs if run), None)

    def run_in(self, chapter: int, allowed: Callable[[Place], bool], most: int) -> FreeRun | None:
        """Return the next free run of one chapter."""
        run = self._start_of(
            chapter, [index for index in sorted(self.free[chapter]) if allowed((chapter, index))], most
        )
        return (chapter, run) if run else None

    def _start_of(self, chapter: int, indices: list[int], most: int) -> list[int]:
        run: list[int] = []
        for index in indices[:MAX_LEASE_LINES]:
            most -= self._size(chapter, index)
            if run and most < 0:
                break
            run.append(index)
        return run

    def hold(self, lease: Lease) -> None:
        """Start a lease: its places are no longer free."""
        self.leases[lease.id] = lease
        lease.characters = sum(self._size(lease.chapter, index) for index in lease.pending)
        self.free[lease.chapter].difference_update(lease.pending)

    def settle(self, place: Place) -> list[Lease]:
        """Take a place from the free ones and from every lease, which are returned: it needs no more work."""
        chapter, index = place
        self.free[chapter].discard(index)
        held = self.holders(place)
        for lease in held:
            self._remove(lease, index)
        return held

    def give_up(self, place: Place, session: str) -> bool:
        """Take a place from a session, and free it unless another holds it too; return whether the session held it."""
        held = self.holders(place)
        own = [lease for lease in held if lease.session == session]
        for lease in own:
            self._remove(lease, place[1])
        if own and len(own) == len(held):
            self.free[place[0]].add(place[1])
        return bool(own)

    def reopen(self, place: Place) -> None:
        """Make a place free, to be spoken again."""
        self.settle(place)
        self.free[place[0]].add(place[1])

    def end(self, lease: Lease) -> None:
        """End a lease; its pending places are free again."""
        del self.leases[lease.id]
        self._free_unsettled(lease.chapter, lease.pending)

    def cut(self, lease: Lease, end: int) -> list[int]:
        """Take from a lease what lies at or after index `end`, for another lease; returns those indices."""
        tail = [index for index in lease.pending if index >= end]
        lease.pending = [index for index in lease.pending if index < end]
        lease.characters -= sum(self._size(lease.chapter, index) for index in tail)
        if not lease.pending:
            del self.leases[lease.id]
        return tail

    def advance(self, lease: Lease, index: int) -> bool:
        """Take in which index of a lease is being spoken; return whether that is further than before."""
        segments = len(self.state.spec.chapters[lease.chapter].segments)
        advanced = lease.reached < index < segments
        lease.reached = index if advanced else lease.reached
        return advanced

    def forgive(self, gap_s: float) -> None:
        """Shift the times of every lease after a sleep of this machine."""
        for lease in self.leases.values():
            lease.progressed_s += gap_s
            lease.granted_s += gap_s

    def sizes(self, lease_id: int) -> list[int]:
        """Return the characters of each pending segment of a lease."""
        lease = self.leases[lease_id]
        return [self._size(lease.chapter, index) for index in lease.pending]

    def holders(self, place: Place) -> list[Lease]:
        """Return the leases that hold a place: two where it is spoken twice on purpose, else one at most."""
        chapter, index = place
        return [lease for lease in self.leases.values() if lease.chapter == chapter and index in lease.pending]

    def earliest_open(self) -> int | None:
        """Return the first chapter that is not sealed, None where all are."""
        return next((n for n in range(len(self.free)) if not self.state.chapter_complete(n)), None)

    def _remove(self, lease: Lease, index: int) -> None:
        lease.pending.remove(index)
        lease.characters -= self._size(lease.chapter, index)
        if not lease.pending:
            del self.leases[lease.id]

    def _size(self, chapter: int, index: int) -> int:
        return len(self.state.engine_text((chapter, index)))

    def _free_unsettled(self, chapter: int, indices: list[int]) -> None:
        held = {index for lease in self.leases.values() if lease.chapter == chapter for index in lease.pending}
        self.free[chapter].update(i for i in indices if i not in held and not self.state.is_settled((chapter, i)))
