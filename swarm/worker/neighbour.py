"""The connection to the door of another worker."""

import asyncio
from collections.abc import Callable

from swarm.job.job_file import WINDOW
from swarm.lease.envelope import Message
from swarm.lease.worker.source import PEER
from swarm.worker.sockets import WorkerSockets

MAX_UNSENT = 2 * WINDOW  # questions that wait for a connection


class Neighbour:
    """The connection to the door that a name stands for; `closed` hears the name once it ends or does not open."""

    def __init__(self, name: str, sockets: WorkerSockets, closed: Callable[[str], None]) -> None:
        self._name, self._closed, self._was_connected = name, closed, False
        self._unsent: list[Message] = []
        self.socket = sockets.visit(self._changed)
        self.socket.connect([name.removeprefix(PEER)])

    def _changed(self) -> None:
        if self.socket.connected:
            self._was_connected, unsent, self._unsent = True, self._unsent, []
            for message in unsent:
                self.socket.send(message)
        elif self._was_connected or self.socket.refusal:
            asyncio.get_running_loop().call_soon(self._closed, self._name)

    def send(self, message: Message) -> None:
        """Send a question, once there is a connection."""
        if not self.socket.send(message) and len(self._unsent) < MAX_UNSENT:
            self._unsent.append(message)
