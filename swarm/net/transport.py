"""The two ends of a connection: a coordinator's router and a worker's dealer, over ZeroMQ.

Sending never waits. A message that does not fit is dropped and counted. What others ask for in pieces is sent in turns.
"""

import asyncio
import errno
import logging
import socket
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Generic

import zmq

from swarm.config import DEFAULT_PORT
from swarm.errors import EnvironmentFault
from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.envelope import MAX_CLIP_BYTES, Message
from swarm.lease.member_message import Enrol
from swarm.lease.message import FromCoordinator, FromWorker
from swarm.lease.transfer import Asked, Questions
from swarm.net.identity.swarm_key import CurveKeys
from swarm.net.peer_link import Channel, PeerLink
from swarm.net.proxy import Proxy
from swarm.net.wire import MAX_CONTROL_BYTES, pack, unpack_from_coordinator, unpack_from_worker
from swarm.net.zap_authenticator import BY_CODE, ServerKey, ZapAuthenticator

MAX_PORTS = 100  # tried one after the other
LINGER_MS = 500
MAX_UNREAD_BYTES = 16 * 1024 * 1024  # more is not sent to a peer that does not read
LOOPBACK = "127.0.0.1"
OPTIONS = {
    zmq.LINGER: LINGER_MS,
    zmq.MAXMSGSIZE: MAX_CLIP_BYTES + MAX_CONTROL_BYTES,
    zmq.HANDSHAKE_IVL: 5000,
    # HEARTBEAT_IVL is not set: libzmq 4.3.5 aborts if a heartbeat is due for a peer that filled its queue and left
    zmq.TCP_MAXRT: 10_000,  # milliseconds without an acknowledgement, as after a cable was pulled
    zmq.TCP_KEEPALIVE: 1,
    zmq.TCP_KEEPALIVE_IDLE: 10,
    zmq.TCP_KEEPALIVE_INTVL: 5,
    zmq.TCP_KEEPALIVE_CNT: 3,
    zmq.RECONNECT_IVL: 100,
    zmq.RECONNECT_IVL_MAX: 1000,
    zmq.CONNECT_TIMEOUT: 3000,
}
# A queue holds so many messages for each peer; credits bound their memory.
ROUTER_QUEUES = {zmq.RCVHWM: 64, zmq.SNDHWM: 256, zmq.BACKLOG: 512}
DEALER_QUEUES = {zmq.RCVHWM: 256, zmq.SNDHWM: 2048}  # credits may cover many small clips
Keyring = Callable[[], Sequence[CurveKeys]]  # keys that a machine may use now, the best first
AnyKeys = CurveKeys | Keyring | None

logger = logging.getLogger(__name__)


OnEnrol = Callable[[bytes, Enrol, bytes], None]  # the peer, its message and its knowledge


class RouterSocket:
    """The coordinator's end, used on the event loop that made it. With keys, only members of the swarm connect.

    `dropped` counts messages that did not fit.
    """

    def __init__(self, keys: CurveKeys | None = None, is_member: Callable[[bytes], bool] = lambda key: False) -> None:
        """`is_member` tells whether a key is a member's own: it is let in by older server keys, too."""
        self.dropped = 0
        # Each context has one authenticator, so this one is not shared.
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        self._codes: dict[bytes, bytes] = {}  # server key -> the key of its code, b"" for none
        self.authenticator = ZapAuthenticator(self._context, self._codes, is_member) if keys else None
        router = self._context.socket(zmq.ROUTER)
        _configure(router, ROUTER_QUEUES)
        router.set(zmq.ROUTER_MANDATORY, 1)
        self._channel = Channel(router)
        self._server_keys: dict[bytes, ServerKey] = {}  # key: domain
        self._keys = keys
        self._main = b""  # the domain of the present server key
        self.members_only = False  # a machine that comes by the code can only enrol
        self.on_enrol: OnEnrol = lambda peer, enrol, frame: None
        self.proxy = Proxy(keyed=keys is not None, is_idle=lambda: not self._channel.waiting())

    @property
    def refused(self) -> int:
        """The number of handshakes that the authenticator refused."""
        return self.authenticator.refused if self.authenticator else 0

    def bind(self, address: str, port: int | None) -> int:
        """Listen on an address ("" for all, IPv6 too) and port (None: 5847, else the next free one)."""
        ports = range(DEFAULT_PORT, DEFAULT_PORT + MAX_PORTS) if port is None else [port]
        if self._keys is None:
            self.proxy.server_keys = [ServerKey(b"", self._bind_inner())]
        elif not self.proxy.server_keys:
            self.open_server_keys(self._keys)
        for candidate in ports:
            try:
                bound = self.proxy.listen(address, candidate)
                logger.debug(f"listening on port {bound} of {address or 'all addresses'}")
                return bound
            except OSError as error:
                if error.errno != errno.EADDRINUSE or candidate == ports[-1]:
                    raise _bind_fault(error, address, candidate) from error
        raise AssertionError("no port was tried")

    def open_server_keys(
        self, keys: CurveKeys, older: Sequence[CurveKeys] = (), invites: Sequence[CurveKeys] = ()
    ) -> None:
        """Let in by these keys from now on. By all server keys but the first, machines can only enrol.

        By the older ones members come by their own key, by those of invites by the code. Raises
        EnvironmentFault.
        """
        server_keys = [self._server_key(each) for each in (keys, *older, *invites)]
        self._keys, self._main = keys, _domain(keys)
        self._codes.clear()
        self._codes.update({_domain(each): b"" for each in older})
        self._codes.update({_domain(each): each.worker_public for each in (keys, *invites)})
        self.proxy.server_keys = server_keys
        for name in [name for name, server_key in self._server_keys.items() if server_key not in server_keys]:
            self._channel.socket.unbind(f"tcp://{LOOPBACK}:{self._server_keys.pop(name).port}")

    def _server_key(self, keys: CurveKeys) -> ServerKey:
        """Return a server key and its address; ZeroMQ keeps, for each address, the options that it was bound with."""
        name, router = _domain(keys), self._channel.socket
        if name not in self._server_keys:
            router.set(zmq.CURVE_SERVER, 1)
            router.set(zmq.CURVE_SECRETKEY, keys.server_secret)
            router.set(zmq.ZAP_DOMAIN, name)
            router.set(zmq.ZAP_ENFORCE_DOMAIN, 1)  # without it a missing authenticator would let all connections in
            self._server_keys[name] = ServerKey(keys.server_secret, self._bind_inner())
        return self._server_keys[name]

    def _bind_inner(self) -> int:
        """Listen on loopback, where the proxy passes connections on to; return the port."""
        try:
            self._channel.socket.bind(f"tcp://{LOOPBACK}:*")
        except zmq.ZMQError as error:
            raise _bind_fault(error, LOOPBACK, 0) from error
        return _bound_port(self._channel.socket)

    async def receive(self) -> tuple[bytes, FromWorker, bytes]:
        """Return the next message that fits; others are dropped and counted."""
        while True:
            parts = await self._channel.receive()
            peer, *sizes = parts[0], *map(len, parts[1:])
            self.proxy.note_read(peer, sizes, self._file)
            message = unpack_from_worker(parts[1]) if 2 <= len(parts) <= 3 else None
            frame = parts[2] if len(parts) == 3 else b""
            if isinstance(message, Enrol):
                self.on_enrol(peer, message, frame)
                continue
            if message is not None and self._may_work():
                return peer, message, frame
            self.dropped += 1
            self.proxy.penalise(peer, sum(sizes))
            logger.debug(f"dropped a message of a worker that does not fit, {self.dropped} so far")

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> bool:
        """Send without waiting; False if the peer is gone or takes no more, or if the message is too large."""
        control = pack(message)
        if len(control) > MAX_CONTROL_BYTES or self.proxy.unread(peer) > MAX_UNREAD_BYTES:
            self.dropped += 1
            return False
        self.proxy.note_sent(peer, len(control) + len(frame))
        return self._channel.send([peer, control, frame] if frame else [peer, control])

    def unread(self, peer: bytes) -> int:
        """Return about how many bytes wait for a peer to read them."""
        return self.proxy.unread(peer)

    def penalise(self, peer: bytes, size: int) -> None:
        """Take in that bytes of a peer were of no use: it has to wait if it sends many."""
        self.proxy.penalise(peer, size)

    def waiting(self) -> bool:
        """Tell whether an unread message waits."""
        self.proxy.pump()
        return self._channel.waiting()

    def _may_work(self) -> bool:
        """Tell whether the last message may ask for more than to enrol."""
        return self.came_now() and not (self.members_only and self.came_by_code())

    def came_now(self) -> bool:
        """Tell whether the last message came by the present server key, and not by an older one."""
        return len(self._server_keys) < 2 or self._user().startswith(self._main)

    def _user(self) -> bytes:
        """Return whose connection brought the last message, as the authenticator names it; b"" where all is open."""
        assert self._channel.head is not None
        try:
            return str(self._channel.head.get("User-Id")).encode()
        except zmq.ZMQError:
            return b""

    def came_by_code(self) -> bool:
        """Tell whether the last message came by the code of the present server key."""
        return self._user() == self._main + b" " + BY_CODE

    def came_by_invite(self) -> bytes:
        """Return the server key of the invite by which the last message came; b"" for none."""
        domain, _, way = self._user().partition(b" ")
        return bytes.fromhex(domain.decode()) if way == BY_CODE and domain != self._main else b""

    def _file(self) -> int:
        """Return the file of the connection that brought the message which was received last. Raises ValueError."""
        assert self._channel.head is not None
        try:
            return int(self._channel.head.get(zmq.SRCFD))
        except zmq.ZMQError as fault:
            raise ValueError("the message has no connection") from fault

    def close(self) -> None:
        """Stop listening; messages just sent get half a second to leave."""
        self.proxy.stop_listening()
        self._channel.close()
        if self.authenticator:
            self.authenticator.stop_answering()
        ending = Thread(target=self._context.destroy, args=(LINGER_MS,))  # without a limit it could wait for ever
        ending.start()
        while ending.is_alive():
            self.proxy.pump()
            ending.join(0.002)
        self.proxy.pump()
        self.proxy.close_port()


class DealerSocket:
    """The worker's end, for one coordinator. `on_change` is called after `connected` or `refusal` changed."""

    def __init__(self, keys: AnyKeys = None, on_change: Callable[[], None] | None = None) -> None:
        """`keys` may be a keyring: it is asked at each try, and its next keys come after a refusal."""
        self.dropped = 0
        self._keyring = _ring_of(keys)
        self.keys: CurveKeys | None = None  # keys of the present try
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        dealer = self._context.socket(zmq.DEALER)
        _configure(dealer, DEALER_QUEUES)
        dealer.set(zmq.IMMEDIATE, 1)  # messages for an absent coordinator would queue up without this
        self._channel = Channel(dealer)
        keyed = bool(self._keyring())
        self._link = PeerLink(self._channel, keyed=keyed, on_change=on_change or _ignore, on_try=self._take_keys)

    def _take_keys(self, refusals: int) -> None:
        """Have the next connection use the keys whose turn it is after so many refusals."""
        if ring := self._keyring():
            keys = self.keys = ring[refusals % len(ring)]
            self._channel.socket.set(zmq.CURVE_SERVERKEY, keys.server_public)
            self._channel.socket.set(zmq.CURVE_PUBLICKEY, keys.worker_public)
            self._channel.socket.set(zmq.CURVE_SECRETKEY, keys.worker_secret)

    @property
    def connected(self) -> bool:
        """Whether a coordinator is there and accepted this worker."""
        return self._link.connected

    @property
    def address(self) -> str:
        """The "host:port" that is connected, or being tried."""
        return self._link.address

    @property
    def refusal(self) -> str | None:
        """Why the last attempt was refused, in words for the user; None once connected."""
        return self._link.refusal

    def connect(self, addresses: Sequence[str]) -> None:
        """Try these "host:port" addresses of one coordinator until one answers, and again after each loss."""
        self._link.aim([f"tcp://{address}" for address in addresses])

    async def receive(self) -> tuple[FromCoordinator, bytes]:
        """Return the next message that fits; others are dropped and counted."""
        while True:
            parts = await self._channel.receive()
            if len(parts) <= 2 and (message := unpack_from_coordinator(parts[0])) is not None:
                return message, parts[1] if len(parts) == 2 else b""
            self.dropped += 1

    def send(self, message: Message, frame: bytes = b"") -> bool:
        """Send without waiting; False if nothing is connected or takes more, or if the message is too large."""
        control = pack(message)
        if len(control) > MAX_CONTROL_BYTES or len(frame) > MAX_CLIP_BYTES:
            self.dropped += 1
            return False
        return self._channel.send([control, frame] if frame else [control])

    def close(self) -> None:
        """Close the connection; messages just sent get half a second to leave."""
        self._link.close_link()
        self._channel.close()
        self._context.destroy(LINGER_MS)  # without a limit a forgotten socket would block here for ever


def _ring_of(keys: AnyKeys) -> Keyring:
    if callable(keys):
        return keys
    ring = (keys,) if keys else ()
    return lambda: ring


def _domain(keys: CurveKeys) -> bytes:
    return keys.server_public.hex().encode()


def _ignore() -> None:
    """Do nothing: the caller gave no `on_change`."""


def _configure(end: "zmq.Socket[bytes]", queues: dict[zmq.SocketOption, int]) -> None:
    for option, value in {**OPTIONS, **queues, zmq.IPV6: int(has_ipv6())}.items():
        end.set(option, value)


def has_ipv6() -> bool:
    """Tell whether this machine has IPv6."""
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def _bound_port(end: "zmq.Socket[bytes]") -> int:
    endpoint = end.get(zmq.LAST_ENDPOINT)
    assert isinstance(endpoint, bytes)
    return int(endpoint.rstrip(b"\0").rpartition(b":")[2])


def _bind_fault(error: OSError | zmq.ZMQError, address: str, port: int) -> EnvironmentFault:
    where = f"port {port}" + (f" of {address}" if address else "")
    if error.errno == errno.EADDRINUSE:
        return EnvironmentFault(f"Another program listens on {where}; choose another with --port, or leave --port out.")
    if error.errno == errno.EACCES:
        return EnvironmentFault(f"This user may not listen on {where}; choose one above 1023 with --port.")
    return EnvironmentFault(f"Cannot listen on {where}: {error}; check that this machine has that address.")


MAX_UNREAD_PIECES = 16 * PIECE_BYTES  # answers are dropped while a peer has more to read

Answer = tuple[Message, bytes]


class PieceServer(ABC, Generic[Asked]):
    """Answers one question after the other, each peer in its turn; a peer asks again for what does not leave."""

    max_asked = 8  # a peer asks for four pieces at a time; more than this are dropped

    def __init__(self, router: RouterSocket) -> None:
        self._router = router
        self.questions = Questions[Asked](self.max_asked)
        self._called = asyncio.Event()

    def ask(self, peer: bytes, asked: Asked) -> None:
        """Add a question to those of a peer."""
        self.questions.ask(peer, asked)
        self.look_again()

    def look_again(self) -> None:
        """Answer peers that wait for a piece, if it is here by now."""
        self._called.set()

    def is_here(self, asked: Asked) -> bool:
        """Tell whether a question can be answered now."""
        return True

    @abstractmethod
    async def answer(self, peer: bytes, asked: Asked) -> Answer | None:
        """Return the answer to a question; None if there is none."""

    async def send_pieces(self) -> None:
        """Answer until cancelled. Raises what `answer` raises."""
        while True:
            self._called.clear()
            while found := self.questions.take_next(self.is_here):
                answer = await self.answer(*found)
                if answer is not None and self._router.unread(found[0]) <= MAX_UNREAD_PIECES:
                    self._router.send(found[0], *answer)
            await self._called.wait()
