"""Who needs help most: the order, who is left out, and what became of those that changed since."""

from hypothesis import given
from hypothesis import strategies as st

from swarm.lease.coordinator.loads import LeasePriority, Ranking
from swarm.lease.scheduling import UNKNOWN_CHARS_S, LeaseLoad

speeds = st.one_of(st.none(), st.floats(1, 1000))
plights = st.builds(
    lambda left_s, needed, usual: LeasePriority(left_s, needed, LeaseLoad(0, 0, 1, 1, True, 0.0, usual)),
    st.floats(0.1, 1000),
    st.floats(0.1, 1000),
    speeds,
)


def expected(all_of_them: dict[int, LeasePriority], helper: float | None) -> list[tuple[float, int]]:
    helped = [
        (-plight.left_s, key)
        for key, plight in all_of_them.items()
        if (helper or plight.load.chars_s or UNKNOWN_CHARS_S) > plight.needed_chars_s
    ]
    return sorted(helped)


@given(st.dictionaries(st.integers(0, 20), plights, max_size=12), speeds, st.data())
def test_those_that_can_be_helped_come_in_the_order_of_their_time(
    now: dict[int, LeasePriority], helper: float | None, data: st.DataObject
) -> None:
    ranking = Ranking[int](now.get)
    ranking.fill(list(now.items()))
    for key in data.draw(st.lists(st.sampled_from(sorted(now)), unique=True)) if now else ():
        if data.draw(st.booleans()):
            del now[key]
        else:
            now[key] = now[key]._replace(left_s=now[key].left_s / 2)
    for _ in range(2):  # to ask changes nothing
        assert [(-plight.left_s, key) for key, plight in ranking.worst(helper)] == expected(now, helper)


def test_one_that_is_new_is_ranked_too() -> None:
    known = {1: LeasePriority(10.0, 1.0, LeaseLoad(1, 0, 9, 9, True, 0.0, 5.0))}
    ranking = Ranking[int](known.get)
    ranking.put(1)
    known[2] = known[1]._replace(left_s=20.0)
    ranking.put(2)
    assert [key for key, _ in ranking.worst(4.0)] == [2, 1]
    assert [key for key, _ in ranking.worst(0.5)] == []
