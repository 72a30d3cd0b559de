"""The sockets of a worker: to its coordinators, to other workers, and the door that it opens for these."""

from collections.abc import Callable
from typing import Protocol

from swarm.net.swarm_key import CurveKeys
from swarm.net.transport import DealerSocket, RouterSocket

OnChange = Callable[[], None]


class WorkerSockets(Protocol):
    """Makes sockets that use the keys which this machine has at that time."""

    def dial(self, on_change: OnChange) -> DealerSocket:
        """Return a socket for a coordinator."""

    def visit(self, on_change: OnChange) -> DealerSocket:
        """Return a socket for the door of another worker."""

    def open_door(self) -> RouterSocket:
        """Return the socket of a door, which is not bound yet."""

    def generation(self) -> object:
        """Return what changes when a door has to be opened anew, since the swarm's keys are others."""


class FixedSockets:
    """Sockets by keys that never change; without keys, for an open swarm."""

    def __init__(self, keys: CurveKeys | None) -> None:
        self._keys = keys

    def dial(self, on_change: OnChange) -> DealerSocket:
        """Return a socket for a coordinator."""
        return DealerSocket(self._keys, on_change)

    visit = dial

    def open_door(self) -> RouterSocket:
        """Return the socket of a door, which is not bound yet."""
        return RouterSocket(self._keys)

    def generation(self) -> object:
        """Return the same always."""
        return None
