"""The clip folder, shared by all jobs: <two digits>/<key>.flac, made durable in groups."""

import threading
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from swarm.node.disk import guarded, write_synced
from swarm.node.platform import sync_folder

SYNCS = 8  # files synced at a time: the disk's journal takes them together


class ClipFolder:
    """Clips by key. Every method that touches the disk may raise StoreError."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self._scratch = scratch
        self._folders: set[Path] = set()
        self._pool = ThreadPoolExecutor(SYNCS, thread_name_prefix="clip")

    def path(self, key: str) -> Path:
        """Where a clip lies or would lie."""
        return self.root / key[:2] / f"{key}.flac"

    def find(self, key: str) -> Path | None:
        """A clip's file, if it is there and not empty."""
        path = self.path(key)
        return path if clip_size(path) else None

    def discard(self, key: str) -> None:
        """Remove a clip that cannot be trusted; fine if it is not there."""
        path = self.path(key)
        with guarded(path):
            path.unlink(missing_ok=True)

    def add(self, clips: Mapping[str, bytes]) -> None:
        """Write clips by key, all of them durable on return.

        A file of the right size is left as it is: it may be open elsewhere, and a damaged one is discarded first.
        """
        new = {key: frame for key, frame in clips.items() if clip_size(self.path(key)) != len(frame)}
        with guarded(self.root):
            fresh = self._make_folders(new)
            list(self._pool.map(self._put, new.items()))
            folders = {self.path(key).parent for key in clips}
            list(self._pool.map(sync_folder, folders | fresh))

    def _put(self, clip: tuple[str, bytes]) -> None:
        key, frame = clip
        part = self._scratch / f"{key}.{threading.get_ident()}.part"
        try:
            write_synced(part, frame)
            part.replace(self.path(key))
        finally:
            part.unlink(missing_ok=True)

    def _make_folders(self, keys: Iterable[str]) -> set[Path]:
        """Make the folders that are missing; the parents to sync for it."""
        missing = {self.path(key).parent for key in keys} - self._folders
        for folder in missing:
            folder.mkdir(parents=True, exist_ok=True)
        self._folders |= missing
        return {self.root} if missing else set()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def clip_size(path: Path) -> int:
    """Bytes of a clip's file, 0 where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return 0
