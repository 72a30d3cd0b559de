"""Runs the web application beside a coordinator, on the same event loop."""

import errno
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import uvicorn
from starlette.types import ASGIApp

from swarm.errors import EnvironmentFault
from swarm.web.certificate import Certificate
from swarm.web.protocol import BoundedProtocol

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


async def run(app: ASGIApp, listener: socket.socket, certificate: Certificate | None = None) -> None:
    """Serve an application until cancelled, over TLS with a certificate."""
    config = uvicorn.Config(
        app,
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
        http=BoundedProtocol,
        loop="none",
        ssl_certfile=certificate.chain if certificate else None,
        ssl_keyfile=certificate.key if certificate else None,
    )
    with closing(listener):
        await _Quiet(config).serve(sockets=[listener])
