"""Where a machine has the secrets of its swarm: its key, and the files of its identity with the keys in them.

A key is made once, carried by hand to each machine, and renewed by the owner."""

import contextlib
import os
from pathlib import Path

from nacl.signing import SigningKey

from swarm.config import ENV_CREDENTIALS, ENV_KEY, ENV_STATE
from swarm.errors import EnvironmentFault, StoreError
from swarm.net.identity.identity_file import FILE, key_epochs_of, read_file
from swarm.net.identity.key_epochs import marks_of, names_of
from swarm.net.identity.swarm_key import KEY_FILE, MAX_CODE, OPEN, SwarmKey, make_key, read_code
from swarm.system.disk import START_S, Lock, guarded, replace_file

OWN_KEY = "machine.key"
OWNER_KEY = "owner.key"


def swarm_names(state_dir: Path, key: SwarmKey | None) -> list[str]:
    """Return the public name of a key's swarm, and the former ones, the latest first. Raises StoreError."""
    if key is None:
        return [OPEN]
    return names_of(key_epochs_of(read_file(state_dir), key))


def swarm_marks(state_dir: Path, key: SwarmKey | None) -> list[bytes]:
    """Return the keys that mark the announcements of a key's swarm, the latest first. Raises StoreError."""
    return marks_of(key_epochs_of(read_file(state_dir), key)) if key else []


def forget_identity(state_dir: Path) -> None:
    """Forget who this machine was in a swarm that it leaves: in the next one it is a new machine. Raises StoreError."""
    for name in (FILE, OWN_KEY, OWNER_KEY):
        with guarded(state_dir / name):
            (state_dir / name).unlink(missing_ok=True)


def obtain_seed(path: Path) -> SigningKey:
    """Read a key of this machine, or make it. Raises StoreError."""
    if path.exists():
        return read_seed(path)
    lock = Lock(path.parent / "locks" / f"{path.name}.lock")
    lock.wait(START_S)
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

    Where the owner renewed that key and this machine got the new one, that is returned. Returns None if there is none.
    Raises EnvironmentFault for a key that is damaged.
    """
    given = given_key(state_dir)
    return given and key_epochs_of(read_file(state_dir), given)[-1]


def given_key(state_dir: Path) -> SwarmKey | None:
    """Return the key that was given to this machine, renewed or not. Raises EnvironmentFault for a damaged one."""
    if code := os.environ.get(ENV_KEY, "").strip():
        return _read(code, f"The environment variable {ENV_KEY}")
    credential = _credential()
    return (_key_in(credential) if credential else None) or saved_key(state_dir)


def key_place(state_dir: Path) -> str:
    """Return where `load_key` finds the key: a variable or a file."""
    if os.environ.get(ENV_KEY, "").strip():
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
        return _read(path.read_bytes()[:MAX_CODE].decode("ascii", "replace"), f"The key file {path}")
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
    lock.wait(START_S)  # two coordinators that start at the same time must end up in one swarm
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
