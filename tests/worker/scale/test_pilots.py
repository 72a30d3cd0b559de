"""The pilots that were asked for, as they join and end."""

from swarm.worker.scale.pilots import GONE_S, USUAL_START_S, Pilots


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
