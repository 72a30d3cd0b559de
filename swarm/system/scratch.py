"""A folder for what is half written, on the same disk as what it will become."""

import shutil
import uuid
from pathlib import Path

from swarm.system.disk import guarded
from swarm.system.lock import Lock


class Scratch:
    """This process's own scratch folder; those of processes that died are cleared when the next one starts."""

    def __init__(self, root: Path) -> None:
        self.folder = root / uuid.uuid4().hex
        self._guard = Lock(root / "guard")
        self._lock = Lock(self.folder.with_suffix(".lock"))
        self._guard.wait()  # nobody may take a lock for dead while its owner is just making it
        try:
            with guarded(root):
                self._lock.try_acquire()
                self.folder.mkdir()
                _clear_dead(root, self.folder)
        finally:
            self._guard.release()

    def close(self) -> None:
        """Remove it."""
        self._guard.wait()
        try:
            with guarded(self.folder):
                self._lock.release()
                _clear(self.folder)
        finally:
            self._guard.release()


def _clear_dead(root: Path, mine: Path) -> None:
    for folder in [path.with_suffix("") for path in root.glob("*.lock")]:
        lock = Lock(folder.with_suffix(".lock"))
        if folder != mine and lock.try_acquire():
            lock.release()
            _clear(folder)


def _clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_suffix(".lock").unlink(missing_ok=True)
