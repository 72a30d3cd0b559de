"""The orders at a coordinator: users of any machine of the swarm order something, or bring a book."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

from swarm.coordinator.machine_orders import APPROVALS, Giver, Instruct, MemberAdmin, order_machines
from swarm.errors import NotThere, Remedy, StoreError, SwarmError, UsageError
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import OF_MACHINES, NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL, meant, other_protocol
from swarm.lease.transfer import Incoming
from swarm.net.transport import RouterSocket
from swarm.server.queue import QueuedBook, safe_name
from swarm.server.resident import Resident
from swarm.system.disk import guarded, make_folder
from swarm.system.machine import machine_name
from swarm.system.platform import free_bytes
from swarm.system.text import bytes_text

MAX_BOOK_BYTES = 2 * 1024**3
MIN_FREE_BYTES = 1024**3  # a book that comes leaves so much free on the disk
MAX_BRINGERS = 16  # books that come at the same time; the one that was silent longest is forgotten

UserMessage = Order | NewBook | Piece


class BroughtBook(NamedTuple):
    """A book that is being brought."""

    book: NewBook
    path: Path
    file: Incoming
    added_by: str  # the key that brings it, "" for one of this machine


class OrderHandler:
    """Answers users. `folder` has room for unfinished books; `instruct` orders machines."""

    def __init__(
        self, resident: Resident, router: RouterSocket, folder: Path, instruct: Instruct, members: MemberAdmin
    ) -> None:
        self._resident, self._router, self._folder, self._instruct = resident, router, folder, instruct
        self.members = members
        self._incoming: dict[bytes, BroughtBook] = {}  # keys are peers
        self._begun = 0  # counts the books that were brought, for the names of their files
        self._adding: set[asyncio.Task[None]] = set()
        shutil.rmtree(folder, ignore_errors=True)
        make_folder(folder)

    def answer_user(self, peer: bytes, message: UserMessage, frame: bytes) -> None:
        """Take in one message of a user and answer it."""
        try:
            if isinstance(message, Order | NewBook) and message.protocol != PROTOCOL:
                raise UsageError(other_protocol("your machine", message.protocol, machine_name(), PROTOCOL) + ".")
            if isinstance(message, Order):
                giver = self.members.giver_of(message, self._resident.status().coordinator)
                self._router.send(peer, Obeyed(True, self.obey(message, giver)))
            elif isinstance(message, NewBook):
                giver = self.members.giver_of(message, self._resident.status().coordinator)
                self._router.send(peer, self._begin(peer, message, "" if giver.is_local else giver.key.hex()))
            elif taken := self._go_on(peer, message, frame):
                self._router.send(peer, taken)
        except SwarmError as fault:
            self._refuse(peer, message, fault)

    def _refuse(self, peer: bytes, message: UserMessage, fault: SwarmError) -> None:
        self._router.send(peer, Obeyed(False, str(fault)[:2000]))
        if not isinstance(message, Order):
            self._forget(peer)

    # --- orders

    def obey(self, order: Order, giver: Giver | None = None) -> str:
        """Do what a user wants, one of this machine if no other one is named; return what was done, in words.

        Raises UsageError, StoreError.
        """
        giver = giver or self.members.local
        if order.action in APPROVALS:
            return self.members.obey(order)
        machines = meant(self._resident.status().workers, order.target)
        by_key = any(each.fingerprint and order.target.lower().startswith(each.fingerprint) for each in machines)
        is_of_books = order.action not in OF_MACHINES and not by_key
        if is_of_books and (book := self._resident.find_named_book(order.target)):
            self._check_right(book, order, giver)
            return self._resident.obey(book, order, "" if giver.is_local else giver.name)
        if order.action in ("move", "cancel", "remove"):
            raise NotThere(f"There is no book {order.target!r} in the queue: `e2a-swarm status` lists them.")
        signed = order if order.signed else self.members.sign(order, [each.run for each in machines])
        return order_machines(signed, giver, self._instruct, self.members)

    def _check_right(self, book: QueuedBook, order: Order, giver: Giver) -> None:
        """Raise UsageError unless a user may order something of a book."""
        if not giver.may_change(book.added_by):
            adders = [f"{self.members.name_of(bytes.fromhex(book.added_by))}, which added it"] if book.added_by else []
            who = self.members.who_may(*adders, f"a user of {machine_name()}, which serves it")
            raise UsageError(
                f"{book.heading} stays as it is: only {who} may {order.action} it, and this order came from "
                f"{giver.name}."
            )

    def obey_all(self, orders: Sequence[Order]) -> list[str | SwarmError]:
        """Obey orders one after the other, and write the queue once; return what became of each.

        Raises StoreError: they hold, but the queue on the disk does not have them yet.
        """
        became = list[str | SwarmError]()
        try:
            with self._resident.queue.together():
                for order in orders:
                    try:
                        became.append(self.obey(order))
                    except UsageError as fault:
                        became.append(fault)
        except StoreError as fault:
            raise StoreError(
                f"{fault} What was ordered holds, unless the coordinator stops before it has room."
            ) from fault
        return became

    # --- books

    def _begin(self, peer: bytes, book: NewBook, added_by: str = "") -> Fetch:
        if not book.size:
            raise UsageError(f"{book.name} is empty.")
        _check_size(book.size, book_room(self._folder))
        self._forget(peer)
        while len(self._incoming) >= MAX_BRINGERS:
            self._forget(next(iter(self._incoming)))
        self._begun += 1
        path = self._folder / f"{self._begun} {safe_name(book.name)}"  # the file's ending tells the kind of book
        with guarded(path):
            path.write_bytes(b"")
        file = Incoming(book.digest, book.size, kind="book", keeps=False)
        self._incoming[peer] = BroughtBook(book, path, file, added_by)
        return file.next_fetch

    def _go_on(self, peer: bytes, piece: Piece, frame: bytes) -> Fetch | None:
        """Take in a piece; return the answer, None once all is here: it follows when the book is in the queue."""
        incoming = self._incoming.pop(peer, None)
        if incoming is None or incoming.book.digest != piece.digest:
            raise UsageError("The coordinator knows nothing of this book", Remedy())
        self._incoming[peer] = incoming  # the order tells who was heard last
        took = incoming.file.take_piece(piece, frame)
        if took != "unasked":
            with guarded(incoming.path), incoming.path.open("ab") as file:
                file.write(frame)
        if took == "spoilt":
            raise UsageError(f"{incoming.book.name} arrived damaged", Remedy())
        if took != "whole":
            return incoming.file.next_fetch
        if len(self._adding) >= MAX_BRINGERS:
            raise UsageError("Too many books are being added at the same time", Remedy())
        task = asyncio.create_task(self._finish(peer, self._incoming.pop(peer)))  # workers are answered meanwhile
        self._adding.add(task)
        task.add_done_callback(self._adding.discard)
        return None

    async def _finish(self, peer: bytes, incoming: BroughtBook) -> None:
        """Add a whole book to the queue, and tell the user when it is safe there."""
        book, path, _, added_by = incoming
        try:
            added = await self._resident.add_book(path, safe_name(book.name), book.options, added_by=added_by)
            self._router.send(peer, Obeyed(True, book=added.id))
        except SwarmError as fault:
            self._router.send(peer, Obeyed(False, str(fault)[:2000]))
        finally:
            path.unlink(missing_ok=True)

    def _forget(self, peer: bytes) -> None:
        if incoming := self._incoming.pop(peer, None):
            incoming.path.unlink(missing_ok=True)


def book_room(folder: Path) -> int:
    """Return the bytes that a book may have: fewer than MAX_BOOK_BYTES where the disk of a folder is nearly full."""
    free = free_bytes(folder)
    return MAX_BOOK_BYTES if free is None else min(MAX_BOOK_BYTES, free - MIN_FREE_BYTES)


async def write_book(path: Path, chunks: AsyncIterator[bytes], size: int = 0) -> None:
    """Write a book that comes in chunks to a file; `size` is what was announced, if anything was.

    Raises UsageError for one that is empty or larger than any book, StoreError where the disk has no room.
    """
    have, room = 0, book_room(path.parent)
    with guarded(path), path.open("xb") as file:
        _check_size(size, room)
        async for chunk in chunks:
            have += len(chunk)
            _check_size(have, room)
            file.write(chunk)
    if not have:
        raise UsageError("The file is empty: the body of the request has to be the book.")


def _check_size(size: int, room: int) -> None:
    if size > MAX_BOOK_BYTES:
        raise UsageError(f"A book has {bytes_text(MAX_BOOK_BYTES)} at most.")
    if size > room:
        raise StoreError("The disk of the server has no room for this book: free some, and send it again.")
