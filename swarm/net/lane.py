"""One direction of a connection through the proxy: bytes from one socket to another, as far as both are ready."""

import asyncio
import socket
from collections.abc import Callable

CHUNK = 256 * 1024  # bytes that are read at once
_buffer = bytearray(CHUNK)  # shared by all lanes: each passes on what it read before another one reads


class Lane:
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
        self._source, self._sink, self._room, self._moved, self._ended = source, sink, room, moved, ended
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

    def close(self) -> None:
        """Stop for ever; the sockets stay open."""
        self._is_closed = True
        self._pause()
        if self._writes:
            self._writes = False
            self._loop.remove_writer(self._sink)
