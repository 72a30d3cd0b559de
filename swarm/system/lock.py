"""A lock between processes: held until its process releases it or dies, with the name of its holder."""

import contextlib
import os
import socket
from pathlib import Path

from filelock import FileLock, Timeout

from swarm.errors import InUse
from swarm.system.disk import guarded


class Lock:
    """A lock on a file of its own. A crash releases it, because the operating system holds the lock."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = path.with_suffix(".owner")
        self._lock = FileLock(path)

    def acquire(self, what: str, *, named: bool = True) -> None:
        """Take the lock, and write down by whom if `named`. Raises InUse, which names who works on `what`."""
        if not self.try_acquire():
            raise InUse(f"{self.holder()} is already working on {what}; wait for it or end it first.")
        if not named:
            return
        with contextlib.suppress(OSError):  # on a full disk the holder stays unnamed
            self._owner.write_text(f"process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")

    def try_acquire(self) -> bool:
        """Take the lock if it is free, and tell whether it was. Raises StoreError if the folder cannot be written."""
        with guarded(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
        return True

    def wait(self) -> None:
        """Wait until the lock is free, and take it; for short operations only. Raises StoreError."""
        with guarded(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._lock.acquire()

    def holder(self) -> str:
        """Return the name of the process that holds the lock, as far as it is known."""
        try:
            return self._owner.read_text(encoding="utf-8")[:200] or "another process"
        except (OSError, UnicodeDecodeError):
            return "another process"

    def release(self) -> None:
        """Release the lock, so that another process may take it."""
        self._lock.release()

    def remove(self) -> None:
        """Release the lock and remove its file; only its holder may do so."""
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            self.path.unlink(missing_ok=True)
        self._lock.release()
