"""Heartbeats as a coordinator takes them: which leases advance, which were lost, which slots want more."""

from swarm.lease.coordinator.ledger import MAX_LEASE_LINES, PROMISED, Lease
from swarm.lease.coordinator.outcome import Outcome
from swarm.lease.coordinator.roster import MAX_WAITING_S, Session
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.message import Heartbeat, Revoke, Skip, Trim

GRANT_FLIGHT_S = 6.0  # a lease that no heartbeat lists so long after its grant was lost on the way; disks may be slow


def take_heartbeat(jobs: dict[str, ServedJob], session: Session, message: Heartbeat, now: float, out: Outcome) -> None:
    """Take in what a worker's slots do and want; revoke the leases that it holds without a right."""
    known = leases_of(jobs, session)
    session.holding, session.figures = len(message.leases), message.figures
    out.events += session.rest(message.resting)
    for lease_id in set(message.leases) - known.keys():
        out.send(session.peer, Revoke(lease_id))
    for lease_id, (served, lease) in known.items():
        if lease_id not in message.leases and now - lease.granted_s > GRANT_FLIGHT_S and lease.slot != PROMISED:
            served.ledger.end(lease)
    _advance(session, message, known, now)
    offered = {slot for slot in message.offers if slot < len(session.slots)}
    session.offers = dict.fromkeys(sorted(offered), False)  # each is answered anew


def _advance(session: Session, message: Heartbeat, known: dict[int, tuple[ServedJob, Lease]], now: float) -> None:
    """Note the progress of each lease that a heartbeat lists."""
    for report in message.slots:
        if report.slot < len(session.slots):
            session.slots[report.slot].hear(report)
        if report.lease in known:
            served, lease = known[report.lease]
            begun = report.state == "speaking" and served.ledger.advance(lease, report.index)
            if begun or session.is_patient(report, now):
                lease.progressed_s = now
    speaking = {report.lease for report in message.slots}
    for lease_id in message.leases:
        if lease_id in known and lease_id not in speaking:  # its slot is at another lease
            lease = known[lease_id][1]
            patient_until_s = max(lease.granted_s, session.sent_s) + MAX_WAITING_S
            lease.progressed_s = max(lease.progressed_s, min(now, patient_until_s))


def leases_of(jobs: dict[str, ServedJob], session: Session) -> dict[int, tuple[ServedJob, Lease]]:
    """Return the leases of a session by their ids, each with its job."""
    return {
        lease.id: (served, lease)
        for served in jobs.values()
        for lease in served.ledger.leases.values()
        if lease.session == session.key
    }


def reminders(jobs: dict[str, ServedJob], session: Session) -> list[Trim | Skip]:
    """Return what a worker that greets again has to know of its leases: the news of them may have been lost."""
    messages: list[Trim | Skip] = []
    for _, lease in leases_of(jobs, session).values():
        if lease.slot != PROMISED:
            messages.append(Trim(lease.id, lease.pending[-1] + 1))
            gaps = sorted(set(range(lease.pending[-1])) - set(lease.pending))
            messages += [Skip(lease.id, tuple(gaps[-MAX_LEASE_LINES:]))] if gaps else []
    return messages


def tidy(jobs: dict[str, ServedJob], session: Session, now: float) -> None:
    """Take from the slots of a session the leases that ended; the time of the next lease begins now."""
    live = leases_of(jobs, session)
    for slot in session.slots:
        before = slot.leases[:1]
        slot.keep(live, now)
        if slot.leases and slot.leases[:1] != before:
            live[slot.leases[0]][1].progressed_s = now
