"""The orders of a coordinator without a queue: users of any machine of the swarm order its machines."""

from collections.abc import Callable

from swarm.coordinator.member_admin import APPROVALS, MemberAdmin
from swarm.errors import SwarmError, UsageError
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.file_transfer import Piece
from swarm.lease.member_message import OF_MACHINES, NewBook, Obeyed, Order
from swarm.net.transport import Router
from swarm.system.text import count_text

NO_QUEUE = "This coordinator has no queue of books: `e2a-swarm serve` has one."
KEEP = "keep a copy of each book, until `e2a-swarm work` is started anew there"
Instruct = Callable[[Order], Instructed]  # tells the machines of a name what to do


class MachineOrders:
    """Answers users; `instruct` orders machines."""

    def __init__(self, router: Router, instruct: Instruct, members: MemberAdmin) -> None:
        self._router = router
        self._instruct = instruct
        self._members = members

    def take(self, peer: bytes, message: Order | NewBook | Piece, frame: bytes) -> None:
        """Take in one message of a user and answer it."""
        if not isinstance(message, Order):
            self._router.send(peer, Obeyed(False, NO_QUEUE))
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
    """Tell the machines of a name what a user wants; return what was done. Raises UsageError if none does it."""
    told = instruct(order)
    if told.machines:
        return f"{count_text(told.machines, 'machine')} called {order.target}: told to {_deed(order)}"
    if told.refusal:
        raise UsageError(told.refusal)
    kinds = "machine" if order.action in OF_MACHINES else "book or machine"
    raise UsageError(f"There is no {kinds} {order.target!r} here: `e2a-swarm status` lists them.")


def _deed(order: Order) -> str:
    match order.action:
        case "limit":
            return f"speak with {count_text(order.count, 'slot')} at most"
        case "standby":
            return KEEP
        case "no-standby":
            return "keep no copies any more; those that it has stay there"
    return order.action
