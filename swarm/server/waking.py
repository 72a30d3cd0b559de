"""Wakes machines for the work that waits in the queue, if their owners allow it, and tells which of them sleep.

The magic packet leaves from this machine, and from every worker that is awake: one of them is in the right network.
"""

import asyncio
import logging
from datetime import datetime
from pathlib import Path

import msgspec

from swarm.coordinator.serve import Server
from swarm.errors import StoreError
from swarm.lease.coordinator.sleepers import Sleeper, Sleepers, work_left_s
from swarm.net.addresses import send_magic
from swarm.server.resident import Resident
from swarm.system.disk import guarded, read_json, replace_file
from swarm.system.machine import Clock, Say

FILE = "sleepers.json"
LOOK_S = 2.0

logger = logging.getLogger(__name__)


class Waking:
    """Looks which machines sleep, and wakes them while more work waits than `above_s` seconds."""

    def __init__(
        self, resident: Resident, server: Server, state_dir: Path, above_s: float, note: Say, clock: Clock
    ) -> None:
        self._resident, self._server, self._note, self._clock = resident, server, note, clock
        self._path = state_dir / FILE
        self._kept = read_json(self._path, list[Sleeper]) or []
        self._sleepers = Sleepers(above_s, self._kept)
        resident.sleepers = lambda: self._sleepers.rows(clock.now())

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once at who sleeps and what waits, and wake whom that takes."""
        now = self._clock.now()
        day = datetime.fromtimestamp(now).toordinal()
        for worker in self._sleepers.observe(self._server.sights(), now, day):
            self._server.wake(self._sleepers.known[worker].hardware)  # it is told so, and sleeps again when it is done
        due = self._sleepers.due(self._work_s(), now, day)
        if due:
            self._note(f"waking {', '.join(each.name for each in due)} for the books that wait")
            hardware = [address for each in due for address in each.hardware]
            self._server.wake(hardware)
            await asyncio.to_thread(send_magic, hardware)
        self._keep()

    def _work_s(self) -> float:
        jobs = self._server.status().jobs
        names = {job.job for job in jobs}
        waiting = [book for book in self._resident.standing() if book.state == "waiting" and book.job not in names]
        return work_left_s(jobs, len(waiting))

    def _keep(self) -> None:
        kept = [each for each in self._sleepers.known.values() if each.state != "awake"]
        if kept != self._kept:
            self._kept = kept
            try:
                with guarded(self._path):
                    replace_file(self._path, msgspec.json.encode(kept))
            except StoreError as fault:  # a full disk keeps nobody from waking up
                logger.debug(str(fault))
