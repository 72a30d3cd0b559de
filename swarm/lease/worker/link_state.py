"""The states of a worker's session with one coordinator (docs/design.md has the diagram)."""

from enum import Enum


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
