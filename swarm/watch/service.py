"""Messages to systemd from a command that it started: ready, status, watchdog.

They are sent only if NOTIFY_SOCKET is set, and no failure of theirs stops the command: sd_notify(3).
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager

from swarm.lease.message import StatusReply
from swarm.system.machine import Say
from swarm.system.text import plain_line
from swarm.watch.progress import Progress
from swarm.watch.view import standing_text

SEND_S = 1.0  # the longest wait for a busy service manager
MAX_CHARACTERS = 300


class Service:
    """This process as a service; silent where no service manager started it."""

    def __init__(self, environment: MutableMapping[str, str] | None = None) -> None:
        variables = os.environ if environment is None else environment
        address = variables.pop("NOTIFY_SOCKET", "")  # child processes must not report for the service
        heard = address.startswith(("/", "@")) and hasattr(socket, "AF_UNIX")
        self._address = address.replace("@", "\0", 1) if heard else ""
        self._beat_s = _watchdog_s(variables) / 2
        self._status = ""

    def echo(self, note: Say) -> Say:
        """Return a `note` that also makes each line the status."""

        def say(line: str) -> None:
            note(line)
            self.status(line)

        return say

    def watch(self, progress: Progress) -> Progress:
        """Return a progress that also makes the state of all books the status."""
        return _WatchedProgress(progress, self.status) if self._address else progress

    def status(self, line: str) -> None:
        """Set what `systemctl status` shows; sent only if it changed."""
        if line != self._status:
            self._status = line
            self._tell("STATUS=" + " ".join(plain_line(line).split())[:MAX_CHARACTERS])

    def has_nothing_to_do(self, why: str) -> None:
        """Report that the service is up before it ends: one that ends sooner has failed, whatever its exit code."""
        self._tell("READY=1")
        self.status(why)

    @asynccontextmanager
    async def ready(self) -> AsyncIterator[None]:
        """Report that the service is up; inside the block, feed the watchdog as long as the event loop turns."""
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
        self.note, self.end_progress, self.interval_s = progress.note, progress.end_progress, progress.interval_s

    def update(self, reply: StatusReply) -> None:
        self._progress.update(reply)
        self._status(standing_text(reply))


def _watchdog_s(variables: MutableMapping[str, str]) -> float:
    """Return the seconds after which systemd takes this process for hung; 0 without a watchdog."""
    usec, pid = variables.get("WATCHDOG_USEC", ""), variables.get("WATCHDOG_PID", "")
    meant = not pid or pid == str(os.getpid())
    return int(usec) / 1e6 if meant and usec.isascii() and usec.isdigit() else 0.0
