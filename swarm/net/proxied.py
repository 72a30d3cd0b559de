"""One connection through the proxy: a peer on the network on one side, the coordinator's own socket on the other."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from swarm.net.allowance import PART_BYTES, ByteAllowance
from swarm.net.framing import FrameCounter
from swarm.net.lane import CHUNK, Lane

READY = b"\x05READY"  # the server's last word of a handshake
SCANNED_BYTES = 1024  # READY is looked for in so many first bytes of the server
UNREAD_S = 60.0  # a peer may leave what was sent to it unread for so long


class ProxiedConnection:
    """Moves bytes both ways, within its allowance. `on_proof` and `on_end` hear of it."""

    def __init__(
        self,
        number: int,
        peer: socket.socket,
        inner: socket.socket,
        allowance: ByteAllowance,
        on_proof: Callable[["ProxiedConnection"], None],
        on_end: Callable[["ProxiedConnection"], None],
    ) -> None:
        self.number = number
        self.allowance = allowance
        self.identity = b""  # the router's name for it
        self.inner_port: int = inner.getsockname()[1]
        self.sent = 0  # bytes that the coordinator sent, of which `returned` left it
        self.returned = 0
        self._peer, self._inner = peer, inner
        self._on_proof, self._on_end = on_proof, on_end
        self._loop = asyncio.get_running_loop()
        self._scanned = b""
        self._frames = None if allowance.keyed else FrameCounter()
        self._in = Lane(peer, inner, self._room, self._came, self._peer_ended)
        self._out = Lane(inner, peer, lambda: CHUNK, self._went, self._inner_ended)
        self._ending_s: float | None = None
        self.is_closed = False

    def start(self) -> None:
        """Begin to move bytes."""
        self._in.start()
        self._out.start()

    def resume(self) -> None:
        """Read on, if the allowance lets it."""
        if self._in.is_paused and self._room() > 0:
            self._in.start()

    def pump(self) -> None:
        """Move what there is, without waiting for the event loop."""
        for lane in (self._in, self._out):
            lane.write()
            lane.read()

    def is_hopeless(self, now: float) -> bool:
        """Tell whether the peer does not read, or was ended and does not go."""
        is_ending = self._ending_s is not None and now - self._ending_s >= 1.0
        return is_ending or (bool(self._out.rest) and now - self._out.rest_since_s >= UNREAD_S)

    @property
    def unread(self) -> int:
        """The bytes that the coordinator sent and that wait for the peer to read."""
        return max(0, self.sent - self.returned) + len(self._out.rest)

    def _room(self) -> int:
        return self.allowance.room(self._loop.time())

    def _came(self, data: memoryview) -> None:
        parts = self._frames.count(data) if self._frames else 0
        self.allowance.note_came(len(data) + PART_BYTES * parts)

    def _went(self, data: memoryview) -> None:
        if self.allowance.proven:
            self.returned += len(data)
            return
        self._scanned = (self._scanned + data)[:SCANNED_BYTES]
        if READY in self._scanned:
            self._scanned = b""
            self.allowance.prove()
            self._on_proof(self)

    def _peer_ended(self, in_order: bool) -> None:
        self._end(in_order, self._inner)

    def _inner_ended(self, in_order: bool) -> None:
        self._end(in_order, self._peer)

    def _end(self, in_order: bool, other: socket.socket) -> None:
        """Pass on that one side ends; close both when the other side ends too, or if the connection is broken."""
        if not in_order or self._ending_s is not None:
            self.close()
            return
        self._ending_s = self._loop.time()
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Close both sides at once."""
        if self.is_closed:
            return
        self.is_closed = True
        self._in.close()
        self._out.close()
        self._peer.close()
        self._inner.close()
        self._on_end(self)
        self.allowance.forget()
