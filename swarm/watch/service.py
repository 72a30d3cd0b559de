"""What systemd hears of a command that it started: that it is ready, how it stands, that it lives.

Only where NOTIFY_SOCKET is set, and no failure of it ever stops the work: sd_notify(3).
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager

from swarm.lease.message import StatusReply
from swarm.system.machine import Say
from swarm.watch.progress import Progress
from swarm.watch.view import standing_text

SEND_S = 1.0  # a manager that is busy may let us wait so long
MAX_CHARACTERS = 300


class Service:
    """This process as the service manager knows it; silent where there is none."""

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        address = variables.pop("NOTIFY_SOCKET", "")  # our children are not the service
        heard = address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX")
        self._address = address.replace("@", "\0", 1) if heard else ""
        self._beat_s = _watchdog_s(variables) / 2
        self._status = ""

    def echo(self, note: Say) -> Say:
        """The same way to say things, with the latest of them as the status too."""

        def say(line: str) -> None:
            note(line)
            self.status(line)

        return say

    def watch(self, progress: Progress) -> Progress:
        """The same progress, with how all books stand as the status too."""
        return _WatchedProgress(progress, self.status) if self._address else progress

    def status(self, line: str) -> None:
        """What `systemctl status` shows; sent when it is another than before."""
        if line != self._status:
            self._status = line
            self._tell("STATUS=" + " ".join(line.split())[:MAX_CHARACTERS])

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """Up from here on. While the event loop turns, the watchdog hears so."""
        self._tell("READY=1")
        beating = asyncio.create_task(self._beat()) if self._address and self._beat_s else None
        try:
            yield
        finally:
            if beating:
                beating.cancel()

    async def _beat(self) -> None:
        while True:
            self._tell("WATCHDOG=1")
            await asyncio.sleep(self._beat_s)

    def _tell(self, fact: str) -> None:
        if not self._address:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as telling:
            telling.settimeout(SEND_S)
            telling.sendto(fact.encode(), self._address)


class _WatchedProgress:
    def __init__(self, progress: Progress, status: Say) -> None:
        self._progress, self._status = progress, status
        self.note, self.close, self.interval_s = progress.note, progress.close, progress.interval_s

    def update(self, reply: StatusReply) -> None:
        self._progress.update(reply)
        self._status(standing_text(reply))


def _watchdog_s(variables: MutableMapping[str, str]) -> float:
    """Seconds after which systemd takes this process for hung; 0 where it does not look."""
    usec, pid = variables.get("WATCHDOG_USEC", ""), variables.get("WATCHDOG_PID", "")
    meant = not pid or pid == str(os.getpid())
    return int(usec) / 1e6 if meant and usec.isascii() and usec.isdigit() else 0.0
