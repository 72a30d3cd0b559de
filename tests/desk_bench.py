"""A desk over a resident coordinator, for tests."""

import asyncio
from itertools import count
from pathlib import Path
from typing import Any

from making import join, make_core
from msgspec import structs
from nacl.signing import SigningKey
from resident_bench import ResidentBench

from swarm.coordinator.machine_orders import MemberAdmin
from swarm.job.job_asset import PIECE_BYTES
from swarm.lease.coordinator.order_effects import Instructed, instruct
from swarm.lease.envelope import Message
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Instruct, NewBook, Obeyed, Order, sign_order
from swarm.lease.message import PROTOCOL, meant
from swarm.lease.outcome import Outcome
from swarm.net.identity.identity import order_key_of
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
    """A desk over a resident coordinator, and the machines attic and tower. `user` has the key that signs orders."""

    def __init__(self, tmp_path: Path, *, is_open: bool = False) -> None:
        super().__init__(tmp_path)
        self.told: list[Order] = []
        self.outbox = Outbox()
        self.room = tmp_path / "incoming"
        key, _ = obtain_key(self.state)
        self.user = self.here = order_key_of(self.state, None if is_open else key)
        self.attic, self.tower = SigningKey(b"a" * 32), SigningKey(b"t" * 32)
        self.members = MemberAdmin(self.state, is_open=is_open)
        self.core = make_core()
        for name in ("attic", "tower"):
            own = bytes(getattr(self, name).verify_key)
            join(self.core, name.encode(), nonce=name, key=own)
        self.server.workers = self.core.status(0.0).workers
        outbox: Any = self.outbox
        self.order_handler = OrderHandler(self.resident, outbox, self.room, self.instruct, self.members)
        self._numbers = count()

    def instruct(self, order: Order, may_all: bool) -> Instructed:
        told = instruct(self.core.sessions.values(), order, out := Outcome(), may_all=may_all)
        self.told += [send.message.order for send in out.sends if isinstance(send.message, Instruct)]
        return told

    def signed(self, message: Any) -> Any:
        """Return an order or a new book as the command of the present user sends it."""
        target = message.target if isinstance(message, Order) else ""
        runs = [worker.run for worker in meant(self.server.workers, target)]
        return sign_order(
            structs.replace(message, protocol=PROTOCOL), self.user, ["c", *runs], str(next(self._numbers))
        )

    async def say(self, message: Order | NewBook | Piece, frame: bytes = b"", peer: bytes = b"p") -> Message:
        if isinstance(message, Order | NewBook) and not message.signed:
            message = self.signed(message)
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
