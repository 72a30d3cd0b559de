"""The states of a worker's slot (docs/design.md has the diagram)."""

from enum import Enum


class SlotState(Enum):
    """The state of a slot. Its engine may be loaded or not while it waits or rests."""

    EMPTY = "empty"  # it holds neither a lease nor an engine
    IDLE = "idle"  # an engine is loaded, and no lease is held
    WAITING = "waiting"  # it holds a lease, and nothing is under way
    LOADING = "loading"  # the engine opens a voice
    SPEAKING = "speaking"  # the engine speaks a segment
    RESTING = "resting"  # the operator or a fault of the device keeps the slot from taking leases


SLOT_TRANSITIONS = {
    SlotState.EMPTY: frozenset({SlotState.WAITING, SlotState.RESTING}),
    SlotState.IDLE: frozenset({SlotState.WAITING, SlotState.EMPTY, SlotState.RESTING}),
    SlotState.WAITING: frozenset(set(SlotState) - {SlotState.WAITING}),
    SlotState.LOADING: frozenset({SlotState.WAITING}),
    SlotState.SPEAKING: frozenset({SlotState.WAITING}),
    SlotState.RESTING: frozenset({SlotState.IDLE, SlotState.EMPTY}),
}
