"""What a machine keeps of its membership: its own key, who is in the swarm, and the secrets of its generations.

Several processes share the files: each change is united with what the disk has by then, under a lock.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import msgspec
from msgspec import structs
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

from swarm.errors import EnvironmentFault, StoreError
from swarm.net.identity import membership
from swarm.net.identity.keys import (
    FILE,
    KEEPER_KEY,
    MAX_OLDER,
    OWN_KEY,
    Applicant,
    IdentityFile,
    Invite,
    is_of,
    key_epochs_of,
    obtain_seed,
    read_file,
    read_seed,
    server_key_of,
    stamp_of,
)
from swarm.net.identity.membership import BadMembership, Membership, OtherMembership
from swarm.net.identity.swarm_key import KEY_BYTES, KEY_FILE, CurveKeys, SwarmKey, curve_keys, make_key
from swarm.system.disk import guarded, replace_file
from swarm.system.lock import Lock
from swarm.system.text import plain_line

MAX_INVITES = 6  # invites that no machine has used yet
MAX_LIVE_INVITES = 24
CLOCK_STEP_S = 60  # a clock may be set back so far after an invite was made
MAX_APPLICANTS = 32
MAX_OTHERS = 3  # memberships of other keepers, the first ones
MAX_REFUSED = 200  # keys that are remembered, the latest ones
SEAL_BYTES = KEY_BYTES + 48
REMOVED = (
    "This machine was removed from the swarm by {}: `e2a-swarm join CODE --replace`, with the code that "
    "`e2a-swarm key` shows there now, makes it a new member."
)


class Identity:
    """The papers of this machine, for the swarm whose key was given to it. Methods raise StoreError."""

    def __init__(self, state_dir: Path, given: SwarmKey) -> None:
        self._state_dir, self._given = state_dir, given
        self.own = obtain_seed(state_dir / OWN_KEY)
        self._stamp = 0
        self._hold(IdentityFile())
        self.refresh()

    def _hold(self, kept: IdentityFile) -> None:
        self._kept = kept
        self.members: Mapping[bytes, membership.Member] = {}  # key -> member
        if kept.membership:
            self.members = membership.members(kept.membership)
        self._curve_keys = {_curve_key(key) for key in self.members}

    # --- what they say

    @property
    def known(self) -> Membership | None:
        """The membership, None before a coordinator told of it."""
        return self._kept.membership

    @property
    def card(self) -> bytes:
        """The public key of this machine."""
        return bytes(self.own.verify_key)

    @property
    def key(self) -> SwarmKey:
        """The newest key of the swarm that this machine has."""
        return self.generations()[-1]

    def generations(self) -> list[SwarmKey]:
        """Return the keys of all generations that this machine knows, the newest last."""
        return key_epochs_of(self._kept, self._given)

    @property
    def older(self) -> list[SwarmKey]:
        """The keys of some generations before, the newest first."""
        return self.generations()[-2 : -2 - MAX_OLDER : -1]

    @property
    def invites(self) -> list[Invite]:
        """The invites whose time it is, at coordinators of this machine: a clock that is set back revives none."""
        now = time.time()
        return [each for each in self._kept.invites if each.made_s - CLOCK_STEP_S <= now < each.until_s]

    @property
    def open_invites(self) -> list[Invite]:
        """The invites that no machine has used yet."""
        return [invite for invite in self.invites if not invite.used_by]

    def lets_in(self, curve_key: bytes) -> bool:
        """Tell whether the key of a connection is a member's own."""
        return curve_key in self._curve_keys

    @property
    def is_member(self) -> bool:
        """Whether this machine is a member by its own key."""
        return self.card in self.members

    @property
    def was_removed(self) -> bool:
        """Whether the keeper removed this machine."""
        return bool(self.known and membership.removed(self.known, self.card))

    def check_in(self) -> None:
        """Raise EnvironmentFault if the keeper removed this machine: no coordinator of the swarm lets it in."""
        if self.was_removed:
            raise EnvironmentFault(REMOVED.format(self.keepers_name()))

    @property
    def is_current(self) -> bool:
        """Whether this machine has the key of the present generation."""
        return not self.known or server_key_of(self.key) == membership.doors(self.known)[-1]

    @property
    def seen_s(self) -> Mapping[str, int]:
        """When each member was last heard of, as far as this machine knows."""
        return self._kept.seen_s

    def own_curve_keys(self, key: SwarmKey) -> CurveKeys:
        """Return the keys with which this machine connects by its own key to a coordinator that has a swarm's key."""
        own = self.own.to_curve25519_private_key()
        return replace(curve_keys(key), worker_public=bytes(own.public_key), worker_secret=bytes(own))

    def keyring(self) -> list[CurveKeys]:
        """Return the keys to connect by: this machine's own if it is a member, then those of the code."""
        with suppress(StoreError):  # the papers read before serve as well
            self.refresh()
        by_code = curve_keys(self.key)
        return [self.own_curve_keys(self.key), by_code] if self.is_member else [by_code]

    @property
    def applicants(self) -> Sequence[Applicant]:
        """The machines that wait for approval at coordinators of this machine."""
        return [each for each in self._kept.applicants if each.key not in self.members]

    # --- what changes them

    def take(self, theirs: Membership, sealed: bytes = b"") -> bool:
        """Take in a membership that a peer told, and the sealed secret of its generation. Tell whether that was news.

        Raises BadMembership, and StoreError. Raises OtherMembership for that of another keeper, which is kept aside.
        """
        before = self._kept
        try:
            known = membership.union(self.known, theirs) if self.known else self._adopted(theirs)
        except OtherMembership:
            self._note_other(theirs)
            raise
        secrets = self._opened(sealed, known)
        told = known, secrets, self._came_by(known, secrets)
        if told != (before.membership, {*before.secrets}, before.came_by):
            self._change(lambda kept: _with(kept, *told))
        return self._kept != before

    def _came_by(self, known: Membership, secrets: set[bytes]) -> bytes:
        """Return the server key of the invite by which this machine comes, b"" for none.

        Raises BadMembership where neither the key of this machine is of that swarm, nor a secret that came with it.
        """
        doors, came_by = membership.doors(known), self._kept.came_by
        if server_key_of(self._given) in (*doors, came_by):
            return came_by
        if not any(server_key_of(SwarmKey(secret)) in doors for secret in secrets):
            raise BadMembership("it is the membership of another swarm")
        return server_key_of(self._given)

    @property
    def others(self) -> Sequence[Membership]:
        """What other keepers began for this swarm, and this one could give its own membership up for."""
        return self._kept.others

    def _note_other(self, theirs: Membership) -> None:
        """Keep the membership of another keeper, if this machine is a keeper too, and a member there.

        Raises BadMembership, StoreError.
        """
        before = next((each for each in self.others if each.founding == theirs.founding), None)
        if not self.keeper or (before is None and len(self.others) >= MAX_OTHERS):
            return
        other = membership.union(before, theirs) if before else self._adopted(theirs)
        if other != before and self.card in membership.members(other):
            rest = tuple(each for each in self.others if each != before)
            self._change(lambda kept: structs.replace(kept, others=(*rest, other)))

    def cede(self, other: Membership) -> None:
        """Give this machine's membership up for another keeper's. Raises BadMembership, EnvironmentFault."""
        keeper = self.keeper
        if keeper is None or self.known is None:
            raise EnvironmentFault(f"This machine is no keeper of the swarm: run the command on {self.keepers_name()}.")
        known = membership.cede(self.known, other, keeper, self.own)
        self._change(lambda kept: structs.replace(kept, membership=_united(kept, known), others=()))

    def _adopted(self, theirs: Membership) -> Membership:
        return membership.union(Membership(theirs.founding), theirs)

    def _opened(self, sealed: bytes, known: Membership) -> set[bytes]:
        """Return the secrets that are known, with a sealed one if it is of a generation that the keeper signed."""
        secrets = set(self._kept.secrets)
        if len(sealed) == SEAL_BYTES:
            with suppress(CryptoError):
                secret = SealedBox(self.own.to_curve25519_private_key()).decrypt(sealed)
                if server_key_of(SwarmKey(secret)) in membership.doors(known):
                    secrets.add(secret)
        return secrets

    def sealed_for(self, key: bytes) -> bytes:
        """Return the newest secret, so that only a member can read it; nothing for another one, or if it is old."""
        if key not in self.members or not self.is_current or not _curve_key(key):
            return b""
        return SealedBox(PublicKey(_curve_key(key))).encrypt(self.key.secret)

    def invite(self, for_s: float, name: str) -> SwarmKey:
        """Make an invite for one machine and a time; return its key. `name`: of this machine, where it is the first."""
        if self.known is None:
            self.found(name)
        if len(self.open_invites) >= MAX_INVITES or len(self.invites) >= MAX_LIVE_INVITES:
            raise EnvironmentFault(
                "Too many invites are open: take one back (`e2a-swarm key --revoke-invite`), or wait until one is used "
                "or its time is over."
            )
        made, now = make_key(), time.time()
        invite = Invite(made.secret, int(now + for_s), made_s=int(now))
        self._change(lambda kept: structs.replace(kept, invites=(*self.invites, invite)))
        return made

    def revoke(self, invites: Sequence[Invite]) -> None:
        """Take invites back: coordinators of this machine let no machine in by them any more."""
        gone = {each.secret for each in invites}

        def left(kept: IdentityFile) -> IdentityFile:
            return structs.replace(kept, invites=tuple(each for each in self.invites if each.secret not in gone))

        self._change(left)

    def use_invite(self, door: bytes, key: bytes) -> bool:
        """Let a machine use the invite that has a server key; tell whether it is the first that does, or the same."""

        def used(kept: IdentityFile) -> IdentityFile:
            invites = [
                structs.replace(each, used_by=each.used_by or key)
                if server_key_of(SwarmKey(each.secret)) == door
                else each
                for each in self.invites
            ]
            return structs.replace(kept, invites=tuple(invites))

        self._change(used)
        return any(server_key_of(SwarmKey(each.secret)) == door and each.used_by == key for each in self.invites)

    def found(self, name: str) -> None:
        """Begin the membership of this swarm, with this machine as its keeper and its first member."""
        keeper = obtain_seed(self._state_dir / KEEPER_KEY)
        known = membership.found(keeper, server_key_of(self.key), self.card)
        known = membership.admit(known, self.card, name, int(time.time()), keeper)
        self._change(lambda kept: structs.replace(kept, membership=kept.membership or known))

    def admit(self, key: bytes, name: str) -> bool:
        """Make a machine a member, if this one may; tell whether it is one. Raises BadMembership if it is full."""
        if self.known is None or key in self.members or membership.removed(self.known, key):
            return key in self.members
        signer = self.keeper or (self.own if self.is_member else None)
        if signer is None:
            return False
        known = membership.admit(self.known, key, name, int(time.time()), signer)
        self._change(lambda kept: structs.replace(kept, membership=_united(kept, known)))
        return key in self.members

    def apply(self, key: bytes, name: str) -> bool:
        """Have a machine wait for approval; tell whether it waits from now on."""
        waiting = self.applicants
        if len(waiting) >= MAX_APPLICANTS or any(each.key == key for each in waiting) or self.has_refused(key):
            return False
        applicant = Applicant(key, plain_line(name)[: membership.MAX_NAME])
        self._change(lambda kept: structs.replace(kept, applicants=(*waiting, applicant)))
        return True

    def refuse(self, key: bytes) -> None:
        """Let a machine wait for approval no more."""
        waiting = tuple(each for each in self.applicants if each.key != key)
        self._change(
            lambda kept: structs.replace(kept, applicants=waiting, refused=(*kept.refused, key)[-MAX_REFUSED:])
        )

    def has_refused(self, key: bytes) -> bool:
        """Tell whether a machine may wait for approval no more."""
        return key in self._kept.refused

    def remove(self, key: bytes) -> None:
        """Remove a member, and give the swarm a new secret. Raises EnvironmentFault if this machine may not."""
        keeper = self.keeper
        if keeper is None or self.known is None:
            raise EnvironmentFault(f"This machine is no keeper of the swarm: run the command on {self.keepers_name()}.")
        secret = make_key()
        known = membership.remove(self.known, key, server_key_of(secret), int(time.time()), keeper)
        secrets = *self._kept.secrets, secret.secret
        self._change(lambda kept: structs.replace(kept, membership=_united(kept, known), secrets=secrets))

    def keepers_name(self) -> str:
        """Return the name of the machine that began the membership."""
        keeper = self.members.get(self.known.founding.machine) if self.known else None
        return keeper.name if keeper else "the machine whose coordinator the others met first"

    @property
    def keeper(self) -> SigningKey | None:
        """The keeper's key, on a machine that has it."""
        path = self._state_dir / KEEPER_KEY
        keeper = read_seed(path) if path.exists() else None
        ours = keeper and self.known and bytes(keeper.verify_key) == self.known.founding.keeper
        return keeper if ours else None

    def note_seen(self, keys: set[bytes]) -> None:
        """Keep that these members are here now."""
        now = {key.hex(): int(time.time()) for key in keys}
        self._change(lambda kept: structs.replace(kept, seen_s={**kept.seen_s, **now}))

    # --- the file

    def refresh(self) -> bool:
        """Read the file again if another process changed it; tell whether that was news."""
        stamp, before = stamp_of(self._state_dir), self._kept
        if stamp != self._stamp:
            self._stamp, kept = stamp, read_file(self._state_dir)
            if is_of(kept, self._given):
                self._hold(kept)
        return (self._kept.membership, self._kept.secrets) != (before.membership, before.secrets)

    def _change(self, change: Callable[[IdentityFile], IdentityFile]) -> None:
        lock = Lock(self._state_dir / "locks" / "members.lock")
        lock.wait()
        try:
            self.refresh()
            kept = change(self._kept)
            secrets = tuple(sorted({*kept.secrets, *self._kept.secrets, self._given.secret}))
            self._hold(structs.replace(kept, secrets=secrets, seen_s=_of_members(kept)))
            self._write()
        finally:
            lock.release()

    def _write(self) -> None:
        path, key_path = self._state_dir / FILE, self._state_dir / KEY_FILE
        with guarded(path):
            replace_file(path, msgspec.json.encode(self._kept), mode=0o600)
            former = {key.code for key in (*self.generations()[:-1], self._given)} - {self.key.code}
            if key_path.exists() and key_path.read_text("ascii", "replace").strip() in former:
                replace_file(key_path, f"{self.key.code}\n".encode(), mode=0o600)  # some readers know only the key file
        self._stamp = stamp_of(self._state_dir)


def _with(kept: IdentityFile, known: Membership, secrets: set[bytes], came_by: bytes) -> IdentityFile:
    """Return a file's content with what a peer told. Raises BadMembership."""
    return structs.replace(kept, membership=_united(kept, known), secrets=tuple(secrets), came_by=came_by)


def _united(kept: IdentityFile, known: Membership) -> Membership:
    """Return a membership with what the file has. Raises BadMembership."""
    return membership.union(kept.membership, known) if kept.membership else known


def _of_members(kept: IdentityFile) -> dict[str, int]:
    present = {key.hex() for key in membership.members(kept.membership)} if kept.membership else set[str]()
    return {key: seen_s for key, seen_s in kept.seen_s.items() if key in present}


@lru_cache(4 * membership.MAX_ADMISSIONS)
def _curve_key(key: bytes) -> bytes:
    """Return the key of a member's connections; b"" for one that no machine can have made."""
    try:
        return bytes(VerifyKey(key).to_curve25519_public_key())
    except (CryptoError, RuntimeError):
        return b""


def keyring_of(state_dir: Path, key: SwarmKey | None) -> CurveKeys | Callable[[], Sequence[CurveKeys]] | None:
    """Return what a command connects by: the own key of a machine that has one, else the code.

    Raises EnvironmentFault on a machine that was removed.
    """
    if key is None or not (state_dir / FILE).exists():
        return curve_keys(key) if key else None
    papers = Identity(state_dir, key)
    papers.check_in()
    return papers.keyring
