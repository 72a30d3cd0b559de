"""The swarm's only secret: made once, carried by hand to each machine. All other keys are derived from it."""

import contextlib
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from swarm.config import ENV_CREDENTIALS, ENV_KEY, ENV_STATE
from swarm.errors import EnvironmentFault
from swarm.system.disk import guarded, replace_file
from swarm.system.lock import Lock

KEY_BYTES = 16
FILE = "swarm.key"
CREDENTIAL = "e2a-swarm.key"  # the file in a service's folder of systemd credentials
PREFIX = "e2a"
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's alphabet, in which no two digits look alike
SEPARATORS = str.maketrans("", "", " -_\t\r\n")
LOOKALIKES = str.maketrans("OIL", "011")
CODE_DIGITS = 28  # 128 bits of key, 12 of checksum
CHECK_BITS = 12
CHECK_PRIME = 4093  # all codes are multiples of it; one wrong digit or two swapped ones never give a multiple

CREDENTIAL_STORE = "/etc/credstore"  # from which systemd takes the credentials of its services
OPEN = "open"  # the public name of a swarm without a key
OPEN_WARNING = "--open: nothing is encrypted and any machine on this network may join; use it only among friends."
NO_KEY = (
    "This machine is in no swarm yet: run `e2a-swarm join CODE` with the code that the coordinator printed "
    "(`e2a-swarm key` shows it there)."
)
NO_CREDENTIAL = (
    f"This service has no key of a swarm yet: write the code that `e2a-swarm key --code` prints on the coordinator "
    f"into {CREDENTIAL_STORE}/{CREDENTIAL}, readable by root only."
)


@dataclass(frozen=True)
class SwarmKey:
    """The secret of a swarm, 16 bytes. Its repr does not show it."""

    secret: bytes = field(repr=False)

    @property
    def code(self) -> str:
        """The key as people type it: `e2a-XXXX-…`, seven groups of four."""
        number = int.from_bytes(self.secret) << CHECK_BITS
        number += -number % CHECK_PRIME
        digits = "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(CODE_DIGITS)))
        return "-".join([PREFIX, *(digits[at : at + 4] for at in range(0, CODE_DIGITS, 4))])


@dataclass(frozen=True)
class CurveKeys:
    """The key pairs of both roles, 32 bytes each key. Every member of the swarm can derive all four keys."""

    server_public: bytes
    server_secret: bytes = field(repr=False)
    worker_public: bytes
    worker_secret: bytes = field(repr=False)


def make_key() -> SwarmKey:
    """Make a new key."""
    return SwarmKey(secrets.token_bytes(KEY_BYTES))


def read_code(code: str) -> SwarmKey:
    """Read a key from its code; case, spaces and dashes do not matter.

    Raises EnvironmentFault, which never repeats the code.
    """
    digits = code[:200].upper().translate(SEPARATORS).removeprefix(PREFIX.upper()).translate(LOOKALIKES)
    if len(digits) != CODE_DIGITS:
        raise EnvironmentFault(
            f"That is not a swarm's code: it has {len(digits)} characters after `{PREFIX}-` instead of {CODE_DIGITS}."
        )
    number = 0
    for digit in digits:
        if digit not in DIGITS:
            raise EnvironmentFault("That is not a swarm's code: it holds a character that no code has; copy it again.")
        number = number << 5 | DIGITS.index(digit)
    if number % CHECK_PRIME:
        raise EnvironmentFault("There is a typing error in that code: its checksum is wrong; copy it again.")
    return SwarmKey((number >> CHECK_BITS).to_bytes(KEY_BYTES))


def key_file(state_dir: Path) -> Path:
    """Return the path of the key file."""
    return state_dir / FILE


def load_key(state_dir: Path) -> SwarmKey | None:
    """Load the key of this machine's swarm: E2A_SWARM_KEY, else a systemd credential, else the key file.

    Returns None if there is none. Raises EnvironmentFault for a key that is damaged.
    """
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
    save_key(state_dir, key)
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


def curve_keys(key: SwarmKey) -> CurveKeys:
    """Derive the key pairs of both roles from a swarm's key."""
    server, worker = (_derive(key, f"curve {role}", 32) for role in ("server", "worker"))
    return CurveKeys(_public(server), server, _public(worker), worker)


def swarm_id(key: SwarmKey | None) -> str:
    """Derive a swarm's public name, 16 hexadecimal digits that reveal nothing of the key; "open" without a key."""
    return _derive(key, "public name", 8).hex() if key else OPEN


def _read(code: str, whence: str) -> SwarmKey:
    try:
        return read_code(code)
    except EnvironmentFault as error:
        raise EnvironmentFault(f"{whence} holds no key. {error}") from error


def _derive(key: SwarmKey, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"e2a-swarm 1 {purpose}".encode()).derive(key.secret)


def _public(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
