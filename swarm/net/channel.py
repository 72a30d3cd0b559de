"""A ZeroMQ socket on asyncio: received without a task switch a message, sent without ever waiting.

ZeroMQ's descriptor only says that something changed, and any use of the socket may swallow that; so every use looks
whether something waits, and wakes whoever sleeps on it.
"""

import asyncio
from collections.abc import Sequence

import zmq

FAIRNESS = 64  # messages received in a row before others get their turn
GONE = (zmq.EAGAIN, zmq.EHOSTUNREACH)  # full, or nobody there
READABLE, WRITABLE = int(zmq.POLLIN), int(zmq.POLLOUT)  # as numbers: flags of an enum are combined by slow code
EVENTS, NOBLOCK = int(zmq.EVENTS), int(zmq.NOBLOCK)


class Channel:
    """One socket, used from the loop it was made on."""

    def __init__(self, socket: "zmq.Socket[bytes]") -> None:
        self.socket = socket
        self._loop = asyncio.get_running_loop()
        self._sleeper: asyncio.Future[None] | None = None
        self._streak = 0
        self._loop.add_reader(socket.FD, self.waiting)

    def waiting(self) -> bool:
        """Tell whether an unread message waits; wakes the task that sleeps on the socket."""
        return self._events(READABLE)

    def writable(self) -> bool:
        """Tell whether a connected peer takes a message."""
        return self._events(WRITABLE)

    def _events(self, asked: int) -> bool:
        """Read the socket's events; this also resets its descriptor, which would keep the event loop awake."""
        events = int(self.socket.get(EVENTS))
        if events & READABLE and self._sleeper and not self._sleeper.done():
            self._sleeper.set_result(None)
        return bool(events & asked)

    async def receive(self) -> list[bytes]:
        """Return the parts of the next message."""
        self._streak += 1
        if self._streak >= FAIRNESS:
            self._streak = 0
            await asyncio.sleep(0)
        while True:
            try:
                return self.socket.recv_multipart(NOBLOCK)
            except zmq.Again:
                await self._sleep()

    def send(self, parts: Sequence[bytes]) -> bool:
        """Hand a message to ZeroMQ; False if its peer is gone or its queue full. Large parts are not copied."""
        sent = self._hand_over(parts)
        if self._sleeper or not sent:
            self.waiting()
        return sent or self._hand_over(parts)  # it may not have known of a peer or of room until it was asked

    def _hand_over(self, parts: Sequence[bytes]) -> bool:
        try:
            self.socket.send_multipart(parts, NOBLOCK, copy=False)
        except zmq.ZMQError as error:
            if error.errno not in GONE:
                raise
            return False
        return True

    def close(self) -> None:
        """Close the socket; a receiver that sleeps is cancelled."""
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
