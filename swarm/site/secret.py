"""What the state folder keeps of sessions: the secret that signs their cookies, and those that were ended."""

import secrets
from pathlib import Path

import msgspec

from swarm.site.session import MAX_ENDED, Sessions
from swarm.system.disk import guarded, replace_file

FILE, ENDED_FILE = "web-secret", "web-ended-sessions.json"
LENGTH = 32
MAX_BYTES = 100 * MAX_ENDED


def obtain_secret(state_dir: Path) -> bytes:
    """Return the secret of a state folder, and make it at the first time. Raises StoreError."""
    path = state_dir / FILE
    with guarded(path):
        kept = path.read_bytes()[:LENGTH] if path.is_file() else b""
        if len(kept) < LENGTH:
            kept = secrets.token_bytes(LENGTH)
            replace_file(path, kept, 0o600)
    return kept


def read_ended(state_dir: Path) -> dict[str, int]:
    """Return the sessions that were ended before their time; none if the file is damaged. Raises StoreError."""
    path = state_dir / ENDED_FILE
    with guarded(path):
        data = path.read_bytes() if path.is_file() and path.stat().st_size <= MAX_BYTES else b"{}"
    try:
        return msgspec.json.decode(data, type=dict[str, int])
    except msgspec.MsgspecError:
        return {}


def keep_ended(state_dir: Path, sessions: Sessions) -> None:
    """Write the sessions that were ended, so that a restart does not let them in again. Raises StoreError."""
    path = state_dir / ENDED_FILE
    with guarded(path):
        replace_file(path, msgspec.json.encode(sessions.ended), 0o600)
