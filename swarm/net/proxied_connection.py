"""One connection through the proxy: a peer on the network on one side, the coordinator's own socket on the other.

A pipe for each direction passes bytes on as far as both sides are ready, and counts the frames that pass."""

import asyncio
import contextlib
import socket
from collections.abc import Callable

from swarm.net.connection_limiter import PART_BYTES, Backpressure

CHUNK = 256 * 1024  # bytes that are read at once
_buffer = bytearray(CHUNK)  # shared by all lanes: each passes on what it read before another one reads


class Pipe:
    """Moves bytes from a source to a sink. What the sink does not take yet waits here, and stops the reading.

    `room` says how many bytes may be read now, and `moved` hears of those that were. `ended` hears that no more come:
    True if the other end said so and all was handed on, False if the connection is broken.
    """

    def __init__(
        self,
        source: socket.socket,
        sink: socket.socket,
        room: Callable[[], int],
        moved: Callable[[memoryview], None],
        ended: Callable[[bool], None],
    ) -> None:
        self._source = source
        self._sink = sink
        self._room = room
        self._moved = moved
        self._ended = ended
        self._loop = asyncio.get_running_loop()
        self.rest = b""  # bytes that the sink did not take yet
        self.rest_since_s = 0.0  # the sink last took some of it then
        self._is_over = False
        self._reads = self._writes = self._is_closed = False

    @property
    def is_paused(self) -> bool:
        """Whether it could read on, and does not."""
        return not (self._reads or self.rest or self._is_over or self._is_closed)

    def start(self) -> None:
        """Read as soon as something comes."""
        if self.is_paused:
            self._reads = True
            self._loop.add_reader(self._source, self.read)

    def _pause(self) -> None:
        if self._reads:
            self._reads = False
            self._loop.remove_reader(self._source)

    def read(self) -> None:
        """Move what there is."""
        if self.rest or self._is_over or self._is_closed:
            return
        room = min(self._room(), CHUNK)
        if room <= 0:
            self._pause()
            return
        view = memoryview(_buffer)
        try:
            size = self._source.recv_into(view[:room])
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            self._ended(False)
            return
        if not size:
            self._is_over = True
            self._pause()
            self._ended(True)
            return
        self._moved(view[:size])
        self._write(view[:size])

    def _write(self, data: memoryview) -> None:
        try:
            sent = self._sink.send(data)
        except (BlockingIOError, InterruptedError):
            sent = 0
        except OSError:
            self._ended(False)
            return
        if sent < len(data):
            if sent or not self.rest:
                self.rest_since_s = self._loop.time()
            self.rest = bytes(data[sent:])
            self._pause()
            if not self._writes:
                self._writes = True
                self._loop.add_writer(self._sink, self.write)
            return
        self.rest = b""
        if self._writes:
            self._writes = False
            self._loop.remove_writer(self._sink)
            self.start()

    def write(self) -> None:
        """Hand on what waits here."""
        if self.rest and not self._is_closed:
            self._write(memoryview(self.rest))

    def stop_pipe(self) -> None:
        """Stop for ever; the sockets stay open."""
        self._is_closed = True
        self._pause()
        if self._writes:
            self._writes = False
            self._loop.remove_writer(self._sink)


GREETING_BYTES = 64
LONG = 2  # the flag of a frame whose size has eight bytes


class FrameCounter:
    """Knows where in a stream the next frame begins."""

    def __init__(self) -> None:
        self._skip = GREETING_BYTES
        self._head = b""

    def count(self, data: memoryview) -> int:
        """Return how many frames begin in the next bytes of the stream."""
        found = at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            need = 2 if not self._head or not self._head[0] & LONG else 9
            taken = bytes(data[at : at + need - len(self._head)])
            at += len(taken)
            self._head += taken
            if len(self._head) < 2 or (self._head[0] & LONG and len(self._head) < 9):
                continue
            self._skip = int.from_bytes(self._head[1:], "big")
            self._head = b""
            found += 1
        return found


READY = b"\x05READY"  # the server's last word of a handshake
SCANNED_BYTES = 1024  # READY is looked for in so many first bytes of the server
UNREAD_S = 60.0  # a peer may leave what was sent to it unread for so long


class ProxiedConnection:
    """Moves bytes both ways, within the bounds of its backpressure. `on_proof` and `on_end` hear of it."""

    def __init__(
        self,
        number: int,
        peer: socket.socket,
        inner: socket.socket,
        backpressure: Backpressure,
        on_proof: Callable[["ProxiedConnection"], None],
        on_end: Callable[["ProxiedConnection"], None],
    ) -> None:
        self.number = number
        self.backpressure = backpressure
        self.identity = b""  # the router's name for it
        self.inner_port: int = inner.getsockname()[1]
        self.sent = 0  # bytes that the coordinator sent, of which `returned` left it
        self.returned = 0
        self._peer = peer
        self._inner = inner
        self._on_proof = on_proof
        self._on_end = on_end
        self._loop = asyncio.get_running_loop()
        self._scanned = b""
        self._frames = None if backpressure.keyed else FrameCounter()
        self._in = Pipe(peer, inner, self._room, self._came, self._peer_ended)
        self._out = Pipe(inner, peer, lambda: CHUNK, self._went, self._inner_ended)
        self._ending_s: float | None = None
        self.is_closed = False

    def start(self) -> None:
        """Begin to move bytes."""
        self._in.start()
        self._out.start()

    def resume(self) -> None:
        """Read on, if the backpressure lets it."""
        if self._in.is_paused and self._room() > 0:
            self._in.start()

    def pump(self) -> None:
        """Move what there is, without waiting for the event loop."""
        for pipe in (self._in, self._out):
            pipe.write()
            pipe.read()

    def is_hopeless(self, now: float) -> bool:
        """Tell whether the peer does not read, or was ended and does not go."""
        is_ending = self._ending_s is not None and now - self._ending_s >= 1.0
        return is_ending or (bool(self._out.rest) and now - self._out.rest_since_s >= UNREAD_S)

    @property
    def unread(self) -> int:
        """The bytes that the coordinator sent and that wait for the peer to read."""
        return max(0, self.sent - self.returned) + len(self._out.rest)

    def _room(self) -> int:
        return self.backpressure.room(self._loop.time())

    def _came(self, data: memoryview) -> None:
        parts = self._frames.count(data) if self._frames else 0
        self.backpressure.note_came(len(data) + PART_BYTES * parts)

    def _went(self, data: memoryview) -> None:
        if self.backpressure.proven:
            self.returned += len(data)
            return
        self._scanned = (self._scanned + data)[:SCANNED_BYTES]
        if READY in self._scanned:
            self._scanned = b""
            self.backpressure.prove()
            self._on_proof(self)

    def _peer_ended(self, in_order: bool) -> None:
        self._end(in_order, self._inner)

    def _inner_ended(self, in_order: bool) -> None:
        self._end(in_order, self._peer)

    def _end(self, in_order: bool, other: socket.socket) -> None:
        """Pass on that one side ends; close both when the other side ends too, or if the connection is broken."""
        if not in_order or self._ending_s is not None:
            self.close_both_sides()
            return
        self._ending_s = self._loop.time()
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)

    def close_both_sides(self) -> None:
        """Close both sides at once."""
        if self.is_closed:
            return
        self.is_closed = True
        self._in.stop_pipe()
        self._out.stop_pipe()
        self._peer.close()
        self._inner.close()
        self._on_end(self)
        self.backpressure.forget()
