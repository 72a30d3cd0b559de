"""The effects of users' orders: how a job is taken out of a coordinator's queue, and how machines are told."""

from collections.abc import Iterable
from typing import NamedTuple

from swarm.job.run import lineage_of
from swarm.lease.coordinator.heartbeat import reminders, tidy
from swarm.lease.coordinator.roster import Session
from swarm.lease.coordinator.served_job import Jobs, ServedJob
from swarm.lease.core_settings import Settings
from swarm.lease.member_message import MAX_EPOCHS, Epochs, Instruct, Order
from swarm.lease.message import Revoke
from swarm.lease.outcome import Outcome


def withdraw(withdrawn: Iterable[ServedJob], sessions: dict[str, Session], out: Outcome) -> None:
    """Withdraw all leases of some jobs; what is being spoken is still taken."""
    for served in withdrawn:
        for lease in list(served.ledger.leases.values()):
            out.send(sessions[lease.session].peer, Revoke(lease.id))
            served.ledger.end_lease(lease)


def take_out(jobs: Jobs, job: str, sessions: dict[str, Session], now: float, out: Outcome) -> None:
    """Take a job out of the queue, with its leases; clips that still come of it are refused."""
    withdraw([jobs[job]], sessions, out)
    del jobs[job]
    for session in sessions.values():
        session.told.pop(job, None)
        tidy(jobs, session, now)


def overrule(
    jobs: Jobs, known: Epochs, sessions: dict[str, Session], settings: Settings, now: float, out: Outcome
) -> None:
    """Give up the jobs, or the whole queue, that another coordinator has taken over, by what a worker heard."""
    for job, epoch in known.jobs:
        if job and job == settings.queue and lineage_of(epoch) > lineage_of(settings.epoch):
            out.overruled[job] = epoch
        served = jobs.get(job)
        if served and not served.is_overruled and lineage_of(epoch) > lineage_of(served.state.epoch):
            served.is_overruled = True
            withdraw([served], sessions, out)
            out.overruled[job] = epoch
    for session in sessions.values():
        tidy(jobs, session, now)


def brief(jobs: Jobs, session: Session, now: float, out: Outcome) -> None:
    """Tell a worker that greets what it has to know at once.

    That is the news of its leases, which may have been lost, and the jobs that were taken over: it may follow another
    coordinator, and hold clips that no copy had.
    """
    for message in reminders(jobs, session):
        out.send(session.peer, message)
    for job, served in jobs.items():
        if served.was_taken_over and len(session.told) < MAX_EPOCHS:
            session.told[job] = now
            out.send(session.peer, served.instruction)


class Instructed(NamedTuple):
    """What became of an order to machines: how many were told."""

    machines: int
    denied: str = ""  # the name of a machine that the user may not order


def instruct(sessions: Iterable[Session], order: Order, out: Outcome, *, may_all: bool) -> Instructed:
    """Tell the machines for which an order was signed what a user wants of them.

    Unless the user `may_all`, these are those with the user's own key.
    """
    assert order.signed
    named = [session for session in sessions if session.hello.run in order.signed.to]
    allowed = [session for session in named if may_all or session.hello.key == order.signed.key]
    for session in allowed:
        out.send(session.peer, Instruct(order))
    if named and not allowed:
        return Instructed(0, denied=named[0].hello.name)
    return Instructed(len(allowed))
