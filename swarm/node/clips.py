"""The clip folder, shared by all jobs: <first digit>/<key>.flac, made durable in groups."""

import stat
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from swarm.node.disk import guarded
from swarm.node.platform import sync_file, sync_folder

SYNCS = 8  # files synced at a time: the disk's journal takes them together
GROUP = 64  # files open at a time


class ClipFolder:
    """Clips by key. Every method that touches the disk may raise StoreError."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self._scratch = scratch
        self._folders: set[Path] = set()
        self._pool = ThreadPoolExecutor(SYNCS, thread_name_prefix="clip")

    def path(self, key: str) -> Path:
        """Where a clip lies or would lie."""
        return self.root / key[:1] / f"{key}.flac"

    def find(self, key: str) -> Path | None:
        """A clip's file, if it is there and not empty."""
        path = self.path(key)
        return path if clip_size(path) else None

    def discard(self, key: str) -> None:
        """Remove a clip that cannot be trusted; fine if it is not there."""
        path = self.path(key)
        with guarded(path):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)

    def add(self, clips: Mapping[str, bytes]) -> None:
        """Write clips by key, all of them durable on return.

        A file of the right size is left as it is: it may be open elsewhere, and a damaged one is discarded first.
        """
        new = [(key, frame) for key, frame in clips.items() if clip_size(self.path(key)) != len(frame)]
        with guarded(self.root):
            fresh = self._make_folders(key for key, _ in new)
            for first in range(0, len(new), GROUP):
                self._put(new[first : first + GROUP])
            folders = {self.path(key).parent for key in clips}
            list(self._pool.map(sync_folder, folders | fresh))

    def _put(self, clips: Sequence[tuple[str, bytes]]) -> None:
        """Write them all, sync them all, then give them their names: the fewer turns, the less the threads wait."""
        parts = [self._scratch / f"{key}.part" for key, _ in clips]
        try:
            with ExitStack() as stack:
                files = [stack.enter_context(part.open("wb")) for part in parts]
                for file, (_, frame) in zip(files, clips, strict=True):
                    file.write(frame)
                    file.flush()
                list(self._pool.map(sync_file, [file.fileno() for file in files]))
            for part, (key, _) in zip(parts, clips, strict=True):
                _name(part, self.path(key))
        except BaseException:
            for part in parts:
                part.unlink(missing_ok=True)
            raise

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


def _name(part: Path, path: Path) -> None:
    """Give a file its name; a folder that somebody made there goes, unless something is in it. Raises StoreError."""
    with guarded(path):
        if path.is_dir():
            path.rmdir()
        part.replace(path)


def clip_size(path: Path) -> int:
    """Bytes of a clip's file, 0 where there is none."""
    try:
        found = path.stat()
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
