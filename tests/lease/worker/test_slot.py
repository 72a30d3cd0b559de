from swarm.lease.worker.settings import DEFAULTS
from swarm.lease.worker.slot import SOON, Rest

STEP_BACK_S, MAX_STEP_BACK_S = DEFAULTS.step_back_s, DEFAULTS.max_step_back_s


def test_a_slot_that_steps_back_comes_back_by_itself() -> None:
    rest = Rest()
    rest.step_back("memory", "no room on cuda:0.", 100.0)
    assert rest.reason(100.0) == "no room on cuda:0; it is tried again after 5 min"
    assert rest.reason(100.0 + STEP_BACK_S) == ""


def test_each_pause_is_longer_up_to_a_bound_until_it_speaks() -> None:
    rest, ends = Rest(), []
    for _ in range(6):
        rest.step_back("lost", "gone", 0.0)
        ends.append(rest.until_s)
    assert ends == [STEP_BACK_S, 2 * STEP_BACK_S, 4 * STEP_BACK_S, 8 * STEP_BACK_S, MAX_STEP_BACK_S, MAX_STEP_BACK_S]
    rest.spoke()
    rest.step_back("lost", "gone", 0.0)
    assert rest.until_s == STEP_BACK_S


def test_slots_that_run_out_of_memory_together_come_back_one_after_the_other() -> None:
    rests = [Rest() for _ in range(4)]
    for number, rest in enumerate(rests):
        rest.step_back("memory", "no room", 0.0, number)
    assert [rest.until_s / STEP_BACK_S for rest in rests] == [1.0, 1.5, 2.0, 2.5]


def test_an_operators_limit_is_said_while_there_is_no_fault() -> None:
    rest = Rest(limit="until 22:00")
    assert rest.reason(0.0) == "until 22:00"
    rest.step_back("memory", "no room", 0.0)
    assert rest.reason(0.0).startswith("no room")
    assert rest.reason(STEP_BACK_S) == "until 22:00"


def test_clips_count_from_a_restart() -> None:
    rest = Rest()
    assert rest.clips >= SOON
    rest.restarted()
    rest.spoke()
    assert rest.clips == 1
