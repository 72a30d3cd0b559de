"""A ZeroMQ socket on asyncio: receiving needs no task switch for each message, sending never waits.

ZeroMQ's file descriptor only signals that something changed, and any use of the socket may consume that signal.
Therefore every use checks whether a message waits, and wakes the receiver.
"""

import asyncio
from collections.abc import Sequence

import zmq

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
