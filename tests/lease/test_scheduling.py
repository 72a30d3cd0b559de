"""Cutting leases so that both ends finish together, speaking the last segments twice, and deadlines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.lease.scheduling import (
    MIN_DEADLINE_S,
    UNKNOWN_DEADLINE_S,
    Cut,
    LeaseLoad,
    choose_cut,
    choose_double,
    deadline_s,
)

Sized = tuple[LeaseLoad, tuple[int, ...]]
speeds = st.floats(0.5, 5000)


def load(
    lease: int, sizes: tuple[int, ...], chars_s: float | None = 100.0, *, ahead: int = 0, elapsed_s: float = 0.0
) -> Sized:
    """Make a lease whose first segment is being spoken, unless something is ahead of it."""
    return LeaseLoad(lease, ahead, sum(sizes), sizes[0], ahead == 0, elapsed_s, chars_s), sizes


def cut_of(loads: list[Sized], helper: float | None) -> Cut | None:
    sizes = {each.lease: lengths for each, lengths in loads}
    return choose_cut([each for each, _ in loads], helper, lambda lease: sizes[lease])


@st.composite
def many_loads(draw: st.DrawFn) -> list[Sized]:
    sizes = st.lists(st.integers(1, 400), min_size=1, max_size=60).map(tuple)
    return [
        load(n, draw(sizes), draw(speeds), ahead=draw(st.sampled_from([0, 0, 700])), elapsed_s=draw(st.floats(0, 60)))
        for n in range(draw(st.integers(1, 6)))
    ]


def test_equal_speeds_share_in_halves() -> None:
    assert cut_of([load(7, (10,) * 10)], 100.0) == Cut(7, 5)


def test_a_slow_helper_takes_less() -> None:
    assert cut_of([load(1, (10,) * 10, 90.0)], 10.0) == Cut(1, 1)


def test_the_lease_that_would_end_last_is_cut() -> None:
    cut = cut_of([load(2, (10,) * 50, 1000.0), load(1, (10,) * 10, 1.0)], 100.0)
    assert cut is not None
    assert cut.lease == 1


def test_a_worker_that_slows_down_counts_as_slow_before_its_clip_tells() -> None:
    steady, stuck = load(1, (10,) * 20, 10.0), load(2, (10,) * 10, 10.0, elapsed_s=30.0)
    cut = cut_of([steady, stuck], 10.0)
    assert cut is not None
    assert cut.lease == 2


def test_the_segment_being_spoken_stays() -> None:
    assert cut_of([load(1, (1000,), 1.0)], 1000.0) is None


def test_a_queued_lease_can_be_taken_whole() -> None:
    assert cut_of([load(1, (10, 10), 1.0, ahead=1000)], 1000.0) == Cut(1, 2)


@given(many_loads(), speeds)
def test_a_cut_leaves_what_is_being_spoken_and_ends_sooner(loads: list[Sized], helper: float) -> None:
    cut = cut_of(loads, helper)
    if cut is None:
        return
    chosen, sizes = loads[cut.lease]
    taken = sum(sizes[-cut.segments :])
    assert 1 <= cut.segments <= len(sizes) - chosen.started
    assert taken / helper < chosen.seconds_left()


@given(many_loads(), speeds)
def test_the_rest_and_the_tail_end_within_a_segment_of_each_other(loads: list[Sized], helper: float) -> None:
    cut = cut_of(loads, helper)
    if cut is None:
        return
    chosen, sizes = loads[cut.lease]
    fair = (chosen.ahead + chosen.characters) * helper / (helper + chosen.pace)
    assert sum(sizes[-cut.segments :]) <= fair + max(sizes)


def test_a_segment_under_way_on_a_slow_slot_is_worth_speaking_twice() -> None:
    slow, _ = load(1, (100,), 1.0)
    assert choose_double([slow], 100.0) == 1
    assert choose_double([slow], 0.9) is None


def test_the_slowest_is_doubled_first_and_what_is_queued_is_not() -> None:
    loads = [load(1, (100,), 2.0)[0], load(2, (100,), 1.0)[0], load(3, (9000,), 1.0, ahead=10)[0]]
    assert choose_double(loads, 100.0) == 2


def test_a_segment_that_hangs_is_doubled_long_before_its_deadline() -> None:
    hung, _ = load(1, (100,), 100.0, elapsed_s=5.0)
    assert choose_double([hung], 100.0) == 1


@pytest.mark.parametrize(
    ("characters", "speed", "expiries", "expected"),
    [
        (100, None, 0, UNKNOWN_DEADLINE_S),
        (10, 1000.0, 0, MIN_DEADLINE_S),
        (1000, 10.0, 0, 400.0),
        (1000, 10.0, 1, 800.0),
    ],
)
def test_deadlines(characters: int, speed: float | None, expiries: int, expected: float) -> None:
    assert deadline_s(characters, speed, expiries) == expected
