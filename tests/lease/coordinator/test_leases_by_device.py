"""A machine with a GPU and cores: each job goes to the slots that its model is for, and to all where there are none."""

from making import RECIPE, TEXTS, hope, join, make_core, make_spec, offer, said, sent, shown
from msgspec import structs

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.envelope import Hindrance, NotLeasing, Resting
from swarm.lease.message import Device, Done, EngineOffer, Grant, Heartbeat

GPU_AND_CORES = (Device("cuda:0", slots=1), Device("cpu", slots=2))


def make_mixed(**devices: str) -> CoordinatorCore:
    """Make a coordinator whose jobs are for these kinds of devices, and let a machine with both kinds come in."""
    core = make_core()
    for job, device in devices.items():
        core.add_job(JobState(make_spec(*([text] for text in TEXTS), job=job)), device=device)
    join(core, slots=3, devices=GPU_AND_CORES)
    return core


def granted(core: CoordinatorCore, *slots: int) -> dict[int, str]:
    return {grant.slot: grant.job for grant in sent(core.receive(b"p", Heartbeat((), slots), 0.0), Grant)}


def test_a_job_for_gpus_and_one_for_the_cores_are_spoken_at_the_same_time() -> None:
    assert granted(make_mixed(xtts="gpu", hibari="cpu"), 0, 1, 2) == {0: "xtts", 1: "hibari", 2: "hibari"}


def test_a_slot_that_finds_nothing_speaks_for_no_slot_of_another_device() -> None:
    assert granted(make_mixed(hibari="cpu"), 0, 1, 2) == {1: "hibari", 2: "hibari"}
    assert granted(make_mixed(xtts="gpu"), 2, 1, 0) == {0: "xtts"}


def test_a_job_of_any_device_goes_to_all_slots() -> None:
    assert granted(make_mixed(vits="any"), 0, 1, 2) == {0: "vits", 1: "vits", 2: "vits"}


def test_where_no_slot_is_of_its_device_a_job_goes_to_all() -> None:
    core = make_core()
    core.add_job(JobState(make_spec(*([text] for text in TEXTS))), device="gpu")
    join(core, slots=2, devices=(Device("cpu", slots=2),))
    assert granted(core, 0, 1) == {0: "job", 1: "job"}


def test_a_worker_that_tells_no_slots_is_leased_everything_everywhere() -> None:
    core = make_core()
    core.add_job(JobState(make_spec(*([text] for text in TEXTS))), device="cpu")
    join(core, slots=2, devices=(Device("cuda:0"),))
    assert granted(core, 0, 1) == {0: "job", 1: "job"}


def test_what_a_worker_says_of_its_engine_goes_before_the_card() -> None:
    core = make_core()
    core.add_job(JobState(make_spec(*([text] for text in TEXTS))), device="cpu")
    join(core, slots=3, devices=GPU_AND_CORES, engines=(EngineOffer("metronome", ("*",), device="any"),))
    assert granted(core, 0, 1, 2) == {0: "job", 1: "job", 2: "job"}


def test_the_worker_is_told_for_which_kind_of_slot_there_is_nothing() -> None:
    core = make_mixed(xtts="gpu")
    assert sent(core.receive(b"p", Heartbeat((), (0, 1, 2)), 0.0), Done) == [Done(kinds=("cpu",))]


def test_a_job_waits_where_all_slots_that_it_is_for_rest_whatever_the_others_do() -> None:
    core = make_mixed(xtts="gpu", hibari="cpu")
    core.receive(b"p", Heartbeat((), (1, 2), resting=(Resting(0, Hindrance(NotLeasing.IN_USE, device="cuda:0")),)), 0.0)
    xtts, hibari = shown(core, 1.0).jobs
    assert "every worker for it rests: another program uses cuda:0" in xtts.note
    assert not hibari.note


def test_a_gpu_that_is_gone_ends_the_run_of_what_only_it_could_speak() -> None:
    core = make_core(alone=True)
    core.add_job(JobState(make_spec(TEXTS)), device="gpu")
    join(core, slots=3, devices=GPU_AND_CORES)
    core.receive(b"p", Heartbeat((), (1, 2)), 0.0)
    assert not hope(core)
    core.receive(b"p", Heartbeat((), (1, 2), resting=(Resting(0, Hindrance(NotLeasing.LOST, "off the bus")),)), 1.0)
    assert "off the bus" in hope(core)


def test_a_model_without_room_keeps_its_job_from_the_slot_and_no_other() -> None:
    core = make_core()
    for job, model in (("large", "xtts"), ("small", "vits")):
        recipe = structs.replace(RECIPE, model=model)
        core.add_job(JobState(make_spec(*([text] for text in TEXTS), job=job, recipe=recipe)), device="gpu")
    join(core, slots=3, devices=GPU_AND_CORES)
    rest = Resting(0, Hindrance(NotLeasing.MEMORY, "no room", seconds=600.0), RECIPE.engine, "xtts")
    outcome = core.receive(b"p", Heartbeat((), (0, 1, 2), resting=(rest,)), 0.0)
    assert {grant.slot: grant.job for grant in sent(outcome, Grant)} == {0: "small"}
    assert said(outcome) == ["P: slot 0 rests: xtts: no room; it is tried again after 10 min"]
    large, small = shown(core, 1.0).jobs
    assert "every worker for it rests: xtts: no room" in large.note
    assert not small.note


def test_slots_that_a_job_is_not_for_are_not_idle_at_its_cost() -> None:
    core = make_mixed(xtts="gpu")
    grant = offer(core, slots=(0,))
    assert grant.slot == 0
    core.tick(4.0)
    assert core.jobs["xtts"].run_stats.idle_s == {}


def test_a_slot_without_room_for_a_model_speaks_for_no_other_slot() -> None:
    core = make_core()
    core.add_job(JobState(make_spec(*([text] for text in TEXTS))), device="gpu")
    join(core, slots=2, devices=(Device("cuda:0", slots=1), Device("cuda:1", slots=1)))
    rest = Resting(0, Hindrance(NotLeasing.MEMORY, "no room"), RECIPE.engine, RECIPE.model)
    outcome = core.receive(b"p", Heartbeat((), (0, 1), resting=(rest,)), 0.0)
    assert [grant.slot for grant in sent(outcome, Grant)] == [1]
