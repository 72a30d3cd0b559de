"""How much the leases of a job still hold, and which of them most need the help of another slot. Pure.

All leases are looked at four times a second at most, and only some of them in one call, however many slots ask: the
cost of a call does not grow with the leases. They are ranked by the time that they still take."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush
from math import inf
from typing import Generic, NamedTuple, TypeVar

from swarm.job.recipe import Recipe
from swarm.job.state import Place
from swarm.lease.coordinator.ledger import PROMISED, Lease, Ledger
from swarm.lease.coordinator.roster import Session, Slot
from swarm.lease.core_settings import LOOKED_AT
from swarm.lease.scheduling import MIN_DEADLINE_S, UNKNOWN_CHARS_S, LeaseLoad, to_beat

Key = TypeVar("Key", int, Place)


class LeasePriority(NamedTuple):
    """How badly a lease needs help."""

    left_s: float
    needed_chars_s: float  # a slower slot is no help
    load: LeaseLoad

    @property
    def usual_chars_s(self) -> float:
        """The speed that is taken for a helper's if that is unknown."""
        return self.load.chars_s or UNKNOWN_CHARS_S


_Entry = tuple[float, Key, float, float]  # minus the seconds left, the key, and the speeds: needed and usual


def _is_helped(entry: _Entry[Key], chars_s: float | None) -> bool:
    _, _, needed_chars_s, usual_chars_s = entry
    return (chars_s or usual_chars_s) > needed_chars_s


@dataclass
class Ranking(Generic[Key]):
    """Who needs help most. Times go by, so each is looked at anew when it comes first; `look` gives None if it is gone.

    One whose time has grown since it was put in keeps its rank until the ranking is made anew.
    """

    look: Callable[[Key], LeasePriority | None]
    _heap: list[_Entry[Key]] = field(default_factory=list)
    _least: float = inf  # characters a second that anyone needs of a helper
    _least_unknown: float = inf  # the speed needed of a helper of unknown speed, as a share of the assumed one

    def fill(self, plights: list[tuple[Key, LeasePriority]]) -> None:
        """Rank these, and no others."""
        self._heap, self._least, self._least_unknown = [], inf, inf
        for key, plight in plights:
            self._heap.append(self._entry(key, plight))
        heapify(self._heap)

    def put(self, key: Key) -> None:
        """Add one more."""
        if plight := self.look(key):
            heappush(self._heap, self._entry(key, plight))

    def _entry(self, key: Key, plight: LeasePriority) -> _Entry[Key]:
        usual, needed = plight.usual_chars_s, plight.needed_chars_s
        self._least = min(self._least, needed)
        self._least_unknown = min(self._least_unknown, needed / usual)
        return -plight.left_s, key, needed, usual

    def worst(self, chars_s: float | None) -> Iterator[tuple[Key, LeasePriority]]:
        """Yield those whom a slot of this speed would help, the one that takes longest first."""
        if not (self._least < chars_s if chars_s else self._least_unknown < 1):
            return
        aside: list[_Entry[Key]] = []
        try:
            while self._heap:
                entry = heappop(self._heap)
                if not _is_helped(entry, chars_s):
                    aside.append(entry)
                    continue
                plight = self.look(entry[1])
                if plight is None:
                    continue
                fresh = self._entry(entry[1], plight)
                if self._heap and fresh > self._heap[0]:
                    heappush(self._heap, fresh)
                    continue
                aside.append(fresh)
                if _is_helped(fresh, chars_s):
                    yield entry[1], plight
        finally:
            for entry in aside:
                heappush(self._heap, entry)


FRESH_S = 0.25  # all leases are looked at again after this time
ABANDONED_S = 1.0  # a look that no slot has needed for so long begins anew
DONE = object()


@dataclass
class Loads:
    """The loads of the leases of one job, at the moment of its last `refresh`."""

    ledger: Ledger
    recipe: Recipe
    looked_at: int = LOOKED_AT  # leases in one call: the rankings stay as they were until the last was looked at
    now: float = -inf
    made_s: float = -inf  # the last look at all leases began then
    sessions: dict[str, Session] = field(default_factory=dict)
    tails: Ranking[int] = field(init=False)
    tails_in: dict[int, Ranking[int]] = field(default_factory=dict)
    doubles: Ranking[Place] = field(init=False)
    left: Counter[int] = field(default_factory=Counter)  # segments that no slot has begun, by chapter
    _asked_s: float = -inf  # the last `refresh`
    _look: Iterator[None] | None = None  # the unfinished look goes on with the next call
    _noted: list[Lease] = field(default_factory=list)  # leases noted since the look began

    def __post_init__(self) -> None:
        self.tails, self.doubles = Ranking(self._tail), Ranking(self._double)

    def refresh(self, sessions: dict[str, Session], now: float) -> None:
        """Let time pass; if the last look at all leases is old, begin another or go on with it."""
        again, self._asked_s = now - self._asked_s, now
        self.now, self.sessions = now, sessions
        if again == 0:  # another slot asks in the same call
            return
        if not 0 < again < ABANDONED_S:
            self._look = None
        if self._look is None and not self.made_s <= now < self.made_s + FRESH_S:
            self.made_s, self._look, self._noted = now, self._look_at_all(), []
        if self._look is not None and next(self._look, DONE) is DONE:
            self._look = None

    def _look_at_all(self) -> Iterator[None]:
        """Rank all leases anew; yield whenever one call has looked at enough of them."""
        tails: dict[int, list[tuple[int, LeasePriority]]] = {}
        started: dict[Place, list[LeaseLoad]] = {}
        left: Counter[int] = Counter()
        for number, lease in enumerate(list(self.ledger.leases.values()), 1):
            if lease.id in self.ledger.leases and lease.slot != PROMISED:
                load = self._load(lease)
                left[lease.chapter] += len(lease.pending) - load.together * load.started
                if load.started:
                    started.setdefault((lease.chapter, lease.pending[0]), []).append(load)
                if plight := self._tail_of(lease, load):
                    tails.setdefault(lease.chapter, []).append((lease.id, plight))
            if number % self.looked_at == 0:
                yield
        self._rank(tails, started)
        self.left = left
        for lease in self._noted:
            self._put(lease)

    def _rank(self, tails: dict[int, list[tuple[int, LeasePriority]]], started: dict[Place, list[LeaseLoad]]) -> None:
        self.tails.fill([each for found in tails.values() for each in found])
        self.tails_in = {chapter: Ranking(self._tail) for chapter in tails}
        for chapter, ranking in self.tails_in.items():
            ranking.fill(tails[chapter])
        self.doubles.fill([(place, plight) for place, loads in started.items() if (plight := _double_of(loads))])

    def note(self, lease: Lease, now: float) -> None:
        """Take in a new lease, or one that was shortened, unless all are looked at anew before they matter."""
        goes_on = self._look is not None and now < self._asked_s + ABANDONED_S
        if goes_on:
            self._noted.append(lease)
        if goes_on or self.made_s <= now < self.made_s + FRESH_S:
            self.now = now
            self._put(lease)

    def _put(self, lease: Lease) -> None:
        if lease.id in self.ledger.leases:
            self.tails.put(lease.id)
            self.tails_in.setdefault(lease.chapter, Ranking(self._tail)).put(lease.id)
            self.doubles.put((lease.chapter, lease.pending[0]))

    def longest(self, chars_s: float | None, chapter: int | None = None) -> Iterator[LeaseLoad]:
        """Yield the leases whose tails a slot of this speed could take, the one with most time left first."""
        ranking = self.tails if chapter is None else self.tails_in.get(chapter)
        for _, plight in ranking.worst(chars_s) if ranking else ():
            yield plight.load

    def slowest(self, chars_s: float | None) -> Iterator[tuple[Place, list[LeaseLoad]]]:
        """Yield the segments under way that a slot of this speed would end sooner, the slowest first."""
        for place, _ in self.doubles.worst(chars_s):
            yield place, self._started(place)

    def _tail(self, lease_id: int) -> LeasePriority | None:
        lease = self.ledger.leases.get(lease_id)
        return self._tail_of(lease, self._load(lease)) if lease else None

    def _tail_of(self, lease: Lease, load: LeaseLoad) -> LeasePriority | None:
        """Return what a helper has to be to take at least the last segment of a lease; None if all is under way."""
        if load.started and load.first == load.characters:
            return None
        left_s = load.seconds_left()
        return (
            LeasePriority(left_s, self.ledger.size(lease.chapter, lease.pending[-1]) / left_s, load) if left_s else None
        )

    def _double(self, place: Place) -> LeasePriority | None:
        return _double_of(self._started(place))

    def _started(self, place: Place) -> list[LeaseLoad]:
        """Return the loads of the leases whose slots speak a segment first of all."""
        firsts = [le for le in self.ledger.holders(place) if le.slot != PROMISED and le.pending[0] == place[1]]
        return [load for load in map(self._load, firsts) if load.started]

    def _load(self, lease: Lease) -> LeaseLoad:
        slot = self.sessions[lease.session].slots[lease.slot]
        before = [] if slot.leases[:1] == [lease.id] else self._before(slot, lease)
        current = before[0] if before else lease
        chars_s = slot.chars_s(self.recipe)
        return LeaseLoad(
            lease.id,
            sum([other.characters for other in before]),
            lease.characters,
            self.ledger.batch_characters(current),
            not before,
            self.now - self.ledger.waits_since_s(current, proven=chars_s is not None),
            chars_s,
            len(current.batch),
        )

    def _before(self, slot: Slot, lease: Lease) -> list[Lease]:
        """Return the leases of this job that a slot speaks before one of it."""
        queue = slot.leases[: slot.leases.index(lease.id)] if lease.id in slot.leases else []
        return [self.ledger.leases[other] for other in queue if other in self.ledger.leases]


def _double_of(loads: list[LeaseLoad]) -> LeasePriority | None:
    """Return what a helper has to be to end a segment sooner that these speak; None if two are enough for a while."""
    if not loads or (len(loads) > 1 and max(load.elapsed_s for load in loads) < MIN_DEADLINE_S):
        return None
    load = to_beat(loads) if len(loads) > 1 else loads[0]
    left_s = load.seconds_left_of_first()
    return LeasePriority(left_s, load.first / left_s, load) if left_s else None
