"""What leases still hold, for slots that could help."""

from hypothesis import given
from hypothesis import strategies as st
from making import join, make_core, make_spec, offer, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.grant import MAX_GRANTS, Loads
from swarm.lease.message import Done, Grant, Heartbeat, Trim
from swarm.lease.scheduling import UNKNOWN_CHARS_S, LeaseLoad

LINES = [f"Line {n} is one of many that are alike." for n in range(12)]


def two_leases() -> CoordinatorCore:
    """Make a coordinator with a long lease and a short one, of chapters of their own."""
    core = make_core(JobState(make_spec(LINES, LINES[:3])))
    for peer in (b"long", b"short"):
        join(core, peer)
        offer(core, peer)
    return core


def loads_of(core: CoordinatorCore, now: float) -> Loads:
    served = core.jobs["job"]
    return Loads(served.ledger, served.recipe, core.sessions, now)


def loads(core: CoordinatorCore, now: float, chars_s: float | None = None) -> list[LeaseLoad]:
    return list(loads_of(core, now).longest(chars_s))


def test_the_lease_that_takes_longest_comes_first() -> None:
    assert [len(LINES[0]) * 12 - 10 < load.characters for load in loads(two_leases(), 1.0)] == [True, False]


def test_leases_that_became_shorter_or_ended_meanwhile_are_known_at_once() -> None:
    core = two_leases()
    assert len(loads(core, 1.0)) == 2
    ledger = core.jobs["job"].ledger
    long, short = ledger.leases.values()
    for index in range(11):
        ledger.settle_place((0, index))
    assert [load.lease for load in loads(core, 1.0)] == [short.id]  # all of the other is under way
    ledger.end_lease(short)
    ledger.settle_place((0, 11))
    assert loads(core, 1.0) == []
    assert long.id not in ledger.leases


def test_time_is_noticed_at_the_next_look() -> None:
    core = two_leases()
    before = loads(core, 1.0)
    late = loads(core, 601.0)
    assert [load.lease for load in late] != [load.lease for load in before] or late[0].elapsed_s >= 600.0
    assert late[0].seconds_left() > before[0].seconds_left()


@given(st.one_of(st.none(), st.floats(0.1, 1000)), st.floats(1.0, 1000))
def test_those_that_a_slot_can_help_come_in_the_order_of_their_time(chars_s: float | None, now: float) -> None:
    core = two_leases()
    every, helped = loads(core, now, 1e9), loads(core, now, chars_s)
    assert [load.seconds_left() for load in every] == sorted((load.seconds_left() for load in every), reverse=True)
    assert len(every) == 2
    last = len(LINES[0])  # characters of the last segment of a lease, about
    assert helped == [load for load in every if (chars_s or UNKNOWN_CHARS_S) > last / load.seconds_left()]
    assert loads_of(core, now).may_be_helped(chars_s) >= bool(helped)


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


def test_slots_that_find_nothing_are_told_once() -> None:
    for slots in [1, 40]:
        core = make_core(JobState(make_spec(LINES[:1])))
        join(core, b"first")
        offer(core, b"first")
        join(core, b"late", slots=slots)
        out = core.receive(b"late", Heartbeat((), tuple(range(slots))), 1.0)
        assert len(sent(out, Done)) == 1, slots
        assert sent(core.tick(1.6), Done) == [], slots
