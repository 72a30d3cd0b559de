"""The orders about machines and members that users of any machine of the swarm may give a coordinator."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from msgspec import Struct, structs

from swarm.errors import EnvironmentFault, NotThere, SwarmError, UsageError
from swarm.lease.coordinator.order_effects import Instructed
from swarm.lease.file_transfer import Piece
from swarm.lease.member_message import OF_MACHINES, ApplicantRow, NewBook, Obeyed, Order
from swarm.lease.message import StatusReply
from swarm.net.identity.identity import Identity
from swarm.net.identity.identity_file import Applicant
from swarm.net.identity.keys import load_key, no_key
from swarm.net.identity.membership import BadMembership, Member, Membership, admitted, fingerprint, members
from swarm.net.identity.swarm_key import SwarmKey
from swarm.net.transport import Router
from swarm.system.machine import machine_name
from swarm.system.text import count_text, duration_text, is_like_fingerprint

APPROVALS = ("approve", "refuse")
ALL = "all"  # names all open invites
MIN_INVITE_S, MAX_INVITE_S = 60, 7 * 86_400
NO_MEMBERS = "With --open nobody is a member: all machines of this network may come in."
NO_OWN_KEY = (
    "Only a member lets another machine in or refuses it, and this one is none yet: `e2a-swarm work` makes it one when "
    "it meets a coordinator."
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


class MemberAdmin:
    """Answers the page, programs and other members. With `is_open` there are no members."""

    def __init__(self, state_dir: Path, *, is_open: bool = False) -> None:
        self._state_dir = state_dir
        self.is_open = is_open
        self._identity: Identity | None = None

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

    def invite(self, for_s: float) -> SwarmKey:
        """Make an invite for one machine and a time; return its key. Raises EnvironmentFault."""
        return self.identity().invite(for_s, machine_name())

    def revoke(self, invite: str) -> str:
        """Take an invite back; return what was done, in words. Raises UsageError, StoreError."""
        return revoke(self.identity(), invite)

    def obey(self, order: Order) -> str:
        """Approve or refuse a machine that waits; return what was done, in words. Raises UsageError, StoreError."""
        return (approve if order.action == "approve" else refuse)(self.identity(), order.target)

    def obey_peer(self, order: Order, router: Router) -> str:
        """Do the same for the peer whose message came last, if it is a member by its own key."""
        if not self.is_open and router.came_by_code():
            raise UsageError(NO_OWN_KEY)
        return self.obey(order)


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
KEEP = "keep a copy of each book, until `e2a-swarm work` is started anew there"
Instruct = Callable[[Order], Instructed]  # tells the machines of a name what to do


class MachineOrders:
    """Answers users; `instruct` orders machines."""

    def __init__(self, router: Router, instruct: Instruct, members: MemberAdmin) -> None:
        self._router = router
        self._instruct = instruct
        self._members = members

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
    raise NotThere(f"There is no {kinds} {order.target!r} here: `e2a-swarm status` lists them.")


def _deed(order: Order) -> str:
    match order.action:
        case "limit":
            return f"speak with {count_text(order.count, 'slot')} at most"
        case "standby":
            return KEEP
        case "no-standby":
            return "keep no copies any more; those that it has stay there"
    return order.action
