from making import RECIPE
from msgspec import structs

from swarm.lease.core_settings import WORKER_DEFAULTS
from swarm.lease.envelope import Hindrance, NotLeasing, Resting
from swarm.lease.worker.rest import CLIPS_BEFORE_TRUST, MAX_MODELS, NoRoom, Rest
from swarm.watch.words import hindrance_text, resting_text

STEP_BACK_S, MAX_STEP_BACK_S = WORKER_DEFAULTS.step_back_s, WORKER_DEFAULTS.max_step_back_s
LARGE = structs.replace(RECIPE, engine="coqui", model="large")


def test_a_slot_that_steps_back_comes_back_by_itself() -> None:
    rest = Rest()
    rest.step_back(NotLeasing.MEMORY, "no room on cuda:0.", 100.0)
    why = rest.hindrance(100.0)
    assert why is not None
    assert hindrance_text(why) == "no room on cuda:0; it is tried again after 5 min"
    assert rest.hindrance(100.0 + STEP_BACK_S) is None


def test_each_pause_is_longer_up_to_a_bound_until_it_speaks() -> None:
    rest, ends = Rest(), []
    for _ in range(6):
        rest.step_back(NotLeasing.LOST, "gone", 0.0)
        ends.append(rest.until_s)
    assert ends == [STEP_BACK_S, 2 * STEP_BACK_S, 4 * STEP_BACK_S, 8 * STEP_BACK_S, MAX_STEP_BACK_S, MAX_STEP_BACK_S]
    rest.spoke()
    rest.step_back(NotLeasing.LOST, "gone", 0.0)
    assert rest.until_s == STEP_BACK_S


def test_slots_that_run_out_of_memory_together_come_back_one_after_the_other() -> None:
    rests = [Rest() for _ in range(4)]
    for number, rest in enumerate(rests):
        rest.step_back(NotLeasing.MEMORY, "no room", 0.0, number)
    assert [rest.until_s / STEP_BACK_S for rest in rests] == [1.0, 1.5, 2.0, 2.5]


def test_an_operators_limit_is_said_while_there_is_no_fault() -> None:
    night = Hindrance(NotLeasing.HOURS, clock="22:00")
    rest = Rest(limit=night)
    assert rest.hindrance(0.0) == night
    rest.step_back(NotLeasing.MEMORY, "no room", 0.0)
    assert rest.hindrance(0.0) == rest.fault
    assert rest.hindrance(STEP_BACK_S) == night


def test_clips_count_from_a_restart() -> None:
    rest = Rest()
    assert rest.clips >= CLIPS_BEFORE_TRUST
    rest.restarted()
    rest.spoke()
    assert rest.clips == 1


def test_a_model_without_room_rests_and_others_do_not() -> None:
    no_room = NoRoom(number=2)
    why = no_room.step_back(LARGE, "no room on cuda:0.", 100.0)
    assert why == Hindrance(NotLeasing.MEMORY, "no room on cuda:0", seconds=2 * STEP_BACK_S)
    assert no_room.left_s(LARGE, 101.0) == 2 * STEP_BACK_S - 1
    assert no_room.left_s(structs.replace(LARGE, voice="other"), 101.0) > 0
    assert no_room.left_s(RECIPE, 101.0) == 0
    assert no_room.report_resting(101.0) == [Resting(2, why, "coqui", "large")]
    assert resting_text(no_room.report_resting(101.0)) == "large: no room on cuda:0; it is tried again after 10 min"
    over_s = 100.0 + 2 * STEP_BACK_S
    assert (no_room.left_s(LARGE, over_s), no_room.report_resting(over_s)) == (0, [])


def test_a_model_that_still_has_no_room_rests_longer_until_it_has_spoken() -> None:
    no_room = NoRoom()
    for factor in (1, 2, 4):
        no_room.step_back(LARGE, "no room", 0.0)
        assert no_room.left_s(LARGE, 0.0) == factor * STEP_BACK_S
    no_room.fits(LARGE)
    no_room.step_back(LARGE, "no room", 0.0)
    assert no_room.left_s(LARGE, 0.0) == STEP_BACK_S


def test_few_models_are_remembered_however_many_a_coordinator_names() -> None:
    no_room = NoRoom()
    for number in range(100):
        no_room.step_back(structs.replace(LARGE, model=str(number)), "no room", 0.0)
    assert [rest.model for rest in no_room.report_resting(0.0)] == ["96", "97", "98", "99"]
    assert len(no_room.rests) == MAX_MODELS
