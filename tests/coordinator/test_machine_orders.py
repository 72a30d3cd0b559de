"""What users may order of a coordinator that has no queue."""

from itertools import count
from pathlib import Path

import pytest
from nacl.signing import SigningKey

from swarm.coordinator.machine_orders import (
    NO_MEMBERS,
    NO_QUEUE,
    ROLES,
    MachineOrders,
    MemberAdmin,
    approve,
    seen_text,
)
from swarm.errors import UsageError
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.envelope import Message
from swarm.lease.member_message import Action, NewBook, Obeyed, Order, sign_order
from swarm.lease.message import JobStatus, StatusReply, WorkerStatus
from swarm.net.identity import membership, newcomers
from swarm.net.identity.identity import order_key_of
from swarm.net.identity.keys import save_key
from swarm.net.identity.swarm_key import make_key


class Outbox:
    """A stand-in for the router."""

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> bool:
        self.sent = message
        return True


class Coordinating:
    """What answers users of a coordinator of the book Moby Dick, with the machines attic and tower."""

    def __init__(self, folder: Path) -> None:
        self.outbox, self.told, self.numbers = Outbox(), list[tuple[str, bool]](), count()
        self.user = order_key_of(folder, None)
        self.workers = tuple(WorkerStatus(name, name, "cpu", (), 0.0, 0, run=name) for name in ("attic", "tower"))
        members = MemberAdmin(folder, is_open=True)
        self.desk = MachineOrders(self.outbox, self.obey, members, self.status)  # type: ignore[arg-type]

    def obey(self, order: Order, may_all: bool) -> Instructed:
        self.told.append((order.target, may_all))
        return Instructed(int(order.target == "attic"))

    def status(self) -> StatusReply:
        job = JobStatus("job", "Moby Dick", "e", "speaking", 9, 4, 0, 90, 50, 1.5, 2.5, None, ())
        return StatusReply("c", "laptop", "1", 1, (job,), self.workers)

    def say(self, order: Order | NewBook) -> Message:
        signed = sign_order(order, self.user, ["c", *(each.run for each in self.workers)], str(next(self.numbers)))
        self.desk.answer_user(b"p", signed, b"")
        return self.outbox.sent


def test_machines_are_ordered_and_books_are_refused(tmp_path: Path) -> None:
    desk = Coordinating(tmp_path)
    assert desk.say(Order("limit", "attic", 1)) == Obeyed(
        True, "1 machine called attic: told to speak with 1 slot at most"
    )
    said = desk.say(Order("drain", "cellar"))
    assert isinstance(said, Obeyed) and (said.done, "no machine 'cellar'" in said.note) == (False, True)
    assert desk.say(Order("approve", "guest")) == Obeyed(False, NO_MEMBERS)
    assert desk.say(NewBook("Emma.epub", "0" * 64, 9)) == Obeyed(False, NO_QUEUE)
    assert all(may_all for _, may_all in desk.told)
    desk.user = SigningKey(b"s" * 32)
    desk.say(Order("drain", "attic"))
    assert desk.told[-1] == ("attic", False), "another user orders the own machine alone"


@pytest.mark.parametrize("action", ["pause", "resume", "move", "cancel", "remove"])
def test_a_book_that_is_coordinated_cannot_be_ordered_and_it_is_said_what_can(action: Action, tmp_path: Path) -> None:
    said = Coordinating(tmp_path).say(Order(action, "moby dick"))
    assert isinstance(said, Obeyed) and not said.done
    assert f"`e2a-swarm coordinate` cannot {action} its book moby dick. " in said.note
    can = NO_QUEUE if action in ("move", "cancel", "remove") else "Here machines can: attic, tower. Ctrl-C on laptop"
    assert can in said.note


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
    stranger, order = SigningKey(b"s" * 32), Order("approve", "guest")
    with pytest.raises(UsageError, match="Only a member"):
        desk.giver_of(sign_order(order, stranger, ["run"], "1"), "run")
    assert GUEST not in desk.identity().membership.members
    desk.identity().membership.admit(bytes(stranger.verify_key), "tower")
    giver = desk.giver_of(sign_order(order, stranger, ["run"], "1"), "run")
    assert (giver.name, giver.is_local, giver.is_owner) == ("tower", False, False)
    with pytest.raises(UsageError, match=r"No machine waits under the name 'quest'.*guest \(0707070707070707\)"):
        desk.obey(Order("approve", "quest"))
    assert desk.obey(order) == "guest is a member now."
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


def test_the_page_and_the_docs_have_one_table_of_who_may_order_what() -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    rows = ["| " + " | ".join(role) + " |" for role in ROLES]
    assert "\n".join([rows[0], "| " + " | ".join(["---"] * 5) + " |", *rows[1:]]) in page
