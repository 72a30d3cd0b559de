"""A coordinator hears that another took its job over: it ends that job and no other. One that took over says so."""

from making import RECIPE, join, make_core, make_spec, offer, sent

from swarm.job.record import RunStarted
from swarm.job.run import RUNS
from swarm.job.state import JobState, apply
from swarm.lease.member_message import Epochs
from swarm.lease.message import Heartbeat, Job, Revoke


def a_state(job: str, epoch: int) -> JobState:
    state = JobState(make_spec(["One sentence.", "Two sentences."], job=job, recipe=RECIPE))
    apply(state, RunStarted(epoch, 0.0))
    return state


def test_a_job_that_was_taken_over_ends_with_its_leases_and_the_others_go_on() -> None:
    core = make_core(a_state("one", 3), a_state("two", 3))
    join(core)
    grant = offer(core)
    outcome = core.receive(b"p", Epochs((("one", RUNS), ("unknown", RUNS))), 1.0)
    assert outcome.overruled == {"one": RUNS}
    assert sent(outcome, Revoke) == [Revoke(grant.lease)]
    assert not core.receive(b"p", Epochs((("one", RUNS),)), 1.0).overruled, "once is enough"
    assert offer(core, now=3.0).job == "two"


def test_an_epoch_of_its_own_lineage_or_a_lower_one_is_no_news() -> None:
    core = make_core(a_state("one", 2 * RUNS + 5))
    join(core)
    for epoch in (3, RUNS, 2 * RUNS, 2 * RUNS + 9):
        assert not core.receive(b"p", Epochs((("one", epoch),)), 1.0).overruled


def test_a_standby_which_does_not_greet_is_believed_too() -> None:
    core = make_core(a_state("one", 3))
    assert core.receive(b"standby", Epochs((("one", RUNS),)), 1.0).overruled == {"one": RUNS}


def test_nobody_is_believed_in_an_open_swarm() -> None:
    opened = make_core(a_state("one", 3), trusts=False)
    assert not opened.receive(b"standby", Epochs((("one", RUNS),)), 1.0).overruled
    join(opened)
    assert not opened.receive(b"p", Epochs((("one", RUNS),)), 1.0).overruled


def test_who_took_a_job_over_names_it_before_any_grant() -> None:
    core = make_core(a_state("old", 3), a_state("taken", RUNS))
    join(core)
    assert set(core.sessions["p/n"].told) == {"taken"}
    outcome = core.receive(b"p", Heartbeat((), (0,)), 1.0)
    assert [message.job for message in sent(outcome, Job)] == ["old"]


def test_a_queue_that_was_taken_over_ends_its_coordinator_and_no_other_name_does() -> None:
    core = make_core(queue="queue-1", epoch=4)
    for queue, epoch in (("queue-1", 9), ("queue-2", RUNS), ("", RUNS)):
        assert not core.receive(b"p", Epochs(((queue, epoch),)), 1.0).overruled
    assert core.receive(b"standby", Epochs((("queue-1", RUNS),)), 1.0).overruled == {"queue-1": RUNS}
    assert not make_core(queue="queue-1", trusts=False).receive(b"p", Epochs((("queue-1", RUNS),)), 1.0).overruled
    assert not make_core().receive(b"p", Epochs((("", RUNS),)), 1.0).overruled
