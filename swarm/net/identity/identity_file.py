"""The file in which a machine keeps its membership: what it holds, and how several processes share it.

Each change is united with what the disk has by then, under a lock.
"""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct, structs
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

from swarm.errors import StoreError
from swarm.net.identity import membership
from swarm.net.identity.membership import Membership
from swarm.net.identity.swarm_key import KEY_FILE, SwarmKey, curve_keys
from swarm.system.disk import LOOK_S, Lock, guarded, is_on_loop, replace_file

FILE = "members.json"
MAX_FILE_BYTES = 4 * 1024 * 1024
Stamp = tuple[int, int, int]  # time of change, inode and size: many systems count time in steps of some milliseconds
UNSEEN: Stamp = (0, 0, 0)
_changing = threading.RLock()  # a thread that has it waits for no other process


InviteState = Literal["", "open", "used", "ran out", "taken back"]


class Invite(Struct, frozen=True):
    """A secret that lets one machine in, until a moment, by a server key of its own."""

    secret: bytes
    until_s: int
    used_by: bytes = b""  # the key of that machine: it may come again, if it missed the answer
    made_s: int = 0
    ended: InviteState = ""  # why it lets no machine in any more: it was used, ran out, or was taken back

    @property
    def key(self) -> SwarmKey:
        """The key by which the machine comes."""
        return SwarmKey(self.secret, is_invite=True)

    @property
    def server_key(self) -> bytes:
        """The server key at which the machine comes."""
        return server_key_of(self.key)

    @property
    def name(self) -> str:
        """What people and programs call it, which tells nothing of its code."""
        return membership.fingerprint(self.server_key)


class Applicant(Struct, frozen=True):
    """A machine that came by the code, and waits until a member approves it."""

    key: bytes
    name: str


class IdentityFile(Struct, frozen=True):
    """The file's content. `secrets` are those of all key epochs that this machine knows, in any order."""

    membership: Membership | None = None
    secrets: tuple[bytes, ...] = ()
    invites: tuple[Invite, ...] = ()  # coordinators of this machine take them
    ended_invites: tuple[Invite, ...] = ()  # coordinators tell machines that come with these why they stay out
    applicants: tuple[Applicant, ...] = ()  # they applied at coordinators of this machine
    refused: tuple[bytes, ...] = ()  # keys of machines that may wait for approval no more
    others: tuple[Membership, ...] = ()  # this machine is in them, and other owners began them for this swarm
    came_by: bytes = b""  # the server key of the invite by which this machine came, while that is its given key
    seen_s: dict[str, int] = {}  # member's key in hexadecimal digits -> when a coordinator last heard of it


class IdentityStore:
    """The file's content in memory, for the swarm whose key was given to this machine. Methods raise StoreError."""

    def __init__(self, state_dir: Path, given: SwarmKey) -> None:
        self.state_dir = state_dir
        self.given = given
        self._stamp = UNSEEN
        self._hold(IdentityFile())
        self.refresh()

    def _hold(self, kept: IdentityFile) -> None:
        # Other threads read these meanwhile: no member is ever missing for a moment.
        members = membership.members(kept.membership) if kept.membership else {}
        self.kept = kept
        self.members: Mapping[bytes, membership.Member] = members  # key -> member
        self.curve_keys = {curve_key_of(key) for key in self.members}

    def key_epochs(self) -> list[SwarmKey]:
        """Return the keys of all epochs that this machine knows, the newest last."""
        return key_epochs_of(self.kept, self.given)

    def refresh(self) -> bool:
        """Read the file again if another process changed it; tell whether that was news."""
        with _changing:  # or a thread that changes the file meanwhile writes back what was there before
            stamp, before = _stamp_of(self.state_dir), self.kept
            if stamp != self._stamp:
                self._stamp, kept = stamp, read_file(self.state_dir)
                if _is_of(kept, self.given):
                    self._hold(kept)
            return (self.kept.membership, self.kept.secrets) != (before.membership, before.secrets)

    def change(self, change: Callable[[IdentityFile], IdentityFile]) -> None:
        """Write what a function makes of the file's content of now.

        On an event loop, raises InUse while another process changes the file; threads of this one take turns.
        """
        while not self._try_change(change):
            time.sleep(LOOK_S)

    def _try_change(self, change: Callable[[IdentityFile], IdentityFile]) -> bool:
        lock = Lock(self.state_dir / "locks" / "members.lock")
        with _changing:
            if is_on_loop():
                lock.wait()
            elif not lock.try_acquire():
                return False
            try:
                self.refresh()
                kept = change(self.kept)
                secrets = tuple(sorted({*kept.secrets, *self.kept.secrets, self.given.secret}))
                self._hold(structs.replace(kept, secrets=secrets, seen_s=_of_members(kept)))
                self._write()
            finally:
                lock.release()
        return True

    def _write(self) -> None:
        path, key_path = self.state_dir / FILE, self.state_dir / KEY_FILE
        with guarded(path):
            replace_file(path, msgspec.json.encode(self.kept), mode=0o600)
            *earlier, newest = self.key_epochs()
            former = {key.code for key in (*earlier, self.given)} - {newest.code}
            if key_path.exists() and key_path.read_text("ascii", "replace").strip() in former:
                replace_file(key_path, f"{newest.code}\n".encode(), mode=0o600)  # some readers know only the key file
        self._stamp = _stamp_of(self.state_dir)


def key_epochs_of(kept: IdentityFile, given: SwarmKey) -> list[SwarmKey]:
    """Return the keys of the given one's swarm, the newest last."""
    by_server_key = {server_key_of(key): key for key in (*map(SwarmKey, kept.secrets), given)}
    server_keys = membership.server_keys(kept.membership) if kept.membership else []
    return [by_server_key[key] for key in server_keys if key in by_server_key] if _is_of(kept, given) else [given]


def _is_of(kept: IdentityFile, given: SwarmKey) -> bool:
    """Tell whether a file is of the swarm whose key, or whose invite, was given to this machine."""
    server_keys = membership.server_keys(kept.membership) if kept.membership else []
    return bool(server_keys) and server_key_of(given) in (*server_keys, kept.came_by)


@cache
def server_key_of(key: SwarmKey) -> bytes:
    """Return the server key that is derived from a swarm's key."""
    return curve_keys(key).server_public


@lru_cache(4 * membership.MAX_ADMISSIONS)
def curve_key_of(key: bytes) -> bytes:
    """Return the key of a member's connections; b"" for one that no machine can have made."""
    try:
        return bytes(VerifyKey(key).to_curve25519_public_key())
    except (CryptoError, RuntimeError):
        return b""


def read_file(state_dir: Path) -> IdentityFile:
    """Return the content of the file, nothing where there is none. Raises StoreError."""
    path = state_dir / FILE
    with guarded(path), suppress(FileNotFoundError):
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES)
        try:
            return msgspec.json.decode(data, type=IdentityFile)
        except (ValueError, RecursionError) as fault:
            raise StoreError(f"{path} is damaged ({fault}): remove it, and machines become members anew.") from fault
    return IdentityFile()


def _stamp_of(state_dir: Path) -> Stamp:
    """Return what tells the file from the one before it, also of the same moment. Raises StoreError."""
    with guarded(state_dir / FILE), suppress(FileNotFoundError):
        found = (state_dir / FILE).stat()
        return found.st_mtime_ns, found.st_ino, found.st_size
    return UNSEEN


def _of_members(kept: IdentityFile) -> dict[str, int]:
    present = {key.hex() for key in membership.members(kept.membership)} if kept.membership else set[str]()
    return {key: seen_s for key, seen_s in kept.seen_s.items() if key in present}
