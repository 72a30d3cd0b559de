"""Where a machine has the secrets of its swarm: its key, and the files of its identity with the keys in them.

A key is made once, carried by hand to each machine, and renewed by the owner."""

import contextlib
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from nacl.signing import SigningKey

from swarm.config import ENV_CREDENTIALS, ENV_KEY, ENV_STATE
from swarm.errors import EnvironmentFault, StoreError
from swarm.net.identity import membership
from swarm.net.identity.membership import Membership
from swarm.net.identity.swarm_key import KEY_FILE, OPEN, SwarmKey, curve_keys, make_key, read_code, swarm_id
from swarm.system.disk import guarded, replace_file
from swarm.system.lock import Lock

FILE = "members.json"
OWN_KEY, KEEPER_KEY = "machine.key", "keeper.key"
MAX_OLDER = 8  # generations before the present one; their members find back
MAX_FILE_BYTES = 4 * 1024 * 1024


class Invite(Struct, frozen=True):
    """A secret that lets one machine in, until a moment, through an entrance of its own."""

    secret: bytes
    until_s: int
    used_by: bytes = b""  # the key of that machine: it may come again, if it missed the answer
    made_s: int = 0

    @property
    def name(self) -> str:
        """What people and programs call it, which tells nothing of its code."""
        return membership.fingerprint(server_key_of(SwarmKey(self.secret)))


class Applicant(Struct, frozen=True):
    """A machine that came by the code, and waits until a member approves it."""

    key: bytes
    name: str


class IdentityFile(Struct, frozen=True):
    """The file's content. `secrets` are those of all generations that this machine knows, in any order."""

    membership: Membership | None = None
    secrets: tuple[bytes, ...] = ()
    invites: tuple[Invite, ...] = ()  # coordinators of this machine take them
    applicants: tuple[Applicant, ...] = ()  # they applied at coordinators of this machine
    refused: tuple[bytes, ...] = ()  # keys of machines that may wait for approval no more
    others: tuple[Membership, ...] = ()  # this machine is in them, and other keepers began them for this swarm
    came_by: bytes = b""  # the server key of the invite by which this machine came, while that is its given key
    seen_s: dict[str, int] = {}  # member's key in hexadecimal digits -> when a coordinator last heard of it


def newest_key(state_dir: Path, given: SwarmKey) -> SwarmKey:
    """Return the newest key of the swarm whose key was given to this machine. Raises StoreError."""
    return key_epochs_of(read_file(state_dir), given)[-1]


def swarm_names(state_dir: Path, key: SwarmKey | None) -> list[str]:
    """Return the public name of a key's swarm, and the former ones, the latest first. Raises StoreError."""
    if key is None:
        return [OPEN]
    return names_of(key_epochs_of(read_file(state_dir), key))


def names_of(generations: list[SwarmKey]) -> list[str]:
    """Return the public names of a swarm by the keys of its generations, the latest first."""
    return [swarm_id(each) for each in reversed(generations)][: MAX_OLDER + 1]


def forget_identity(state_dir: Path) -> None:
    """Forget who this machine was in a swarm that it leaves: in the next one it is a new machine. Raises StoreError."""
    for name in (FILE, OWN_KEY, KEEPER_KEY):
        with guarded(state_dir / name):
            (state_dir / name).unlink(missing_ok=True)


def key_epochs_of(kept: IdentityFile, given: SwarmKey) -> list[SwarmKey]:
    """Return the keys of the given one's swarm, the newest last."""
    by_door = {server_key_of(key): key for key in (*map(SwarmKey, kept.secrets), given)}
    doors = membership.doors(kept.membership) if kept.membership else []
    return [by_door[door] for door in doors if door in by_door] if is_of(kept, given) else [given]


def is_of(kept: IdentityFile, given: SwarmKey) -> bool:
    """Tell whether papers are of the swarm whose key, or whose invite, was given to this machine."""
    doors = membership.doors(kept.membership) if kept.membership else []
    return bool(doors) and server_key_of(given) in (*doors, kept.came_by)


@cache
def server_key_of(key: SwarmKey) -> bytes:
    """Return the server key that is derived from a swarm's key."""
    return curve_keys(key).server_public


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


def stamp_of(state_dir: Path) -> int:
    """Return when the file was changed last; 0 where there is none. Raises StoreError."""
    with guarded(state_dir / FILE), suppress(FileNotFoundError):
        return (state_dir / FILE).stat().st_mtime_ns
    return 0


def obtain_seed(path: Path) -> SigningKey:
    """Read a key of this machine, or make it. Raises StoreError."""
    if path.exists():
        return read_seed(path)
    lock = Lock(path.parent / "locks" / f"{path.name}.lock")
    lock.wait()
    try:
        if not path.exists():
            with guarded(path):
                replace_file(path, bytes(SigningKey.generate()).hex().encode() + b"\n", mode=0o600)
        return read_seed(path)
    finally:
        lock.release()


def read_seed(path: Path) -> SigningKey:
    """Read a key of this machine. Raises StoreError."""
    with guarded(path):
        text = path.read_text("ascii", "replace")[:200].strip()
    try:
        return SigningKey(bytes.fromhex(text))
    except ValueError as fault:
        raise StoreError(f"{path} is damaged: remove it, and this machine becomes a new member.") from fault


CREDENTIAL = "e2a-swarm.key"  # the file in a service's folder of systemd credentials
CREDENTIAL_STORE = "/etc/credstore"  # systemd takes its services' credentials from here
OPEN_WARNING = "--open: nothing is encrypted and any machine on this network may join; use it only among friends."
NO_KEY = (
    "This machine is in no swarm yet: run `e2a-swarm join CODE` with the code that the coordinator printed "
    "(`e2a-swarm key` shows it there)."
)
NO_CREDENTIAL = (
    f"This service has no key of a swarm yet: write the code that `e2a-swarm key --code` prints on the coordinator "
    f"into {CREDENTIAL_STORE}/{CREDENTIAL}, readable by root only."
)


def key_file(state_dir: Path) -> Path:
    """Return the path of the key file."""
    return state_dir / KEY_FILE


def load_key(state_dir: Path) -> SwarmKey | None:
    """Load the key of this machine's swarm: E2A_SWARM_KEY, else a systemd credential, else the key file.

    Where the keeper renewed that key and this machine got the new one, that is returned. Returns None if there is none.
    Raises EnvironmentFault for a key that is damaged.
    """
    given = given_key(state_dir)
    return given and newest_key(state_dir, given)


def given_key(state_dir: Path) -> SwarmKey | None:
    """Return the key that was given to this machine, renewed or not. Raises EnvironmentFault for a damaged one."""
    if code := os.environ.get(ENV_KEY):
        return _read(code, f"The environment variable {ENV_KEY}")
    credential = _credential()
    return (_key_in(credential) if credential else None) or saved_key(state_dir)


def key_place(state_dir: Path) -> str:
    """Return where `load_key` finds the key: a variable or a file."""
    if os.environ.get(ENV_KEY):
        return ENV_KEY
    credential = _credential()
    return str(credential if credential and credential.is_file() else key_file(state_dir))


def _credential() -> Path | None:
    folder = os.environ.get(ENV_CREDENTIALS)
    return Path(folder) / CREDENTIAL if folder else None


def saved_key(state_dir: Path) -> SwarmKey | None:
    """Return the key in the key file, None if there is no file. Raises EnvironmentFault for other content."""
    return _key_in(key_file(state_dir))


def _key_in(path: Path) -> SwarmKey | None:
    with guarded(path), contextlib.suppress(FileNotFoundError):
        return _read(path.read_bytes()[:200].decode("ascii", "replace"), f"The key file {path}")
    return None


def save_key(state_dir: Path, key: SwarmKey) -> None:
    """Save a key, readable by this user only, in place of an earlier one. Raises StoreError."""
    with guarded(key_file(state_dir)):
        replace_file(key_file(state_dir), f"{key.code}\n".encode(), mode=0o600)


def join_another(state_dir: Path, key: SwarmKey) -> None:
    """Leave the swarm of before for that of a key: there this is a new machine. Raises StoreError."""
    forget_identity(state_dir)
    save_key(state_dir, key)


def obtain_key(state_dir: Path) -> tuple[SwarmKey, bool]:
    """Load this machine's key, or make one. Returns the key, and whether it is new. Raises EnvironmentFault."""
    if key := load_key(state_dir):
        return key, False
    lock = Lock(state_dir / "locks" / "swarm-key.lock")
    lock.wait()  # two coordinators that start at the same time must end up in one swarm
    try:
        if key := load_key(state_dir):
            return key, False
        key = make_key()
        save_key(state_dir, key)
        return key, True
    finally:
        lock.release()


def rotate(state_dir: Path) -> SwarmKey:
    """Make and save a new key. Raises EnvironmentFault if E2A_SWARM_KEY would hide it."""
    if os.environ.get(ENV_KEY):
        raise EnvironmentFault(f"The key comes from the environment variable {ENV_KEY}; change it there instead.")
    key = make_key()
    join_another(state_dir, key)
    return key


def security(state_dir: Path, *, open: bool) -> SwarmKey | None:  # noqa: A002  (the option's own name)
    """Return the key to connect with, or None for --open. Raises EnvironmentFault if there is no key yet."""
    if open:
        return None
    key = load_key(state_dir)
    if key is None:
        raise EnvironmentFault(no_key())
    return key


def no_key() -> str:
    """Return what to do where there is no key: a system's service has its key from systemd, since it is no user."""
    return NO_CREDENTIAL if os.environ.get(ENV_STATE) else NO_KEY


def _read(code: str, whence: str) -> SwarmKey:
    try:
        return read_code(code)
    except EnvironmentFault as error:
        raise EnvironmentFault(f"{whence} holds no key. {error}") from error
