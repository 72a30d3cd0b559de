"""Heartbeats as a coordinator takes them: which leases advance, which were lost, which slots want more.

Clips may still come from workers that fell silent or left, and who fell silent may be heard again."""

from collections.abc import Container
from dataclasses import dataclass, field

from swarm.lease.coordinator.ledger import MAX_LEASE_LINES, RESERVED, Lease
from swarm.lease.coordinator.roster import MAX_LOADING_S, MAX_WAITING_S, TELL_AGAIN_S, Session
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.message import Heartbeat, Revoke, Skip, SlotReport, Trim
from swarm.lease.outcome import Outcome, Send
from swarm.lease.states import SessionState

MAX_FIGURES_S = 5.0  # figures stand for no longer than that
MAX_REVOKED = 64  # unknown leases that are answered at a time
GRANT_FLIGHT_S = 6.0  # a lease that no heartbeat lists so long after its grant was lost on the way; disks may be slow


def take_heartbeat(
    jobs: Jobs,
    sessions: dict[str, Session],
    session: Session,
    message: Heartbeat,
    now: float,
    out: Outcome,
) -> None:
    """Take in what a worker's slots do and want; revoke the leases that it holds without a right."""
    known = jobs.leases_of(session)
    if message.leases or message.offers:
        session.worked_s = now
    _charge_energy(jobs, session, known, now)
    session.holding, session.figures, session.figures_s = len(message.leases), message.figures, now
    session.wake = message.wake
    out.events += session.rest(message.resting)
    if jobs.lease_index.lapsed:
        known = _resume(jobs, session, message, now, out)
    _revoke_unknown(session, set(message.leases) - known.keys(), now, out)
    held = set(message.leases)
    for lease in [lease for lease_id, lease in known.items() if lease_id not in held]:
        if now - lease.granted_s > GRANT_FLIGHT_S and lease.slot != RESERVED:
            jobs.of(lease).ledger.end_lease(lease)
    _advance(jobs, sessions, session, message, now)
    # It may have sent this before it knew of a grant that lapsed meanwhile.
    is_late = session.link.is_catching_up(now) and jobs.lease_index.has_lapsed(session.key)
    offered = {slot for slot in message.offers if slot < len(session.slots) and not is_late}
    session.offers = dict.fromkeys(sorted(offered), False)  # each is answered anew


def _charge_energy(jobs: Jobs, session: Session, leases: dict[int, Lease], now: float) -> None:
    """Charge the jobs of a worker with what its devices used since its last heartbeat, in equal parts."""
    spent_s = max(0.0, min(now - session.figures_s, MAX_FIGURES_S))
    joules, served = (
        spent_s * sum(each.watts or 0.0 for each in session.figures),
        {lease.job for lease in leases.values()},
    )
    for job in served if joules else ():
        jobs[job].run_stats.spend(session.worker, joules / len(served))


def _resume(jobs: Jobs, session: Session, message: Heartbeat, now: float, out: Outcome) -> dict[int, Lease]:
    """Let a worker that was given up go on with places that it still holds and that are free; return its leases.

    Without that, the worker would finish the sentences under way, while other slots speak them too.
    """
    speaking = {report.lease for report in message.slots}
    for lease_id in sorted(message.leases, key=lambda each: each not in speaking):
        lapsed = jobs.lease_index.take_lapsed(lease_id, session.key)
        served = jobs.get(lapsed.job) if lapsed else None
        if lapsed is None or served is None or not (served.is_open and session.can_speak(served.recipe)):
            continue
        slot = session.slots[lapsed.slot]
        if not slot.is_full and (lease := served.ledger.resume(lapsed, now)):
            slot.begin_lease(lease.id, now)
            out.sends += [Send(session.peer, bound) for bound in _bounds(lease)]
    return jobs.leases_of(session)


def _revoke_unknown(session: Session, unknown: set[int], now: float, out: Outcome) -> None:
    """Revoke leases that are not the worker's: a few with each heartbeat, and each again only after a while."""
    told = {lease: at_s for lease, at_s in session.revoked_s.items() if lease in unknown and now - at_s < TELL_AGAIN_S}
    news = sorted(unknown - told.keys())[:MAX_REVOKED]
    for lease in news:
        out.send(session.peer, Revoke(lease))
    session.revoked_s = told | dict.fromkeys(news, now)


def _advance(jobs: Jobs, sessions: dict[str, Session], session: Session, message: Heartbeat, now: float) -> None:
    """Note the progress of each lease that a heartbeat lists."""
    known = jobs.leases_of(session)
    for report in message.slots:
        if report.slot < len(session.slots):
            session.slots[report.slot].note_report(report)
        if report.lease in known:
            lease = known[report.lease]
            served = jobs.of(lease)
            begun = report.state == "speaking" and _goes_on(served, lease, report)
            if begun or _is_patient(served, sessions, session, report, lease, now):
                lease.progressed_s = now
    speaking = {report.lease for report in message.slots}
    for lease in [known[each] for each in message.leases if each in known]:
        is_at_it = lease.id in speaking
        lease.spoken = not is_at_it and lease.slot in message.offers  # a slot with a lease in its queue wants no more
        if not is_at_it:
            patient_until_s = max(lease.granted_s, session.link.sent_s) + MAX_WAITING_S
            lease.progressed_s = max(lease.progressed_s, min(now, patient_until_s))


def _goes_on(served: ServedJob, lease: Lease, report: SlotReport) -> bool:
    """Take in which segments of a lease are spoken; return whether that is further, or a smaller part of a batch."""
    narrowed = lease.narrow(report.lines)
    return served.ledger.advance(lease, report.index) or narrowed


def _is_patient(
    served: ServedJob, sessions: dict[str, Session], session: Session, report: SlotReport, lease: Lease, now: float
) -> bool:
    """Return whether a slot has a reason to make no progress: it loads, or waits for credit.

    A load that another worker could do instead has a bound that the loading worker does not tell itself.
    """
    if session.waits_for_link(report, now):
        return True
    if report.state != "loading" or report.since_s >= MAX_LOADING_S:
        return False
    if now - lease.delivered_s < served.unknown_deadline_s:
        return True
    others = (other for other in sessions.values() if other is not session)
    return not any(served.can_try(other, now) for other in others)


def reminders(jobs: Jobs, session: Session) -> list[Trim | Skip]:
    """Return what a worker that greets again has to know of its leases: the news of them may have been lost."""
    messages: list[Trim | Skip] = []
    for lease in jobs.leases_of(session).values():
        if lease.slot != RESERVED:
            messages += _bounds(lease)
    return messages


def _bounds(lease: Lease) -> list[Trim | Skip]:
    """Return what a worker has to leave out of a lease."""
    gaps = sorted(set(range(lease.pending[-1])) - set(lease.pending))
    skip = [Skip(lease.id, tuple(gaps[-MAX_LEASE_LINES:]))] if gaps else []
    return [Trim(lease.id, lease.pending[-1] + 1), *skip]


def tidy(jobs: Jobs, session: Session, now: float) -> None:
    """Take from the slots of a session the leases that ended; the time of the next lease begins now."""
    live = jobs.leases_of(session)
    for slot in session.slots:
        before = slot.leases[:1]
        slot.keep(live, now)
        if slot.leases and slot.leases[:1] != before:
            lease = live[slot.leases[0]]
            lease.reach_segment(now)


MAX_ABSENT = 256
RETURN_S = 60.0  # a worker that was silent for so long has to greet and to say what it holds


@dataclass
class Absent:
    """The sessions by connection, those of the latest only."""

    sessions: dict[bytes, Session] = field(default_factory=dict)

    def remember_session(self, session: Session, *, silent: bool) -> None:
        """Remember a session that is given up, because it left or fell silent."""
        returns = silent and session.state is SessionState.JOINED
        session.become(SessionState.SILENT if returns else SessionState.GONE)
        self.sessions[session.peer] = session
        while len(self.sessions) > MAX_ABSENT:
            del self.sessions[next(iter(self.sessions))]

    def drop_transfers(self, here: Container[str], now: float) -> None:
        """Drop what came of the clips of workers that may not go on with them any more."""
        for peer, session in self.sessions.items():
            if session.link.transfer and not self.may_return(peer, here, now):
                session.link.transfer = None

    def may_return(self, peer: bytes, here: Container[str], now: float) -> bool:
        """Return whether a worker may go on over a connection on which it fell silent."""
        session = self.sessions.get(peer)
        if session is None or session.state is not SessionState.SILENT or session.key in here:
            return False
        return now - session.heard_s <= RETURN_S

    def returning(self, peer: bytes, here: Container[str], jobs: Jobs, now: float) -> Session | None:
        """Take out the worker that is heard again over the connection on which it fell silent.

        A connection loses no message between, so nothing has to be said again.
        """
        if not self.may_return(peer, here, now):
            return None
        session = self.sessions.pop(peer)
        session.become(SessionState.JOINED)
        session.heard_s = session.link.returned_s = now
        session.offers.clear()  # heartbeats from the silence follow
        tidy(jobs, session, now)
        session.spend_idle(now)  # an absence is no idle time
        return session
