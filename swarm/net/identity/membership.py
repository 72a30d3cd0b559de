"""The membership of a swarm: who is in it, who was removed, and which server keys its key epochs have. Pure.

It is a union of signed entries, which machines hand to each other. A member counts if the owner or a member signed for
it, within `MAX_ADMITTED`, a removal only if the owner did. A removed key never comes back. Where two machines of a
swarm each began a membership, one of both owners may hand its own over: then the other membership is that of all. Bytes
from a peer are hostile until `read` and `union` have bounded them and checked each signature.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Annotated, TypeVar

from msgspec import Meta, Struct, msgpack, structs
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from swarm.system.text import is_like_fingerprint, plain_line

KEY_BYTES = 32
MAX_ADMISSIONS = 1000
MAX_ADMITTED = 20  # machines that come in by one whom the owner admitted, and by those that came in by it
MAX_REMOVALS = 1000
MAX_HAND_OVERS = 64
MAX_BYTES = 512 * 1024
MAX_NAME = 60  # characters
MAX_KEY_EPOCH = 2**31
FINGERPRINT_DIGITS = 16

Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Moment = Annotated[int, Meta(ge=0, lt=2**40)]  # seconds since 1970


class BadMembership(ValueError):
    """A membership that is not sound, or of another swarm; the words say why."""


class OtherMembership(BadMembership):
    """A membership that another owner began for a swarm with the same code."""


class NotAdmitted(BadMembership):
    """This machine may let no more machines in."""


class Founding(Struct, frozen=True, array_like=True):
    """The owner began a membership on a machine; `server_key` is the swarm's first one."""

    owner: Key
    server_key: Key
    machine: Key
    signature: Signature = bytes(64)


class Member(Struct, frozen=True, array_like=True):
    """A machine was admitted: `by` is the owner's key, or that of a member.

    Where the owner vouched for it later, `first_by` is the key of the member that had admitted it.
    """

    key: Key
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    since_s: Moment
    by: Key
    first_by: Annotated[bytes, Meta(max_length=KEY_BYTES)] = b""
    signature: Signature = bytes(64)

    @property
    def admitted_by(self) -> bytes:
        """The key that let it in."""
        return self.first_by or self.by


class Removal(Struct, frozen=True, array_like=True):
    """The owner removed a member, and began the next key epoch with a new `server_key`."""

    key: Key
    key_epoch: Annotated[int, Meta(ge=1, lt=MAX_KEY_EPOCH)]
    server_key: Key
    at_s: Moment
    signature: Signature = bytes(64)


class HandOver(Struct, frozen=True, array_like=True):
    """The owner of a membership gave it up for another one of the same code."""

    given_up: Founding
    joined: Founding
    signature: Signature = bytes(64)


class Membership(Struct, frozen=True, array_like=True):
    """All entries, each list sorted, so that machines that know the same have the same bytes."""

    founding: Founding
    admissions: Annotated[tuple[Member, ...], Meta(max_length=MAX_ADMISSIONS)] = ()
    removals: Annotated[tuple[Removal, ...], Meta(max_length=MAX_REMOVALS)] = ()
    hand_overs: Annotated[tuple[HandOver, ...], Meta(max_length=MAX_HAND_OVERS)] = ()


Entry = Founding | Member | Removal | HandOver
AnyEntry = TypeVar("AnyEntry", Founding, Member, Removal, HandOver)
_DECODER = msgpack.Decoder(Membership)


def fingerprint(key: bytes) -> str:
    """Return the digits by which people compare a member's key."""
    return key.hex()[:FINGERPRINT_DIGITS]


def found(owner: SigningKey, server_key: bytes, machine: bytes) -> Membership:
    """Begin the membership of a swarm that has a server key, on a machine."""
    return Membership(sign(Founding(bytes(owner.verify_key), server_key, machine), owner))


def admit(known: Membership, key: bytes, name: str, since_s: int, signer: SigningKey) -> Membership:
    """Return the membership with one more member. Raises BadMembership if it is full, or if the signer may not."""
    admission, present = Member(key, plain_line(name)[:MAX_NAME], since_s, bytes(signer.verify_key)), members(known)
    by_owner = admission.by == known.founding.owner
    if not by_owner and key not in present and len(admitted(present, _root(present, admission.by))) >= MAX_ADMITTED:
        raise NotAdmitted(f"{MAX_ADMITTED} machines came in by one member, which is the most: the owner admits more")
    check([admission := sign(admission, signer)], known.founding)
    return _arranged(known.founding, (*known.admissions, admission), known.removals, known.hand_overs)


def remove(known: Membership, keys: Collection[bytes], server_key: bytes, at_s: int, owner: SigningKey) -> Membership:
    """Return the membership without some members, and with a new key epoch. Raises BadMembership.

    The owner vouches for all other members, so that none leaves with the one who admitted it.
    """
    by = known.founding.owner
    others = [each for member, each in members(known).items() if member not in keys and each.by != by]
    vouched = [sign(structs.replace(each, by=by, first_by=each.by), owner) for each in others]
    removals = [sign(Removal(key, key_epoch(known) + 1, server_key, at_s), owner) for key in keys]
    return _arranged(known.founding, (*known.admissions, *vouched), (*known.removals, *removals), known.hand_overs)


def hand_over(known: Membership, other: Membership, owner: SigningKey, machine: SigningKey) -> Membership:
    """Return the other membership, for which the owner gives up the known one. Raises BadMembership.

    `machine` is a member of the other one, and admits the members of the known one there; those beyond `MAX_ADMITTED`
    come anew by the code. An owner that removed a member hands over no more: the removal would count no more either.
    """
    present = members(other)
    if known.removals:
        raise BadMembership("a machine was removed from the list that would be given up")
    if bytes(machine.verify_key) not in present:
        raise BadMembership("this machine is not in the other list yet")
    anew = [
        sign(Member(key, each.name, each.since_s, bytes(machine.verify_key)), machine)
        for key, each in members(known).items()
        if key not in present
    ][: MAX_ADMITTED - len(admitted(present, _root(present, bytes(machine.verify_key))))]
    step = sign(HandOver(known.founding, other.founding), owner)
    hand_overs = (*known.hand_overs, *other.hand_overs, step)
    return _arranged(other.founding, (*other.admissions, *anew), other.removals, hand_overs)


def union(ours: Membership, theirs: Membership) -> Membership:
    """Return what either knows; of a membership that was given up nothing is left but the hand-over.

    Raises BadMembership if theirs has a signature that does not fit or another owner, OtherMembership for the latter
    if it began with the same code.
    """
    if ours == theirs:
        return ours
    check(set(theirs.hand_overs) - set(ours.hand_overs), theirs.founding)
    hand_overs = (*ours.hand_overs, *theirs.hand_overs)
    founding = _leading(ours.founding, hand_overs)
    valid = [each for each in (ours, theirs) if each.founding == founding]
    if not valid or _leading(theirs.founding, hand_overs) != founding:
        same_code = theirs.founding.server_key == ours.founding.server_key
        raise (OtherMembership if same_code else BadMembership)("it is the membership of another swarm")
    if any(each.removals for each in (ours, theirs) if each not in valid):
        raise BadMembership("it was given up, although a machine had been removed from it")
    if theirs in valid:
        known = ours if ours in valid else Membership(founding)
        check(set(theirs.admissions) - set(known.admissions), founding)
        check(set(theirs.removals) - set(known.removals), founding)
    admissions = [entry for each in valid for entry in each.admissions]
    return _arranged(founding, admissions, [entry for each in valid for entry in each.removals], hand_overs)


def members(known: Membership) -> dict[bytes, Member]:
    """Return the members by key: those that the owner admitted, and those that members admitted within their bound."""
    gone = {removal.key for removal in known.removals}
    by_signer = defaultdict[bytes, list[Member]](list)
    for admission in sorted(known.admissions, key=lambda each: (each.since_s, each.key, each.signature)):
        if admission.key not in gone:
            by_signer[admission.by].append(admission)
    found_members = dict[bytes, Member]()
    for admission in by_signer[known.founding.owner]:
        found_members.setdefault(admission.key, admission)
    count = Counter(_root(found_members, each.first_by) for each in found_members.values() if each.first_by)
    signers = list(found_members)
    for signer in signers:
        root = _root(found_members, signer)
        for admission in by_signer[signer]:
            if admission.key not in found_members and count[root] < MAX_ADMITTED:
                count[root] += 1
                found_members[admission.key] = admission
                signers.append(admission.key)
    return found_members


def _root(present: Mapping[bytes, Member], key: bytes) -> bytes:
    """Return the member that the owner itself admitted, or that is gone, by which a member came in."""
    path = [key]
    while (member := present.get(path[-1])) and member.admitted_by in present and member.admitted_by not in path:
        path.append(member.admitted_by)
    gone = member.first_by if member and member.first_by not in present else b""
    return gone or path[-1]


def admitted(present: Mapping[bytes, Member], key: bytes) -> set[bytes]:
    """Return the members that came in by a key, and by those that came in by it."""
    came, newest = set[bytes](), {key}
    while newest := {each.key for each in present.values() if each.admitted_by in newest} - came - {key}:
        came |= newest
    return came


def removed(known: Membership, key: bytes) -> Removal | None:
    """Return the removal of a key, if it was removed."""
    return next((removal for removal in known.removals if removal.key == key), None)


def key_epoch(known: Membership) -> int:
    """Return the number of the present key epoch; 0 before the first removal."""
    return max((removal.key_epoch for removal in known.removals), default=0)


def server_keys(known: Membership) -> list[bytes]:
    """Return the server keys of all key epochs, the present one last."""
    later = sorted({(removal.key_epoch, removal.server_key) for removal in known.removals})
    return [known.founding.server_key, *(server_key for _, server_key in later)]


def write(known: Membership) -> bytes:
    """Return a membership as bytes."""
    return msgpack.encode(known)


def read(data: bytes) -> Membership:
    """Return the membership in bytes, its bounds and its founding checked. Raises BadMembership."""
    if len(data) > MAX_BYTES:
        raise BadMembership("it is too large")
    try:
        known = _DECODER.decode(data)
    except (ValueError, RecursionError) as fault:
        raise BadMembership(f"it cannot be read: {fault}") from fault
    check([known.founding], known.founding)
    return known


def check(entries: Iterable[Entry], founding: Founding) -> None:
    """Raise BadMembership unless each entry is signed by the one who may, and its text is plain."""
    for entry in entries:
        if isinstance(entry, Member) and plain_line(entry.name) != entry.name:
            raise BadMembership("a name in it could steer a terminal")
        if isinstance(entry, Member) and is_like_fingerprint(entry.name):
            raise BadMembership(f"the name {entry.name} looks like a fingerprint")
        if isinstance(entry, Member) and entry.first_by and entry.by != founding.owner:
            raise BadMembership("a member vouches for another one, as only the owner does")
        signer = entry.by if isinstance(entry, Member) else founding.owner
        if isinstance(entry, HandOver):
            signer = entry.given_up.owner
            check([entry.given_up], entry.given_up)
            check([entry.joined], entry.joined)
        try:
            VerifyKey(signer).verify(_signed(entry), entry.signature)
        except (CryptoError, ValueError, TypeError) as fault:
            raise BadMembership("a signature in it does not fit") from fault


def sign(entry: AnyEntry, signer: SigningKey) -> AnyEntry:
    """Return an entry with its signature."""
    return structs.replace(entry, signature=signer.sign(_signed(entry)).signature)


def _signed(entry: Entry) -> bytes:
    """Return the bytes of an entry that its signature is over: its kind, and all fields but the signature."""
    fields = structs.astuple(entry)[:-1]
    return b"e2a-swarm 1 " + type(entry).__name__.encode() + msgpack.encode(fields)


def _following(hand_overs: Iterable[HandOver]) -> dict[Founding, HandOver]:
    """Return how each membership was given up; of several by one owner the same one everywhere."""
    return {each.given_up: each for each in sorted(set(hand_overs), key=msgpack.encode, reverse=True)}


def _leading(founding: Founding, hand_overs: Iterable[HandOver]) -> Founding:
    """Return the founding that counts for those who had this one.

    Of owners that handed over to each other, one goes on.
    """
    following, path = _following(hand_overs), [founding]
    while step := following.get(path[-1]):
        if step.joined in path:
            return min(path[path.index(step.joined) :], key=msgpack.encode)
        path.append(step.joined)
    return path[-1]


def _arranged(
    founding: Founding, admissions: Iterable[Member], removals: Iterable[Removal], hand_overs: Iterable[HandOver] = ()
) -> Membership:
    """Return the entries that count, in their order. Raises BadMembership if they are too many.

    Where the owner admitted a member, its other admissions are left out. Hand-overs are kept that lead here.
    """
    all_steps = _following(hand_overs)
    leading = [each for each in all_steps.values() if _leading(each.given_up, all_steps.values()) == founding]
    gone = set(removals)
    by_member = defaultdict[bytes, set[Member]](set)
    for admission in admissions:
        by_member[admission.key].add(admission)
    kept = [admission for each in by_member.values() for admission in _best(each, founding.owner)]
    entries = Membership(founding, _sorted(kept), _sorted(gone), _sorted(leading)[:MAX_HAND_OVERS])
    present = members(entries)
    counting = tuple(each for each in entries.admissions if each.key in present and _counts(each, present, founding))
    if len(counting) > MAX_ADMISSIONS:
        counting = tuple(each for each in counting if present[each.key] == each)  # several members may admit one
    if len(counting) > MAX_ADMISSIONS or len(gone) > MAX_REMOVALS:
        raise BadMembership("it has too many entries")
    return structs.replace(entries, admissions=counting)


def _sorted(entries: Iterable[AnyEntry]) -> tuple[AnyEntry, ...]:
    return tuple(sorted(entries, key=msgpack.encode))


def _best(admissions: set[Member], owner: bytes) -> set[Member]:
    vouched = [each for each in admissions if each.by == owner]
    return {min(vouched, key=lambda each: (each.since_s, each.signature))} if vouched else admissions


def _counts(admission: Member, present: dict[bytes, Member], founding: Founding) -> bool:
    return admission.by == founding.owner or admission.by in present
