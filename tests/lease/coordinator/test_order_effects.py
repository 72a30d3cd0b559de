"""Several jobs of one coordinator: paused, arranged, taken out; and who orders machines."""

import pytest
from making import TEXTS, join, make_clip, make_core, make_spec, offer, sent, shown
from msgspec import structs
from nacl.signing import SigningKey

from swarm.job.record import ClipAccepted, JobPaused
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.order_effects import Instructed, instruct
from swarm.lease.member_message import BadOrder, Instruct, Order, OrderGate, sign_order
from swarm.lease.message import Accepted, Done, Grant, Heartbeat, Rejected, Revoke, meant
from swarm.lease.outcome import Outcome

OWNER, STRANGER = SigningKey(b"o" * 32), SigningKey(b"s" * 32)


def two_jobs() -> CoordinatorCore:
    """Make a coordinator of two jobs, with one worker."""
    core = make_core(JobState(make_spec(TEXTS, job="first")), JobState(make_spec(TEXTS, job="second")))
    join(core)
    return core


def test_a_paused_job_gives_its_slots_to_the_next_one_and_takes_what_is_under_way() -> None:
    core = two_jobs()
    grant = offer(core)
    assert grant.job == "first"
    outcome = core.pause("first", 1.0)
    assert [entry.record for entry in outcome.entries] == [JobPaused(True, 1.0)]
    assert sent(outcome, Revoke) == [Revoke(grant.lease)]
    assert [job.note for job in shown(core, 1.0).jobs] == ["paused", ""]
    accepted = core.receive(b"p", make_clip(grant), 1.1, b"clip")
    assert sent(accepted, Accepted)
    assert isinstance(accepted.entries[-1].record, ClipAccepted)
    assert offer(core, now=1.2).job == "second"


def test_a_paused_job_goes_on_at_once_when_its_user_says_so_and_is_paused_after_a_restart() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    records = [entry.record for entry in core.pause("job", 0.5).entries]
    assert sent(core.receive(b"p", Heartbeat((), (0,)), 1.0), Done)
    assert core.tick(2.0).sends == []
    again = JobState(make_spec(TEXTS))
    for record in records:
        apply(again, record)
    assert again.paused
    outcome = core.pause("job", 2.5, paused=False)
    assert sent(outcome, Grant)
    assert core.pause("job", 2.6, paused=False).entries == []  # it is not journaled twice
    assert not core.jobs["job"].state.paused


def test_jobs_are_spoken_in_the_order_that_they_are_given() -> None:
    core = two_jobs()
    core.arrange(["second", "unknown"], 0.5)
    assert list(core.jobs) == ["second", "first"]
    assert offer(core, now=1.0).job == "second"


def test_a_removed_job_leaves_nothing_behind_and_its_clips_are_refused() -> None:
    core = two_jobs()
    grant = offer(core)
    outcome = core.remove_job("first", 1.0)
    assert sent(outcome, Revoke) == [Revoke(grant.lease)]
    assert [job.job for job in core.status(1.0).jobs] == ["second"]
    refused = core.receive(b"p", make_clip(grant), 1.1, b"clip")
    assert (len(sent(refused, Rejected)), refused.entries) == (1, [])
    assert offer(core, now=1.2).job == "second"
    core.add_job(JobState(make_spec(TEXTS, job="first")))
    core.arrange(["first"], 1.3)
    assert offer(core, now=1.4, leases=(core.last_lease,)).job == "first"


def test_a_paused_job_is_not_counted_in_the_time_of_those_after_it() -> None:
    core = two_jobs()
    core.pause("first", 0.5)
    grant = offer(core, now=1.0)
    for position in range(4):
        core.receive(b"p", make_clip(grant, position), 2.0 + position, b"clip")
    first, second = core.status(7.0).jobs
    assert first.eta_s is None
    assert second.eta_s is not None
    assert second.eta_s < 10


def test_a_user_who_may_not_order_all_orders_the_own_machine_alone_and_by_its_key() -> None:
    core, own = make_core(), bytes(STRANGER.verify_key)
    join(core, b"attic", key=own, nonce="attic")
    join(core, b"tower", key=bytes(OWNER.verify_key), nonce="tower")

    def order(target: str, runs: list[str]) -> tuple[int, Instructed]:
        asked = sign_order(Order("drain", target), STRANGER, runs, "1")
        told = instruct(core.sessions.values(), asked, out := Outcome(), may_all=False)
        return len(sent(out, Instruct)), told

    attic, tower = core.status(1.0).workers
    assert order("attic", [attic.run]) == (1, Instructed(1))
    assert order("tower", [tower.run]) == (0, Instructed(0, denied="TOWER"))
    assert order("attic", [attic.run, tower.run]) == (1, Instructed(1)), "another machine of that name stays"
    assert order("cellar", ["another process"]) == (0, Instructed(0))
    assert [each.name for each in meant((attic, tower), tower.fingerprint)] == ["TOWER"]
    renamed = structs.replace(attic, name=tower.fingerprint)
    assert meant((renamed, tower), tower.fingerprint) == [tower], "a fingerprint comes before names"


def test_an_order_counts_once_and_for_the_runs_alone_for_which_it_was_signed() -> None:
    gate, order = OrderGate("run"), sign_order(Order("pause", "attic"), OWNER, ["run"], "1")
    assert gate.signer_of(order) == bytes(OWNER.verify_key)
    gate.take(order)
    for bad, why in (
        (order, "counts once"),
        (Order("pause", "attic"), "not signed"),
        (sign_order(Order("pause", "attic"), OWNER, ["other"], "2"), "another run"),
        (structs.replace(sign_order(Order("pause", "attic"), OWNER, ["run"], "2"), action="drain"), "does not fit"),
    ):
        with pytest.raises(BadOrder, match=why):
            gate.signer_of(bad)
    signed = sign_order(Order("pause", "attic"), STRANGER, ["run"], "3").signed
    assert signed
    forged = structs.replace(order, signed=structs.replace(signed, key=bytes(OWNER.verify_key)))
    with pytest.raises(BadOrder, match="does not fit"):
        gate.signer_of(forged)
    with pytest.raises(BadOrder, match="another run"):
        OrderGate("the next run").signer_of(order)
