"""A lock between processes, and a folder for files that are still being written, which goes when its process dies."""

import contextlib
import os
import shutil
import socket
import uuid
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

    def remove_lock(self) -> None:
        """Release the lock and remove its file; only its holder may do so."""
        with contextlib.suppress(OSError):  # Windows removes no file that is open
            self.path.unlink(missing_ok=True)
        self._lock.release()


class Scratch:
    """The scratch folder of one process. The folders of dead processes are removed when the next one starts."""

    def __init__(self, root: Path) -> None:
        self.folder = root / uuid.uuid4().hex
        self._guard = Lock(root / "guard")
        self._lock = Lock(self.folder.with_suffix(".lock"))
        self._guard.wait()  # otherwise another process could take this lock for dead before it is held
        try:
            with guarded(root):
                self._lock.try_acquire()
                self.folder.mkdir()
                _clear_dead(root, self.folder)
        finally:
            self._guard.release()

    def remove_scratch(self) -> None:
        """Remove the folder and its lock."""
        self._guard.wait()
        try:
            with guarded(self.folder):
                self._lock.release()
                _clear(self.folder)
        finally:
            self._guard.release()


def _clear_dead(root: Path, mine: Path) -> None:
    """Remove the folders whose lock is free; a copy of a state folder may have left the lock out."""
    for folder in {path.with_suffix("") for path in root.iterdir() if path.is_dir() or path.suffix == ".lock"}:
        lock = Lock(folder.with_suffix(".lock"))
        if folder != mine and lock.try_acquire():
            lock.release()
            _clear(folder)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".lock").unlink(missing_ok=True)
