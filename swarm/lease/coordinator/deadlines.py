"""When time alone changes something for a coordinator: leases that run out, and workers that fall silent.

The places of a lease that ran out are free again, and its slot is trusted less."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from swarm.lease.coordinator.intake import BROKEN_STREAK, Intake
from swarm.lease.coordinator.ledger import PROMISED, Lease
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.envelope import Reason
from swarm.lease.message import Revoke
from swarm.lease.outcome import Outcome

SILENCE_S = 5.0  # a worker that is not heard for so long loses its leases
PROMISE_S = 15.0  # how long a place waits for a clip that a worker says it holds


@dataclass
class Deadlines:
    """The deadlines of all leases and sessions. They mostly move later, so only those that are due are looked for."""

    jobs: Jobs
    sessions: dict[str, Session]
    _none_before_s: float = inf  # nothing was due before this time at the last look at all deadlines

    def joined(self, session: Session) -> None:
        """Take in a new session."""
        self._none_before_s = min(self._none_before_s, session.heard_s + SILENCE_S)

    def earliest_s(self) -> float:
        """Return a time before which no lease runs out and no worker is silent for too long; infinity for never."""
        hastened = self.jobs.lease_index.hastened
        while hastened:
            self._none_before_s = min(self._none_before_s, self.of_lease(hastened.popitem()[1]))
        return self._none_before_s if self.sessions else inf

    def silent(self, now: float) -> list[Session]:
        """Return the workers that were silent for too long; each has to be dropped."""
        return [session for session in self.sessions.values() if session.heard_s + SILENCE_S <= now]

    def overdue(self, now: float) -> Iterator[Lease]:
        """Yield the leases past their deadline; each has to be ended."""
        leases = self.jobs.lease_index.leases
        while due := [lease for lease in leases.values() if self.of_lease(lease) <= now]:
            yield min(due, key=self.of_lease)
        self._none_before_s = min(map(self.of_lease, leases.values()), default=inf)
        for session in self.sessions.values():
            self.joined(session)

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
    session.trust.streak = max(session.trust.streak + 1, BROKEN_STREAK)
