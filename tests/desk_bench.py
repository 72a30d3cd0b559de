"""A desk over a resident coordinator, for tests."""

import asyncio
from pathlib import Path

from resident_bench import ResidentBench

from swarm.coordinator.member_admin import MemberAdmin
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.envelope import Message
from swarm.lease.member_message import BookPiece, BookTaken, NewBook, Order
from swarm.net.identity.keys import obtain_key
from swarm.server.order_handler import OrderHandler


class Outbox:
    """A stand-in for the router: it keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[Message] = []

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> bool:
        self.sent.append(message)
        return True


class DeskBench(ResidentBench):
    """A desk over a resident coordinator, and one machine called attic."""

    def __init__(self, tmp_path: Path) -> None:
        super().__init__(tmp_path)
        self.told: list[Order] = []
        self.outbox = Outbox()
        self.room = tmp_path / "incoming"
        obtain_key(self.state)
        self.members = MemberAdmin(self.state)
        self.desk = OrderHandler(self.resident, self.outbox, self.room, self.instruct, self.members)  # type: ignore[arg-type]

    def instruct(self, order: Order) -> Instructed:
        self.told += [order] if order.target == "attic" else []
        return Instructed(int(order.target == "attic"))

    async def say(self, message: Order | NewBook | BookPiece, frame: bytes = b"", peer: bytes = b"p") -> Message:
        self.desk.take(peer, message, frame)
        while self.desk._adding:
            await asyncio.wait(self.desk._adding)
        return self.outbox.sent[-1]

    async def bring(self, book: NewBook, content: bytes, piece: int = 400) -> BookTaken:
        """Bring a book as the command does; return the last answer."""
        taken = await self.say(book)
        while isinstance(taken, BookTaken) and not (taken.refusal or taken.book):
            taken = await self.say(BookPiece(book.digest, taken.have), content[taken.have : taken.have + piece])
        assert isinstance(taken, BookTaken)
        return taken
