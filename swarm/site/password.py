"""The password of the page: asked for or made at the first start, and kept as a slow hash."""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from swarm.config import ENV_WEB_PASSWORD
from swarm.errors import EnvironmentFault, UsageError
from swarm.system.disk import guarded, replace_file

FILE = "web-password"
FIRST_FILE = "web-password-for-first-log-in"
CREDENTIAL = "web-password"  # systemd has it by LoadCredential=web-password:...
MIN_LENGTH, MAX_LENGTH = 8, 1000
MAX_BYTES = 4096  # the file has no more
COST = 2**15  # scrypt takes 32 MiB with it, three times, some 0.3 s
BLOCKS, TIMES = 8, 3
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # no letter here looks like another


class Password:
    """A password as its hash. `check` takes a while: call it in another thread."""

    def __init__(self, stored: str) -> None:
        self.stored = stored

    def check(self, shown: str) -> bool:
        """Tell whether a password is the right one."""
        kind, cost, blocks, times, salt, _ = self.stored.split("$")
        again = _hash(shown, int(cost), int(blocks), int(times), base64.b64decode(salt))
        return kind == "scrypt" and hmac.compare_digest(again, self.stored)


def hash_password(password: str, cost: int = 0) -> Password:
    """Return a password as a slow hash. Raises UsageError for one that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise UsageError(f"The password of the page has to have {MIN_LENGTH} letters or more.")
    return Password(_hash(password, cost or COST, BLOCKS, TIMES, secrets.token_bytes(16)))


def _hash(password: str, cost: int, blocks: int, times: int, salt: bytes) -> str:
    words = password[:MAX_LENGTH].encode(errors="surrogatepass")
    key = hashlib.scrypt(words, salt=salt, n=cost, r=blocks, p=times, maxmem=256 * 1024 * 1024, dklen=32)
    return f"scrypt${cost}${blocks}${times}${base64.b64encode(salt).decode()}${base64.b64encode(key).decode()}"


def make_password() -> str:
    """Return a new password of 20 letters in groups."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(4))


def obtain_password(state_dir: Path, note: Callable[[str], None], ask: Callable[[], str] | None = None) -> Password:
    """Return the password of a state folder; at the first time `ask` the user for it, or make one.

    A password of the environment or of systemd replaces the kept one. Raises StoreError, EnvironmentFault, UsageError.
    """
    if given := _given():
        kept = read_password(state_dir)
        return kept if kept and kept.check(given) else _keep(state_dir, given)
    if kept := read_password(state_dir):
        return kept
    if ask:
        return _keep(state_dir, ask())
    made = make_password()
    path = state_dir / FIRST_FILE
    with guarded(path):
        replace_file(path, f"{made}\n".encode(), 0o600)
    note(f"a password for the page was made: it is in {path} until somebody logs in with it")
    return _keep(state_dir, made)


def read_password(state_dir: Path) -> Password | None:
    """Return the password that a state folder keeps; None if it has none. Raises StoreError, EnvironmentFault."""
    path = state_dir / FILE
    with guarded(path):
        if not path.exists():
            return None
        text = path.read_bytes()[:MAX_BYTES].decode(errors="replace").strip()
    parts = text.split("$")
    if len(parts) != 6 or parts[0] != "scrypt" or not all(part.isdecimal() for part in parts[1:4]):
        raise EnvironmentFault(f"{path} holds no password: remove it, and start again for a new one.")
    return Password(text)


def forget_first_password(state_dir: Path) -> None:
    """Remove the file with a password that was made, since its user has it now."""
    path = state_dir / FIRST_FILE
    with guarded(path):
        path.unlink(missing_ok=True)


def _given() -> str:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    path = Path(folder) / CREDENTIAL
    if folder and path.is_file():
        return path.read_text(encoding="utf-8", errors="replace")[:MAX_LENGTH].strip()
    return os.environ.get(ENV_WEB_PASSWORD, "").strip()


def _keep(state_dir: Path, password: str) -> Password:
    hashed, path = hash_password(password), state_dir / FILE
    with guarded(path):
        replace_file(path, f"{hashed.stored}\n".encode(), 0o600)
    return hashed
