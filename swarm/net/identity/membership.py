"""The membership of a swarm: who is in it, who was removed, and which keys its generations have. Pure.

It is a union of signed entries, which machines hand to each other. A member counts if the keeper or a member signed for
it, a removal only if the keeper did. A removed key never comes back. Where two machines of a swarm each began a
membership, one of both keepers may cede: then the other membership is that of all. Bytes from a peer are hostile until
`read` and `union` have bounded them and checked each signature.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Annotated, TypeVar

from msgspec import Meta, Struct, msgpack, structs
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from swarm.system.text import plain_line

KEY_BYTES = 32
MAX_ADMISSIONS = 1000
MAX_REMOVALS = 1000
MAX_CESSIONS = 64
MAX_BYTES = 512 * 1024
MAX_NAME = 60  # characters
MAX_GENERATION = 2**31
FINGERPRINT_DIGITS = 16

Key = Annotated[bytes, Meta(min_length=KEY_BYTES, max_length=KEY_BYTES)]
Signature = Annotated[bytes, Meta(min_length=64, max_length=64)]
Moment = Annotated[int, Meta(ge=0, lt=2**40)]  # seconds since 1970


class BadMembership(ValueError):
    """A membership that is not sound, or of another swarm; the words say why."""


class OtherMembership(BadMembership):
    """A membership that another keeper began for a swarm with the same code."""


class Founding(Struct, frozen=True, array_like=True):
    """The keeper began a membership on a machine; the swarm's first server key is `door`."""

    keeper: Key
    door: Key
    machine: Key
    signature: Signature = bytes(64)


class Member(Struct, frozen=True, array_like=True):
    """A machine was admitted: `by` is the keeper's key, or that of a member."""

    key: Key
    name: Annotated[str, Meta(max_length=MAX_NAME)]
    since_s: Moment
    by: Key
    signature: Signature = bytes(64)


class Removal(Struct, frozen=True, array_like=True):
    """The keeper removed a member, and gave the swarm a new server key, `door`, as its next generation."""

    key: Key
    generation: Annotated[int, Meta(ge=1, lt=MAX_GENERATION)]
    door: Key
    at_s: Moment
    signature: Signature = bytes(64)


class Cession(Struct, frozen=True, array_like=True):
    """The keeper of a membership gave it up for another one of the same code."""

    given_up: Founding
    joined: Founding
    signature: Signature = bytes(64)


class Membership(Struct, frozen=True, array_like=True):
    """All entries, each list sorted, so that machines that know the same have the same bytes."""

    founding: Founding
    admissions: Annotated[tuple[Member, ...], Meta(max_length=MAX_ADMISSIONS)] = ()
    removals: Annotated[tuple[Removal, ...], Meta(max_length=MAX_REMOVALS)] = ()
    cessions: Annotated[tuple[Cession, ...], Meta(max_length=MAX_CESSIONS)] = ()


Entry = Founding | Member | Removal | Cession
AnyEntry = TypeVar("AnyEntry", Founding, Member, Removal, Cession)
_DECODER = msgpack.Decoder(Membership)


def fingerprint(key: bytes) -> str:
    """Return the digits by which people compare a member's key."""
    return key.hex()[:FINGERPRINT_DIGITS]


def found(keeper: SigningKey, door: bytes, machine: bytes) -> Membership:
    """Begin the membership of a swarm, whose server key is `door`, on a machine."""
    return Membership(sign(Founding(bytes(keeper.verify_key), door, machine), keeper))


def admit(known: Membership, key: bytes, name: str, since_s: int, signer: SigningKey) -> Membership:
    """Return the membership with one more member. Raises BadMembership if it is full, or if the signer may not."""
    admission = Member(key, plain_line(name)[:MAX_NAME], since_s, bytes(signer.verify_key))
    return _arranged(known.founding, (*known.admissions, sign(admission, signer)), known.removals, known.cessions)


def remove(known: Membership, key: bytes, door: bytes, at_s: int, keeper: SigningKey) -> Membership:
    """Return the membership without a member, and with a new generation. Raises BadMembership.

    The keeper vouches for all other members, so that none leaves with the one who admitted it.
    """
    others = [each for member, each in members(known).items() if member != key]
    vouched = [sign(Member(each.key, each.name, each.since_s, known.founding.keeper), keeper) for each in others]
    removal = sign(Removal(key, generation(known) + 1, door, at_s), keeper)
    return _arranged(known.founding, (*known.admissions, *vouched), (*known.removals, removal), known.cessions)


def cede(known: Membership, other: Membership, keeper: SigningKey, machine: SigningKey) -> Membership:
    """Return the other membership, for which the keeper gives up the known one. Raises BadMembership.

    `machine` is a member of the other one, and admits the members of the known one there. A keeper that has removed a
    member cedes no more: the removal would count no more either.
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
    ]
    ceded = sign(Cession(known.founding, other.founding), keeper)
    cessions = (*known.cessions, *other.cessions, ceded)
    return _arranged(other.founding, (*other.admissions, *anew), other.removals, cessions)


def union(ours: Membership, theirs: Membership) -> Membership:
    """Return what either knows; of a membership that was given up nothing is left but the cession.

    Raises BadMembership if theirs has a signature that does not fit or another keeper, OtherMembership for the latter
    if it began with the same code.
    """
    if ours == theirs:
        return ours
    check(set(theirs.cessions) - set(ours.cessions), theirs.founding)
    cessions = (*ours.cessions, *theirs.cessions)
    founding = _head(ours.founding, cessions)
    valid = [each for each in (ours, theirs) if each.founding == founding]
    if not valid or _head(theirs.founding, cessions) != founding:
        same_code = theirs.founding.door == ours.founding.door
        raise (OtherMembership if same_code else BadMembership)("it is the membership of another swarm")
    if any(each.removals for each in (ours, theirs) if each not in valid):
        raise BadMembership("it was given up, although a machine had been removed from it")
    if theirs in valid:
        known = ours if ours in valid else Membership(founding)
        check(set(theirs.admissions) - set(known.admissions), founding)
        check(set(theirs.removals) - set(known.removals), founding)
    admissions = [entry for each in valid for entry in each.admissions]
    return _arranged(founding, admissions, [entry for each in valid for entry in each.removals], cessions)


def members(known: Membership) -> dict[bytes, Member]:
    """Return the members by key: those that the keeper admitted, and those that a member admitted."""
    removed = {removal.key for removal in known.removals}
    by_signer = defaultdict[bytes, list[Member]](list)
    for admission in known.admissions:
        by_signer[admission.by].append(admission)
    found_members: dict[bytes, Member] = {}
    signers = [known.founding.keeper]
    for signer in signers:
        for admission in by_signer[signer]:
            if admission.key not in found_members and admission.key not in removed:
                found_members[admission.key] = admission
                signers.append(admission.key)
    return found_members


def removed(known: Membership, key: bytes) -> Removal | None:
    """Return the removal of a key, if it was removed."""
    return next((removal for removal in known.removals if removal.key == key), None)


def generation(known: Membership) -> int:
    """Return the number of the present generation; 0 before the first removal."""
    return max((removal.generation for removal in known.removals), default=0)


def doors(known: Membership) -> list[bytes]:
    """Return the server keys of all generations, the present one last."""
    later = sorted((removal.generation, removal.door) for removal in known.removals)
    return [known.founding.door, *(door for _, door in later)]


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
        signer = entry.by if isinstance(entry, Member) else founding.keeper
        if isinstance(entry, Cession):
            signer = entry.given_up.keeper
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


def _following(cessions: Iterable[Cession]) -> dict[Founding, Cession]:
    """Return the cession of each membership that was given up; of several by one keeper the same one everywhere."""
    return {each.given_up: each for each in sorted(set(cessions), key=msgpack.encode, reverse=True)}


def _head(founding: Founding, cessions: Iterable[Cession]) -> Founding:
    """Return the founding that counts for those who had this one. Of keepers that ceded to each other, one goes on."""
    following, path = _following(cessions), [founding]
    while cession := following.get(path[-1]):
        if cession.joined in path:
            return min(path[path.index(cession.joined) :], key=msgpack.encode)
        path.append(cession.joined)
    return path[-1]


def _arranged(
    founding: Founding, admissions: Iterable[Member], removals: Iterable[Removal], cessions: Iterable[Cession] = ()
) -> Membership:
    """Return the entries that count, in their order. Raises BadMembership if they are too many.

    Where the keeper admitted a member, its other admissions are left out. Cessions are kept that lead here.
    """
    all_cessions = _following(cessions)
    leading = [each for each in all_cessions.values() if _head(each.given_up, all_cessions.values()) == founding]
    gone = set(removals)
    by_member = defaultdict[bytes, set[Member]](set)
    for admission in admissions:
        by_member[admission.key].add(admission)
    kept = [admission for each in by_member.values() for admission in _best(each, founding.keeper)]
    entries = Membership(founding, _sorted(kept), _sorted(gone), _sorted(leading)[:MAX_CESSIONS])
    present = members(entries)
    counting = tuple(each for each in entries.admissions if each.key in present and _counts(each, present, founding))
    if len(counting) > MAX_ADMISSIONS or len(gone) > MAX_REMOVALS:
        raise BadMembership("it has too many entries")
    return structs.replace(entries, admissions=counting)


def _sorted(entries: Iterable[AnyEntry]) -> tuple[AnyEntry, ...]:
    return tuple(sorted(entries, key=msgpack.encode))


def _best(admissions: set[Member], keeper: bytes) -> set[Member]:
    vouched = [each for each in admissions if each.by == keeper]
    return {min(vouched, key=lambda each: (each.since_s, each.signature))} if vouched else admissions


def _counts(admission: Member, present: dict[bytes, Member], founding: Founding) -> bool:
    return admission.by == founding.keeper or admission.by in present
