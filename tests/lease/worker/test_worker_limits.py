import pytest

from swarm.config import Limits
from swarm.lease.core_settings import COOLING_C
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.worker.rest import (
    AWAY_S,
    QUIET_S,
    REASONS,
    Judge,
    Sight,
    SlotView,
    Surroundings,
    is_within,
    next_start,
    parse_hours,
)
from swarm.watch.words import hindrance_text


def why(
    judge: Judge, device: str, sight: Sight | None = None, minute: int = 0, now: float = 0.0, **around: object
) -> Hindrance | None:
    """Return why a slot on a device has to rest."""
    view = SlotView(0, device, sight, Surroundings(**around), minute, now)  # type: ignore[arg-type]
    return judge.hindrances([view])[0]


def at(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


def test_hours_may_go_over_midnight() -> None:
    for hours, inside, outside in [
        ("22-7", ["22:00", "23:59", "00:00", "06:59"], ["07:00", "12:00", "21:59"]),
        ("8-17", ["08:00", "16:59"], ["07:59", "17:00", "00:00"]),
        ("22:30-6:15", ["22:30", "06:14"], ["22:29", "06:15"]),
        ("22-7, 12-13:30", ["23:00", "12:00", "13:29"], ["11:59", "13:30", "21:00"]),
        ("18-24", ["18:00", "23:59"], ["00:00", "17:59"]),
        ("0-24", ["00:00", "12:00", "23:59"], []),
        ("22-0", ["22:00", "23:59"], ["00:00", "21:59"]),
    ]:
        spans = parse_hours(hours)
        assert all(is_within(spans, at(clock)) for clock in inside)
        assert not any(is_within(spans, at(clock)) for clock in outside)


def test_hours_that_make_no_sense_are_refused() -> None:
    for hours in ["", "22", "22-", "22-22", "0-0", "25-7", "22-25", "7:60-8", "22-7,", "22–7", "24-7", "10-11:75"]:
        with pytest.raises(ValueError):
            parse_hours(hours)


def test_the_next_beginning_is_named() -> None:
    spans = parse_hours("22:30-7,12-13")
    assert [next_start(spans, at(clock)) for clock in ("08:00", "13:00", "22:00")] == ["12:00", "22:30", "22:30"]


def test_outside_its_hours_every_slot_rests_also_on_the_cpu() -> None:
    judge = Judge(Limits(hours=parse_hours("22-7")))
    for device in ("cpu:0", "cuda:0"):
        assert why(judge, device, None, at("12:00"), 0.0) == Hindrance(NotLeasing.HOURS, clock="22:00")
        assert why(judge, device, None, at("23:00"), 0.0) is None


def test_a_hot_gpu_rests_until_it_has_cooled_and_the_other_works() -> None:
    judge = Judge(Limits(max_temperature=80))

    def rests(temperature_c: int) -> bool:
        return bool(why(judge, "cuda:0", Sight(temperature_c), 0, 0.0))

    assert [rests(t) for t in (80, 81, 80 - COOLING_C + 1, 80 - COOLING_C, 80)] == [False, True, True, False, False]
    rests(90)
    assert why(judge, "cuda:1", Sight(60), 0, 0.0) is None
    hot = why(judge, "cuda:0", Sight(90), 0, 0.0)
    assert hot is not None
    assert hindrance_text(hot) == "cuda:0 has been over 80 C and cools to 75 (--max-temperature)"


def test_a_gpu_that_others_use_is_left_to_them_until_it_has_been_quiet_for_a_while() -> None:
    judge = Judge(Limits(idle_only=True))
    assert why(judge, "cuda:0", Sight(others=False), 0, 0.0) is None
    used = why(judge, "cuda:0", Sight(others=True), 0, 10.0)
    assert used == Hindrance(NotLeasing.IN_USE, device="cuda:0")
    assert why(judge, "cuda:0", Sight(others=False), 0, 10.0 + QUIET_S - 1)
    assert why(judge, "cuda:0", Sight(others=False), 0, 10.0 + QUIET_S) is None


def test_what_cannot_be_seen_is_not_allowed() -> None:
    for limits, sight in [
        (Limits(idle_only=True), None),
        (Limits(max_temperature=80), None),
        (Limits(max_temperature=80), Sight()),
    ]:
        assert why(Judge(limits), "cuda:0", sight, 0, 0.0) == Hindrance(NotLeasing.UNREAD, device="cuda:0")


def test_a_laptop_rests_on_its_battery_unless_its_owner_lets_it_work() -> None:
    assert why(Judge(Limits(on_battery=False)), "cpu:0", on_battery=True) == Hindrance(NotLeasing.BATTERY)
    assert why(Judge(Limits(on_battery=False)), "cpu:0", on_battery=False) is None
    assert why(Judge(Limits(on_battery=True)), "cpu:0", on_battery=True) is None


def test_a_machine_that_somebody_uses_rests_until_nobody_has_for_a_while() -> None:
    judge, used = Judge(Limits(idle_only=True)), Hindrance(NotLeasing.KEYBOARD, seconds=AWAY_S)
    for device, sight in (("cpu:0", Sight()), ("cuda:0", Sight())):
        assert why(judge, device, sight, unused_s=0.0) == used
        assert why(judge, device, sight, unused_s=AWAY_S - 1) == used
        assert why(judge, device, sight, unused_s=AWAY_S) is None
        assert why(judge, device, sight, unused_s=None) is None
        assert why(Judge(Limits()), device, sight, unused_s=0.0) is None


def test_a_hot_cpu_rests_and_one_that_cannot_be_read_works() -> None:
    judge = Judge(Limits(max_temperature=80))
    assert why(judge, "cpu:0", Sight(81)) == Hindrance(NotLeasing.HOT, device="cpu:0", count=80)
    assert why(judge, "cpu:1", Sight()) is None


def test_all_slots_rest_on_a_machine_that_goes_to_sleep() -> None:
    assert why(Judge(Limits()), "cpu:0", is_asleep=True) == Hindrance(NotLeasing.ASLEEP)


def test_the_first_of_several_reasons_is_told_so_that_a_pause_can_be_lifted() -> None:
    judge = Judge(Limits(hours=parse_hours("22-7"), on_battery=False), paused_by="laptop")
    told = []
    for lift in (judge.resume, lambda own: None):
        told.append(why(judge, "cpu:0", minute=at("12:00"), on_battery=True))
        lift(own=False)
    assert told == [Hindrance(NotLeasing.PAUSED, by="laptop"), Hindrance(NotLeasing.HOURS, clock="22:00")]


def test_who_sits_at_the_machine_can_lift_its_limits_until_they_would_have_ended() -> None:
    judge = Judge(Limits(max_temperature=80, on_battery=False))
    assert why(judge, "cpu:0", Sight(60), on_battery=True)
    judge.resume(own=False)  # somebody else
    assert why(judge, "cpu:0", Sight(60), on_battery=True)
    judge.resume(own=True)
    assert why(judge, "cpu:0", Sight(60), on_battery=True) is None
    assert why(judge, "cpu:0", Sight(90), on_battery=True), "heat harms the machine, whoever wants it"
    assert why(judge, "cpu:0", Sight(60), on_battery=False) is None
    assert why(judge, "cpu:0", Sight(60), on_battery=True) == Hindrance(NotLeasing.BATTERY)


def test_each_reason_stands_in_the_table_under_its_own_name() -> None:
    limits = Limits(((60, 120),), 80, idle_only=True, on_battery=False)
    around, hot = Surroundings(on_battery=True, unused_s=0.0, is_asleep=True), Sight(90, others=True)
    for cause, reason in REASONS.items():
        judge = Judge(limits, paused_by="laptop", most=(1, "laptop"))
        found = reason(judge, SlotView(2, "cuda:0", None if cause is NotLeasing.UNREAD else hot, around, 0, 0.0))
        assert found is not None and found.cause is cause


def test_without_limits_nothing_is_asked() -> None:
    assert why(Judge(Limits()), "cuda:0", None, 0, 0.0) is None
    assert why(Judge(Limits(idle_only=True, max_temperature=80)), "cpu:0", None, 0, 0.0) is None
