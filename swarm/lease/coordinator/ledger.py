"""Leases, the rights of slots to speak runs of segments for a time: the free places and the leases of a job, and
an index of the leases of all jobs by who holds them.

They are not journaled: after a restart everything unspoken is free."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from swarm.job.state import JobState, Place

RESERVED = -1  # the slot of a lease that covers clips on their way, spoken before


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
    characters: int = 0  # characters still pending
    reached: int = -1  # the last index that a heartbeat said is being spoken
    spoken: bool = False  # the last heartbeat said that its slot is done with it, and its last clips are on their way
    most: int = 1  # segments that its slot can speak together, as its worker offered
    is_check: bool = False  # its places have clips, and are spoken again to be compared
    together: int = field(init=False)  # segments spoken together now, by the last heartbeat
    fewest: int = field(init=False)  # fewest segments spoken together since its last clip
    delivered_s: float = field(init=False)  # the last clip came then, or the slot came to the lease

    def __post_init__(self) -> None:
        self.delivered_s = self.granted_s
        self.together = self.fewest = self.most

    def reach_segment(self, now: float) -> None:
        """Take in that its slot comes to it, or to its next segment, since the clip of the last one is here."""
        self.progressed_s = self.delivered_s = now
        self.fewest = self.most

    @property
    def batch(self) -> list[int]:
        """The indices that its slot speaks together, as far as is known."""
        return self.pending[: self.together]

    def narrow(self, together: int) -> bool:
        """Take in how many segments are spoken together; return whether that is a step to find one that fails."""
        self.together = min(max(together, 1), self.most)
        halved = self.together <= (self.fewest + 1) // 2 < self.fewest
        self.fewest = min(self.fewest, self.together)
        return halved


MAX_LAPSED = 1024


@dataclass
class LeaseIndex:
    """An index of leases: all ledgers of a coordinator share one, and change it whenever a lease begins or ends."""

    leases: dict[int, Lease] = field(default_factory=dict)
    by_session: dict[str, dict[int, Lease]] = field(default_factory=dict)
    lapsed: dict[int, Lease] = field(default_factory=dict)  # leases of sessions that were given up; some may come back
    closed: bool = False  # whether no session may go on with a lapsed lease any more

    def of(self, session: str) -> dict[int, Lease]:
        """Return the leases of a session by their ids."""
        return self.by_session.get(session, {})

    def add_lease(self, lease: Lease) -> None:
        """Take in a new lease."""
        self.leases[lease.id] = lease
        self.by_session.setdefault(lease.session, {})[lease.id] = lease

    def remove_lease(self, lease: Lease) -> None:
        """Forget a lease that ended."""
        del self.leases[lease.id]
        own = self.by_session[lease.session]
        del own[lease.id]
        if not own:
            del self.by_session[lease.session]

    def lapse(self, lease: Lease) -> None:
        """Remember a lease of a session that was given up; the oldest one is forgotten if there are many."""
        if lease.slot != RESERVED:
            self.lapsed[lease.id] = lease
        while len(self.lapsed) > MAX_LAPSED:
            del self.lapsed[next(iter(self.lapsed))]

    def take_lapsed(self, lease_id: int, session: str) -> Lease | None:
        """Return a lapsed lease to the session that had it, once; None if there is none."""
        lease = None if self.closed else self.lapsed.get(lease_id)
        return self.lapsed.pop(lease_id) if lease and lease.session == session else None

    def has_lapsed(self, session: str) -> bool:
        """Return whether a session had a lease that lapsed, and of which it has not spoken since."""
        return any(lease.session == session for lease in self.lapsed.values())


MAX_LEASE_CHARACTERS = 32 * 1024
MAX_LEASE_LINES = 1000
MAX_LAPSED_RESERVATIONS = 3  # after so many at a place its clip counts when it comes, but nothing waits for it
MAX_EMPTY_HANDED = 64  # sessions that are remembered for a place
FreeRun = tuple[int, list[int]]  # a chapter and indices in it


class Most(NamedTuple):
    """The bounds of a new lease."""

    characters: int
    lines: int
    batch: int = 1  # segments that its slot speaks together


@dataclass
class Ledger:
    """The free places of one job and its leases."""

    state: JobState
    leases: dict[int, Lease] = field(default_factory=dict)
    expiries: Counter[Place] = field(default_factory=Counter)
    lapsed_reservations: Counter[Place] = field(default_factory=Counter)  # clips that did not come in time
    free: list[set[int]] = field(default_factory=list)
    # Sessions whose lease ended without the clip of a place.
    empty_handed: dict[Place, dict[str, None]] = field(default_factory=dict)
    begun_s: dict[Place, float] = field(default_factory=dict)  # a lease first began there then, even if it ended since
    first_failed_s: dict[Place, float] = field(default_factory=dict)
    failed_s: dict[Place, float] = field(default_factory=dict)  # the last failure
    tried: dict[Place, dict[str, None]] = field(default_factory=dict)  # sessions that failed there, or made no progress
    lease_index: LeaseIndex = field(default_factory=LeaseIndex)  # all jobs of a coordinator share them
    reel_ends: Sequence[Collection[int]] = ()  # a chapter's indices before which reels end; () where none matters
    _sizes: dict[Place, int] = field(default_factory=dict)  # characters of the segments at either end of a lease

    def __post_init__(self) -> None:
        self.free = [
            {index for index in range(len(chapter.segments)) if not self.state.is_settled((number, index))}
            for number, chapter in enumerate(self.state.spec.chapters)
        ]

    def find_run(self, allowed: Callable[[Place], bool], most: Most) -> FreeRun | None:
        """Return the next free run in reading order: a chapter and its indices, at most `most`.

        A single segment longer than that is a run of its own. So is one at which a slot made no progress, if the next
        slot would speak others together with it.
        """
        runs = (self.run_in(chapter, allowed, most) for chapter, free in enumerate(self.free) if free)
        return next((run for run in runs if run), None)

    def run_in(self, chapter: int, allowed: Callable[[Place], bool], most: Most) -> FreeRun | None:
        """Return the next free run of one chapter."""
        indices = (index for index in sorted(self.free[chapter]) if allowed((chapter, index)))
        run = self._start_of(chapter, indices, most)
        return (chapter, run) if run else None

    def parts_reels(self, chapter: int, index: int) -> bool:
        """Return whether the segments before and at an index of a chapter are of two reels."""
        return not self.reel_ends or index == 0 or index in self.reel_ends[chapter]

    def _start_of(self, chapter: int, indices: Iterator[int], most: Most) -> list[int]:
        run: list[int] = []
        left, more = most.characters, False  # more: indices that are left behind
        for index in indices:
            left -= self._size(chapter, index)
            alone = most.batch > 1 and (chapter, index) in self.expiries
            if more := len(run) == min(most.lines, MAX_LEASE_LINES) or bool(run and (left < 0 or alone)):
                if most.batch == 1:
                    self._end_with_reel(chapter, run, index)
                break
            run.append(index)
            if alone:
                more = next(indices, None) is not None
                break
        if more and most.batch < len(run):
            del run[len(run) // most.batch * most.batch :]
        return run

    def _end_with_reel(self, chapter: int, run: list[int], following: int) -> None:
        """Leave to the lease that follows what is of a reel which goes on there, unless nothing would remain."""
        after = enumerate([*run[1:], following], 1)
        del run[max((place for place, index in after if self.parts_reels(chapter, index)), default=len(run)) :]

    def hold(self, lease: Lease) -> None:
        """Start a lease: its places are no longer free."""
        self.leases[lease.id] = lease
        self.lease_index.add_lease(lease)
        self.begun_s.setdefault((lease.chapter, lease.pending[0]), lease.granted_s)
        lease.characters = sum(self._size(lease.chapter, index) for index in lease.pending)
        self.free[lease.chapter].difference_update(lease.pending)

    def may_reserve(self, place: Place) -> bool:
        """Return whether a place may wait for a clip that a worker says it has: not if that was often in vain."""
        return self.lapsed_reservations[place] < MAX_LAPSED_RESERVATIONS

    def has_failed(self, place: Place, session: str, now: float) -> None:
        """Take in that a session failed at a place."""
        self.has_tried(place, session)
        self.first_failed_s.setdefault(place, now)
        self.failed_s[place] = now

    def has_tried(self, place: Place, session: str) -> None:
        """Take in that a session could not speak a place."""
        _remember(self.tried, place, session)

    def settle_place(self, place: Place) -> list[Lease]:
        """Take a place from the free ones and from every lease, which are returned: it needs no more work."""
        chapter, index = place
        self.free[chapter].discard(index)
        for sessions in (self.empty_handed, self.tried):
            sessions.pop(place, None)
        for times in (self.begun_s, self.first_failed_s, self.failed_s):
            times.pop(place, None)
        self._sizes.pop(place, None)
        held = self.holders(place)
        for lease in held:
            self._remove(lease, index)
        return held

    def give_up(self, place: Place, session: str) -> bool:
        """Take a place from a session; free it if it has no clip and no other holder. Return whether it was held."""
        held = self.holders(place)
        own = [lease for lease in held if lease.session == session]
        for lease in own:
            self._remove(lease, place[1])
        if own and len(own) == len(held) and not self.state.is_settled(place):
            self.free[place[0]].add(place[1])
        return bool(own)

    def reopen(self, place: Place) -> None:
        """Make a place free, to be spoken again."""
        self.settle_place(place)
        self.free[place[0]].add(place[1])

    def end_lease(self, lease: Lease) -> None:
        """End a lease; its pending places are free again."""
        self._forget(lease)
        _remember(self.empty_handed, (lease.chapter, lease.pending[0]), lease.session)
        self._free_unsettled(lease.chapter, lease.pending)

    def lapse(self, lease: Lease) -> None:
        """End a lease of a session that is given up; the session may go on with it if it comes back in time."""
        self.end_lease(lease)
        self.lease_index.lapse(lease)

    def resume(self, lapsed: Lease, now: float) -> Lease | None:
        """Start a lapsed lease again, with those of its places that are still free and never failed; None without."""
        chapter, free, failures = lapsed.chapter, self.free[lapsed.chapter], self.state.failures
        pending = [index for index in lapsed.pending if index in free and (chapter, index) not in failures]
        if not pending:
            return None
        lease = Lease(lapsed.id, lapsed.job, chapter, lapsed.session, lapsed.slot, pending, now, now, most=lapsed.most)
        self.hold(lease)
        return lease

    def cut(self, lease: Lease, end: int) -> list[int]:
        """Take from a lease what lies at or after index `end`, for another lease; returns those indices."""
        tail = [index for index in lease.pending if index >= end]
        lease.pending = [index for index in lease.pending if index < end]
        lease.characters -= sum(self._size(lease.chapter, index) for index in tail)
        self._shortened(lease)
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
            lease.delivered_s += gap_s
        for times in (self.begun_s, self.first_failed_s, self.failed_s):
            times.update({place: at_s + gap_s for place, at_s in times.items()})

    def waits_since_s(self, lease: Lease, *, proven: bool) -> float:
        """Return since when a lease's slot is at its first segment.

        A slot that has delivered nothing yet inherits what others took there in vain: else members of ill will could
        pass the segment on for ever.
        """
        place = (lease.chapter, lease.pending[0])
        return lease.delivered_s if proven else min(lease.delivered_s, self.begun_s.get(place, lease.delivered_s))

    def sizes(self, lease_id: int) -> list[int]:
        """Return the characters of each pending segment of a lease."""
        lease = self.leases[lease_id]
        return [self._size(lease.chapter, index) for index in lease.pending]

    def batch_characters(self, lease: Lease) -> int:
        """Return the characters of what the slot of a lease speaks together."""
        if lease.together == 1:
            return self.size(lease.chapter, lease.pending[0])
        return sum(self._size(lease.chapter, index) for index in lease.batch)

    def holders(self, place: Place) -> list[Lease]:
        """Return the leases that hold a place: two where it is spoken twice on purpose, else one at most."""
        chapter, index = place
        near = [le for le in self.leases.values() if le.chapter == chapter and le.pending[0] <= index <= le.pending[-1]]
        return [lease for lease in near if index in lease.pending]

    def earliest_open(self) -> int | None:
        """Return the first chapter that is not sealed, None where all are."""
        return next((n for n in range(len(self.free)) if not self.state.chapter_complete(n)), None)

    def _remove(self, lease: Lease, index: int) -> None:
        lease.pending.remove(index)
        lease.characters -= self._size(lease.chapter, index)
        self._shortened(lease)

    def _shortened(self, lease: Lease) -> None:
        """Take in that a lease holds less; it ends if that is nothing."""
        if not lease.pending:
            self._forget(lease)

    def _forget(self, lease: Lease) -> None:
        del self.leases[lease.id]
        self.lease_index.remove_lease(lease)

    def size(self, chapter: int, index: int) -> int:
        """Return the characters of a segment at either end of a lease."""
        place = (chapter, index)
        if place not in self._sizes:
            self._sizes[place] = self._size(chapter, index)
        return self._sizes[place]

    def _size(self, chapter: int, index: int) -> int:
        return len(self.state.engine_text((chapter, index)))

    def _free_unsettled(self, chapter: int, indices: list[int]) -> None:
        held = {index for le in self.leases.values() if le.chapter == chapter for index in le.pending}
        self.free[chapter].update(i for i in indices if i not in held and not self.state.is_settled((chapter, i)))


def _remember(sessions: dict[Place, dict[str, None]], place: Place, session: str) -> None:
    """Add a session to those of a place; the oldest is forgotten if there are many."""
    known = sessions.setdefault(place, {})
    known[session] = None
    if len(known) > MAX_EMPTY_HANDED:
        del known[next(iter(known))]
