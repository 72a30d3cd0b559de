"""The states of a worker's session as the coordinator has them (docs/design.md has the diagram)."""

from enum import Enum


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
