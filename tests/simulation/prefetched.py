"""What must hold of the text that an engine was told to prefetch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from story import Violation

from swarm.lease.message import Line
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.slot_state import SlotState

if TYPE_CHECKING:
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


def check_prefetched(worker: SimWorker) -> None:
    """Check that each engine has prefetched what its slot speaks next, and nothing else. Raises Violation."""
    for slot, engine in zip(worker.core.slots, worker.engines, strict=True):
        expected = next_words(slot)
        if engine.prefetched and engine.prefetched != expected:
            raise Violation(f"{worker.name} prefetches {engine.prefetched}, its slot speaks {expected} next")
        if slot.state is SlotState.SPEAKING and expected and not engine.prefetched:
            raise Violation(f"{worker.name} speaks, and prefetches nothing")
