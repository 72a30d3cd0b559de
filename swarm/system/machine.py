"""The identity of this machine in the swarm, its clock, and whether its environment names a known time zone."""

import hashlib
import os
import re
import secrets
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from zoneinfo import ZoneInfo

from swarm.system.disk import guarded, replace_file

Say = Callable[[str], None]


def worker_id(state_dir: Path, name: str) -> str:
    """Return the id of the worker of that name, which stays the same after a restart. Raises StoreError.

    The nodes of a cluster share a home folder, and so this file: only the worker that made it has the id that is there.
    """
    path = state_dir / "worker-id"
    with guarded(path):
        known = path.read_bytes()[:200].decode("utf-8", "replace").split("\n", 1) if path.exists() else [""]
        if re.fullmatch("[0-9a-f]{16}", kept := known[0].strip()):
            is_ours = known[1:] in ([], [""], [name])
            return kept if is_ours else hashlib.blake2b(f"{kept}/{name}".encode(), digest_size=8).hexdigest()
        fresh = secrets.token_hex(8)
        replace_file(path, f"{fresh}\n{name}".encode())
        return fresh


def new_nonce() -> str:
    """Return 16 random hexadecimal digits that tell this process from all others."""
    return secrets.token_hex(8)


def machine_name() -> str:
    """Return the name that people know this machine by: its host name."""
    return socket.gethostname().split(".")[0][:60] or "nameless"


class Clock:
    """A clock in seconds since the epoch that never goes back while the process runs, even if the wall clock does.

    It goes on while the machine sleeps where the system has such a clock, so that a sleep is noticed.
    """

    def __init__(self) -> None:
        self._offset_s = time.time() - _running_s()

    def now(self) -> float:
        """Return the seconds since the epoch."""
        return self._offset_s + _running_s()


def _running_s() -> float:
    """Return the seconds since some moment in the past, sleeps of the machine included as far as the system tells."""
    boot_time = getattr(time, "CLOCK_BOOTTIME", None)
    if boot_time is not None:
        with suppress(OSError):  # some sandboxes lack it
            return time.clock_gettime(boot_time)
    return time.monotonic()


BY_RULE = re.compile(r"(<[+\w-]+>|[A-Za-z]{3,})[+-]?\d")  # "CET-1CEST" says all that there is to know
ALWAYS = ("", "UTC", "GMT")


def unknown_zone() -> str:
    """Return what the variable TZ says if no such time zone is known here; else ""."""
    named = os.environ.get("TZ", "").removeprefix(":")
    if named in ALWAYS or BY_RULE.match(named) or not hasattr(time, "tzset"):  # Windows has a time zone of its own
        return ""
    try:
        if named.startswith("/"):
            with Path(named).open("rb") as file:
                ZoneInfo.from_file(file)
        else:
            ZoneInfo(named)
    except (ValueError, OSError, LookupError):  # ZoneInfoNotFoundError is a LookupError
        return named
    return ""
