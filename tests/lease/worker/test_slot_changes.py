"""Dialogues with a worker whose devices fail, or which has had nothing to do for long."""

from dataclasses import replace

from making import INFO, RECIPE, grant, make_worker, ordered, speak, texts, told
from msgspec import structs

from swarm.job.clip_info import SpokenClip
from swarm.lease.core_settings import WORKER_DEFAULTS
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.message import Accepted, Failed, Heartbeat, Job, Release, Trim
from swarm.lease.outcome import CancelPrefetch, Kill, Load, Speak, Unload, WorkerOutcome
from swarm.lease.worker.rest import CLIPS_BEFORE_TRUST
from swarm.lease.worker.worker_core import WorkerCore

HOT = Hindrance(NotLeasing.HOT, device="cuda:0", count=80)
AT_REST_S = WORKER_DEFAULTS.at_rest_s
IDLE_S, RESTING_S, STEP_BACK_S = WORKER_DEFAULTS.idle_s, WORKER_DEFAULTS.resting_s, WORKER_DEFAULTS.step_back_s


def fail(worker: WorkerCore, out: WorkerOutcome, kind: str, now: float = 2.0) -> WorkerOutcome:
    command = ordered(out)
    assert isinstance(command, Speak)
    return worker.failed(command.slot, command.turn, kind, "no room", now)


def test_memory_that_runs_out_has_the_engine_started_afresh_and_the_same_sentence_spoken() -> None:
    worker = make_worker()
    first = speak(worker, grant(worker, "One.", "Two."))
    out = fail(worker, first, "memory")
    assert not told(out, Failed)
    assert isinstance(out.commands[-1], Load)
    again = speak(worker, out)
    assert ordered(again) == replace(ordered(first), turn=ordered(again).turn)  # it shall sound the same


def test_memory_that_runs_out_again_has_the_slot_step_back_and_blames_no_sentence() -> None:
    worker = make_worker(2)
    out = speak(worker, fail(worker, speak(worker, grant(worker, "One.", "Two.", lease=7)), "memory"))
    out = fail(worker, out, "memory")
    assert not told(out, Failed)
    assert out.commands == [Unload(0)]
    assert [(release.lease, release.unable) for release in told(out, Release)] == [(7, False)]
    beat = told(out, Heartbeat)[-1]
    assert [(rest.slot, rest.why.cause) for rest in beat.resting] == [(0, NotLeasing.MEMORY)]
    assert beat.offers == (0, 1)  # it has room for other models
    grant(worker, "Three.", lease=8, slot=1)  # the other one goes on
    assert worker.slots[1].leases


def test_who_stepped_back_takes_nothing_until_its_time_has_come() -> None:
    worker = make_worker()
    out = fail(worker, speak(worker, fail(worker, speak(worker, grant(worker, "One.")), "memory")), "memory")
    (release,) = told(grant(worker, "One.", lease=2, now=3.0), Release)
    assert release.lease == 2
    assert told(worker.beat(3.0), Heartbeat)[-1].resting
    beat = told(worker.beat(2.0 + STEP_BACK_S), Heartbeat)[-1]
    assert (beat.offers, beat.resting) == ((0,), ())
    worker.beat(498.0)
    out = speak(worker, grant(worker, "One.", lease=3, now=500.0), now=500.5)
    speak(worker, out, now=501.0)
    assert told(worker.beat(502.0), Heartbeat)[-1].resting == ()


def test_after_enough_clips_memory_that_runs_out_is_an_accident_again() -> None:
    worker = make_worker(credit=100_000)
    texts = [f"Sentence {number}." for number in range(CLIPS_BEFORE_TRUST + 2)]
    out = speak(worker, fail(worker, speak(worker, grant(worker, *texts)), "memory"))
    for _ in range(CLIPS_BEFORE_TRUST):
        out = speak(worker, out)
    assert isinstance(fail(worker, out, "memory").commands[-1], Load)


def test_a_model_that_finds_no_room_has_the_slot_step_back_and_the_worker_stays_able() -> None:
    worker = make_worker(2)
    (load,) = grant(worker, "One.").commands
    out = worker.step_back(load.slot, load.turn, NotLeasing.MEMORY, "no room", 1.0)
    assert [release.unable for release in told(out, Release)] == [False]
    assert worker.step_back(load.slot, load.turn, NotLeasing.MEMORY, "no room", 1.0).commands == []  # a late report


def test_a_model_that_finds_no_room_keeps_the_slot_from_no_other() -> None:
    worker = make_worker(1, "a", "b")
    small = structs.replace(RECIPE, model="small")
    worker.receive("b", Job("job-b", "Book", small), 0.0)
    (load,) = grant(worker, "One.", link="a").commands
    out = worker.step_back(0, load.turn, NotLeasing.MEMORY, "no room", 1.0)
    assert out.commands == [Unload(0)]
    (rest,) = told(out, Heartbeat)[-1].resting
    assert (rest.slot, rest.engine, rest.model) == (0, RECIPE.engine, RECIPE.model)
    (load,) = grant(worker, "One.", link="b", lease=2, now=2.0).commands
    assert isinstance(load, Load) and load.recipe == small


def test_a_coordinator_that_grants_what_has_no_room_gets_its_lease_back() -> None:
    worker = make_worker()
    (load,) = grant(worker, "One.").commands
    worker.step_back(0, load.turn, NotLeasing.MEMORY, "no room", 1.0)
    (release,) = told(grant(worker, "One.", lease=2, now=2.0), Release)
    assert release.note == "there is no room for its model"


def test_a_sentence_at_which_a_device_fails_twice_counts_as_failed() -> None:
    worker = make_worker()
    out = speak(worker, fail(worker, speak(worker, grant(worker, "One.", "Two.")), "device"))
    assert texts(out) == ["One."]
    out = fail(worker, out, "device")
    assert isinstance(out.commands[-1], Load)  # whatever it was: this process computes no more
    assert [failed.kind for failed in told(speak(worker, speak(worker, out)), Failed)] == ["device"]


def test_an_engine_that_has_nothing_to_do_for_long_is_let_go_and_loaded_again_for_the_next_lease() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")), now=2.0)
    assert not worker.beat(10.0).commands
    assert not worker.beat(10.0 + IDLE_S - 1).commands
    assert worker.beat(10.0 + IDLE_S).commands == [Unload(0)]
    assert not worker.beat(11.0 + IDLE_S).commands
    assert [command.recipe for command in grant(worker, "Two.", lease=2, now=1000.0).commands] == [RECIPE]


def test_work_in_between_starts_the_waiting_anew() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")), now=2.0)
    worker.beat(3.0)
    worker.beat(IDLE_S - 2)
    out = grant(worker, "Two.", lease=2, now=IDLE_S)
    worker.beat(IDLE_S)
    speak(worker, out, now=IDLE_S + 1)
    assert not worker.beat(IDLE_S + 5).commands


def test_who_rests_lets_go_of_its_engine_sooner() -> None:
    worker = make_worker()
    speak(worker, speak(worker, grant(worker, "One.")), now=2.0)
    worker.slots[0].rest.limit = HOT
    assert not worker.beat(3.0).commands
    assert worker.beat(3.0 + RESTING_S).commands == [Unload(0)]


def test_a_sentence_that_a_resting_slot_does_not_finish_soon_goes_to_others_and_its_engine_ends() -> None:
    worker = make_worker(2)
    out = speak(worker, grant(worker, "One.", "Two.", lease=7), now=1.0)
    assert worker.limit([HOT, None], 2.0).commands == [CancelPrefetch(0)]
    assert not worker.beat(2.0 + AT_REST_S - 0.1).commands, "it may finish its sentence"
    late = worker.beat(2.0 + AT_REST_S)
    assert late.commands == [Unload(0, at_once=True)]
    assert [release.lease for release in told(late, Release)] == [7]
    command = ordered(out)
    assert isinstance(command, Speak)
    assert not worker.spoken(0, command.turn, [None], 8.0).messages  # what the engine still tells counts no more
    assert not worker.beat(9.0).commands
    worker.limit([None, None], 20.0)
    assert [each.recipe for each in grant(worker, "One.", lease=8, now=21.0).commands] == [RECIPE]


def test_a_load_does_not_keep_a_slot_from_resting() -> None:
    worker = make_worker()
    grant(worker, "One.", lease=7)
    assert [release.lease for release in told(worker.limit([HOT], 2.0), Release)] == [7]
    assert worker.beat(2.0 + AT_REST_S).commands == [Unload(0, at_once=True)]


def test_before_its_machine_sleeps_a_worker_gives_back_what_is_under_way_at_once() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two.", lease=7), now=1.0)
    out = worker.limit([Hindrance(NotLeasing.ASLEEP)], 2.0)
    assert Unload(0, at_once=True) in out.commands
    assert [release.lease for release in told(out, Release)] == [7]
    assert [rest.why.cause for rest in told(out, Heartbeat)[-1].resting] == [NotLeasing.ASLEEP]


def test_a_worker_that_leaves_finishes_what_is_under_way_however_long_that_takes() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two.", lease=7), now=1.0)
    worker.drain(2.0)
    assert not any(isinstance(command, Unload) for command in worker.beat(3.0 + AT_REST_S).commands)


def test_a_gpu_that_falls_off_the_bus_takes_its_slots_out_and_the_others_go_on() -> None:
    worker = make_worker(2)
    hanging = speak(worker, grant(worker, "One.", lease=7))
    out = worker.lose([0], "cuda:0 fell off the bus", 2.0)
    assert out.commands == [Unload(0)]
    assert [release.lease for release in told(out, Release)] == [7]
    assert [rest.why.cause for rest in told(worker.beat(3.0), Heartbeat)[-1].resting] == [NotLeasing.LOST]
    assert not fail(worker, hanging, "crashed").messages  # the end of its engine is nobody's fault
    assert not worker.lose([0], "cuda:0 fell off the bus", 3.0).commands
    assert grant(worker, "Two.", lease=8, slot=1).commands


def test_a_slot_that_may_not_work_finishes_its_sentence_gives_back_the_rest_and_goes_on_by_itself() -> None:
    worker = make_worker(2)
    speaking = speak(worker, grant(worker, "One.", "Two.", lease=7))
    queued = grant(worker, "Three.", lease=8, slot=1)
    out = worker.limit([HOT, HOT], 1.0)
    assert [release.lease for release in told(out, Release)] == [8]
    assert queued.commands and out.commands == [CancelPrefetch(0)]
    assert told(out, Heartbeat)[-1].offers == ()
    ((_, clip),) = speak(worker, speaking).clips
    assert clip.index == 0
    assert not worker.beat(2.0).commands
    assert [rest.why for rest in told(worker.beat(3.0), Heartbeat)[-1].resting] == [HOT, HOT]
    beat = told(worker.limit([None, HOT], 4.0), Heartbeat)[-1]
    assert (beat.offers, [rest.slot for rest in beat.resting]) == ((0,), [1])
    assert not worker.limit([None, HOT], 5.0).messages  # nothing new


def test_a_grant_that_comes_to_a_slot_that_rests_goes_back() -> None:
    worker = make_worker()
    worker.limit([HOT], 0.0)
    assert [release.lease for release in told(grant(worker, "One.", lease=7), Release)] == [7]


def hears(worker: WorkerCore, now: float) -> WorkerOutcome:
    """Let the coordinators show that they are there, and beat."""
    for link in worker.links:
        worker.receive(link, Accepted(f"job-{link}", ()), now)
    return worker.beat(now)


def test_a_sentence_that_takes_for_ever_is_given_up_and_other_coordinators_come_first() -> None:
    worker = make_worker(1, "a", "b", unknown_deadline_s=10.0)
    speak(worker, grant(worker, "One.", "Two.", lease=7), now=1.0)
    due_s = 1 + worker.settings.patience * 10
    out = next(out for now in range(2, 100) if Kill(0) in (out := hears(worker, float(now))).commands)
    assert worker.beaten_s == due_s + 1
    assert [(failed.index, failed.lease) for failed in told(out, Failed)] == [(0, 7)]
    assert [release.lease for release in told(out, Release)] == [7]
    assert not worker.slots[0].leases
    beats = [(name, beat.offers) for name, beat in out.messages if isinstance(beat, Heartbeat)]
    assert dict(beats) == {"a": (), "b": (0,)}


def test_all_leases_of_a_coordinator_that_kept_a_slot_for_nothing_go_back() -> None:
    worker = make_worker(1, "a", "b", unknown_deadline_s=10.0)
    speak(worker, grant(worker, "One.", lease=7), now=1.0)
    grant(worker, "Two.", lease=8, now=2.0)
    out = next(out for now in range(2, 100) if Kill(0) in (out := hears(worker, float(now))).commands)
    assert [release.lease for release in told(out, Release)] == [7, 8]
    assert not worker.slots[0].leases
    assert worker.links["a"].fairness.put_off_until_s > worker.beaten_s


def test_a_voice_that_loads_for_ever_is_given_up() -> None:
    worker = make_worker(load_s=10.0)
    grant(worker, "One.", lease=7)
    worker.note_progress(0, 1, "10 %", 5.0)
    beats = {now: hears(worker, float(now)) for now in range(1, 20)}
    (at,) = [now for now, out in beats.items() if Kill(0) in out.commands]
    assert at == 16
    assert [(release.lease, release.unable) for release in told(beats[at], Release)] == [(7, True)]
    assert not worker.slots[0].leases


def test_a_worker_that_slept_asks_before_it_speaks_what_others_may_have_spoken() -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two.", "Three.", now=1.0), now=1.0)
    worker.beat(2.0)
    woken = speak_on(worker, 60.0)  # the engine was done before anything else could be noticed
    assert not [command for command in woken.commands if isinstance(command, Speak)]
    worker.beat(60.1)
    worker.receive("a", Trim(1, 2), 60.2)
    (order,) = [command for command in worker.beat(62.0).commands if isinstance(command, Speak)]
    assert order.batch[0][0] == "Two."


def speak_on(worker: WorkerCore, now: float) -> WorkerOutcome:
    """Have the engine be done with what it speaks."""
    slot = worker.slots[0]
    return worker.spoken(slot.number, slot.turn, [SpokenClip(bytes(10), INFO)], now)
