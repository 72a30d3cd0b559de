"""A lock that a process holds until it lets go or dies, and that says who holds it."""

import contextlib
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from swarm.errors import StoreError
from swarm.system.disk import guarded


class Lock:
    """A lock on a file of its own. A crash releases it: the system holds it, not the file's existence."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = path.with_suffix(".owner")
        self._lock = FileLock(path)

    def acquire(self, what: str) -> None:
        """Take it, or raise StoreError that says who works on `what`."""
        if not self.try_acquire():
            raise StoreError(f"{self.holder()} is already working on {what}; wait for it or end it first.")
        with contextlib.suppress(OSError):  # a full disk: then it is not known who has it
            self._owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")

    def try_acquire(self) -> bool:
        """Take it if nobody has it. Raises StoreError where the folder cannot be written."""
        with guarded(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
        return True

    def wait(self) -> None:
        """Take it as soon as it is free: for what takes a moment only. Raises StoreError."""
        with guarded(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()

    def holder(self) -> str:
        """Who has it, as far as known."""
        try:
            return self._owner.read_text(encoding="utf-8")[:200] or "another process"
        except (OSError, UnicodeDecodeError):
            return "another process"

    def release(self) -> None:
        """Let go of it."""
        self._lock.release()
