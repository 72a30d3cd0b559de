"""The coordinator's port: takes connections from the network and passes them on to its ZeroMQ socket on loopback.

ZeroMQ takes any number of connections, and gathers messages of any number of parts. The proxy keeps both within bounds:
`net/connection_limiter.py` decides which connections stay, and how many bytes each may have under way.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from itertools import count

from swarm.net.connection_limiter import MOST_OF_ALL, STALLED_S, Backpressure, ByteTotal, ConnectionLimiter
from swarm.net.proxied_connection import ProxiedConnection
from swarm.net.zap_authenticator import ServerKey, choose, join
from swarm.system.machine import address_of
from swarm.system.platform import open_files_limit

FILES_OF_CONNECTION = 3  # two here and one in ZeroMQ; as many again are left to journals, clips and children
BACKLOG = 128
OWN_PORT = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)  # Windows lets programs share a port otherwise
ACCEPTED_AT_ONCE = 16
REFUSED_AT_ONCE = 16  # refusals in a row, after which no connection is taken for a moment
PAUSE_S = 0.1
CHECK_S = 0.25
KEEPALIVE = {"TCP_KEEPIDLE": 10, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 10_000}

logger = logging.getLogger(__name__)


class Proxy:
    """Listens for a router; `is_idle` tells whether no message waits to be read there."""

    def __init__(self, *, keyed: bool, is_idle: Callable[[], bool]) -> None:
        self._keyed = keyed
        self._is_idle = is_idle
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self.server_keys: list[ServerKey] = []  # the first is for those who say nothing else
        self._choosing: dict[int, asyncio.Task[None]] = {}  # connections whose server key is not known yet
        self._numbers = count(1)
        self.limiter = ConnectionLimiter(most_connections())
        self.connections: dict[int, ProxiedConnection] = {}
        self._by_port: dict[int, ProxiedConnection] = {}
        self._by_identity: dict[bytes, ProxiedConnection] = {}
        self._total = ByteTotal()
        self._refused_in_a_row = 0
        self._timer: asyncio.TimerHandle | None = None

    def listen(self, address: str, port: int) -> int:
        """Listen on an address ("" for all), and pass connections on to those of the server keys. Raises OSError."""
        self._listener = _listener(address, port)
        self._loop.add_reader(self._listener, self._accept)
        bound: int = self._listener.getsockname()[1]
        return bound

    # --- connections come and go

    def _accept(self) -> None:
        assert self._listener is not None
        for _ in range(ACCEPTED_AT_ONCE):
            try:
                peer, address = self._listener.accept()
            except (BlockingIOError, InterruptedError, ConnectionError):
                return
            except OSError as fault:  # no file is left
                logger.debug(f"cannot take a connection: {fault}")
                self._pause()
                return
            if self._take(peer, address_of(address[0])):
                self._refused_in_a_row = 0
                continue
            peer.close()
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= REFUSED_AT_ONCE:
                self._refused_in_a_row = 0
                self._pause()
                return

    def _pause(self) -> None:
        """Take no connection for a moment, so that refusals cost little of the processor."""
        assert self._listener is not None
        self._loop.remove_reader(self._listener)
        self._loop.call_later(PAUSE_S, self._go_on)

    def _go_on(self) -> None:
        if self._listener is not None:
            self._loop.add_reader(self._listener, self._accept)

    def _take(self, peer: socket.socket, address: str) -> bool:
        number = next(self._numbers)
        surplus = self.limiter.admit(number, address, self._loop.time())
        if surplus is None:
            logger.debug(f"refused a connection from {address}: too many of its connections proved nothing, or all")
            return False
        configure(peer)
        if len(self.server_keys) > 1:
            self._choosing[number] = asyncio.create_task(self._choose(number, peer, address))
        elif not self._begin(number, peer, address):
            self.limiter.note_gone(number, self._loop.time())
            return False
        for other in surplus:
            self._cut(other, "others wait")
        self._keep_checking()
        return number in self.connections or number in self._choosing

    async def _choose(self, number: int, peer: socket.socket, address: str) -> None:
        """Find out which server key a connection means, then pass it on."""
        try:
            inner = await choose(peer, self.server_keys)
            self._start(number, peer, address, inner)
        except (OSError, TimeoutError) as fault:
            logger.debug(f"a connection of {address} chose no server key: {fault}")
        finally:
            del self._choosing[number]
            if number not in self.connections:
                peer.close()
                self.limiter.note_gone(number, self._loop.time())

    def _begin(self, number: int, peer: socket.socket, address: str) -> bool:
        try:
            inner = join(self.server_keys[0].port)
        except OSError as fault:  # no file is left
            logger.debug(f"cannot pass a connection on: {fault}")
            return False
        self._start(number, peer, address, inner)
        return True

    def _start(self, number: int, peer: socket.socket, address: str, inner: socket.socket) -> None:
        now = self._loop.time()
        penalty = self.limiter.penalty_bytes(address, now)
        backpressure = Backpressure(self._keyed, self._total, penalty=penalty, penalty_s=now)
        configure(inner)
        connection = ProxiedConnection(number, peer, inner, backpressure, self._proven, self._ended)
        self.connections[number] = self._by_port[connection.inner_port] = connection
        connection.start()

    def _proven(self, connection: ProxiedConnection) -> None:
        if self._keyed:
            self.limiter.prove(connection.number)

    def _ended(self, connection: ProxiedConnection) -> None:
        now = self._loop.time()
        self.limiter.note_gone(connection.number, now, connection.backpressure.penalty_now(now))
        del self.connections[connection.number]
        if self._by_port.get(connection.inner_port) is connection:
            del self._by_port[connection.inner_port]
        if self._by_identity.get(connection.identity) is connection:
            del self._by_identity[connection.identity]

    # --- what the router says of its peers

    def note_read(self, identity: bytes, sizes: list[int], file: Callable[[], int]) -> None:
        """Take in that the router read a message; `file` tells the file of the connection that brought it."""
        connection = self._by_identity.get(identity) or self._identify(identity, file)
        if connection is None:
            return  # the connection ended meanwhile
        was_full = self._total.under_way >= MOST_OF_ALL
        connection.backpressure.note_read(sizes)
        self.limiter.prove(connection.number)
        connection.resume()
        if was_full and self._total.under_way < MOST_OF_ALL:
            self._resume_all()

    def _identify(self, identity: bytes, file: Callable[[], int]) -> ProxiedConnection | None:
        try:
            end = socket.socket(fileno=file())
        except (OSError, ValueError):
            return None
        try:
            port = end.getpeername()[1]
        except (OSError, IndexError):
            return None
        finally:
            end.detach()
        connection = self._by_port.get(port)
        if connection is not None:
            connection.identity = identity
            self._by_identity[identity] = connection
        return connection

    def penalise(self, identity: bytes, size: int) -> None:
        """Take in that bytes of a peer were of no use: a peer that sends many has to wait."""
        if connection := self._by_identity.get(identity):
            connection.backpressure.penalise(size, self._loop.time())

    def note_sent(self, identity: bytes, size: int) -> None:
        """Take in that bytes were sent to a peer."""
        if connection := self._by_identity.get(identity):
            connection.sent += size

    def unread(self, identity: bytes) -> int:
        """Return how many bytes wait for a peer to read them; 0 for one that is gone."""
        connection = self._by_identity.get(identity)
        return connection.unread if connection else 0

    # --- bounds

    def _resume_all(self) -> None:
        for connection in list(self.connections.values()):
            connection.resume()

    def _keep_checking(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(CHECK_S, self._check)

    def _check(self) -> None:
        """End the connections that had their time, then look again a little later."""
        now = self._loop.time()
        late = dict.fromkeys(self.limiter.late(now), "it did not prove itself")
        for connection in self.connections.values():
            if connection.is_hopeless(now):
                late[connection.number] = "its peer does not read"
            elif connection.backpressure.is_stalled(now) and self._is_idle():
                late[connection.number] = "its message has no end"
        for number, why in late.items():
            self._cut(number, why)
        if self._total.under_way >= MOST_OF_ALL and self._is_idle():
            worst = max(self.connections.values(), key=lambda connection: connection.backpressure.under_way)
            if worst.backpressure.is_stale(now):
                self._cut(worst.number, f"it took most of the memory, and no message became whole for {STALLED_S:g} s")
        self._resume_all()
        self._timer = None
        if self.connections or self._choosing:
            self._keep_checking()

    def cut_all(self) -> None:
        """Close all connections: those that may will come again."""
        for number in [*self._choosing, *self.connections]:
            self._cut(number, "all are made anew")

    def cut(self, identity: bytes) -> None:
        """Close the connection of a peer."""
        if connection := self._by_identity.get(identity):
            self._cut(connection.number, "it has no business here")

    def is_here(self, identity: bytes) -> bool:
        """Tell whether a peer that was heard is still connected."""
        return identity in self._by_identity

    def _cut(self, number: int, why: str) -> None:
        if choosing := self._choosing.get(number):
            choosing.cancel()
        if connection := self.connections.get(number):
            logger.debug(f"closed connection {number}: {why}")
            connection.close_both_sides()

    # --- ends

    def pump(self) -> None:
        """Move what there is, without waiting for the event loop."""
        if self._listener is not None:
            self._accept()
        for connection in list(self.connections.values()):
            if not connection.is_closed:
                connection.pump()

    def stop_listening(self) -> None:
        """Take no more connections."""
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def close_port(self) -> None:
        """Close the port and all connections."""
        self.stop_listening()
        self.cut_all()
        if self._timer is not None:
            self._timer.cancel()


def most_connections() -> int:
    """Return how many connections are taken: half of the files that this process may open are kept for others."""
    return max(8, open_files_limit() // 2 // FILES_OF_CONNECTION)


def configure(end: socket.socket) -> None:
    """Have a socket neither wait nor hold small messages back, and notice a peer that is gone."""
    end.setblocking(False)
    with contextlib.suppress(OSError):  # the connection is gone already
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in KEEPALIVE.items():
            if hasattr(socket, name):
                end.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def _listener(address: str, port: int) -> socket.socket:
    """Return a socket that listens. Raises OSError."""
    if not address and socket.has_dualstack_ipv6():
        return _listening(socket.AF_INET6, ("::", port), dual=True)
    found = socket.getaddrinfo(address or "0.0.0.0", port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, where = found[0]
    return _listening(family, where)


def _listening(
    family: int, where: "tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]", *, dual: bool = False
) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, OWN_PORT, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, not dual)
        listener.bind(where)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener
