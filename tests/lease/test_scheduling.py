"""Cutting leases so that both ends finish together, speaking the last segments twice, and deadlines."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.lease.scheduling import (
    ANYWHERE,
    MIN_DEADLINE_S,
    UNKNOWN_DEADLINE_S,
    LeaseLoad,
    ReelCuts,
    deadline_s,
    tail_to_take,
)

Sized = tuple[LeaseLoad, tuple[int, ...]]
speeds = st.floats(0.5, 5000)


def load(
    lease: int, sizes: tuple[int, ...], chars_s: float | None = 100.0, *, ahead: int = 0, elapsed_s: float = 0.0
) -> Sized:
    """Make a lease whose first segment is being spoken, unless something is ahead of it."""
    return LeaseLoad(lease, ahead, sum(sizes), sizes[0], ahead == 0, elapsed_s, chars_s), sizes


def tail_of(sized: Sized, helper: float | None, cuts: ReelCuts = ANYWHERE) -> int:
    return tail_to_take(sized[0], helper, sized[1], cuts=cuts)


@st.composite
def loads(draw: st.DrawFn) -> Sized:
    sizes = draw(st.lists(st.integers(1, 400), min_size=1, max_size=60).map(tuple))
    return load(1, sizes, draw(speeds), ahead=draw(st.sampled_from([0, 0, 700])), elapsed_s=draw(st.floats(0, 60)))


cuts = st.builds(ReelCuts, st.lists(st.integers(0, 59), unique=True).map(sorted), st.floats(0, 10))


def test_equal_speeds_share_in_halves() -> None:
    assert tail_of(load(7, (10,) * 10), 100.0) == 5


def test_a_slow_helper_takes_less() -> None:
    assert tail_of(load(1, (10,) * 10, 90.0), 10.0) == 1


def test_a_lease_is_cut_between_two_reels_where_that_is_sooner() -> None:
    lease = load(1, (10,) * 10)
    assert tail_of(lease, 100.0, ReelCuts((3, 7))) == 7  # 3 and 7 end as soon as 7 and 3
    assert tail_of(lease, 100.0, ReelCuts((0, 6))) == 4  # the first reel is begun
    assert tail_of(lease, 20.0, ReelCuts((3, 9))) == 1
    assert tail_of(load(1, (10,) * 10, ahead=100), 100.0, ReelCuts((0, 9))) == 10


def test_a_reel_is_torn_only_if_that_saves_more_than_encoding_it_elsewhere_costs() -> None:
    lease = load(1, (100,) * 10)  # 10 s, or 5 s for two
    assert tail_of(lease, 100.0, ReelCuts((), 4.9)) == 5
    assert tail_of(lease, 100.0, ReelCuts((), 5.1)) == 0
    assert tail_of(lease, 10.0, ReelCuts((1,), 0.1)) == 0  # all but the first would take 90 s, and the last alone 10 s


def test_a_worker_that_slows_down_counts_as_slow_before_its_clip_tells() -> None:
    steady, stuck = load(1, (10,) * 10, 10.0), load(2, (10,) * 10, 10.0, elapsed_s=30.0)
    assert tail_of(stuck, 10.0) > tail_of(steady, 10.0)


def test_the_segment_being_spoken_stays() -> None:
    assert tail_of(load(1, (1000,), 1.0), 1000.0) == 0


def test_a_queued_lease_can_be_taken_whole() -> None:
    assert tail_of(load(1, (10, 10), 1.0, ahead=1000), 1000.0) == 2


@given(loads(), speeds, cuts)
def test_a_cut_leaves_what_is_being_spoken_and_ends_sooner(sized: Sized, helper: float, cuts: ReelCuts) -> None:
    chosen, sizes = sized
    fitting = cuts._replace(starts=[start for start in cuts.starts if start < len(sizes)])
    if segments := tail_of(sized, helper, fitting):
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
