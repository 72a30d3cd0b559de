"""An order of a user to speak sentences of a book again."""

import asyncio

from swarm.config import RedoConfig
from swarm.errors import SwarmError


class MendOrder:
    """What is to be spoken again, and its answer: it is given once that is on the disk, or cannot be."""

    def __init__(self, redo: RedoConfig) -> None:
        self.redo = redo
        self._answer = asyncio.get_running_loop().create_future()

    async def wait(self) -> None:
        """Wait until it is recorded. Raises the SwarmError for which it is not."""
        await asyncio.shield(self._answer)

    async def settle(self) -> None:
        """Wait until it is answered, in whatever way."""
        await asyncio.wait([self._answer])

    def answer(self, refused: SwarmError | None) -> None:
        """Give the answer: None, or why nothing was recorded."""
        if refused is None:
            self._answer.set_result(None)
        else:
            self._answer.set_exception(refused)
            self._answer.exception()  # asyncio warns of a fault that was never read, as after a browser left
