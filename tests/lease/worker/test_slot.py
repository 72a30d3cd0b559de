import pytest
from making import INFO, RECIPE

from swarm.job.clip_info import SpokenClip
from swarm.lease.core_settings import WORKER_DEFAULTS
from swarm.lease.envelope import NotLeasing
from swarm.lease.message import Grant, Job, Line
from swarm.lease.states import IllegalTransition, SlotState
from swarm.lease.worker.slot import EngineSlot

JOB = Job("job", "Book", RECIPE)


def a_slot() -> EngineSlot:
    slot = EngineSlot(0)
    slot.take_grant(Grant(1, "job", 0, 0, (Line(0, "One.", 0), Line(1, "Two.", 0))), "a", JOB)
    slot.settle_leases(0.0)
    return slot


def test_a_slot_goes_from_a_lease_over_the_load_and_each_line_back_to_idle() -> None:
    slot = a_slot()
    states = [slot.state]
    slot.load(JOB, 1, 0.0)
    states.append(slot.state)
    slot.loaded(1.0)
    for line in list(slot.leases[0].lines):
        states.append(slot.state)
        slot.speak((line,), 1.0)
        states.append(slot.state)
        slot.collect([SpokenClip(b"", INFO)])
    slot.settle_leases(2.0)
    waits, speaks = SlotState.WAITING, SlotState.SPEAKING
    assert states == [waits, SlotState.LOADING, waits, speaks, waits, speaks]
    assert slot.state is SlotState.IDLE
    slot.unload()
    slot.settle_leases(3.0)
    assert slot.state is SlotState.EMPTY


def test_a_slot_that_loads_does_nothing_else() -> None:
    for act in [
        lambda slot: slot.speak((Line(0, "One.", 0),), 1.0),
        lambda slot: slot.collect([SpokenClip(b"", INFO)]),
        lambda slot: slot.speak_again(),
    ]:
        slot = a_slot()
        slot.load(JOB, 1, 0.0)
        with pytest.raises(IllegalTransition):
            act(slot)


def test_a_voice_that_nobody_loads_is_not_loaded() -> None:
    with pytest.raises(IllegalTransition, match="slot 0 is WAITING, not LOADING"):
        a_slot().loaded(1.0)


def test_a_slot_rests_once_its_line_is_spoken_and_comes_back_by_itself() -> None:
    slot = a_slot()
    slot.load(JOB, 1, 0.0)
    slot.loaded(0.0)
    slot.speak(tuple(slot.leases[0].lines[:1]), 0.0)
    slot.rest.step_back(NotLeasing.MEMORY, "no room", 0.0)
    slot.drain()
    slot.settle_leases(1.0)
    assert slot.state is SlotState.SPEAKING
    slot.finish()
    slot.settle_leases(2.0)
    assert slot.state is SlotState.RESTING
    slot.settle_leases(WORKER_DEFAULTS.step_back_s)
    assert slot.state is SlotState.IDLE
