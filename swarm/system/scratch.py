"""A folder for files that are still being written, on the same disk as their final place."""

import shutil
import uuid
from pathlib import Path

from swarm.system.disk import guarded
from swarm.system.lock import Lock


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

    def close(self) -> None:
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
