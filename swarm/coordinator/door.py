"""The door of a coordinator: where workers knock, and how they and the user learn of it."""

from typing import TYPE_CHECKING

from swarm.config import CoordinateConfig
from swarm.net.keys import OPEN_WARNING, curve_keys, obtain_key, swarm_id
from swarm.net.transport import RouterSocket
from swarm.system.machine import Say, machine_name
from swarm.watch.words import CALL_WORKERS

if TYPE_CHECKING:
    from swarm.net.discovery import Advertisement


class Door:
    """Listens for workers. Raises EnvironmentFault where that is impossible; a new key is made if there is none."""

    def __init__(self, config: CoordinateConfig, note: Say) -> None:
        self._config, self._note = config, note
        key, fresh = (None, False) if config.open else obtain_key(config.render.state_dir)
        self._code = key.code if key and fresh else ""  # to be shown, since no other machine has it
        self._identity = swarm_id(key)
        self.router = RouterSocket(curve_keys(key) if key else None)
        try:
            self._port = self.router.bind(config.bind, config.port)
        except BaseException:
            self.router.close()
            raise
        self._advertisement: Advertisement | None = None

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
        config = self._config
        if not config.advertise:
            return
        from swarm.net.discovery import Advertisement  # imported late: it loads slowly

        told = self._identity, self._port, epoch, config.bind, self._note, config.announce
        self._advertisement = Advertisement(*told)
        await self._advertisement.start()

    async def close(self) -> None:
        """Stop listening, and announce that."""
        if self._advertisement:
            await self._advertisement.close()
        self.router.close()
