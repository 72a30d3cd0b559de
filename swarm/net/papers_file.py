"""The files of a machine's papers: reading and making them, and the keys of the swarm that are in them."""

from contextlib import suppress
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from nacl.signing import SigningKey

from swarm.errors import StoreError
from swarm.net import membership
from swarm.net.membership import Membership
from swarm.net.swarm_key import OPEN, SwarmKey, curve_keys, swarm_id
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
        return membership.fingerprint(door_of(SwarmKey(self.secret)))


class Applicant(Struct, frozen=True):
    """A machine that came by the code, and waits until a member approves it."""

    key: bytes
    name: str


class PapersFile(Struct, frozen=True):
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
    return generations_of(read_file(state_dir), given)[-1]


def swarm_names(state_dir: Path, key: SwarmKey | None) -> list[str]:
    """Return the public name of a key's swarm, and the former ones, the latest first. Raises StoreError."""
    if key is None:
        return [OPEN]
    return names_of(generations_of(read_file(state_dir), key))


def names_of(generations: list[SwarmKey]) -> list[str]:
    """Return the public names of a swarm by the keys of its generations, the latest first."""
    return [swarm_id(each) for each in reversed(generations)][: MAX_OLDER + 1]


def forget_papers(state_dir: Path) -> None:
    """Forget who this machine was in a swarm that it leaves: in the next one it is a new machine. Raises StoreError."""
    for name in (FILE, OWN_KEY, KEEPER_KEY):
        with guarded(state_dir / name):
            (state_dir / name).unlink(missing_ok=True)


def generations_of(kept: PapersFile, given: SwarmKey) -> list[SwarmKey]:
    """Return the keys of the given one's swarm, the newest last."""
    by_door = {door_of(key): key for key in (*map(SwarmKey, kept.secrets), given)}
    doors = membership.doors(kept.membership) if kept.membership else []
    return [by_door[door] for door in doors if door in by_door] if is_of(kept, given) else [given]


def is_of(kept: PapersFile, given: SwarmKey) -> bool:
    """Tell whether papers are of the swarm whose key, or whose invite, was given to this machine."""
    doors = membership.doors(kept.membership) if kept.membership else []
    return bool(doors) and door_of(given) in (*doors, kept.came_by)


@cache
def door_of(key: SwarmKey) -> bytes:
    """Return the server key that is derived from a swarm's key."""
    return curve_keys(key).server_public


def read_file(state_dir: Path) -> PapersFile:
    """Return the content of the file, nothing where there is none. Raises StoreError."""
    path = state_dir / FILE
    with guarded(path), suppress(FileNotFoundError):
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES)
        try:
            return msgspec.json.decode(data, type=PapersFile)
        except (ValueError, RecursionError) as fault:
            raise StoreError(f"{path} is damaged ({fault}): remove it, and machines become members anew.") from fault
    return PapersFile()


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
