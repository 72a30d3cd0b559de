"""Runs the web application beside a coordinator, on the same event loop.

Its TLS files are checked before the first connection. Each connection is bounded: peers that say nothing, or connect
without end, lose theirs.
"""

import asyncio
import errno
import logging
import socket
import ssl
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import h11
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from swarm.errors import EnvironmentFault
from swarm.system.machine import address_of, is_loopback


class Certificate(NamedTuple):
    """The files of TLS: the certificate with its chain, and its key."""

    chain: Path
    key: Path


def check_certificate(chain: Path, key: Path) -> Certificate:
    """Return a certificate whose files fit together. Raises EnvironmentFault."""
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(chain, key, password=lambda: "")
    except OSError as fault:
        why = fault.strerror if isinstance(fault, FileNotFoundError | PermissionError) else str(fault)
        raise EnvironmentFault(f"--web-cert {chain} and --web-key {key} cannot be used for TLS: {why}.") from fault
    return Certificate(chain, key)


logger = logging.getLogger(__name__)
HEAD_S = 20.0  # a request has so long from its first byte to the end of its headers
BODY_S = 60.0  # the longest wait between two parts of a body
MAX_OF_ADDRESS = 60  # connections; a browser has six at most
MAX_OPEN = 300  # connections of all, those that are told to come later among them
# Connections of machines where no session is in; the oldest of the machine with the most goes first.
MAX_STRANGERS = 150
MAX_KNOWN = 1000  # machines


class KnownMachines:
    """The addresses from which a session that is in, or a program with the token, came: strangers take no place of
    theirs. This machine itself is always known.
    """

    def __init__(self) -> None:
        self._known: dict[str, None] = {}

    def note(self, address: str) -> None:
        """Know the machine at an address from now on."""
        machine = address_of(address)
        self._known[machine] = self._known.pop(machine, None)  # the latest is the last
        while len(self._known) > MAX_KNOWN:
            del self._known[next(iter(self._known))]

    def knows(self, address: str) -> bool:
        """Tell whether the machine at an address is known."""
        return is_loopback(address) or address_of(address) in self._known


_answering: ContextVar["BoundedProtocol | None"] = ContextVar("_answering", default=None)


def note_session(address: str) -> None:
    """Keep places for the machine at an address, whose session is in and whose request is answered now."""
    if connection := _answering.get():
        connection.known.note(address)
        connection.known.note(connection.address)


def knows_machine(address: str) -> bool:
    """Tell whether a session of the machine at an address is in, as far as the server of this request knows."""
    connection = _answering.get()
    return connection is not None and connection.known.knows(address)


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP, which by itself waits for ever for the end of a request."""

    def __init__(self, *arguments: Any, known: KnownMachines | None = None, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.known = known or KnownMachines()
        self._deadline: asyncio.TimerHandle | None = None
        self._is_for_body = False
        self._since_s = self.loop.time()

    @property
    def address(self) -> str:
        """The address from which the connection comes."""
        return self.client[0] if self.client else ""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_OPEN or self._is_one_of_too_many():
            transport.abort()
            return
        if self.known.knows(self.address):
            self.limit_concurrency = None  # strangers are bounded, and turn no request of this machine away
        else:
            self._make_room()
        # asyncio does this for its own sockets alone; else each small answer waits 40 ms for the client's receipt.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take in what a peer says, and set the time until which more has to come."""
        _answering.set(self)  # what answers the request inherits it
        super().data_received(data)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_one_of_too_many(self) -> bool:
        """Tell whether one address has too many; all that a proxy on this machine passes on come from one."""
        if is_loopback(self.address):
            return False
        others = [address_of(other.address) for other in self.connections if isinstance(other, BoundedProtocol)]
        return others.count(address_of(self.address)) > MAX_OF_ADDRESS

    def _make_room(self) -> None:
        """End a connection of a stranger if there are too many of theirs."""
        strangers = [
            other
            for other in self.connections
            if isinstance(other, BoundedProtocol)
            and not other.transport.is_closing()
            and not self.known.knows(other.address)
        ]
        if len(strangers) > MAX_STRANGERS:
            counts = Counter(address_of(other.address) for other in strangers)
            oldest = min(strangers, key=lambda other: (-counts[address_of(other.address)], other._since_s))
            oldest.transport.abort()

    def _expect(self) -> None:
        state = self.conn.their_state
        if state is h11.SEND_BODY:
            self._wait(BODY_S, is_for_body=True)
        elif state is not h11.IDLE:
            self._stop_waiting()
        elif self._deadline is None or self._is_for_body:  # bytes that trickle in do not put the end off
            self._wait(HEAD_S, is_for_body=False)

    def _wait(self, seconds: float, *, is_for_body: bool) -> None:
        self._stop_waiting()
        self._is_for_body = is_for_body
        self._deadline = self.loop.call_later(seconds, self._give_up)

    def _stop_waiting(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        if self._is_for_body and self.flow.read_paused:  # the disk is slow, not the peer
            self._wait(BODY_S, is_for_body=True)
        else:
            self.transport.abort()


MAX_CONNECTIONS = 200
KEEP_ALIVE_S = 5
HEADER_BYTES = 16 * 1024


class _Quiet(uvicorn.Server):
    """uvicorn without signal handlers of its own: the coordinator drains, and this ends with it."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave all signals to the coordinator."""
        yield


def listen(host: str, ports: Sequence[int]) -> socket.socket:
    """Return a socket that listens on the first port that is free. Raises EnvironmentFault."""
    for port in ports:
        try:
            family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
            return socket.create_server((host, port), family=family, backlog=128)
        except OSError as fault:
            if fault.errno == errno.EADDRINUSE and port != ports[-1]:
                continue
            raise EnvironmentFault(
                f"--web cannot listen at {host}:{port}: {fault.strerror or fault}. Choose another: --web HOST:PORT, "
                "or leave it out: --web off."
            ) from fault
    raise AssertionError("no port was tried")


def _warning_of_proxies(app: ASGIApp) -> ASGIApp:
    """Return an application that warns once if a proxy passes requests on that was not named."""
    warned = False

    async def warning(scope: Scope, receive: Receive, send: Send) -> None:
        nonlocal warned
        if not warned and any(name == b"x-forwarded-for" for name, _ in scope.get("headers", ())):
            warned = True
            logger.warning(
                "A proxy at %s passes requests on, and is not believed from where they came: all count as its own. "
                "If it is yours, start `serve` with --web-proxy %s.",
                *2 * [scope["client"][0] if scope.get("client") else "an unknown address"],
            )
        await app(scope, receive, send)

    return warning


async def run(
    app: ASGIApp, listener: socket.socket, certificate: Certificate | None = None, proxies: Sequence[str] = ()
) -> None:
    """Serve an application until cancelled, over TLS with a certificate.

    Only `proxies`, addresses and networks, are believed when they say from where and how a request came.
    """
    config = uvicorn.Config(
        app if proxies else _warning_of_proxies(app),
        proxy_headers=bool(proxies),
        forwarded_allow_ips=list(proxies),
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        ws="none",
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=HEADER_BYTES,
        http=partial(BoundedProtocol, known=KnownMachines()),  # type: ignore[arg-type]
        loop="none",
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    with closing(listener):
        await _Quiet(config).serve(sockets=[listener])
