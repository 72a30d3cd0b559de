"""Keeps a dealer connected to one address of its coordinator, and tells why it is refused.

A dealer connected to two addresses of one coordinator would appear as two peers, so addresses are tried one at a time.
ZeroMQ reconnects by itself, but gives up an address whose handshake was refused; this file connects it again.
"""

import asyncio
import contextlib
import logging
import re
from collections.abc import Callable, Sequence

import zmq
from zmq.utils.monitor import parse_monitor_message

from swarm.errors import EnvironmentFault
from swarm.net.channel import Channel

TIMEOUT_S = 1.0  # for an address to answer; it doubles each round, since a coordinator may be busy
MAX_TIMEOUT_S = 3.0
MAX_WRITABLE_TRIES = 1000  # one each millisecond
REFUSALS = zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH
EVENTS = REFUSALS | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED

logger = logging.getLogger(__name__)

ENDPOINT = re.compile(r"tcp://(\[[\w:.%-]+\]|[\w.%-]+):\d{1,5}")

OTHER_KEY = (
    "the coordinator at {} has another key than this machine: join its swarm with `e2a-swarm join CODE --replace` "
    "(`e2a-swarm key` shows the code there), or it was started with --open"
)
WANTS_KEY = "the coordinator at {} does not speak in the open: leave --open out, and join its swarm with its code"


def _no_address(endpoint: str) -> EnvironmentFault:
    address = endpoint.removeprefix("tcp://")
    return EnvironmentFault(f"{address} is not an address of a coordinator; name it as HOST:PORT.")


class PeerLink:
    """The connection of one dealer, watched through ZeroMQ's own monitor."""

    def __init__(self, dealer: Channel, *, keyed: bool, on_change: Callable[[], None]) -> None:
        self.refusal: str | None = None
        self._channel, self._dealer = dealer, dealer.socket
        self._refused = OTHER_KEY if keyed else WANTS_KEY
        self._on_change = on_change
        self._endpoints: list[str] = []  # in order of preference: the last that worked comes first
        self._current = ""
        self._found, self._lost = asyncio.Event(), asyncio.Event()
        self._monitor = Channel(dealer.socket.get_monitor_socket(EVENTS))
        self._watcher = asyncio.create_task(self._watch())
        self._keeper: asyncio.Task[None] | None = None

    @property
    def connected(self) -> bool:
        """Whether a coordinator accepted this machine and is still there."""
        return self._found.is_set()

    def aim(self, endpoints: Sequence[str]) -> None:
        """Use these endpoints from now on. A working connection is kept.

        Raises EnvironmentFault for what is no address.
        """
        for endpoint in endpoints:  # checked by pattern, since a trial connection could get an unexpected answer
            if not ENDPOINT.fullmatch(endpoint):
                raise _no_address(endpoint)
        self._endpoints = list(endpoints)
        if self._keeper:
            self._keeper.cancel()
        self._keeper = asyncio.create_task(self._keep())

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
        for endpoint in self._endpoints:
            self._disconnect(self._current)
            self._current = endpoint
            self._connect(endpoint)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_s):  # wait_for could swallow the cancellation by `close`
                    await self._found.wait()
                self._endpoints.remove(endpoint)
                self._endpoints.insert(0, endpoint)
                return

    async def _watch(self) -> None:
        while True:
            event = parse_monitor_message(await self._monitor.receive())
            if event["event"] == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                await self._writable()
            before = self.connected, self.refusal
            self._note(int(event["event"]))
            if before != (self.connected, self.refusal):
                logger.debug(f"{self.address}: {'connected' if self.connected else self.refusal or 'not connected'}")
                self._on_change()

    async def _writable(self) -> None:
        """Wait until the connection takes messages; its event may come a moment before."""
        for _ in range(MAX_WRITABLE_TRIES):
            if self._channel.writable():
                return
            await asyncio.sleep(0.001)

    def _note(self, event: int) -> None:
        if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
            self._found.set()
            self._lost.clear()
            self.refusal = None
            return
        self._found.clear()
        self._lost.set()
        if event & REFUSALS:
            self.refusal = self._refused.format(self._current.removeprefix("tcp://"))

    def _connect(self, endpoint: str) -> None:
        try:
            self._dealer.connect(endpoint)
        except zmq.ZMQError as error:
            raise _no_address(endpoint) from error

    def _disconnect(self, endpoint: str) -> None:
        with contextlib.suppress(zmq.ZMQError):  # ZeroMQ may have given the endpoint up already
            self._dealer.disconnect(endpoint)

    def close(self) -> None:
        """Stop watching and connecting."""
        self._watcher.cancel()
        if self._keeper:
            self._keeper.cancel()
        self._dealer.disable_monitor()
        self._monitor.close()
