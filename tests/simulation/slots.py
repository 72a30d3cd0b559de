"""The invariants of a worker's slots: of their states, their rests, and the text that is prefetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from story import Violation

from swarm.lease.message import Line
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.slot_state import SlotState

if TYPE_CHECKING:
    from engine import SimEngine
    from worker import SimWorker

Words = tuple[str, int]  # a text and its seed


def next_line(slot: EngineSlot) -> Line | None:
    """Return the line that a slot speaks next with the voice that it has, as its first lease has it."""
    if slot.state is SlotState.LOADING or slot.recipe is None or not slot.leases or slot.leases[0].revoked:
        return None
    lines = slot.leases[0].lines
    if slot.state is SlotState.SPEAKING:
        lines = [line for line in lines if line is not slot.line]
    return lines[0] if lines else None


def next_words(slot: EngineSlot) -> Words | None:
    """Return the text and the seed of the line that a slot speaks next."""
    line = next_line(slot)
    return slot.words(line)[:2] if line else None


def check_slots(worker: SimWorker) -> None:
    """Check all slots of a worker after a step. Raises Violation."""
    for slot, engine in zip(worker.core.slots, worker.engines, strict=True):
        if not fits(slot):
            raise Violation(f"{worker.name} has a slot that is {slot.state.name}, with other contents: {slot}")
        if slot.rest.reason(worker.clock()) and lines_of(slot) > (slot.state is SlotState.SPEAKING):
            raise Violation(f"{worker.name} has a slot that rests and holds {lines_of(slot)} segments")
        check_prefetched(worker, slot, engine)


def fits(slot: EngineSlot) -> bool:
    """Return whether a slot holds what its state says."""
    loaded, leased, speaks = slot.recipe is not None, bool(slot.leases), slot.line is not None
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
            return loaded and leased and slot.line in slot.leases[0].lines
        case SlotState.RESTING:
            return not leased and not speaks


def lines_of(slot: EngineSlot) -> int:
    """Return how many segments a slot holds, the one under way too."""
    return sum(len(lease.lines) for lease in slot.leases)


def check_prefetched(worker: SimWorker, slot: EngineSlot, engine: SimEngine) -> None:
    """Check that an engine has prefetched what its slot speaks next, and nothing else. Raises Violation."""
    expected = next_words(slot)
    if engine.prefetched and engine.prefetched != expected:
        raise Violation(f"{worker.name} prefetches {engine.prefetched}, its slot speaks {expected} next")
    if slot.state is SlotState.SPEAKING and expected and not engine.prefetched:
        raise Violation(f"{worker.name} speaks, and prefetches nothing")
