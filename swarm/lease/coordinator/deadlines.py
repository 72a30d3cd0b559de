"""When time alone changes something for a coordinator: leases that run out, and workers that fall silent."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import inf

from swarm.lease.coordinator.alarms import Alarms
from swarm.lease.coordinator.jobs import Jobs
from swarm.lease.coordinator.lease import PROMISED, Lease
from swarm.lease.coordinator.roster import Session

SILENCE_S = 5.0  # a worker that is not heard for so long loses its leases
PROMISE_S = 15.0  # how long a place waits for a clip that a worker says it holds


@dataclass
class Deadlines:
    """The deadlines of all leases and sessions, without a look at all of them after each message."""

    jobs: Jobs
    sessions: dict[str, Session]
    _leases: Alarms[int] = field(init=False)
    _silences: Alarms[str] = field(init=False)

    def __post_init__(self) -> None:
        self._leases, self._silences = Alarms(self._lease_due), Alarms(self._silence_due)

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
