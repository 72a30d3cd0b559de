"""A desk over a resident coordinator, for tests."""

import asyncio
from pathlib import Path
from typing import Any

from msgspec import structs
from resident_bench import ResidentBench

from swarm.coordinator.machine_orders import MemberAdmin
from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL
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
        outbox: Any = self.outbox
        self.order_handler = OrderHandler(self.resident, outbox, self.room, self.instruct, self.members)

    def instruct(self, order: Order) -> Instructed:
        self.told += [order] if order.target == "attic" else []
        return Instructed(int(order.target == "attic"))

    async def say(self, message: Order | NewBook | Piece, frame: bytes = b"", peer: bytes = b"p") -> Message:
        if isinstance(message, Order | NewBook):
            message = structs.replace(message, protocol=PROTOCOL)
        self.order_handler.answer_user(peer, message, frame)
        while self.order_handler._adding:
            await asyncio.wait(self.order_handler._adding)
        return self.outbox.sent[-1]

    async def bring(self, book: NewBook, content: bytes, piece: int = PIECE_BYTES) -> Obeyed:
        """Bring a book as the command does; return the last answer."""
        taken = await self.say(book)
        while isinstance(taken, Fetch):
            at = taken.offset
            taken = await self.say(Piece(book.digest, at, book.size, "book"), content[at : at + piece])
        assert isinstance(taken, Obeyed)
        return taken
