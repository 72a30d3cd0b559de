"""The membership as this machine knows it: what peers tell of it, and what this machine may change in it."""

import time
from collections.abc import Mapping, Sequence

from msgspec import structs
from nacl.signing import SigningKey

from swarm.errors import EnvironmentFault
from swarm.net.identity import membership
from swarm.net.identity.identity_file import IdentityFile, IdentityStore, server_key_of
from swarm.net.identity.key_epochs import KeyEpochs
from swarm.net.identity.keys import OWNER_KEY, obtain_seed, read_seed
from swarm.net.identity.membership import BadMembership, Membership, OtherMembership
from swarm.net.identity.swarm_key import SwarmKey, make_key

MAX_OTHERS = 3  # memberships of other owners, the first ones
REMOVED = (
    "This machine was removed from the swarm by {}: `e2a-swarm join CODE --replace`, with the code that "
    "`e2a-swarm key` shows there now, makes it a new member."
)


class LocalMembership:
    """Who is in the swarm, as far as the file of a machine tells. Methods raise StoreError."""

    def __init__(self, store: IdentityStore, own: SigningKey, key_epochs: KeyEpochs) -> None:
        self._store = store
        self._own = own
        self._card = bytes(own.verify_key)
        self._key_epochs = key_epochs

    # --- what it says

    @property
    def known(self) -> Membership | None:
        """The membership, None before a coordinator told of it."""
        return self._store.kept.membership

    @property
    def members(self) -> Mapping[bytes, membership.Member]:
        """The members by key."""
        return self._store.members

    @property
    def others(self) -> Sequence[Membership]:
        """What other owners began for this swarm, and this one could give its own membership up for."""
        return self._store.kept.others

    @property
    def seen_s(self) -> Mapping[str, int]:
        """When each member was last heard of, as far as this machine knows."""
        return self._store.kept.seen_s

    @property
    def is_member(self) -> bool:
        """Whether this machine is a member by its own key."""
        return self._card in self.members

    @property
    def was_removed(self) -> bool:
        """Whether the owner removed this machine."""
        return bool(self.known and membership.removed(self.known, self._card))

    def check_in(self) -> None:
        """Raise EnvironmentFault if the owner removed this machine: no coordinator of the swarm lets it in."""
        if self.was_removed:
            raise EnvironmentFault(REMOVED.format(self.owners_name()))

    def lets_in(self, curve_key: bytes) -> bool:
        """Tell whether the key of a connection is a member's own."""
        return curve_key in self._store.curve_keys

    def owners_name(self) -> str:
        """Return the name of the machine that began the membership."""
        owner = self.members.get(self.known.founding.machine) if self.known else None
        return owner.name if owner else "the machine whose coordinator the others met first"

    @property
    def owner(self) -> SigningKey | None:
        """The owner's key, on a machine that has it."""
        path = self._store.state_dir / OWNER_KEY
        owner = read_seed(path) if path.exists() else None
        ours = owner and self.known and bytes(owner.verify_key) == self.known.founding.owner
        return owner if ours else None

    # --- what peers tell

    def take_membership(self, theirs: Membership, sealed: bytes = b"") -> bool:
        """Take in a membership that a peer told, and the sealed secret of its key epoch. Tell whether that was news.

        Raises BadMembership, and StoreError. Raises OtherMembership for that of another owner, which is kept aside.
        """
        before = self._store.kept
        try:
            known = membership.union(self.known, theirs) if self.known else _adopted(theirs)
        except OtherMembership:
            self._note_other(theirs)
            raise
        secrets = {*before.secrets, self._key_epochs.open_sealed(sealed, known)} - {b""}
        came_by = self._came_by(known, secrets)
        if (known, secrets, came_by) != (before.membership, {*before.secrets}, before.came_by):
            self._change(known, secrets=tuple(secrets), came_by=came_by)
        return self._store.kept != before

    def _came_by(self, known: Membership, secrets: set[bytes]) -> bytes:
        """Return the server key of the invite by which this machine comes, b"" for none.

        Raises BadMembership where neither the key of this machine is of that swarm, nor a secret that came with it.
        """
        server_keys, came_by = membership.server_keys(known), self._store.kept.came_by
        given = server_key_of(self._store.given)
        if given in (*server_keys, came_by):
            return came_by
        if not any(server_key_of(SwarmKey(secret)) in server_keys for secret in secrets):
            raise BadMembership("it is the membership of another swarm")
        return given

    def _note_other(self, theirs: Membership) -> None:
        """Keep the membership of another owner, if this machine is an owner too, and a member there.

        Raises BadMembership, StoreError.
        """
        before = next((each for each in self.others if each.founding == theirs.founding), None)
        if not self.owner or (before is None and len(self.others) >= MAX_OTHERS):
            return
        other = membership.union(before, theirs) if before else _adopted(theirs)
        if other != before and self._card in membership.members(other):
            rest = tuple(each for each in self.others if each != before)
            self._store.change(lambda kept: structs.replace(kept, others=(*rest, other)))

    # --- what this machine changes

    def found(self, name: str) -> None:
        """Begin the membership of this swarm, with this machine as its owner and its first member."""
        owner = obtain_seed(self._store.state_dir / OWNER_KEY)
        known = membership.found(owner, server_key_of(self._key_epochs.newest), self._card)
        known = membership.admit(known, self._card, name, int(time.time()), owner)
        self._store.change(lambda kept: structs.replace(kept, membership=kept.membership or known))

    def admit(self, key: bytes, name: str) -> bool:
        """Make a machine a member, if this one may; tell whether it is one. Raises BadMembership if it is full."""
        if self.known is None or key in self.members or membership.removed(self.known, key):
            return key in self.members
        signer = self.owner or (self._own if self.is_member else None)
        if signer is None:
            return False
        self._change(membership.admit(self.known, key, name, int(time.time()), signer))
        return key in self.members

    def remove_member(self, *keys: bytes) -> None:
        """Remove members, and give the swarm a new secret. Raises EnvironmentFault if this machine may not."""
        owner, ours = self._owned()
        secret = make_key()
        known = membership.remove(ours, keys, server_key_of(secret), int(time.time()), owner)
        self._change(known, secrets=(*self._store.kept.secrets, secret.secret))

    def hand_over(self, other: Membership) -> None:
        """Give this machine's membership up for another owner's. Raises BadMembership, EnvironmentFault."""
        owner, ours = self._owned()
        self._change(membership.hand_over(ours, other, owner, self._own), others=())

    @property
    def owners_key(self) -> bytes:
        """The owner's public key, b"" before a coordinator told of the membership."""
        return self.known.founding.owner if self.known else b""

    def admitters_name(self, member: membership.Member) -> str:
        """Return the name of the machine that let a member in."""
        is_known = member.admitted_by == self.owners_key or member.admitted_by in self.members
        return self.name_of(member.admitted_by) if is_known else "a machine that was removed"

    def name_of(self, key: bytes) -> str:
        """Return the name of a key's machine, with its fingerprint where others have that name."""
        if key == self.owners_key:
            return self.owners_name()
        member = self.members.get(key)
        if member is None:
            return f"a machine with the fingerprint {membership.fingerprint(key)}"
        are_twins = sum(each.name == member.name for each in self.members.values()) > 1
        return f"{member.name} ({membership.fingerprint(key)})" if are_twins else member.name

    def note_seen(self, keys: set[bytes]) -> None:
        """Keep that these members are here now."""
        now = {key.hex(): int(time.time()) for key in keys}
        self._store.change(lambda kept: structs.replace(kept, seen_s={**kept.seen_s, **now}))

    def _owned(self) -> tuple[SigningKey, Membership]:
        owner = self.owner
        if owner is None or self.known is None:
            raise EnvironmentFault(f"This machine is no owner of the swarm: run the command on {self.owners_name()}.")
        return owner, self.known

    def _change(self, known: Membership, **others: object) -> None:
        """Write a membership, united with what the file has by then, and other fields. Raises BadMembership."""

        def united(kept: IdentityFile) -> IdentityFile:
            both = membership.union(kept.membership, known) if kept.membership else known
            return structs.replace(kept, membership=both, **others)

        self._store.change(united)


def _adopted(theirs: Membership) -> Membership:
    return membership.union(Membership(theirs.founding), theirs)
