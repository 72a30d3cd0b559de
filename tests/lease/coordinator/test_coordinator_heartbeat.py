"""What a coordinator makes of heartbeats: leases that are unknown there, and leases that never arrived."""

from making import TEXTS, join, make_core, make_spec, offer, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.heartbeat import GRANT_FLIGHT_S
from swarm.lease.message import Grant, Heartbeat, Revoke


def test_a_lease_that_a_worker_holds_without_a_right_is_revoked() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    outcome = core.receive(b"p", Heartbeat((), (), (grant.lease, 77)), 1.0)
    assert sent(outcome, Revoke) == [Revoke(77)]


def test_a_grant_that_was_lost_on_the_way_is_granted_anew() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    lost = offer(core)
    granted = {}
    for now in range(1, int(GRANT_FLIGHT_S) + 2):
        outcome = core.receive(b"p", Heartbeat((), (0,)), float(now))
        granted |= {grant.lines: now for grant in sent(outcome, Grant)}
    assert granted == {lost.lines: int(GRANT_FLIGHT_S) + 1}
    (session,) = core.sessions.values()
    assert lost.lease not in core.jobs.leases_of(session)
