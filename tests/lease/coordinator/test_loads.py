"""What leases still hold, for slots that could help: the one that is taken is always looked at anew."""

import pytest
from making import join, make_core, make_spec, offer, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.core import CoordinatorCore
from swarm.lease.coordinator.grant import MAX_GRANTS
from swarm.lease.coordinator.ledger import Lease
from swarm.lease.coordinator.loads import FRESH_S
from swarm.lease.coordinator.served_job import ServedJob
from swarm.lease.message import Done, Grant, Heartbeat, Trim
from swarm.lease.scheduling import LeaseLoad

LINES = [f"Line {n} is one of many that are alike." for n in range(12)]


def two_leases() -> CoordinatorCore:
    """Make a coordinator with a long lease and a short one, of chapters of their own."""
    core = make_core(JobState(make_spec(LINES, LINES[:3])))
    for peer in (b"long", b"short"):
        join(core, peer)
        offer(core, peer)
    return core


def forgetful(core: CoordinatorCore) -> ServedJob:
    """Return the job of a core whose rankings are empty, and which looks at one lease in a call."""
    served = core.jobs["job"]
    served.loads.looked_at = 1
    served.loads.tails.fill([])
    return served


def loads(core: CoordinatorCore, now: float) -> list[LeaseLoad]:
    served = core.jobs["job"]
    served.loads.refresh(core.sessions, now)
    return list(served.loads.longest(None))


def test_the_lease_that_takes_longest_comes_first() -> None:
    assert [len(LINES[0]) * 12 - 10 < load.characters for load in loads(two_leases(), 1.0)] == [True, False]


def test_leases_that_became_shorter_or_ended_meanwhile_are_known_at_once() -> None:
    core = two_leases()
    assert len(loads(core, 1.0)) == 2
    ledger = core.jobs["job"].ledger
    long, short = ledger.leases.values()
    for index in range(11):
        ledger.settle((0, index))
    assert [load.lease for load in loads(core, 1.0)] == [short.id]  # all of the other is under way
    ledger.end(short)
    ledger.settle((0, 11))
    assert loads(core, 1.0) == []
    assert long.id not in ledger.leases


def test_time_is_noticed_at_the_next_look() -> None:
    core = two_leases()
    before = loads(core, 1.0)
    late = loads(core, 1.0 + FRESH_S + 600.0)
    assert [load.lease for load in late] != [load.lease for load in before] or late[0].elapsed_s > 600.0
    assert late[0].seconds_left() > before[0].seconds_left()


def test_a_look_at_many_leases_goes_on_with_later_calls() -> None:
    core = two_leases()
    served = forgetful(core)
    assert loads(core, 1.0) == []
    assert loads(core, 1.0) == []  # for another slot of the same call
    assert loads(core, 1.1) == []
    assert [load.lease for load in loads(core, 1.2)] == list(served.ledger.leases)


def test_what_changes_while_a_look_goes_on_is_in_it() -> None:
    core = two_leases()
    served = forgetful(core)
    assert loads(core, 1.0) == []
    long, short = served.ledger.leases.values()
    late = Lease(7, "job", 0, long.session, 0, served.ledger.cut(long, 6), 1.0, 1.0)
    served.ledger.hold(late)
    served.loads.note(late, 1.05)
    served.ledger.end(short)
    for now in (1.1, 1.2):
        loads(core, now)
    assert {load.lease for load in loads(core, 1.2)} == {long.id, late.id}


def test_a_look_that_no_slot_needed_for_long_begins_anew() -> None:
    core = two_leases()
    served = forgetful(core)
    assert loads(core, 1.0) == []
    assert [len(loads(core, now)) for now in (9.0, 9.1, 9.2)] == [0, 0, 2]
    assert served.loads.made_s == 9.0


def test_slots_that_ask_at_one_moment_share_what_the_longest_lease_still_holds() -> None:
    core = two_leases()
    join(core, b"many", slots=3)
    out = core.receive(b"many", Heartbeat((), (0, 1, 2)), 1.0)
    taken = [(grant.chapter, line.index) for grant in sent(out, Grant) for line in grant.lines]
    assert len(taken) == len(set(taken)) > 3
    assert sent(out, Trim, b"long")


def test_one_call_grants_so_many_leases_and_asks_to_be_called_at_once_for_the_others() -> None:
    core = make_core(JobState(make_spec(*([line] for line in LINES * 3))))
    join(core, slots=3 * len(LINES))
    outcome = core.receive(b"p", Heartbeat((), tuple(range(3 * len(LINES)))), 1.0)
    held = len(sent(outcome, Grant))
    assert held == MAX_GRANTS
    while core.next_deadline() <= 1.0:
        outcome = core.tick(1.0)
        held += len(sent(outcome, Grant))
    assert held == 3 * len(LINES)


@pytest.mark.parametrize("slots", [1, 40])
def test_slots_that_find_nothing_are_told_once(slots: int) -> None:
    core = make_core(JobState(make_spec(LINES[:1])))
    join(core, b"first")
    offer(core, b"first")
    join(core, b"late", slots=slots)
    out = core.receive(b"late", Heartbeat((), tuple(range(slots))), 1.0)
    assert len(sent(out, Done)) == 1
    assert sent(core.tick(1.6), Done) == []
