"""Who decides that a place cannot be spoken: the worker that has delivered most; test_ill_will.py has whole books."""

from making import join, make_clip, make_core, make_spec, offer, sent

from swarm.job.record import SegmentQuarantined
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.served_job import OTHERS_COME_S, has_failed_often, last_word, others_could
from swarm.lease.message import Failed, Grant, Heartbeat

PLACE = (0, 1)


def delivering() -> CoordinatorCore:
    """Make a coordinator of two workers, of which "good" has delivered a clip."""
    core = make_core(JobState(make_spec(["One.", "Two.", "Three."])))
    join(core, b"good")
    grant = offer(core, b"good", now=0.5)
    core.receive(b"good", make_clip(grant), 1.0, b"flac")
    join(core, b"bad", now=1.0)
    core.receive(b"bad", Heartbeat((), (0,)), 1.1)
    return core


def test_those_have_the_last_word_that_delivered_most_and_have_not_tried() -> None:
    core = delivering()
    served = core.jobs["job"]
    good, bad = core.sessions["good/n"], core.sessions["bad/n"]
    assert last_word(served, core.sessions.values(), PLACE, 2.0) == [good]
    served.ledger.has_failed(PLACE, bad.key, 2.0)
    assert last_word(served, core.sessions.values(), PLACE, 2.0) == [good]
    served.ledger.has_failed(PLACE, good.key, 2.0)
    assert last_word(served, core.sessions.values(), PLACE, 2.0) == []


def test_nobody_waits_for_a_worker_that_neither_holds_a_lease_nor_asks_for_one() -> None:
    core = delivering()
    served = core.jobs["job"]
    for now in range(2, 101):  # without a gap, which would be a sleep
        core.receive(b"bad", Heartbeat((), (0,)), float(now))
        core.receive(b"good", Heartbeat(()), float(now))
    assert core.sessions["good/n"] not in last_word(served, core.sessions.values(), PLACE, 100.0)
    core.receive(b"good", Heartbeat((), (0,)), 100.5)
    assert others_could(served, core.sessions.values(), PLACE, 100.5)


def test_failures_of_workers_that_delivered_nothing_count_only_after_a_while() -> None:
    state = JobState(make_spec(["One."]))
    core = make_core(state)
    join(core)
    now = 0.0
    while not state.quarantined:
        (grant,) = sent(core.receive(b"p", Heartbeat((), (0,)), now), Grant)
        outcome = core.receive(b"p", Failed("job", 0, 0, grant.lines[0].take, "error", "", grant.lease), now + 0.5)
        now += 1.0
    assert has_failed_often(core.jobs["job"], (0, 0))
    assert any(isinstance(entry.record, SegmentQuarantined) for entry in outcome.entries)
    assert OTHERS_COME_S <= now <= OTHERS_COME_S + 2
