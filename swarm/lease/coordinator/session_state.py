"""The states of a worker's session as the coordinator has them (docs/design.md has the diagram)."""

from enum import Enum


class SessionState(Enum):
    """The state of a worker process as a coordinator sees it."""

    JOINED = "joined"  # it greeted, and all messages to it left
    ESTRANGED = "estranged"  # a message to it could not leave: it has to greet again
    GONE = "gone"  # it said `Bye`, or fell silent


SESSION_TRANSITIONS = {
    SessionState.JOINED: frozenset({SessionState.ESTRANGED, SessionState.GONE}),
    SessionState.ESTRANGED: frozenset({SessionState.JOINED, SessionState.GONE}),
    SessionState.GONE: frozenset(),
}
