"""How many pilots are asked for, as pure values, and what becomes of it over time in a simulated cluster."""

from dataclasses import replace

from cluster import STEP_S, Cluster, SimPilot
from hypothesis import given
from hypothesis import strategies as st

from swarm.worker.scale.pilots import GONE_S, LEAST_USE_S, USUAL_START_S, Fleet, PilotAdvice, Pilots, Wish, advise

WISH = Wish(most=8, stay_s=3600)
ONE = Fleet(100_000, 2000, pace=10, measured=1, workers=1, joined=0, asked=0, start_s=30, spent_s=0)


def test_as_many_as_are_allowed_while_there_is_much_to_speak() -> None:
    assert advise(WISH, ONE, 0) == PilotAdvice(8, "most")
    assert advise(WISH, replace(ONE, joined=3, asked=2, workers=4), 0) == PilotAdvice(3, "most")


def test_none_when_nothing_is_left() -> None:
    assert advise(WISH, replace(ONE, characters=0, segments=0), 0) == PilotAdvice(0, "nothing left")


def test_no_pilot_comes_that_would_find_nothing_to_speak_once_it_is_ready() -> None:
    near_end = replace(ONE, characters=10 * int(LEAST_USE_S) * 3)  # three workers for the least time
    assert advise(WISH, near_end, 0) == PilotAdvice(2, "soon done")
    assert advise(WISH, replace(near_end, start_s=600), 0).pilots == 0
    assert advise(WISH, replace(ONE, segments=3), 0) == PilotAdvice(2, "soon done")


def test_one_comes_for_a_little_if_nobody_else_is_there() -> None:
    alone = replace(ONE, characters=10, segments=1, pace=0, measured=0, workers=0)
    assert advise(WISH, alone, 0) == PilotAdvice(1, "soon done")


def test_as_many_as_are_needed_in_time() -> None:
    wish = replace(WISH, until_s=2000.0, most=100)
    # 110,000 characters with the margin, of which the one there speaks 20,000; each of the others 10 x 1970
    assert advise(wish, ONE, 0) == PilotAdvice(5, "in time")
    assert advise(replace(wish, until_s=1e6), ONE, 0) == PilotAdvice(0, "enough")
    assert advise(wish, replace(ONE, workers=1, asked=5), 0).pilots == 0
    assert advise(wish, ONE, 1990) == PilotAdvice(82, "soon done")  # too late, so all that are of use


def test_one_comes_to_be_measured_before_a_time_can_be_kept() -> None:
    wish = replace(WISH, until_s=2000.0)
    unknown = replace(ONE, pace=0, measured=0, workers=0)
    assert advise(wish, unknown, 0) == PilotAdvice(1, "unmeasured")
    assert advise(wish, replace(unknown, asked=1), 0) == PilotAdvice(0, "unmeasured")


def test_a_budget_counts_what_those_under_way_may_take() -> None:
    wish = replace(WISH, budget_s=3 * 3600)
    assert advise(wish, ONE, 0) == PilotAdvice(3, "budget")
    assert advise(wish, replace(ONE, spent_s=2.5 * 3600), 0) == PilotAdvice(0, "budget")


counts = st.integers(0, 300)


@given(
    st.builds(
        Fleet,
        characters=st.integers(0, 10**7),
        segments=st.integers(0, 10**5),
        pace=st.floats(0.01, 1e5),
        measured=counts,
        workers=counts,
        joined=counts,
        asked=counts,
        start_s=st.floats(0, 1e5),
        spent_s=st.floats(0, 1e7),
    ),
    st.builds(
        Wish,
        most=st.integers(1, 200),
        stay_s=st.floats(1, 1e5),
        until_s=st.none() | st.floats(0, 1e6),
        budget_s=st.none() | st.floats(0, 1e7),
    ),
)
def test_no_more_than_is_allowed_and_paid_for(fleet: Fleet, wish: Wish) -> None:
    pilots = advise(wish, fleet, 1000.0).pilots
    assert pilots >= 0
    assert pilots == 0 or fleet.joined + fleet.asked + pilots <= wish.most
    if wish.budget_s is not None and pilots:
        assert fleet.spent_s + pilots * wish.stay_s <= wish.budget_s * (1 + 1e-9)
    assert pilots <= fleet.segments


SEEDS = range(20)
BOOK = 300_000  # characters


def test_a_book_is_done_in_time_with_no_more_pilots_than_that_takes() -> None:
    for seed in SEEDS:
        soon, later = (Cluster(seed, Wish(64, 3300, until_s=until_s), BOOK).run() for until_s in (1200, 3600))
        fast = Cluster(seed, Wish(64, 3300), BOOK).run()
        assert fast.now < soon.now <= 1200 < later.now <= 3600
        assert len(later.pilots) < len(soon.pilots) < len(fast.pilots) == 64


def test_pilots_that_are_taken_back_are_replaced_as_long_as_another_one_is_worth_its_start() -> None:
    for seed in SEEDS:
        cluster = Cluster(seed, Wish(64, 3300, until_s=3600), BOOK, is_restless=True).run()
        assert cluster.now <= 3600 + LEAST_USE_S
        assert cluster.most < 16


def test_a_budget_is_used_and_not_passed() -> None:
    for seed in SEEDS:
        cluster = Cluster(seed, Wish(64, 600, budget_s=9_000), BOOK, is_restless=True).run()
        assert cluster.characters > 0
        assert 9_000 - 600 - STEP_S <= cluster.took_s <= 9_000


def test_few_pilots_come_for_nothing_beside_one_whose_speed_is_known() -> None:
    for seed in SEEDS:
        laptop = SimPilot(speed=20, comes_s=0, leaves_s=10**6, spoken=1)
        cluster = Cluster(seed, Wish(200, 1800), BOOK / 10, is_restless=True, pilots=[laptop]).run()
        assert sum(not pilot.spoken for pilot in cluster.pilots) <= 0.1 * len(cluster.pilots)


def test_a_pilot_is_asked_for_joins_and_ends() -> None:
    pilots = Pilots(stay_s=600)
    for number in (1, 2):
        pilots.note_pilot(f"p-{number}", str(number), 100.0)
    assert (pilots.asked, pilots.joined, pilots.start_s, pilots.spent_s) == (2, 0, USUAL_START_S, 1200)
    pilots.observe({"p-1", "desktop"}, (), 140.0)
    assert (pilots.asked, pilots.joined, pilots.start_s) == (1, 1, 40)
    pilots.observe({"p-1"}, {"1"}, 200.0)
    assert (pilots.asked, pilots.joined, pilots.spent_s) == (1, 0, 60 + 600)
    assert pilots.failures == 0


def test_one_that_joined_and_is_away_for_long_is_over_whatever_the_batch_system_says() -> None:
    pilots = Pilots(stay_s=600)
    pilots.note_pilot("p-1", "1", 0.0)
    pilots.observe({"p-1"}, (), 10.0)
    pilots.observe((), (), 10.0 + GONE_S)
    assert pilots.joined == 1  # a short break of the connection is no second start
    pilots.observe((), (), 11.0 + GONE_S)
    assert (pilots.joined, pilots.asked) == (0, 0)


def test_those_that_end_without_having_joined_are_counted_until_one_joins() -> None:
    pilots = Pilots(stay_s=600)
    for number in range(3):
        pilots.note_pilot(f"p-{number}", str(number), 0.0)
    pilots.observe((), {"0", "1"}, 5.0)
    assert pilots.failures == 2
    pilots.observe({"p-2"}, (), 6.0)
    assert pilots.failures == 0
