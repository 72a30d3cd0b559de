"""The clip folder, shared by all jobs: <first digit>/<key>.flac, made durable in groups."""

import contextlib
import os
import stat
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from swarm.system.disk import guarded, make_folder
from swarm.system.platform import sync_file, sync_folder

ENDING = ".flac"
DIGITS = "0123456789abcdef"  # one folder each
FRESH = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
SYNCS = 8  # files synced at a time: the disk's journal takes them together
GROUP = 64  # files open at a time


class ClipFolder:
    """Clips by key. Every method that touches the disk may raise StoreError."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self._scratch = scratch
        self._folders: set[str] = set()
        self._pool = ThreadPoolExecutor(SYNCS, thread_name_prefix="clip")

    def path(self, key: str) -> Path:
        """Where a clip lies or would lie."""
        return Path(self._name(key))

    def _name(self, key: str) -> str:
        """The same as text: a long book has tens of thousands, and each Path takes as long as the look at its file."""
        return f"{self.root}{os.sep}{key[:1]}{os.sep}{key}{ENDING}"

    def size(self, key: str) -> int:
        """Bytes of a clip, 0 where it is not there."""
        return clip_size(self._name(key))

    def keys(self) -> set[str]:
        """Keys of all clips that are there, empty ones too. What else lies there is left alone."""
        keys: set[str] = set()
        for digit in DIGITS:
            folder = self.root / digit
            with guarded(folder), contextlib.suppress(FileNotFoundError, NotADirectoryError):
                keys.update(name.removesuffix(ENDING) for name in os.listdir(folder) if name.endswith(ENDING))
        return keys

    def find(self, key: str) -> Path | None:
        """A clip's file, if it is there and not empty."""
        return self.path(key) if self.size(key) else None

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
        new = [(key, frame) for key, frame in clips.items() if self.size(key) != len(frame)]
        with guarded(self.root):
            fresh = self._make_folders(key for key, _ in new)
            for first in range(0, len(new), GROUP):
                self._put(new[first : first + GROUP])
            folders = {self.root / key[:1] for key in clips}
            list(self._pool.map(sync_folder, folders | fresh))

    def _put(self, clips: Sequence[tuple[str, bytes]]) -> None:
        """Write them all, sync them all, then give them their names: the fewer turns, the less the threads wait."""
        parts = [f"{self._scratch}{os.sep}{key}.part" for key, _ in clips]
        try:
            with ExitStack() as stack:
                handles: list[int] = []
                for part, (_, frame) in zip(parts, clips, strict=True):
                    handles.append(os.open(part, FRESH, 0o666))
                    stack.callback(os.close, handles[-1])
                    _write(handles[-1], frame)
                shares = [handles[first::SYNCS] for first in range(min(SYNCS, len(handles)))]
                list(self._pool.map(_sync_all, shares))
            for part, (key, _) in zip(parts, clips, strict=True):
                _rename(part, self._name(key))
        except BaseException:
            for part in parts:
                Path(part).unlink(missing_ok=True)
            raise

    def _make_folders(self, keys: Iterable[str]) -> set[Path]:
        """Make the folders that are missing; the parents to sync for it."""
        missing = {key[:1] for key in keys} - self._folders
        for name in missing:
            make_folder(self.root / name)
        self._folders |= missing
        return {self.root} if missing else set()

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown()


def _write(handle: int, frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _rename(part: str, name: str) -> None:
    """Give a file its name; a folder that somebody made there goes, unless something is in it. Raises StoreError."""
    try:
        os.replace(part, name)
    except OSError:
        path = Path(name)
        with guarded(path):
            if path.is_dir():
                path.rmdir()
            os.replace(part, name)


def _sync_all(handles: Sequence[int]) -> None:
    for handle in handles:
        sync_file(handle)


def clip_size(path: Path | str) -> int:
    """Bytes of a clip's file, 0 where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
