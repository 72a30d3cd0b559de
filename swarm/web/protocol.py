"""One connection of the web side, bounded: peers that say nothing, or connect without end, lose theirs."""

import asyncio
import socket
from ipaddress import ip_address
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 20.0  # a request has so long from its first byte to the end of its headers
BODY_S = 60.0  # the longest wait between two parts of a body
MAX_OF_ADDRESS = 60  # connections; a browser has six at most
MAX_OPEN = 300  # connections of all, those that are told to come later among them


class BoundedProtocol(H11Protocol):
    """uvicorn's HTTP, which by itself waits for ever for the end of a request."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._deadline: asyncio.TimerHandle | None = None
        self._is_for_body = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        if len(self.connections) > MAX_OPEN or self._is_one_of_too_many():
            transport.abort()
            return
        # asyncio does this for its own sockets alone; else each small answer waits 40 ms for the client's receipt.
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._expect()

    def data_received(self, data: bytes) -> None:
        """Take in what a peer says, and set the time until which more has to come."""
        super().data_received(data)
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_one_of_too_many(self) -> bool:
        """Tell whether one address has too many; all that a proxy on this machine passes on come from one."""
        if self.client is None or ip_address(self.client[0].partition("%")[0]).is_loopback:
            return False
        others = [other.client for other in self.connections if isinstance(other, H11Protocol)]
        return [client[0] for client in others if client].count(self.client[0]) > MAX_OF_ADDRESS

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
