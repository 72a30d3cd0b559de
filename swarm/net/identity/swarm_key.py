"""The swarm's secret, its code, and the key pairs and the public name that are derived from it."""

import re
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from swarm.errors import EnvironmentFault

KEY_FILE = "swarm.key"
KEY_BYTES = 16
PREFIX, INVITE_PREFIX = "e2a", "e2a-invite"
DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's alphabet, in which no two digits look alike
SEPARATORS = str.maketrans("", "", " -_")
LOOKALIKES = str.maketrans("OIL", "011")
CODE_DIGITS = 28  # 128 bits of key, 12 of checksum
CHECK_BITS = 12
CHECK_PRIME = 4093  # all codes are multiples of it; one wrong digit or two swapped ones never give a multiple
OPEN = "open"  # the public name of a swarm without a key
MAX_CODE = 2000  # characters, with addresses
MAX_ADDRESSES = 8  # one coordinator has at most so many
ADDRESS = re.compile(r"[A-Za-z0-9._:-]{1,110}")


@dataclass(frozen=True)
class SwarmKey:
    """The secret of a swarm, 16 bytes. Its repr does not show it."""

    secret: bytes = field(repr=False)
    is_invite: bool = field(default=False, compare=False)
    addresses: tuple[str, ...] = field(default=(), compare=False)  # its code carried them (net/addresses.py)

    @property
    def code(self) -> str:
        """The key as people type it: `e2a-XXXX-…` or `e2a-invite-XXXX-…`, seven groups of four."""
        number = int.from_bytes(self.secret) << CHECK_BITS
        number += -number % CHECK_PRIME
        digits = "".join(DIGITS[number >> 5 * place & 31] for place in reversed(range(CODE_DIGITS)))
        return "-".join(
            [INVITE_PREFIX if self.is_invite else PREFIX, *(digits[at : at + 4] for at in range(0, CODE_DIGITS, 4))]
        )


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
    """Read a key from its code, or from a link that ends with one; case, spaces and dashes do not matter.

    After the code may come addresses, each behind a `~`. Raises EnvironmentFault, which never repeats the code.
    """
    code, *more = "".join(code[:MAX_CODE].split()).rpartition("#")[2].split("~")
    addresses = tuple(filter(None, more))
    typed, invite = code[:200].upper().translate(SEPARATORS), INVITE_PREFIX.upper().translate(SEPARATORS)
    is_invite = typed.startswith(invite)
    digits = typed.removeprefix(invite).removeprefix(PREFIX.upper()).translate(LOOKALIKES)
    if len(digits) != CODE_DIGITS:
        raise EnvironmentFault(
            f"That is not a swarm's code: it has {len(digits)} characters after `{PREFIX}-` instead of {CODE_DIGITS}; "
            "`e2a-swarm key` on a machine of the swarm shows it."
        )
    number = 0
    for digit in digits:
        if digit not in DIGITS:
            raise EnvironmentFault("That is not a swarm's code: it holds a character that no code has; copy it again.")
        number = number << 5 | DIGITS.index(digit)
    if number % CHECK_PRIME:
        raise EnvironmentFault("There is a typing error in that code: its checksum is wrong; copy it again.")
    if len(addresses) > MAX_ADDRESSES or not all(map(ADDRESS.fullmatch, addresses)):
        raise EnvironmentFault(
            f"The addresses behind that code are not understood: there are {MAX_ADDRESSES} at most. Copy it again, or "
            "leave out all from the first ~ on."
        )
    return SwarmKey((number >> CHECK_BITS).to_bytes(KEY_BYTES), is_invite, addresses)


def curve_keys(key: SwarmKey) -> CurveKeys:
    """Derive the key pairs of both roles from a swarm's key."""
    server, worker = (_derive(key, f"curve {role}", 32) for role in ("server", "worker"))
    return CurveKeys(_public(server), server, _public(worker), worker)


def swarm_id(key: SwarmKey | None) -> str:
    """Derive a swarm's public name, 16 hexadecimal digits that reveal nothing of the key; "open" without a key."""
    return _derive(key, "public name", 8).hex() if key else OPEN


def mark_key(key: SwarmKey) -> bytes:
    """Derive the key that marks the names of a swarm's announcements, which machines without the code cannot make."""
    return _derive(key, "announced names", 16)


def _derive(key: SwarmKey, purpose: str, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=f"e2a-swarm 1 {purpose}".encode()).derive(key.secret)


def _public(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()
