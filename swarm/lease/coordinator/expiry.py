"""Leases that run out: places that are free again, and slots that are trusted less."""

from swarm.lease.coordinator.intake import BROKEN_STREAK, Intake
from swarm.lease.coordinator.lease import PROMISED, Lease
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.message import Revoke
from swarm.lease.reason import Reason


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
