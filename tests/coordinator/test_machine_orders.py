"""What users may order of a coordinator that has no queue."""

from pathlib import Path

from swarm.coordinator.machine_orders import KEEP, NO_MEMBERS, NO_QUEUE, MachineOrders, MemberAdmin
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.envelope import Message
from swarm.lease.member_message import NewBook, Obeyed, Order


class Outbox:
    """A stand-in for the router."""

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> bool:
        self.sent = message
        return True


def test_machines_are_ordered_and_books_are_refused(tmp_path: Path) -> None:
    outbox = Outbox()
    members = MemberAdmin(tmp_path, is_open=True)

    def obey(order: Order) -> Instructed:
        return Instructed(int(order.target == "attic"), "tower takes no such order." if order.target == "tower" else "")

    desk = MachineOrders(outbox, obey, members)  # type: ignore[arg-type]
    desk.answer_user(b"p", Order("limit", "attic", 1), b"")
    assert outbox.sent == Obeyed(True, "1 machine called attic: told to speak with 1 slot at most")
    desk.answer_user(b"p", Order("drain", "cellar"), b"")
    assert isinstance(outbox.sent, Obeyed)
    assert (outbox.sent.done, "no machine 'cellar'" in outbox.sent.note) == (False, True)
    desk.answer_user(b"p", Order("standby", "attic"), b"")
    assert outbox.sent == Obeyed(True, f"1 machine called attic: told to {KEEP}")
    desk.answer_user(b"p", Order("standby", "tower"), b"")
    assert outbox.sent == Obeyed(False, "tower takes no such order.")
    desk.answer_user(b"p", Order("cancel", "Emma"), b"")
    assert outbox.sent == Obeyed(False, NO_QUEUE)
    desk.answer_user(b"p", Order("approve", "guest"), b"")
    assert outbox.sent == Obeyed(False, NO_MEMBERS)
    desk.answer_user(b"p", NewBook("Emma.epub", "0" * 64, 9), b"")
    assert outbox.sent == Obeyed(False, NO_QUEUE)
