"""What a machine keeps of its membership: its own key, who is in the swarm, and the secrets of its generations.

Several processes share the files: each change is united with what the disk has by then, under a lock.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import cache, lru_cache
from pathlib import Path

import msgspec
from msgspec import Struct, structs
from nacl.exceptions import CryptoError
from nacl.public import PublicKey, SealedBox
from nacl.signing import SigningKey, VerifyKey

from swarm.errors import EnvironmentFault, StoreError
from swarm.net import membership
from swarm.net.membership import BadMembership, Membership
from swarm.net.swarm_key import KEY_BYTES, KEY_FILE, OPEN, CurveKeys, SwarmKey, curve_keys, make_key, swarm_id
from swarm.system.disk import guarded, replace_file
from swarm.system.lock import Lock

FILE = "members.json"
OWN_KEY, KEEPER_KEY = "machine.key", "keeper.key"
MAX_OLDER = 8  # generations before the present one, whose members find back
MAX_FILE_BYTES = 4 * 1024 * 1024
SEAL_BYTES = KEY_BYTES + 48


class PapersFile(Struct, frozen=True):
    """The file's content. `secrets` are those of all generations that this machine knows, in any order."""

    membership: Membership | None = None
    secrets: tuple[bytes, ...] = ()
    seen_s: dict[str, int] = {}  # by a member's key in hexadecimal digits: when a coordinator last heard of it


class Papers:
    """The papers of this machine, for the swarm whose key was given to it. Methods raise StoreError."""

    def __init__(self, state_dir: Path, given: SwarmKey) -> None:
        self._state_dir, self._given = state_dir, given
        self.own = _obtain(state_dir / OWN_KEY)
        self._stamp = 0
        self._hold(PapersFile())
        self.refresh()

    def _hold(self, kept: PapersFile) -> None:
        self._kept = kept
        self.members: Mapping[bytes, membership.Member] = {}  # who is in, by key
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
        return self.keys()[-1]

    def keys(self) -> list[SwarmKey]:
        """Return the keys of all generations that this machine knows, the newest last."""
        return _keys(self._kept, self._given)

    @property
    def older(self) -> list[SwarmKey]:
        """The keys of some generations before, the newest first."""
        return self.keys()[-2 : -2 - MAX_OLDER : -1]

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

    @property
    def is_current(self) -> bool:
        """Whether this machine has the key of the present generation."""
        return not self.known or _door(self.key) == membership.doors(self.known)[-1]

    @property
    def seen_s(self) -> Mapping[str, int]:
        """When each member was last heard of, as far as this machine knows."""
        return self._kept.seen_s

    def own_curve_keys(self, key: SwarmKey) -> CurveKeys:
        """Return the keys with which this machine connects by its own key to a coordinator that has a swarm's key."""
        own = self.own.to_curve25519_private_key()
        return replace(curve_keys(key), worker_public=bytes(own.public_key), worker_secret=bytes(own))

    # --- what changes them

    def take(self, theirs: Membership, sealed: bytes = b"") -> bool:
        """Take in a membership that a peer told, and the sealed secret of its generation. Tell whether that was news.

        Raises BadMembership, and StoreError.
        """
        before = self._kept
        known = membership.union(self.known, theirs) if self.known else self._adopted(theirs)
        secret = self._opened(sealed, known)
        if known != self.known or secret - set(self._kept.secrets):
            self._change(lambda kept: structs.replace(kept, membership=_united(kept, known), secrets=tuple(secret)))
        return self._kept != before

    def _adopted(self, theirs: Membership) -> Membership:
        if _door(self._given) not in membership.doors(theirs):
            raise BadMembership("it is the membership of another swarm")
        membership.check([*theirs.admissions, *theirs.removals], theirs.founding)
        return membership.union(Membership(theirs.founding), theirs)

    def _opened(self, sealed: bytes, known: Membership) -> set[bytes]:
        """Return the secrets that are known, with a sealed one if it is of a generation that the keeper signed."""
        secrets = set(self._kept.secrets)
        if len(sealed) == SEAL_BYTES:
            with suppress(CryptoError):
                secret = SealedBox(self.own.to_curve25519_private_key()).decrypt(sealed)
                if _door(SwarmKey(secret)) in membership.doors(known):
                    secrets.add(secret)
        return secrets

    def sealed_for(self, key: bytes) -> bytes:
        """Return the newest secret, so that only a member can read it; nothing for another one, or if it is old."""
        if key not in self.members or not self.is_current or not _curve_key(key):
            return b""
        return SealedBox(PublicKey(_curve_key(key))).encrypt(self.key.secret)

    def found(self, name: str) -> None:
        """Begin the membership of this swarm, with this machine as its keeper and its first member."""
        keeper = _obtain(self._state_dir / KEEPER_KEY)
        known = membership.found(keeper, _door(self.key), self.card)
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

    def remove(self, key: bytes) -> None:
        """Remove a member, and give the swarm a new secret. Raises EnvironmentFault if this machine may not."""
        keeper = self.keeper
        if keeper is None or self.known is None:
            raise EnvironmentFault(f"This machine is no keeper of the swarm: run the command on {self.keepers_name()}.")
        secret = make_key()
        known = membership.remove(self.known, key, _door(secret), int(time.time()), keeper)
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
        keeper = _read_seed(path) if path.exists() else None
        ours = keeper and self.known and bytes(keeper.verify_key) == self.known.founding.keeper
        return keeper if ours else None

    def note_seen(self, keys: set[bytes]) -> None:
        """Keep that these members are here now."""
        now = {key.hex(): int(time.time()) for key in keys}
        self._change(lambda kept: structs.replace(kept, seen_s={**kept.seen_s, **now}))

    # --- the file

    def refresh(self) -> bool:
        """Read the file again if another process changed it; tell whether that was news."""
        stamp, before = _stamp(self._state_dir), self._kept
        if stamp != self._stamp:
            self._stamp, kept = stamp, _read_file(self._state_dir)
            if kept.membership and _door(self._given) in membership.doors(kept.membership):
                self._hold(kept)
        return (self._kept.membership, self._kept.secrets) != (before.membership, before.secrets)

    def _change(self, change: Callable[[PapersFile], PapersFile]) -> None:
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
            codes = [key.code for key in self.keys()]
            if key_path.exists() and key_path.read_text("ascii", "replace").strip() in codes[:-1]:
                replace_file(key_path, f"{codes[-1]}\n".encode(), mode=0o600)  # for what reads the key alone
        self._stamp = _stamp(self._state_dir)


def newest_key(state_dir: Path, given: SwarmKey) -> SwarmKey:
    """Return the newest key of the swarm whose key was given to this machine. Raises StoreError."""
    return _keys(_read_file(state_dir), given)[-1]


def swarm_names(state_dir: Path, key: SwarmKey | None) -> list[str]:
    """Return the public name of a key's swarm, and the former ones, the latest first. Raises StoreError."""
    if key is None:
        return [OPEN]
    return [swarm_id(each) for each in reversed(_keys(_read_file(state_dir), key))][: MAX_OLDER + 1]


def forget_papers(state_dir: Path) -> None:
    """Forget who this machine was in a swarm that it leaves: in the next one it is a new machine. Raises StoreError."""
    for name in (FILE, OWN_KEY, KEEPER_KEY):
        with guarded(state_dir / name):
            (state_dir / name).unlink(missing_ok=True)


def _keys(kept: PapersFile, given: SwarmKey) -> list[SwarmKey]:
    """Return the keys of the given one's swarm, the newest last."""
    by_door = {_door(key): key for key in (*map(SwarmKey, kept.secrets), given)}
    doors = membership.doors(kept.membership) if kept.membership else []
    return [by_door[door] for door in doors if door in by_door] if _door(given) in doors else [given]


def _united(kept: PapersFile, known: Membership) -> Membership:
    """Return a membership with what the file has. Raises BadMembership."""
    return membership.union(kept.membership, known) if kept.membership else known


def _of_members(kept: PapersFile) -> dict[str, int]:
    present = {key.hex() for key in membership.members(kept.membership)} if kept.membership else set[str]()
    return {key: seen_s for key, seen_s in kept.seen_s.items() if key in present}


@lru_cache(4 * membership.MAX_ADMISSIONS)
def _curve_key(key: bytes) -> bytes:
    """Return the key of a member's connections; b"" for one that no machine can have made."""
    try:
        return bytes(VerifyKey(key).to_curve25519_public_key())
    except (CryptoError, RuntimeError):
        return b""


@cache
def _door(key: SwarmKey) -> bytes:
    return curve_keys(key).server_public


def _read_file(state_dir: Path) -> PapersFile:
    path = state_dir / FILE
    with guarded(path), suppress(FileNotFoundError):
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES)
        try:
            return msgspec.json.decode(data, type=PapersFile)
        except (ValueError, RecursionError) as fault:
            raise StoreError(f"{path} is damaged ({fault}): remove it, and machines become members anew.") from fault
    return PapersFile()


def _stamp(state_dir: Path) -> int:
    with guarded(state_dir / FILE), suppress(FileNotFoundError):
        return (state_dir / FILE).stat().st_mtime_ns
    return 0


def _obtain(path: Path) -> SigningKey:
    """Read a key of this machine, or make it. Raises StoreError."""
    if path.exists():
        return _read_seed(path)
    lock = Lock(path.parent / "locks" / f"{path.name}.lock")
    lock.wait()
    try:
        if not path.exists():
            with guarded(path):
                replace_file(path, bytes(SigningKey.generate()).hex().encode() + b"\n", mode=0o600)
        return _read_seed(path)
    finally:
        lock.release()


def _read_seed(path: Path) -> SigningKey:
    with guarded(path):
        text = path.read_text("ascii", "replace")[:200].strip()
    try:
        return SigningKey(bytes.fromhex(text))
    except ValueError as fault:
        raise StoreError(f"{path} is damaged: remove it, and this machine becomes a new member.") from fault
