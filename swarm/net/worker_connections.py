"""The sockets of a worker, to coordinators and to peers, and its connections to coordinators with what its user was
told.
"""

import asyncio
from collections.abc import Callable, Container
from dataclasses import dataclass, field
from typing import Protocol

from swarm.net.identity.membership import fingerprint
from swarm.net.identity.swarm_key import CurveKeys
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.system.machine import Say
from swarm.watch.terminal import LineRateLimiter

MAX_LINES = 30  # lines of one coordinator that are shown at once; one more is shown each LINE_S
LINE_S = 5.0
TOO_MANY = "it says too much; not all of that is shown"
MAX_REFUSALS = 20  # refusals that the user is told of: one machine can announce many coordinators that refuse


@dataclass
class Connection:
    """The connection to one coordinator, and what the user was told of it."""

    socket: DealerSocket
    task: "asyncio.Task[None]"
    connected: bool = False
    proven: bool = False  # only a coordinator with the swarm's key is ever connected
    refusal: str = ""
    lost_s: float = 0.0  # when the coordinator was last connected or added
    lines: LineRateLimiter = field(default_factory=lambda: LineRateLimiter(MAX_LINES, LINE_S, TOO_MANY))
    coordinator: str = ""  # the name of the coordinator's machine, once it let this worker in


class Connections(dict[str, Connection]):
    """The connections, by the names under which their coordinators are known here."""

    def __init__(self, say: Say) -> None:
        super().__init__()
        self._say = say
        self._refusals = set[str]()  # what the user was told of already
        self.left = set[str]()  # addresses of coordinators that ended in good order

    @property
    def answered(self) -> bool:
        """Whether any coordinator let this worker in, or turned it away."""
        return any(each.connected or each.refusal for each in self.values())

    @property
    def connected(self) -> bool:
        """Whether any coordinator is in reach."""
        return any(each.connected for each in self.values())

    def addresses(self) -> list[str]:
        """Return the "host:port" of each coordinator in reach."""
        return [each.socket.address for each in self.values() if each.connected]

    def abandoned(self, now: float, after_s: float, holding: Container[str]) -> list[str]:
        """Return those out of reach for `after_s` seconds, but for those in `holding`."""
        away = {name: each.lost_s for name, each in self.items() if not each.connected}
        return [name for name, lost_s in away.items() if name not in holding and now - lost_s > after_s]

    def unproven(self, now: float) -> dict[str, float]:
        """Return those that were never connected, and for how many seconds each was tried."""
        return {name: now - each.lost_s for name, each in self.items() if not each.proven}

    def tell(self, name: str, line: str, now: float) -> None:
        """Show the user a line that a coordinator caused, unless it causes too many."""
        connection = self.get(name)
        if connection is None:
            self._say(line)
        elif shown := connection.lines.allow(line, now):
            self._say(shown if shown == line else f"{connection.socket.address}: {shown}")

    def bid_farewell(self, name: str, *, failed: bool) -> str:
        """Take in that a coordinator ends; return its machine's name, "" if it had not let this worker in."""
        connection = self[name]
        if not failed:
            self.left.add(connection.socket.address)
        who, connection.coordinator = connection.coordinator, ""
        return who

    def hear_refusal(self, connection: Connection) -> None:
        """Tell the user why a coordinator refused this worker, if that is news: its addresses are tried by turns."""
        connection.refusal = words = connection.socket.refusal or ""
        if words and words not in self._refusals and len(self._refusals) < MAX_REFUSALS:
            self._refusals.add(words)
            self._say(words)


OnChange = Callable[[], None]


class WorkerSockets(Protocol):
    """Makes sockets that use the keys which this machine has at that time."""

    def dial(self, on_change: OnChange) -> DealerSocket:
        """Return a socket for a coordinator."""

    def dial_peer(self, on_change: OnChange) -> DealerSocket:
        """Return a socket for another worker."""

    def listen_for_peers(self) -> RouterSocket:
        """Return a socket for other workers, which is not bound yet."""

    def key_epoch(self) -> object:
        """Return what changes when such a socket has to be made anew, since the swarm's keys are others."""

    def user_of(self, key: bytes) -> str:
        """Return what to call the user of a key that signed an order for this machine. Raises BadOrder."""


class FixedSockets:
    """Sockets by keys that never change; without keys, for an open swarm."""

    def __init__(self, keys: CurveKeys | None, card: bytes = b"") -> None:
        """`card` is the public key of this machine."""
        self._keys, self._card = keys, card

    def dial(self, on_change: OnChange) -> DealerSocket:
        """Return a socket for a coordinator."""
        return DealerSocket(self._keys, on_change)

    dial_peer = dial

    def listen_for_peers(self) -> RouterSocket:
        """Return a socket for other workers, which is not bound yet."""
        return RouterSocket(self._keys)

    def key_epoch(self) -> object:
        """Return the same always."""
        return None

    def user_of(self, key: bytes) -> str:
        """Return what to call the user of a key. In an open swarm coordinators decide who may order."""
        return "this machine" if key == self._card else f"a machine with the fingerprint {fingerprint(key)}"
