"""Sends what peers ask for in pieces: job files to workers, copies to standbys, and files from worker to worker."""

import asyncio
from abc import ABC, abstractmethod
from typing import Generic

from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.envelope import Message
from swarm.lease.transfer import Asked, Questions
from swarm.net.transport import Router

MAX_UNREAD_BYTES = 16 * PIECE_BYTES  # answers are dropped while a peer has more to read

Answer = tuple[Message, bytes]


class PieceServer(ABC, Generic[Asked]):
    """Answers one question after the other, each peer in its turn; a peer asks again for what does not leave."""

    max_asked = 8  # a peer asks for four pieces at a time; more than this are dropped

    def __init__(self, router: Router) -> None:
        self._router = router
        self.questions = Questions[Asked](self.max_asked)
        self._called = asyncio.Event()

    def ask(self, peer: bytes, asked: Asked) -> None:
        """Add a question to those of a peer."""
        self.questions.ask(peer, asked)
        self.look_again()

    def look_again(self) -> None:
        """Answer peers that wait for a piece, if it is here by now."""
        self._called.set()

    def is_here(self, asked: Asked) -> bool:
        """Tell whether a question can be answered now."""
        return True

    @abstractmethod
    async def answer(self, peer: bytes, asked: Asked) -> Answer | None:
        """Return the answer to a question; None if there is none."""

    async def send_pieces(self) -> None:
        """Answer until cancelled. Raises what `answer` raises."""
        while True:
            self._called.clear()
            while found := self.questions.take_next(self.is_here):
                answer = await self.answer(*found)
                if answer is not None and self._router.unread(found[0]) <= MAX_UNREAD_BYTES:
                    self._router.send(found[0], *answer)
            await self._called.wait()
