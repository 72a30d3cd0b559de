"""What users may order of a coordinator that has no queue."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from swarm.coordinator.machine_orders import KEEP, NO_MEMBERS, NO_QUEUE, MachineOrders, MemberAdmin, approve, seen_text
from swarm.errors import UsageError
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.envelope import Message
from swarm.lease.member_message import NewBook, Obeyed, Order
from swarm.lease.message import StatusReply
from swarm.net.identity import membership, newcomers
from swarm.net.identity.keys import save_key
from swarm.net.identity.swarm_key import make_key


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


GUEST, TWIN = b"\x07" * 32, b"\x08" * 32


@pytest.fixture
def desk(tmp_path: Path) -> MemberAdmin:
    save_key(tmp_path, make_key())
    made = MemberAdmin(tmp_path)
    made.identity().membership.found("laptop")
    return made


def test_who_is_in_and_who_waits_is_told_as_it_is_now(desk: MemberAdmin, tmp_path: Path) -> None:
    MemberAdmin(tmp_path).identity().applicants.apply(
        GUEST, "guest"
    )  # the coordinator does it, too, with identity of its own
    known = desk.list()
    assert [(each.name, each.admitted_by, each.this_machine) for each in known.members] == [("laptop", "laptop", True)]
    assert [(each.name, each.fingerprint) for each in known.waiting] == [("guest", "07" * 8)]
    reply = StatusReply("c", "server", "1", 1, (), ())
    assert (
        desk.complete(reply).waiting == known.waiting
        and not MemberAdmin(tmp_path, is_open=True).complete(reply).waiting
    )
    assert MemberAdmin(tmp_path / "none").complete(reply) == reply, "without a key it is told all the same"
    assert (known.owner, known.is_owner) == ("laptop", True)
    assert seen_text(known.members[0], 0) == "this machine"


def test_a_member_approves_and_a_machine_with_the_code_alone_does_not(desk: MemberAdmin) -> None:
    desk.identity().applicants.apply(GUEST, "guest")
    with pytest.raises(UsageError, match="Only a member"):
        desk.obey_peer(Order("approve", "guest"), SimpleNamespace(came_by_code=lambda: True))  # type: ignore[arg-type]
    assert GUEST not in desk.identity().membership.members
    member = SimpleNamespace(came_by_code=lambda: False)
    with pytest.raises(UsageError, match=r"No machine waits under the name 'quest'.*guest \(0707070707070707\)"):
        desk.obey_peer(Order("approve", "quest"), member)  # type: ignore[arg-type]
    assert desk.obey_peer(Order("approve", "guest"), member) == "guest is a member now."  # type: ignore[arg-type]
    assert GUEST in desk.identity().membership.members


def test_a_machine_that_was_refused_waits_no_more_but_an_invite_still_lets_it_in(desk: MemberAdmin) -> None:
    identity = desk.identity()
    identity.applicants.apply(GUEST, "guest")
    assert "guest is refused" in desk.obey(Order("refuse", "07" * 8))
    assert not identity.applicants.apply(GUEST, "guest") and desk.list().waiting == ()
    assert identity.applicants.has_refused(GUEST) and identity.applicants.apply(TWIN, "guest")
    assert identity.membership.admit(GUEST, "guest")


def test_a_fingerprint_wins_over_names_so_that_everybody_can_be_removed_approved_and_refused(
    desk: MemberAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = desk.identity()
    with monkeypatch.context() as before:  # each is called by the other's fingerprint, as an older e2a-swarm let in
        before.setattr(membership, "is_like_fingerprint", lambda name: False)
        before.setattr(newcomers, "is_like_fingerprint", lambda name: False)
        identity.membership.admit(GUEST, "08" * 8)
        identity.membership.admit(TWIN, "07" * 8)
        identity.applicants.apply(b"\x09" * 32, "0a" * 8)
        identity.applicants.apply(b"\x0a" * 32, "09" * 8)
        assert desk.obey(Order("approve", "09" * 8)).startswith("0a0a") and b"\x09" * 32 in identity.membership.members
        assert desk.obey(Order("refuse", "0A" * 8)).startswith("0909") and not identity.applicants.waiting
        desk.remove_member("07" * 8)
        assert GUEST not in desk.identity().membership.members and TWIN in desk.identity().membership.members
    assert not identity.applicants.apply(b"\x0b" * 32, "0b" * 8), "such a name waits for nothing"
    first, second = b"\x0c" * 8 + b"1" * 24, b"\x0c" * 8 + b"2" * 24  # two keys that begin alike
    for key in (first, second):
        identity.membership.admit(key, "twin")
    with pytest.raises(UsageError, match=f"{first.hex()}.*{second.hex()}"):
        desk.remove_member("0c" * 8)
    desk.remove_member(second.hex())
    assert first in desk.identity().membership.members and second not in desk.identity().membership.members


def test_a_full_list_of_members_is_told_in_words(desk: MemberAdmin, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.identity().applicants.apply(GUEST, "guest")
    monkeypatch.setattr(membership, "MAX_ADMISSIONS", 1)
    with pytest.raises(UsageError, match=r"guest cannot be let in.*too many entries"):
        approve(desk.identity(), "guest")


def test_an_open_swarm_has_no_members(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="With --open nobody is a member"):
        MemberAdmin(tmp_path, is_open=True).list()
