"""Cutting leases so that both ends finish together, and how long a segment may take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.lease.schedule import LEAST_DEADLINE_S, UNKNOWN_DEADLINE_S, Load, choose_cut, deadline_s

sizes = st.lists(st.integers(1, 400), min_size=1, max_size=60).map(tuple)
speeds = st.floats(0.5, 5000)


@st.composite
def loads(draw: st.DrawFn) -> list[Load]:
    count = draw(st.integers(1, 6))
    return [Load(n, draw(st.integers(0, 2000)), draw(sizes), draw(st.booleans()), draw(speeds)) for n in range(count)]


def test_equal_speeds_share_in_halves() -> None:
    cut = choose_cut([Load(7, 0, (10,) * 10, started=True, chars_s=100.0)], 100.0)
    assert cut is not None
    assert (cut.lease, cut.segments) == (7, 5)


def test_a_slow_helper_takes_less() -> None:
    cut = choose_cut([Load(1, 0, (10,) * 10, started=True, chars_s=90.0)], 10.0)
    assert cut is not None
    assert cut.segments == 1


def test_the_lease_that_would_end_last_is_cut() -> None:
    slow, quick = Load(1, 0, (10,) * 10, True, 1.0), Load(2, 0, (10,) * 50, True, 1000.0)
    cut = choose_cut([quick, slow], 100.0)
    assert cut is not None
    assert cut.lease == 1


def test_the_segment_being_spoken_stays() -> None:
    assert choose_cut([Load(1, 0, (1000,), started=True, chars_s=1.0)], 1000.0) is None


def test_a_queued_lease_can_be_taken_whole() -> None:
    cut = choose_cut([Load(1, 1000, (10, 10), started=False, chars_s=1.0)], 1000.0)
    assert cut is not None
    assert cut.segments == 2


@given(loads(), speeds)
def test_a_cut_leaves_the_first_and_helps(given_loads: list[Load], helper: float) -> None:
    cut = choose_cut(given_loads, helper)
    if cut is None:
        return
    load = given_loads[cut.lease]
    taken = sum(load.pending[-cut.segments :])
    assert 1 <= cut.segments <= len(load.pending) - load.started
    assert taken / helper < load.seconds_left()


@given(loads(), speeds)
def test_the_rest_and_the_tail_end_within_a_segment_of_each_other(given_loads: list[Load], helper: float) -> None:
    cut = choose_cut(given_loads, helper)
    if cut is None:
        return
    load = given_loads[cut.lease]
    taken = sum(load.pending[-cut.segments :])
    largest = max(load.pending)
    fair = (load.ahead + sum(load.pending)) * helper / (helper + (load.chars_s or 1))
    assert taken <= fair + largest


@pytest.mark.parametrize(
    ("characters", "speed", "expiries", "expected"),
    [
        (100, None, 0, UNKNOWN_DEADLINE_S),
        (10, 1000.0, 0, LEAST_DEADLINE_S),
        (1000, 10.0, 0, 400.0),
        (1000, 10.0, 1, 800.0),
    ],
)
def test_deadlines(characters: int, speed: float | None, expiries: int, expected: float) -> None:
    assert deadline_s(characters, speed, expiries) == expected
