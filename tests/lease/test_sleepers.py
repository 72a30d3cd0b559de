"""Which machines are woken, and when a woken one sleeps again: tables of the pure decisions."""

from math import inf

import pytest

from swarm.lease.coordinator.sleepers import (
    AGAIN_S,
    MAX_SLEEPERS,
    MAX_TRIES,
    PATIENCE_S,
    RETRY_S,
    Sleepers,
    WakeSight,
    work_left_s,
)
from swarm.lease.envelope import Reason
from swarm.lease.message import JobStatus, Wakeable
from swarm.lease.worker.rest import AWAY_S, USE_LAG_S, WOKEN_S, Slumber, Surroundings

MAC, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
ABOVE_S, NOW, DAY = 1800.0, 1_000_000.0, 700


def sight(*, by_hand: bool = False, is_asleep: bool = False, is_silent: bool = False, worker: str = "w") -> WakeSight:
    return WakeSight(worker, "attic", Wakeable((MAC,), by_hand), is_asleep, is_silent)


AWAKE, ASLEEP, SILENT = sight(), sight(is_asleep=True), sight(is_silent=True)
BY_HAND = sight(is_asleep=True, by_hand=True)


def asleep(*last: WakeSight) -> Sleepers:
    """Return what is known of a machine that was seen so, and then no more."""
    sleepers = Sleepers(ABOVE_S)
    for each in last:
        sleepers.observe([each], NOW, DAY)
    sleepers.observe([], NOW + 60, DAY)
    return sleepers


def is_woken(sleepers: Sleepers, *, after_s: float = 100.0, day: int = DAY, work_s: float = 3600.0) -> bool:
    at_once = sleepers.due(work_s, NOW + after_s, day)
    return bool(at_once or sleepers.due(work_s, NOW + after_s + PATIENCE_S, day))


@pytest.mark.parametrize(
    ("last", "today", "tomorrow"),
    [
        ((AWAKE, ASLEEP), True, True),  # nobody was there
        ((AWAKE, ASLEEP, SILENT), True, True),
        ((AWAKE, BY_HAND), False, True),
        ((AWAKE, BY_HAND, SILENT), False, True),
        ((AWAKE, SILENT), False, True),  # it did not tell, so it may have been a hand
        ((AWAKE,), False, False),  # its user stopped the worker
        ((AWAKE, SILENT, AWAKE), False, False),
    ],
)
def test_a_machine_is_woken_unless_its_user_put_it_to_sleep_today_or_stopped_it(
    last: tuple[WakeSight, ...], today: bool, tomorrow: bool
) -> None:
    assert is_woken(asleep(*last)) == today
    assert is_woken(asleep(*last), day=DAY + 1) == tomorrow


def test_only_more_work_than_the_limit_that_waits_for_some_time_wakes_a_machine() -> None:
    assert not is_woken(asleep(AWAKE, ASLEEP), work_s=ABOVE_S)
    sleepers = asleep(AWAKE, ASLEEP)
    assert not sleepers.due(inf, NOW + 100, DAY)
    assert not sleepers.due(0.0, NOW + 100 + PATIENCE_S / 2, DAY)
    assert not sleepers.due(inf, NOW + 100 + PATIENCE_S, DAY), "its time begins anew"
    assert [each.worker for each in sleepers.due(inf, NOW + 100 + 2 * PATIENCE_S, DAY)] == ["w"]


def test_a_machine_that_does_not_wake_is_asked_a_few_times() -> None:
    sleepers, asked = asleep(AWAKE, ASLEEP), 0
    for second in range(0, int(RETRY_S * MAX_TRIES * 3), 10):
        asked += len(sleepers.due(inf, NOW + 100 + second, DAY))
    assert asked == MAX_TRIES
    assert [row.state for row in sleepers.rows(NOW + 100)] == ["waking"]


def test_a_woken_machine_is_told_so_once_and_left_alone_for_a_while_when_it_sleeps_again() -> None:
    sleepers = asleep(AWAKE, ASLEEP)
    assert is_woken(sleepers, after_s=100)
    assert sleepers.observe([ASLEEP], NOW + 140, DAY) == []
    assert sleepers.observe([AWAKE], NOW + 150, DAY) == ["w"]
    assert sleepers.observe([AWAKE], NOW + 152, DAY) == []
    assert sleepers.rows(NOW + 152) == ()
    sleepers.observe([ASLEEP], NOW + 900, DAY)
    sleepers.observe([], NOW + 960, DAY)
    assert not is_woken(sleepers, after_s=1000)
    assert is_woken(sleepers, after_s=900 + AGAIN_S)


def test_a_machine_that_comes_back_by_itself_was_not_woken() -> None:
    assert asleep(AWAKE, ASLEEP).observe([AWAKE], NOW + 150, DAY) == []


def test_what_sleeps_is_kept_over_a_restart_and_bounded() -> None:
    sleepers = asleep(AWAKE, ASLEEP)
    again = Sleepers(ABOVE_S, sleepers.known.values())
    assert again.rows(NOW + 60) == sleepers.rows(NOW + 60) and again.rows(NOW + 60)[0].name == "attic"
    again.observe([sight(worker=f"w{n}") for n in range(3 * MAX_SLEEPERS)], NOW + 60, DAY)
    assert len(again.known) == MAX_SLEEPERS


def job(eta_s: float | None, state: str = "speaking", *, paused: bool = False) -> JobStatus:
    reason = Reason("paused") if paused else None
    return JobStatus("j", "T", "e", state, 9, 4, 0, 10, 5, 1.0, 1.0, eta_s, (), reason=reason)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("jobs", "waiting", "work_s"),
    [
        ([], 0, 0.0),
        ([], 1, inf),  # nobody speaks: nothing tells
        ([job(None)], 0, inf),
        ([job(100.0), job(300.0)], 0, 300.0),
        ([job(100.0), job(300.0), job(None)], 2, 700.0),
        ([job(500.0, "writing"), job(500.0, "finished"), job(500.0, paused=True)], 0, 0.0),
    ],
)
def test_how_much_work_waits(jobs: list[JobStatus], waiting: int, work_s: float) -> None:
    assert work_left_s(jobs, waiting) == work_s


def woken() -> Slumber:
    slumber = Slumber((MAC,), 600.0)
    assert not slumber.is_woken([OTHER], NOW - 5, NOW)
    assert slumber.is_woken([OTHER, MAC], NOW - 5, NOW)
    return slumber


@pytest.mark.parametrize(
    ("unused_s", "after_s", "working", "sleeps"),
    [
        (inf, 599.0, False, False),
        (inf, 600.0, False, True),
        (inf, 600.0, True, False),
        (5000.0, 600.0, False, True),
        (600.0 - USE_LAG_S, 600.0, False, True),  # waking up may count as use
        (500.0, 600.0, False, False),  # somebody used it since
        (0.0, 600.0, False, False),
        (None, 600.0, False, False),  # nothing tells whether it is used
    ],
)
def test_a_woken_machine_sleeps_again_when_it_is_done_unless_somebody_used_it(
    unused_s: float | None, after_s: float, working: bool, sleeps: bool
) -> None:
    slumber = woken()
    assert slumber.may_sleep(Surroundings(unused_s=unused_s), NOW + after_s, working=working) == sleeps
    assert not slumber.may_sleep(Surroundings(unused_s=unused_s), NOW + after_s, working=working), "at most once"


def test_a_machine_that_was_used_after_it_was_woken_belongs_to_its_user() -> None:
    slumber = woken()
    slumber.may_sleep(Surroundings(unused_s=0.0), NOW + 300, working=False)
    assert not slumber.may_sleep(Surroundings(unused_s=inf), NOW + 9000, working=False)


def test_a_machine_that_was_not_woken_never_sleeps_by_itself() -> None:
    slumber = Slumber((MAC,), 600.0)
    assert not slumber.may_sleep(Surroundings(unused_s=inf), NOW, working=False)
    assert not slumber.is_woken([MAC], NOW - WOKEN_S - 1, NOW), "it has not slept, whatever a coordinator says"
    assert not slumber.may_sleep(Surroundings(unused_s=inf), NOW + 9000, working=False)


@pytest.mark.parametrize(
    ("unused_s", "by_hand"), [(0.0, True), (AWAY_S - 1, True), (None, True), (AWAY_S, False), (inf, False)]
)
def test_a_machine_that_was_just_used_is_put_to_sleep_by_hand(unused_s: float | None, by_hand: bool) -> None:
    slumber, going = woken(), Surroundings(unused_s=unused_s, is_asleep=True)
    assert slumber.wakeable(going) == Wakeable((MAC,), by_hand)
    assert not slumber.wakeable(Surroundings(unused_s=unused_s)).by_hand
    slumber.is_asked = True
    assert not slumber.wakeable(going).by_hand, "this program put it to sleep"
