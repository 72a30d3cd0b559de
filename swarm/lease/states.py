"""The states of sessions, links and slots, and which may follow which (docs/design/states.md has the diagrams).

A session is a worker as its coordinator has it, a link a coordinator as a worker has it. Nothing but what its table
says happens."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

State = TypeVar("State", bound=Enum)


class IllegalTransition(Exception):
    """A state was to follow one that it cannot follow: a fault of this program."""


def follow(table: Mapping[State, frozenset[State]], before: State, after: State) -> State:
    """Return `after` if the table lets it follow `before`, or if nothing changes. Raises IllegalTransition."""
    if after is not before and after not in table[before]:
        raise IllegalTransition(f"{type(before).__name__}: {before.name} cannot become {after.name}")
    return after


class SessionState(Enum):
    """The state of a worker process as a coordinator sees it."""

    JOINED = "joined"  # it greeted, and all messages to it left
    ESTRANGED = "estranged"  # a message to it could not leave: it has to greet again
    SILENT = "silent"  # it fell silent, and its connection may still be there
    GONE = "gone"  # it said `Bye`, or fell silent while it had to greet again


SESSION_TRANSITIONS = {
    SessionState.JOINED: frozenset({SessionState.ESTRANGED, SessionState.SILENT, SessionState.GONE}),
    SessionState.ESTRANGED: frozenset({SessionState.JOINED, SessionState.GONE}),
    SessionState.SILENT: frozenset({SessionState.JOINED}),
    SessionState.GONE: frozenset(),
}


class LinkState(Enum):
    """The state of a coordinator as a worker sees it."""

    AWAY = "away"  # it cannot be reached
    GREETING = "greeting"  # it can be reached, and each heartbeat sends a `Hello` until one is answered
    SERVING = "serving"  # it let this worker in
    EMPTY = "empty"  # it let this worker in, and had nothing for the slots that it was offered last
    REFUSED = "refused"  # it turned this worker away
    ENDED = "ended"  # the coordinator said that it ends


LINK_TRANSITIONS = {
    LinkState.AWAY: frozenset({LinkState.GREETING}),
    LinkState.GREETING: frozenset(set(LinkState) - {LinkState.GREETING}),
    LinkState.SERVING: frozenset(set(LinkState) - {LinkState.SERVING}),
    LinkState.EMPTY: frozenset(set(LinkState) - {LinkState.EMPTY}),
    LinkState.REFUSED: frozenset({LinkState.AWAY, LinkState.GREETING}),
    LinkState.ENDED: frozenset({LinkState.AWAY, LinkState.GREETING, LinkState.SERVING, LinkState.EMPTY}),
}


class Prospect(Enum):
    """What a worker may expect of a coordinator for the slots that it offers, by the times of what both said."""

    OUT = "out"  # nothing: it is away, turned this worker away or ended
    WORK = "work"  # a lease, as far as is known
    NOTHING_NOW = "nothing now"  # it had nothing, and had work a moment ago
    NOTHING = "nothing"  # it has had nothing for long
    LATE = "late"  # its answer is late, and may still come
    SILENT = "silent"  # it has said nothing for long


PROSPECTS = {  # link state -> what may be expected then
    LinkState.AWAY: frozenset({Prospect.OUT}),
    LinkState.GREETING: frozenset({Prospect.LATE, Prospect.SILENT}),
    LinkState.SERVING: frozenset({Prospect.WORK, Prospect.LATE, Prospect.SILENT}),
    LinkState.EMPTY: frozenset({Prospect.NOTHING_NOW, Prospect.NOTHING, Prospect.LATE, Prospect.SILENT}),
    LinkState.REFUSED: frozenset({Prospect.OUT}),
    LinkState.ENDED: frozenset({Prospect.OUT}),
}
RETURNING = frozenset({Prospect.NOTHING_NOW, Prospect.LATE})  # it may soon have work again


class Turn(Enum):
    """When a worker offers a coordinator one of its slots."""

    FIRST = "first"  # before all others, if it was served least of those with the same turn
    LAST = "last"  # if no other comes first: it had nothing for such slots a moment ago, or says nothing
    PUT_OFF = "put off"  # as the last, and not while another may soon have work: it kept a slot for nothing
    NEVER = "never"  # it lost too many leases of the slot, or does not lead their job any more, or is out of reach


TURNS = {  # prospect -> when a slot may be offered then
    Prospect.OUT: frozenset({Turn.NEVER}),
    Prospect.WORK: frozenset(Turn),
    Prospect.NOTHING_NOW: frozenset(Turn),
    Prospect.NOTHING: frozenset(Turn),
    Prospect.LATE: frozenset(set(Turn) - {Turn.FIRST}),
    Prospect.SILENT: frozenset(set(Turn) - {Turn.FIRST}),
}


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
