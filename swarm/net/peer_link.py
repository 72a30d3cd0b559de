"""A ZeroMQ socket on asyncio, kept connected to one address of a coordinator; it tells why it is refused.

Receiving needs no task switch for each message, and sending never waits. ZeroMQ greets at once, and a proxy without a
backend closes: that tells whether a coordinator stands behind a port."""

import asyncio
import contextlib
import logging
import re
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence

import zmq
from zmq.utils.monitor import parse_monitor_message

from swarm.errors import EnvironmentFault

MAX_IN_A_ROW = 64  # messages received before other tasks get their turn
GONE = (zmq.EAGAIN, zmq.EHOSTUNREACH)  # the queue is full, or the peer is gone
READABLE, WRITABLE = int(zmq.POLLIN), int(zmq.POLLOUT)  # plain integers, since flags of an enum are slow to combine
EVENTS, NOBLOCK, MORE = int(zmq.EVENTS), int(zmq.NOBLOCK), int(zmq.RCVMORE)


class Channel:
    """One socket, to be used on the event loop that made it."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        self.socket = socket
        self.head: zmq.Frame | None = None  # the first part of the message that was received last
        self._loop = asyncio.get_running_loop()
        self._sleeper: asyncio.Future[None] | None = None
        self._streak = 0
        self._loop.add_reader(socket.FD, self.waiting)

    def waiting(self) -> bool:
        """Tell whether a message waits to be read, and wake the receiver if so."""
        return self._events(READABLE)

    def writable(self) -> bool:
        """Tell whether a peer is there that takes a message."""
        return self._events(WRITABLE)

    def _events(self, asked: int) -> bool:
        """Return which of the asked events are true. Asking also clears the descriptor, else the loop would spin."""
        events = int(self.socket.get(EVENTS))
        if events & READABLE and self._sleeper and not self._sleeper.done():
            self._sleeper.set_result(None)
        return bool(events & asked)

    async def receive(self) -> list[bytes]:
        """Return the parts of the next message."""
        self._streak += 1
        if self._streak >= MAX_IN_A_ROW:
            self._streak = 0
            await asyncio.sleep(0)
        while True:
            try:
                return self._next()
            except zmq.Again:
                await self._sleep()

    def _next(self) -> list[bytes]:
        self.head = self.socket.recv(NOBLOCK, copy=False)
        parts = [self.head.bytes]
        while self.head.more if len(parts) == 1 else self.socket.get(MORE):
            parts.append(self.socket.recv(NOBLOCK))
        return parts

    def send(self, parts: Sequence[bytes]) -> bool:
        """Hand a message to ZeroMQ; False if its peer is gone or its queue is full. Large parts are not copied."""
        sent = self._hand_over(parts)
        if self._sleeper or not sent:
            self.waiting()
        return sent or self._hand_over(parts)  # ZeroMQ may notice a peer, or free room, only when it is asked

    def _hand_over(self, parts: Sequence[bytes]) -> bool:
        try:
            self.socket.send_multipart(parts, NOBLOCK, copy=False)
        except zmq.ZMQError as error:
            if error.errno not in GONE:
                raise
            return False
        return True

    def close(self) -> None:
        """Close the socket and cancel a waiting receiver."""
        if not self.socket.closed:
            self._loop.remove_reader(self.socket.FD)
            self.socket.close()
        if self._sleeper:
            self._sleeper.cancel()

    async def _sleep(self) -> None:
        self._streak = 0
        self._sleeper = self._loop.create_future()
        try:
            await self._sleeper
        finally:
            self._sleeper = None


TIMEOUT_S = 1.0
SIGNATURE_BYTES = 10  # ZMTP begins with 0xff, eight bytes, 0x7f


async def is_greeted(endpoint: str) -> bool:
    """Connect once to "tcp://HOST:PORT", and tell whether ZeroMQ's greeting comes."""
    host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
    try:
        async with asyncio.timeout(TIMEOUT_S):
            reader, writer = await asyncio.open_connection(host.strip("[]"), int(port))
            with contextlib.closing(writer):
                signature = await reader.readexactly(SIGNATURE_BYTES)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, UnicodeError):
        return False
    return signature[0] == 0xFF and signature[-1] == 0x7F


REFUSED_S = 1.0  # an address that closed the handshake is tried again after this time
SURE_S = 2.0  # the user is told of refusals only if the first and the last are so far apart
MAX_TIMEOUT_S = 3.0
MAX_WRITABLE_TRIES = 1000  # one each millisecond
REFUSALS = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
LINK_EVENTS = REFUSALS | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED

logger = logging.getLogger(__name__)

NUMERIC = re.compile(r"tcp://(\[.+\]|[\d.]+):\d+")
ENDPOINT = re.compile(r"tcp://(\[[\w:.%-]+\]|[\w.%-]+):\d{1,5}")

OTHER_KEY = (
    "the coordinator at {} has another key than this machine, or removed it: join its swarm with "
    "`e2a-swarm join CODE --replace` (`e2a-swarm key` shows the code there), or it was started with --open"
)
NOT_YET = "no coordinator answers behind {} yet, though the port is open; trying on"
WANTS_KEY = "the coordinator at {} does not speak in the open: leave --open out, and join its swarm with its code"


def _no_address(endpoint: str) -> EnvironmentFault:
    address = endpoint.removeprefix("tcp://")
    return EnvironmentFault(f"{address} is not an address of a coordinator; name it as HOST:PORT.")


class NameLookup:
    """Looks the hosts of endpoints up, each in a thread of its own.

    ZeroMQ would do so in the thread that carries its connections, which all stand still while a name server is silent.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._running: dict[str, asyncio.Future[str]] = {}
        self._tries = Counter[str]()

    async def numeric(self, endpoint: str, timeout_s: float) -> str:
        """Return an endpoint with an address of its host, each in turn; "" if none is found, or not in this time."""
        if NUMERIC.fullmatch(endpoint):
            return endpoint
        if endpoint not in self._running:
            self._running[endpoint] = self._loop.create_future()
            threading.Thread(target=self._look_up, args=[endpoint], daemon=True).start()
        lookup = self._running[endpoint]
        await asyncio.wait([lookup], timeout=timeout_s)
        if not lookup.done():  # a later try has the answer
            return ""
        del self._running[endpoint]
        self._tries[endpoint] += 1
        return lookup.result()

    def _look_up(self, endpoint: str) -> None:
        host, _, port = endpoint.removeprefix("tcp://").rpartition(":")
        try:
            found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
            addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
            address = addresses[self._tries[endpoint] % len(addresses)] if addresses else ""
        except (OSError, ValueError):  # a name may stand for no address
            address = ""
        found_at = f"tcp://[{address}]:{port}" if ":" in address else f"tcp://{address}:{port}"
        with contextlib.suppress(RuntimeError):  # the loop has ended
            self._loop.call_soon_threadsafe(self._running[endpoint].set_result, found_at if address else "")


class PeerLink:
    """The connection of one dealer, watched through ZeroMQ's own monitor."""

    def __init__(
        self, dealer: Channel, *, keyed: bool, on_change: Callable[[], None], on_try: Callable[[int], None]
    ) -> None:
        """`on_try` is called before each try with the number of refusals that the address gave in a row."""
        self.refusal: str | None = None
        self._on_try = on_try
        self._refusals = Counter[str]()  # refusals in a row of each endpoint
        self._channel = dealer
        self._dealer = dealer.socket
        self._other_key = OTHER_KEY if keyed else WANTS_KEY
        self._refused = asyncio.Event()  # the handshake of the address in use was closed
        self._since_s: dict[tuple[str, str], float] = {}  # address and words -> the first refusal
        self._judge: asyncio.Task[None] | None = None
        self._on_change = on_change
        self._aimed: list[str] = []
        self._endpoints: list[str] = []  # the last that worked comes first
        self._has_worked = False
        self._current = ""
        self._names = NameLookup()
        self._numeric = ""  # the endpoint that ZeroMQ was given for the present one
        self._found = asyncio.Event()
        self._lost = asyncio.Event()
        self._monitor = Channel(dealer.socket.get_monitor_socket(LINK_EVENTS))
        self._watcher = asyncio.create_task(self._watch())
        self._keeping: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether a coordinator accepted this machine and is still there."""
        return self._found.is_set()

    def aim(self, endpoints: Sequence[str]) -> None:
        """Use these endpoints from now on. A working connection is kept, and so is the turn of the same endpoints.

        Raises EnvironmentFault for what is no address.
        """
        if self._aimed == list(endpoints):
            return
        for endpoint in endpoints:  # checked by pattern, since a trial connection could get an unexpected answer
            if not ENDPOINT.fullmatch(endpoint):
                raise _no_address(endpoint)
        worked = self._endpoints[:1] if self._has_worked else []
        self._aimed = list(endpoints)
        self._endpoints = sorted(endpoints, key=lambda endpoint: endpoint not in worked)
        self._has_worked = not set(worked).isdisjoint(endpoints)
        self._refusals = Counter({endpoint: self._refusals[endpoint] for endpoint in endpoints})
        if self._keeping:
            self._keeping.cancel()
        self._keeping = asyncio.create_task(self._keep())

    @property
    def address(self) -> str:
        """The "host:port" in use."""
        return self._current.removeprefix("tcp://")

    async def _keep(self) -> None:
        while True:
            if self.connected:
                await self._lost.wait()
            timeout_s = TIMEOUT_S
            while not self.connected:
                await self._try_each(timeout_s)
                timeout_s = min(2 * timeout_s, MAX_TIMEOUT_S)

    async def _try_each(self, timeout_s: float) -> None:
        for endpoint in self._turns():
            self._disconnect(self._numeric)
            self._current = endpoint
            self._numeric = await self._names.numeric(endpoint, timeout_s)
            if not self._numeric:
                await asyncio.sleep(REFUSED_S)
                continue
            self._refused.clear()
            self._on_try(self._refusals[endpoint])
            self._connect(self._numeric)
            if await self._answers(timeout_s):
                self._has_worked = True
                del self._refusals[endpoint]
                self._endpoints.remove(endpoint)
                self._endpoints.insert(0, endpoint)
                return

    def _turns(self) -> list[str]:
        """Return the endpoints in the order of trial: one that worked is tried between all others."""
        first, others = self._endpoints[:1], self._endpoints[1:]
        if not (self._has_worked and others):
            return [*first, *others]
        return [endpoint for other in others for endpoint in (*first, other)]

    async def _answers(self, timeout_s: float) -> bool:
        """Wait until the address in use lets this machine in, or for as long as it may take."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._found, self._refused)]
        try:
            await asyncio.wait(waits, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            if self._refused.is_set() and not self.connected:
                self._refusals[self._current] += 1
                await asyncio.wait(waits[:1], timeout=REFUSED_S)
        finally:
            for wait in waits:
                wait.cancel()
        return self.connected

    async def _watch(self) -> None:
        while True:
            event = parse_monitor_message(await self._monitor.receive())
            if event["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                await self._writable()
            self._note(int(event["event"]))

    def _tell(self, before: tuple[bool, str | None], *, anew: bool = False) -> None:
        if anew or before != (self.connected, self.refusal):
            logger.debug(f"{self.address}: {'connected' if self.connected else self.refusal or 'not connected'}")
            self._on_change()

    async def _writable(self) -> None:
        """Wait until the connection takes messages; its event may come a moment before."""
        for _ in range(MAX_WRITABLE_TRIES):
            if self._channel.writable():
                return
            await asyncio.sleep(0.001)

    def _note(self, event: int) -> None:
        before = self.connected, self.refusal
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._found.set()
            self._lost.clear()
            self.refusal = None
            self._since_s.clear()
        else:
            self._found.clear()
            self._lost.set()
        self._tell(before, anew=self.connected)  # the one before may have gone without a word: this one knows nothing
        if event & REFUSALS:
            self._refused.set()
            if self._judge is None or self._judge.done():
                self._judge = asyncio.create_task(self._ask_why(self._current))

    async def _ask_why(self, endpoint: str) -> None:
        """Find out why the handshake was closed, and say so if that was the reason for some time.

        ZeroMQ reports a wrong key and a connection that was closed in the same way. So it may be the right coordinator
        that ended just now, or a proxy in front of one that is away.
        """
        words = (self._other_key if await is_greeted(endpoint) else NOT_YET).format(endpoint.removeprefix("tcp://"))
        now = asyncio.get_running_loop().time()
        since_s = self._since_s.get((endpoint, words))
        if since_s is None:
            self._since_s = {key: at_s for key, at_s in self._since_s.items() if key[0] != endpoint}
            self._since_s[endpoint, words] = now
        elif now - since_s >= SURE_S and not self.connected:
            before, self.refusal = (self.connected, self.refusal), words
            self._tell(before)

    def _connect(self, endpoint: str) -> None:
        try:
            self._dealer.connect(endpoint)
        except zmq.ZMQError as error:
            raise _no_address(endpoint) from error

    def _disconnect(self, endpoint: str) -> None:
        with contextlib.suppress(zmq.ZMQError):  # ZeroMQ may have given the endpoint up already
            self._dealer.disconnect(endpoint)

    def close_link(self) -> None:
        """Stop watching and connecting."""
        for task in (self._watcher, self._keeping, self._judge):
            if task:
                task.cancel()
        self._dealer.disable_monitor()
        self._monitor.close()
