"""The switch of a standby: whether this machine keeps copies of books, and whether an order may turn it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from swarm.errors import StoreError
from swarm.system.machine import Say
from swarm.system.platform import free_bytes
from swarm.watch.text import bytes_text

INTERVAL_S = 1.0
MIN_FREE_BYTES = 5 * 10**9  # an order to begin copies needs so much free on the disk of the state folder


class StandbySwitch:
    """It is on or off until the worker ends. `turns`: whether users of other machines may turn it."""

    def __init__(self, state_dir: Path, *, on: bool, turns: bool) -> None:
        self._state_dir, self.on, self._turns = state_dir, on, turns
        self._has_room, self._was_ordered = True, False

    def look(self) -> None:
        """Look how much of the disk is free, which may take a while on another machine's disk."""
        free = free_bytes(self._state_dir)
        self._has_room = free is None or free >= MIN_FREE_BYTES

    async def follow(self, keep: Callable[[], Awaitable[None]], say: Say) -> None:
        """Keep copies whenever it is on, until cancelled; `keep` ends when it is off.

        Raises StoreError, but not for copies that an order began: the machine goes on speaking then.
        """
        while True:
            await asyncio.to_thread(self.look)
            try:
                if self.on:
                    await keep()
            except StoreError as fault:
                if not self._was_ordered:
                    raise
                self.on = False
                say(f"no copies of books are kept any more: {fault}")
            await asyncio.sleep(INTERVAL_S)

    @property
    def state(self) -> str:
        """What coordinators are told: on, off, or no room to begin; "" if no order turns it."""
        if not self._turns:
            return ""
        return "on" if self.on else "off" if self._has_room else "no room"

    def turn(self, who: str, *, on: bool) -> str:
        """Turn it as a user of another machine wants, if it may be; return a line for this machine's owner."""
        wants = f"{who} wants this machine to keep {'a copy of each book' if on else 'no copies of books'}"
        if not self._turns:
            return f"{wants}; it does not obey, because of --no-standby or --automatic"
        if on and not self.on and not self._has_room:
            return f"{wants}; its disk has less than {bytes_text(MIN_FREE_BYTES)} free, so it does not"
        self.on, self._was_ordered = on, True
        return f"keeps {'a copy of each book' if on else 'no copies of books any more'}, as {who} wants"
