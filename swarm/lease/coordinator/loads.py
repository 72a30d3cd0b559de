"""How much the leases of a job still hold, and which of them most need the help of another slot. Pure."""

from bisect import insort
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import NamedTuple

from swarm.job.recipe import Recipe
from swarm.job.state import Place
from swarm.lease.coordinator.ledger import PROMISED, Lease, Ledger
from swarm.lease.coordinator.roster import Session, Slot
from swarm.lease.scheduling import MIN_DEADLINE_S, UNKNOWN_CHARS_S, LeaseLoad, to_beat


class LeasePriority(NamedTuple):
    """How badly a lease needs help."""

    left_s: float
    needed_chars_s: float  # a slower slot is no help
    load: LeaseLoad

    def is_helped(self, chars_s: float | None) -> bool:
        """Return whether a slot of this speed would help; an unknown speed is taken for that of the lease's slot."""
        return (chars_s or self.load.chars_s or UNKNOWN_CHARS_S) > self.needed_chars_s


class Loads:
    """The loads of the leases of one job at one moment. Whatever shortens a lease makes them outdated."""

    def __init__(self, ledger: Ledger, recipe: Recipe, sessions: dict[str, Session], now: float) -> None:
        self._ledger, self._recipe, self._sessions, self._now = ledger, recipe, sessions, now
        self.left: Counter[int] = Counter()  # segments that no slot has begun, by chapter
        self._tails: list[tuple[int, LeasePriority]] = []  # chapter, and what its lease needs
        self._started: dict[Place, list[LeaseLoad]] = {}
        self._doubles: list[tuple[Place, LeasePriority]] | None = None  # None: they are to be found anew
        for lease in ledger.leases.values():
            self.add_lease(lease)

    def add_lease(self, lease: Lease) -> None:
        """Add a lease, all of whose places were free."""
        if lease.slot == PROMISED:
            return
        load = self._load(lease)
        self.left[lease.chapter] += len(lease.pending) - load.together * load.started
        if load.started:
            self._started.setdefault((lease.chapter, lease.pending[0]), []).append(load)
            self._doubles = None
        if priority := self._tail_of(lease, load):
            insort(self._tails, (lease.chapter, priority), key=lambda tail: (-tail[1].left_s, tail[1].load.lease))

    def may_be_helped(self, chars_s: float | None) -> bool:
        """Return whether there is any lease that a slot of this speed would help."""
        needs = chain(self._tails, self._find_doubles())
        return any(priority.is_helped(chars_s) for _, priority in needs)

    def longest(self, chars_s: float | None, chapter: int | None = None) -> Iterator[LeaseLoad]:
        """Yield the leases whose tails a slot of this speed could take, the one with most time left first."""
        for number, priority in self._tails:
            if chapter in (None, number) and priority.is_helped(chars_s):
                yield priority.load

    def slowest(self, chars_s: float | None) -> Iterator[tuple[Place, list[LeaseLoad]]]:
        """Yield the segments under way that a slot of this speed would end sooner, the slowest first."""
        for place, priority in self._find_doubles():
            if priority.is_helped(chars_s):
                yield place, self._started[place]

    def _find_doubles(self) -> list[tuple[Place, LeasePriority]]:
        if self._doubles is None:
            found = [(place, _double_of(loads)) for place, loads in self._started.items()]
            needs = [(place, priority) for place, priority in found if priority]
            self._doubles = sorted(needs, key=lambda double: (-double[1].left_s, double[0]))
        return self._doubles

    def _tail_of(self, lease: Lease, load: LeaseLoad) -> LeasePriority | None:
        """Return what a helper has to be to take at least the last segment of a lease; None if all is under way."""
        left_s = load.seconds_left()
        if not left_s or (load.started and load.first == load.characters):
            return None
        return LeasePriority(left_s, self._ledger.size(lease.chapter, lease.pending[-1]) / left_s, load)

    def _load(self, lease: Lease) -> LeaseLoad:
        slot = self._sessions[lease.session].slots[lease.slot]
        before = self._before(slot, lease)
        current = before[0] if before else lease
        chars_s = slot.chars_s(self._recipe)
        return LeaseLoad(
            lease.id,
            sum(other.characters for other in before),
            lease.characters,
            self._ledger.batch_characters(current),
            not before,
            self._now - self._ledger.waits_since_s(current, proven=chars_s is not None),
            chars_s,
            len(current.batch),
        )

    def _before(self, slot: Slot, lease: Lease) -> list[Lease]:
        """Return the leases of this job that a slot speaks before one of it."""
        queue = slot.leases[: slot.leases.index(lease.id)] if lease.id in slot.leases else []
        return [self._ledger.leases[other] for other in queue if other in self._ledger.leases]


def _double_of(loads: list[LeaseLoad]) -> LeasePriority | None:
    """Return what a helper has to be to end a segment sooner that these speak; None if two are enough for a while."""
    if len(loads) > 1 and max(load.elapsed_s for load in loads) < MIN_DEADLINE_S:
        return None
    load = to_beat(loads) if len(loads) > 1 else loads[0]
    left_s = load.seconds_left_of_first()
    return LeasePriority(left_s, load.first / left_s, load) if left_s else None
