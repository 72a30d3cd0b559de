"""The door of a coordinator: where workers knock, and how they and the user learn of it."""

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from swarm.config import CoordinateConfig
from swarm.coordinator.enrolment import Enrolment
from swarm.net.keys import OPEN_WARNING, SwarmKey, curve_keys, obtain_key, swarm_id
from swarm.net.papers import Papers
from swarm.net.transport import RouterSocket
from swarm.system.machine import Say, machine_name
from swarm.system.tasks import cancel
from swarm.watch.words import CALL_WORKERS

if TYPE_CHECKING:
    from swarm.net.discovery import Advertisement


class Door:
    """Listens for workers. Raises EnvironmentFault where that is impossible; a new key is made if there is none."""

    def __init__(self, config: CoordinateConfig, note: Say) -> None:
        self._config, self._note = config, note
        key, fresh = (None, False) if config.open else obtain_key(config.render.state_dir)
        self._code = key.code if key and fresh else ""  # the code is shown only where no other machine has it
        self._papers = Papers(config.render.state_dir, key) if key else None
        self.router = self._open(self._papers)
        try:
            self._port = self.router.bind(config.bind, config.port)
        except BaseException:
            self.router.close()
            raise
        self._advertisement: Advertisement | None = None
        self._epoch = 0
        self._tasks: set[asyncio.Task[None]] = set()
        if self._papers:
            told = self._papers, self.router, machine_name(), note, self._announce_anew
            self._start(Enrolment(*told, approve=config.approve).run())

    def _open(self, papers: Papers | None) -> RouterSocket:
        return RouterSocket(curve_keys(papers.key), papers.lets_in) if papers else RouterSocket()

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def invite(self) -> None:
        """Tell the user how workers come in."""
        config = self._config
        if config.open:
            self._note(OPEN_WARNING)
        if self._code:
            self._note("a new swarm; on each other machine run once:")
            self._note(f"  e2a-swarm join {self._code}")
        where = config.announce or f"{config.bind or machine_name()}:{self._port}"
        self._note(f"waiting for workers at {where}: {CALL_WORKERS}")
        if not self._code and not config.open:
            self._note("  (`e2a-swarm key` shows the code for a machine that is new to it)")

    async def announce(self, epoch: int) -> None:
        """Announce the coordinator over mDNS, if the user wants that."""
        config, papers = self._config, self._papers
        if not config.advertise:
            return
        from swarm.net.discovery import Advertisement  # discovery loads slowly, so it is imported late

        self._epoch = epoch
        told = swarm_id(papers.key if papers else None), self._port, epoch, config.bind, self._note, config.announce
        self._advertisement = Advertisement(*told, was=self._further_names())
        await self._advertisement.start()

    def _further_names(self) -> list[str]:
        """Return the former names of the swarm, and those of invites: the machines that look for these may come in."""
        if self._papers is None:
            return []
        invites = [SwarmKey(invite.secret) for invite in self._papers.invites if not invite.used_by]
        return [swarm_id(key) for key in (*self._papers.older, *invites)]

    def _announce_anew(self) -> None:
        """Announce the coordinator by the new name of its swarm, and by the older ones."""
        if self._advertisement:
            self._start(self._replace(self._advertisement))

    async def _replace(self, former: "Advertisement") -> None:
        await former.close()
        await self.announce(self._epoch)

    async def close(self) -> None:
        """Stop listening, and announce that."""
        await cancel([*self._tasks])
        if self._advertisement:
            await self._advertisement.close()
        self.router.close()
