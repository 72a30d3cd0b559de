"""The desk of a coordinator without a queue: users of any machine of the swarm order its machines."""

from collections.abc import Callable

from swarm.coordinator.member_desk import APPROVALS, MemberDesk
from swarm.errors import SwarmError, UsageError
from swarm.lease.order import BookPiece, BookTaken, NewBook, Obeyed, Order
from swarm.net.transport import Router
from swarm.watch.text import count_text

NO_QUEUE = "This coordinator has no queue of books: `e2a-swarm serve` has one."
Instruct = Callable[[Order], int]  # tells the machines of a name what to do, and returns how many there are


class MachineDesk:
    """Answers users; `instruct` orders machines."""

    def __init__(self, router: Router, instruct: Instruct, members: MemberDesk) -> None:
        self._router, self._instruct, self._members = router, instruct, members

    def take(self, peer: bytes, message: Order | NewBook | BookPiece, frame: bytes) -> None:
        """Take in one message of a user and answer it."""
        if not isinstance(message, Order):
            self._router.send(peer, BookTaken(message.digest, refusal=NO_QUEUE))
            return
        try:
            self._router.send(peer, Obeyed(True, self._obey(message)))
        except SwarmError as fault:
            self._router.send(peer, Obeyed(False, str(fault)))

    def _obey(self, order: Order) -> str:
        if order.action in APPROVALS:
            return self._members.obey_peer(order, self._router)
        if order.action in ("move", "cancel", "remove"):
            raise UsageError(NO_QUEUE)
        return order_machines(order, self._instruct)


def order_machines(order: Order, instruct: Instruct) -> str:
    """Tell the machines of a name what a user wants; return what was done. Raises UsageError if there is none."""
    if told := instruct(order):
        return f"{count_text(told, 'machine')} called {order.target}: told to {_deed(order)}"
    kinds = "machine" if order.action in ("drain", "limit") else "book or machine"
    raise UsageError(
        f"There is no {kinds} {order.target!r} here: `e2a-swarm status` lists them. Machines of version 0.1 know no "
        "orders."
    )


def _deed(order: Order) -> str:
    return f"speak with {count_text(order.count, 'slot')} at most" if order.action == "limit" else order.action
