"""Who this machine is in the swarm, and what time it is."""

import re
import secrets
import socket
import time
from collections.abc import Callable
from pathlib import Path

from swarm.system.disk import guarded, replace_file

Say = Callable[[str], None]


def worker_id(state_dir: Path) -> str:
    """This machine's id as a worker, the same after a restart. Raises StoreError."""
    path = state_dir / "worker-id"
    with guarded(path):
        known = path.read_bytes()[:100].strip().decode("ascii", "replace") if path.exists() else ""
        if re.fullmatch("[0-9a-f]{16}", known):
            return known
        fresh = secrets.token_hex(8)
        replace_file(path, fresh.encode())
        return fresh


def new_nonce() -> str:
    """Tells one process from every other."""
    return secrets.token_hex(8)


def machine_name() -> str:
    """What people call this machine."""
    return socket.gethostname().split(".")[0][:60] or "nameless"


class Clock:
    """Seconds since the epoch that never go back while the process runs, whatever happens to the wall clock."""

    def __init__(self) -> None:
        self._offset_s = time.time() - time.monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self._offset_s + time.monotonic()
