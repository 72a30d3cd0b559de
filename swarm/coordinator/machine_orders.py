"""The orders about machines and members that users of any machine of the swarm may give a coordinator."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from msgspec import Struct, structs
from nacl.signing import SigningKey

from swarm.errors import EnvironmentFault, NotThere, SwarmError, UsageError
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.file_transfer import Piece
from swarm.lease.member_message import (
    MAX_RUNS,
    OF_MACHINES,
    ApplicantRow,
    BadOrder,
    NewBook,
    Obeyed,
    Order,
    OrderGate,
    sign_order,
)
from swarm.lease.message import StatusReply, meant
from swarm.net.addresses import full_code
from swarm.net.identity.identity import Identity
from swarm.net.identity.identity_file import Applicant
from swarm.net.identity.keys import OWN_KEY, load_key, no_key, obtain_seed
from swarm.net.identity.membership import BadMembership, Member, Membership, admitted, fingerprint, members
from swarm.net.transport import RouterSocket
from swarm.system.machine import machine_name, new_nonce
from swarm.system.text import count_text, duration_text, is_like_fingerprint

APPROVALS = ("approve", "refuse")
ALL = "all"  # names all open invites
MIN_INVITE_S, MAX_INVITE_S = 60, 7 * 86_400
NO_MEMBERS = "With --open nobody is a member: all machines of this network may come in."
NO_OWN_KEY = (
    "Only a member gives orders or lets another machine in, and this one is none yet: `e2a-swarm work` makes it one "
    "when it meets a coordinator."
)
ROLES = (  # who may order what: docs/security.md and the page show this table
    ("a user of", "a book of the queue", "a machine", "a machine that waits", "a member"),
    ("the owner's machine", "every one", "every one", "approves, refuses", "removes"),
    ("the coordinator's machine, its page, programs with its token", "every one", "its own", "approves, refuses", "-"),
    ("another member", "those that it added", "its own", "approves, refuses", "-"),
    ("a machine with the code alone", "none", "none", "-", "-"),
)
Named = TypeVar("Named", Member, Applicant)


class MemberRow(Struct, frozen=True):
    """A member as people see it."""

    name: str
    since_s: int
    seen_s: int | None  # when a coordinator of this machine last heard of it; null: never
    fingerprint: str
    admitted_by: str
    this_machine: bool
    admitted: int  # so many machines came in by it, and by those


class InviteRow(Struct, frozen=True):
    """An invite that no machine has used yet, as people see it."""

    invite: str  # the name of the invite, not its code
    made_s: int  # seconds since the epoch
    until_s: int


class OtherList(Struct, frozen=True):
    """A list of members that another owner began for the same swarm, as people see it."""

    fingerprint: str  # the owner's key has this fingerprint
    machine: str  # this machine began the list
    members: tuple[str, ...]


# Programs read these fields by the names that the API has for them.
PUBLIC = {"owner": "keeper", "is_owner": "is_keeper", "owner_fingerprint": "keeper_fingerprint"}


class MemberList(Struct, frozen=True, rename=PUBLIC):
    """Who is in the swarm, who waits, and who can remove members."""

    members: tuple[MemberRow, ...]
    waiting: tuple[ApplicantRow, ...]
    owner: str  # the name of the machine that can remove members, "" before there are any
    is_owner: bool  # whether this machine is the owner
    owner_fingerprint: str  # the owner's key is none of a machine
    others: tuple[OtherList, ...]  # this machine could give up its own list for one of these
    invites: tuple[InviteRow, ...]  # invites that are open at coordinators of this machine


class Giver(NamedTuple):
    """Who gave an order, by the key that signed it."""

    key: bytes
    name: str
    is_local: bool = False  # a user of the coordinator's own machine
    is_owner: bool = False  # a user of the machine that may remove members

    def may_change(self, book_of: str) -> bool:
        """Tell whether the user may change a book that was added by a key, "" for this coordinator's own."""
        return self.is_local or self.is_owner or self.key.hex() == book_of


class MemberAdmin:
    """Answers the page, programs and other members. With `is_open` there are no members."""

    def __init__(self, state_dir: Path, *, is_open: bool = False) -> None:
        self._state_dir = state_dir
        self.is_open = is_open
        self._identity: Identity | None = None
        self._gate = OrderGate("")
        self.local = Giver(b"", "this machine", is_local=True)  # the page and programs act as this user

    # --- who gave an order

    def giver_of(self, order: Order | NewBook, run: str) -> Giver:
        """Return who gave an order to a run of a coordinator; it counts once. Raises UsageError, StoreError."""
        if self._gate.run != run:
            self._gate = OrderGate(run)
        try:
            key = self._gate.signer_of(order)
        except BadOrder as fault:
            raise UsageError(f"This order is not obeyed: {fault}.") from fault
        owner = b"" if self.is_open else self.identity().membership.owners_key
        is_local = key in (self._own_key(), bytes(self._order_key().verify_key))
        if not (self.is_open or is_local or key == owner or key in self.identity().membership.members):
            raise UsageError(NO_OWN_KEY)
        self._gate.take(order)
        return Giver(key, self.name_of(key), is_local, key == owner)

    def sign(self, order: Order, runs: Sequence[str]) -> Order:
        """Return an order of this machine's user for workers. Raises UsageError, StoreError."""
        return sign_order(order, self._order_key(), runs[:MAX_RUNS], new_nonce())

    def may_order_all(self, giver: Giver) -> bool:
        """Tell whether a user may drain, pause or limit any machine, and not the own one alone."""
        is_begun = not self.is_open and self.identity().membership.known is not None
        return giver.is_owner or (giver.is_local and (not is_begun or self.identity().membership.owner is not None))

    def name_of(self, key: bytes) -> str:
        """Return what users are told of a key's machine. Raises UsageError, StoreError."""
        if not self.is_open:
            return self.identity().membership.name_of(key)
        return machine_name() if key == self._own_key() else f"a machine with the fingerprint {fingerprint(key)}"

    def who_may(self, *others: str) -> str:
        """Return who may do what another user may not, with some names first."""
        owner = [] if self.is_open else [f"the owner of the swarm, {self.identity().membership.owners_name()}"]
        *first, last = *others, *owner
        return f"{', '.join(first)} and {last}" if first else last

    def _own_key(self) -> bytes:
        return bytes(obtain_seed(self._state_dir / OWN_KEY).verify_key) if self.is_open else self.identity().card

    def _order_key(self) -> SigningKey:
        return obtain_seed(self._state_dir / OWN_KEY) if self.is_open else self.identity().order_key

    # --- members

    def identity(self) -> Identity:
        """Return the identity of this machine as they are now. Raises UsageError, StoreError."""
        if self.is_open:
            raise UsageError(NO_MEMBERS)
        if self._identity is None:
            self._identity = identity_of(self._state_dir)
        self._identity.refresh()
        return self._identity

    def list(self) -> MemberList:
        """Return who is in the swarm and who waits. Raises UsageError, StoreError."""
        return member_list(self.identity())

    def complete(self, reply: StatusReply) -> StatusReply:
        """Return what `e2a-swarm status` is told, with the machines that wait, unless the disk keeps them from it."""
        with suppress(SwarmError):
            return reply if self.is_open else structs.replace(reply, waiting=_waiting_rows(self.identity()))
        return reply

    def remove_member(self, name: str, *, with_admitted: bool = False) -> str:
        """Remove a member; return what was done, in words. Raises UsageError, EnvironmentFault."""
        return (
            f"{remove(self.identity(), name, with_admitted=with_admitted)}; all others get the new code by themselves"
        )

    def invite(self, for_s: float) -> tuple[str, str]:
        """Make an invite for one machine and a time; return its code, and the one with addresses.

        Raises EnvironmentFault.
        """
        key = self.identity().invite(for_s, machine_name())
        return key.code, full_code(self._state_dir, key)

    def revoke(self, invite: str) -> str:
        """Take an invite back; return what was done, in words. Raises UsageError, StoreError."""
        return revoke(self.identity(), invite)

    def obey(self, order: Order) -> str:
        """Approve or refuse a machine that waits; return what was done, in words. Raises UsageError, StoreError."""
        return (approve if order.action == "approve" else refuse)(self.identity(), order.target)


def identity_of(state_dir: Path) -> Identity:
    """Return the identity of this machine. Raises EnvironmentFault if it is in no swarm."""
    key = load_key(state_dir)
    if key is None:
        raise EnvironmentFault(no_key())
    return Identity(state_dir, key)


def member_list(identity: Identity) -> MemberList:
    """Return who is in the swarm and who waits, in the order in which members came."""
    membership = identity.membership
    rows = tuple(_row(identity, member) for member in _sorted(identity))
    return MemberList(
        members=rows,
        waiting=_waiting_rows(identity),
        owner=membership.owners_name() if rows else "",
        is_owner=membership.owner is not None,
        owner_fingerprint=fingerprint(membership.known.founding.owner) if membership.known else "",
        others=tuple(map(_other_list, membership.others)),
        invites=tuple(InviteRow(each.name, each.made_s, each.until_s) for each in identity.invites.unused),
    )


def _waiting_rows(identity: Identity) -> tuple[ApplicantRow, ...]:
    return tuple(ApplicantRow(each.name, fingerprint(each.key)) for each in identity.applicants.waiting)


def approve(identity: Identity, name: str) -> str:
    """Let a machine in that waits; return what was done, in words. Raises UsageError."""
    machine = _waiting(identity, name)
    try:
        is_in = identity.membership.admit(machine.key, machine.name)
    except BadMembership as fault:
        raise UsageError(f"{machine.name} cannot be let in: of the swarm's list of members, {fault}.") from fault
    if not is_in:
        raise UsageError(f"{machine.name} was removed, or this machine is no member yet; it cannot let it in.")
    return f"{machine.name} is a member now."


def refuse(identity: Identity, name: str) -> str:
    """Let a machine wait no longer; return what was done, in words. Raises UsageError."""
    machine = _waiting(identity, name)
    identity.applicants.refuse(machine.key)
    return f"{machine.name} is refused. Should it come in later, make an invite for it: e2a-swarm key --invite 15m"


def remove(identity: Identity, name: str, *, with_admitted: bool = False) -> str:
    """Remove a member, and those that came in by it if that is wanted; return what was done, in words.

    Raises UsageError, EnvironmentFault if this machine is no owner.
    """
    member, present = one_of(_sorted(identity), name, "There is no member"), identity.membership.members
    if member.key == identity.card:
        raise UsageError("This machine cannot remove itself: `e2a-swarm key --rotate` begins another swarm here.")
    came = sorted(admitted(present, member.key) - {identity.card})
    identity.membership.remove_member(member.key, *(came if with_admitted else ()))
    if not came:
        return f"{member.name} is removed"
    names = ", ".join(f"{present[key].name} ({fingerprint(key)})" for key in came)
    if with_admitted:
        return f"{member.name} is removed, with {count_text(len(came), 'machine')} that came in by it: {names}"
    return f"{member.name} is removed; {count_text(len(came), 'machine')} that came in by it stay: {names}"


def unite(identity: Identity, owner: str) -> str:
    """Give up this machine's list of members for another one, named by its owner; return what was done, in words.

    Raises UsageError, EnvironmentFault if this machine is no owner.
    """
    other = next((each for each in identity.membership.others if fingerprint(each.founding.owner) == owner), None)
    if other is None:
        raise UsageError(f"No other list of members has the owner {owner!r}: `e2a-swarm members` shows them.")
    try:
        identity.membership.hand_over(other)
    except BadMembership as fault:
        raise UsageError(f"The lists cannot be made one: {fault}.") from fault
    return f"The list that was begun on {_other_list(other).machine} is that of this machine and of its members now."


def revoke(identity: Identity, invite: str = ALL) -> str:
    """Take an open invite back, or all; return what was done, in words. Raises UsageError, StoreError."""
    gone = [each for each in identity.invites.unused if invite in (ALL, each.name)]
    if not gone and invite != ALL:
        raise NotThere(f"No invite {invite!r} is open: `e2a-swarm members` lists those that are.")
    identity.invites.revoke(gone)
    code = "its code lets" if len(gone) == 1 else "their codes let"
    return f"{count_text(len(gone), 'invite')} taken back: {code} nobody in" if gone else "no invite is open"


def named(machines: Sequence[Named], name: str) -> list[Named]:
    """Return the machine of a fingerprint, else those of a name; more digits of the key tell two fingerprints apart."""
    by_key = [each for each in machines if is_like_fingerprint(name) and each.key.hex().startswith(name.lower())]
    return by_key or [each for each in machines if name == each.name]


def one_of(machines: Sequence[Named], name: str, none: str) -> Named:
    """Return the machine of a name or fingerprint. Raises UsageError."""
    found = named(machines, name)
    if not found:
        raise NotThere(f"{none} {name!r}: `e2a-swarm members` lists them.")
    if len(found) > 1:
        are_twins = len({fingerprint(each.key) for each in found}) < len(found)
        prints = ", ".join(each.key.hex() if are_twins else fingerprint(each.key) for each in found)
        raise UsageError(f"Several machines are called {name}: give the fingerprint of one, {prints}.")
    return found[0]


def seen_text(member: MemberRow, now: float) -> str:
    """Return when a coordinator of this machine last heard of a member, in words."""
    if member.this_machine or member.seen_s is None:
        return "this machine" if member.this_machine else "-"
    return f"{duration_text(max(0.0, now - member.seen_s))} ago"


def _waiting(identity: Identity, name: str) -> Applicant:
    """Return a machine that waits. Raises UsageError, which names those that do: other machines cannot list them."""
    try:
        return one_of(identity.applicants.waiting, name, "No machine waits under the name")
    except UsageError as fault:
        others = ", ".join(f"{each.name} ({fingerprint(each.key)})" for each in identity.applicants.waiting)
        raise type(fault)(f"{fault} Those that wait: {others or 'none'}.") from fault


def _other_list(other: Membership) -> OtherList:
    there = members(other)
    began = there.get(other.founding.machine)
    names = tuple(sorted(each.name for each in there.values()))
    return OtherList(fingerprint(other.founding.owner), began.name if began else "a machine that is gone", names)


def _sorted(identity: Identity) -> list[Member]:
    return sorted(identity.membership.members.values(), key=lambda member: (member.since_s, member.name))


def _row(identity: Identity, member: Member) -> MemberRow:
    return MemberRow(
        member.name,
        member.since_s,
        identity.membership.seen_s.get(member.key.hex()),
        fingerprint(member.key),
        identity.membership.admitters_name(member),
        member.key == identity.card,
        len(admitted(identity.membership.members, member.key)),
    )


NO_QUEUE = "This coordinator has no queue of books: `e2a-swarm serve` has one."
Instruct = Callable[[Order, bool], Instructed]  # tells the machines that an order is signed for, all or the user's own


class MachineOrders:
    """Answers users; `instruct` orders machines, and `status` tells of them."""

    def __init__(
        self, router: RouterSocket, instruct: Instruct, members: MemberAdmin, status: Callable[[], StatusReply]
    ) -> None:
        self._router = router
        self._instruct = instruct
        self._members = members
        self._status = status

    def answer_user(self, peer: bytes, message: Order | NewBook | Piece, frame: bytes) -> None:
        """Take in one message of a user and answer it."""
        if not isinstance(message, Order):
            self._router.send(peer, Obeyed(False, NO_QUEUE))
            return
        try:
            self._router.send(peer, Obeyed(True, self._obey(message)))
        except SwarmError as fault:
            self._router.send(peer, Obeyed(False, str(fault)))

    def _obey(self, order: Order) -> str:
        reply = self._status()
        giver = self._members.giver_of(order, reply.coordinator)
        if order.action in APPROVALS:
            return self._members.obey(order)
        machines, titles = meant(reply.workers, order.target), [job.title for job in reply.jobs]
        if not machines and order.action not in OF_MACHINES:
            is_book = order.target.casefold() in map(str.casefold, titles)
            what = f"`e2a-swarm coordinate` cannot {order.action} its book {order.target}. " if is_book else ""
            raise UsageError(f"{what}{self._what_can(order.action, reply)}")
        return order_machines(order, giver, self._instruct, self._members)

    def _what_can(self, action: str, reply: StatusReply) -> str:
        """Return what this coordinator can do in place of an order about a book."""
        names = ", ".join(dict.fromkeys(worker.name for worker in reply.workers))
        if action not in ("pause", "resume"):
            return NO_QUEUE
        here = f"Here machines can: {names}" if names else "Here machines can, and none is connected"
        return (
            f"Books of `e2a-swarm serve` can be paused and resumed. {here}. Ctrl-C on {reply.name} stops the book, and "
            "the same command goes on with it."
        )


def order_machines(order: Order, giver: Giver, instruct: Instruct, members: MemberAdmin) -> str:
    """Tell the machines of a name what a user wants; return what was done. Raises UsageError if none does it."""
    told = instruct(order, members.may_order_all(giver))
    if told.machines:
        return f"{count_text(told.machines, 'machine')} called {order.target}: told to {_deed(order)}"
    if told.denied:
        here = [f"a user of {machine_name()}, which coordinates"] if members.is_open else []
        who = members.who_may("a user of that machine itself", *here)
        raise UsageError(
            f"{told.denied} is not told to {_deed(order)}: only {who} may order that, and this order came from "
            f"{giver.name}."
        )
    kinds = "machine" if order.action in OF_MACHINES else "book or machine"
    raise NotThere(f"There is no {kinds} {order.target!r} here: `e2a-swarm status` lists them.")


def _deed(order: Order) -> str:
    return f"speak with {count_text(order.count, 'slot')} at most" if order.action == "limit" else order.action
