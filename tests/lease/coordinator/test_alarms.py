"""The earliest deadline is that of a look at all, however they move."""

from math import inf

from hypothesis import given
from hypothesis import strategies as st

from swarm.lease.coordinator.deadlines import TimerHeap

changes = st.lists(st.tuples(st.integers(0, 5), st.one_of(st.floats(0, 100), st.just(inf))), max_size=60)


@given(changes)
def test_the_earliest_deadline_is_known_after_each_change(moves: list[tuple[int, float]]) -> None:
    due: dict[int, float] = {}
    alarms = TimerHeap[int](lambda key: due.get(key, inf))
    for key, at_s in moves:
        later = at_s >= due.get(key, inf)
        due[key] = at_s
        if not later:  # a deadline that moves later need not be told
            alarms.note(key)
        assert alarms.earliest_s() == min(due.values())


def test_deadlines_that_passed_are_taken_one_after_the_other() -> None:
    due = {1: 1.0, 2: 5.0, 3: 2.0}
    alarms = TimerHeap[int](lambda key: due.get(key, inf))
    for key in due:
        alarms.note(key)
    taken = []
    for key in alarms.take(3.0):
        taken.append(key)
        del due[key]
    assert taken == [1, 3]
    assert alarms.earliest_s() == 5.0
