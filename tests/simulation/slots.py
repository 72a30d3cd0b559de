"""The invariants of a worker's slots: of their states, their rests, and the text that is prefetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from story import Violation

from swarm.lease.envelope import LEAVING, NotLeasing
from swarm.lease.message import Line
from swarm.lease.states import SlotState
from swarm.lease.worker.slot import EngineSlot

if TYPE_CHECKING:
    from engine import SimEngine
    from worker import SimWorker

Words = tuple[str, int]  # a text and its seed


def next_lines(slot: EngineSlot) -> list[Line]:
    """Return the lines that a slot speaks next with the voice that it has, as its first lease has them."""
    if slot.state is SlotState.LOADING or slot.recipe is None or not slot.leases or slot.leases[0].revoked:
        return []
    spoken = slot.lines if slot.state is SlotState.SPEAKING else ()
    return [line for line in slot.leases[0].lines if not any(line is other for other in spoken)]


def next_words(slot: EngineSlot, count: int) -> tuple[Words, ...]:
    """Return the texts and the seeds of so many lines that a slot speaks next."""
    lines = next_lines(slot)[:count]
    return tuple(words[:2] for words in slot.words(tuple(lines))) if lines else ()


def check_slots(worker: SimWorker) -> None:
    """Check all slots of a worker after a step. Raises Violation."""
    for slot, engine in zip(worker.core.slots, worker.engines, strict=True):
        if not fits(slot):
            raise Violation(f"{worker.name} has a slot that is {slot.state.name}, with other contents: {slot}")
        rests = slot.rest.hindrance(worker.clock())  # one whose worker leaves speaks what is left of its batch
        if rests and rests.cause not in LEAVING and lines_of(slot) > len(slot.lines):
            raise Violation(f"{worker.name} has a slot that rests and holds {lines_of(slot)} segments")
        limit, limited_s = slot.rest.limit, worker.core.beaten_s - slot.rest.limited_s
        if limit and limit.cause not in LEAVING and slot.busy and limited_s > slot.settings.at_rest_s:
            raise Violation(f"{worker.name} has a slot that has to rest, and is still at work after {limited_s:.1f} s")
        fault = slot.rest.fault
        if slot.rest.stepped_back(worker.clock()) and fault and fault.cause is NotLeasing.MEMORY:
            raise Violation(f"{worker.name} has a slot that rests for all since one model does not fit")
        loading = slot.recipe if slot.state is SlotState.LOADING else None
        if loading and slot.no_room.left_s(loading, slot.since_s):
            raise Violation(f"{worker.name} loads a model that did not fit a moment ago")
        check_prefetched(worker, slot, engine)


def fits(slot: EngineSlot) -> bool:
    """Return whether a slot holds what its state says."""
    loaded, leased, speaks = slot.recipe is not None, bool(slot.leases), bool(slot.lines)
    match slot.state:
        case SlotState.EMPTY:
            return not loaded and not leased and not speaks
        case SlotState.IDLE:
            return loaded and not leased and not speaks
        case SlotState.WAITING:
            return leased and not speaks
        case SlotState.LOADING:
            return loaded and not speaks
        case SlotState.SPEAKING:
            return loaded and leased and speaks and all(line in slot.leases[0].lines for line in slot.lines)
        case SlotState.RESTING:
            return not leased and not speaks


def lines_of(slot: EngineSlot) -> int:
    """Return how many segments a slot holds, those under way too."""
    return sum(len(lease.lines) for lease in slot.leases)


def check_prefetched(worker: SimWorker, slot: EngineSlot, engine: SimEngine) -> None:
    """Check that an engine has prefetched what its slot speaks next, and nothing else. Raises Violation."""
    count = len(engine.prefetched)
    if count and engine.prefetched != (expected := next_words(slot, count)):
        raise Violation(f"{worker.name} prefetches {engine.prefetched}, its slot speaks {expected} next")
    if slot.state is SlotState.SPEAKING and not count and next_lines(slot):
        raise Violation(f"{worker.name} speaks, and prefetches nothing")
