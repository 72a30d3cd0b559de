"""Cutting leases so that both ends finish together, speaking the last segments twice, and deadlines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.lease.scheduling import (
    MIN_DEADLINE_S,
    UNKNOWN_DEADLINE_S,
    LeaseLoad,
    deadline_s,
    fair_tail,
)

Sized = tuple[LeaseLoad, tuple[int, ...]]
speeds = st.floats(0.5, 5000)


def load(
    lease: int, sizes: tuple[int, ...], chars_s: float | None = 100.0, *, ahead: int = 0, elapsed_s: float = 0.0
) -> Sized:
    """Make a lease whose first segment is being spoken, unless something is ahead of it."""
    return LeaseLoad(lease, ahead, sum(sizes), sizes[0], ahead == 0, elapsed_s, chars_s), sizes


def tail_of(sized: Sized, helper: float | None) -> int:
    return fair_tail(sized[0], helper, sized[1])


@st.composite
def loads(draw: st.DrawFn) -> Sized:
    sizes = draw(st.lists(st.integers(1, 400), min_size=1, max_size=60).map(tuple))
    return load(1, sizes, draw(speeds), ahead=draw(st.sampled_from([0, 0, 700])), elapsed_s=draw(st.floats(0, 60)))


def test_equal_speeds_share_in_halves() -> None:
    assert tail_of(load(7, (10,) * 10), 100.0) == 5


def test_a_slow_helper_takes_less() -> None:
    assert tail_of(load(1, (10,) * 10, 90.0), 10.0) == 1


def test_a_worker_that_slows_down_counts_as_slow_before_its_clip_tells() -> None:
    steady, stuck = load(1, (10,) * 10, 10.0), load(2, (10,) * 10, 10.0, elapsed_s=30.0)
    assert tail_of(stuck, 10.0) > tail_of(steady, 10.0)


def test_the_segment_being_spoken_stays() -> None:
    assert tail_of(load(1, (1000,), 1.0), 1000.0) == 0


def test_a_queued_lease_can_be_taken_whole() -> None:
    assert tail_of(load(1, (10, 10), 1.0, ahead=1000), 1000.0) == 2


@given(loads(), speeds)
def test_a_cut_leaves_what_is_being_spoken_and_ends_sooner(sized: Sized, helper: float) -> None:
    chosen, sizes = sized
    if segments := tail_of(sized, helper):
        assert 1 <= segments <= len(sizes) - chosen.started
        assert sum(sizes[-segments:]) / helper < chosen.seconds_left()


@given(loads(), speeds)
def test_the_rest_and_the_tail_end_within_a_segment_of_each_other(sized: Sized, helper: float) -> None:
    chosen, sizes = sized
    if segments := tail_of(sized, helper):
        fair = (chosen.ahead + chosen.characters) * helper / (helper + chosen.pace)
        assert sum(sizes[-segments:]) <= fair + max(sizes)


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
