"""When time alone changes something for a coordinator: leases that run out, and workers that fall silent.

A timer heap finds the earliest of many deadlines without a look at all of them. The places of a lease that ran out
are free again, and its slot is trusted less."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from heapq import heappop, heappush, heapreplace
from math import inf
from typing import Generic, TypeVar

from swarm.lease.coordinator.intake import BROKEN_STREAK, Intake
from swarm.lease.coordinator.ledger import PROMISED, Lease
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.envelope import Reason
from swarm.lease.message import Revoke
from swarm.lease.outcome import Outcome

Key = TypeVar("Key", int, str)


@dataclass
class TimerHeap(Generic[Key]):
    """Deadlines that mostly move later, again and again. So each is looked at anew only when it would come first.

    `due` tells the deadline of a key; infinity where there is none, or none any more.
    """

    due: Callable[[Key], float]
    _heap: list[tuple[float, Key]] = field(default_factory=list)
    _noted: dict[Key, float] = field(default_factory=dict)  # no later than the deadline really is

    def note(self, key: Key) -> None:
        """Look at a deadline that is new, or may have come nearer."""
        due_s = self.due(key)
        if due_s < self._noted.get(key, inf):
            self._noted[key] = due_s
            heappush(self._heap, (due_s, key))

    def earliest_s(self) -> float:
        """Return the earliest deadline; infinity if there is none."""
        while self._heap:
            noted_s, key = self._heap[0]
            if noted_s != self._noted.get(key):  # the deadline came nearer since, and is noted twice
                heappop(self._heap)
                continue
            due_s = self.due(key)
            if due_s <= noted_s:
                return due_s
            if due_s == inf:
                heappop(self._heap)
                del self._noted[key]
            else:
                self._noted[key] = due_s
                heapreplace(self._heap, (due_s, key))
        return inf

    def take(self, now: float) -> Iterator[Key]:
        """Yield the keys whose deadline has passed; each has to be dealt with before the next."""
        while self.earliest_s() <= now:
            yield self._heap[0][1]


SILENCE_S = 5.0  # a worker that is not heard for so long loses its leases
PROMISE_S = 15.0  # how long a place waits for a clip that a worker says it holds


@dataclass
class Deadlines:
    """The deadlines of all leases and sessions, without a look at all of them after each message."""

    jobs: Jobs
    sessions: dict[str, Session]
    _leases: TimerHeap[int] = field(init=False)
    _silences: TimerHeap[str] = field(init=False)

    def __post_init__(self) -> None:
        self._leases, self._silences = TimerHeap(self._lease_due), TimerHeap(self._silence_due)

    def joined(self, session: Session) -> None:
        """Take in a new session."""
        self._silences.note(session.key)

    def earliest_s(self) -> float:
        """Return when the next lease runs out or the next worker is silent for too long; infinity for never."""
        self._note_hastened()
        leases_s, silences_s = self._leases.earliest_s(), self._silences.earliest_s()
        return min(leases_s, silences_s)

    def silent(self, now: float) -> Iterator[Session]:
        """Yield the workers that were silent for too long; each has to be dropped."""
        return (self.sessions[key] for key in self._silences.take(now))

    def overdue(self, now: float) -> Iterator[Lease]:
        """Yield the leases past their deadline; each has to be ended."""
        self._note_hastened()
        for lease_id in self._leases.take(now):
            yield self.jobs.holdings.leases[lease_id]
            self._note_hastened()

    def forgive(self, gap_s: float) -> None:
        """Shift all of them, after a sleep of the coordinator's machine."""
        for session in self.sessions.values():
            session.forgive(gap_s)
        for served in self.jobs.values():
            served.ledger.forgive(gap_s)

    def of_lease(self, lease: Lease) -> float:
        """Return when a lease expires if it makes no progress; infinity while it is queued behind another."""
        if lease.slot == PROMISED:
            return lease.progressed_s + PROMISE_S
        session = self.sessions[lease.session]
        leases = session.slots[lease.slot].leases
        if not leases or leases[0] != lease.id:
            return inf
        return lease.progressed_s + self.jobs.of(lease).deadline_s(session, lease)

    def _note_hastened(self) -> None:
        hastened = self.jobs.holdings.hastened
        while hastened:
            self._leases.note(hastened.popitem()[0])

    def _lease_due(self, lease_id: int) -> float:
        lease = self.jobs.holdings.leases.get(lease_id)
        return inf if lease is None else self.of_lease(lease)

    def _silence_due(self, key: str) -> float:
        session = self.sessions.get(key)
        return inf if session is None else session.heard_s + SILENCE_S


def expire(served: ServedJob, session: Session, lease: Lease, intake: Intake, now: float, out: Outcome) -> None:
    """End a lease that made no progress before its deadline, or a promise that was not kept."""
    if lease.slot == PROMISED:
        served.ledger.broken_promises.update((lease.chapter, index) for index in lease.pending)
        served.ledger.end(lease)
        return
    place = (lease.chapter, lease.pending[0])
    served.ledger.expiries[place] += 1
    served.ledger.has_tried(place, session.key)
    served.run_stats.reissued += len(lease.pending)
    out.events.append(Reason("no progress", worker=session.hello.name, slot=lease.slot))
    out.send(session.peer, Revoke(lease.id, expired=True))
    served.ledger.end(lease)
    if session.slots[lease.slot].speed(served.recipe).chars_s is None:
        _distrust(served, session, lease.slot, out)
        intake.set_aside(session, now, out)


def _distrust(served: ServedJob, session: Session, slot: int, out: Outcome) -> None:
    """Ask others before a worker whose slot never spoke, and take from the slot what waits there."""
    for lease in [le for le in served.ledger.leases.values() if (le.session, le.slot) == (session.key, slot)]:
        out.send(session.peer, Revoke(lease.id))
        served.ledger.end(lease)
    session.streak = max(session.streak + 1, BROKEN_STREAK)
