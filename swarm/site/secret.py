"""The secret of a state folder with which the cookies of sessions are signed."""

import secrets
from pathlib import Path

from swarm.system.disk import guarded, replace_file

FILE = "web-secret"
LENGTH = 32


def obtain_secret(state_dir: Path) -> bytes:
    """Return the secret of a state folder, and make it at the first time. Raises StoreError."""
    path = state_dir / FILE
    with guarded(path):
        kept = path.read_bytes()[:LENGTH] if path.is_file() else b""
        if len(kept) < LENGTH:
            kept = secrets.token_bytes(LENGTH)
            replace_file(path, kept, 0o600)
    return kept
