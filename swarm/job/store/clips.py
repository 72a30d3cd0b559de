"""The clip folder, shared by all jobs: <first digit>/<key>.flac, written durably in groups."""

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
DIGITS = "0123456789abcdef"  # each is the name of a folder
FRESH = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
SYNC_THREADS = 8  # a disk syncs several files at a time faster than one after the other
MAX_OPEN_FILES = 64  # one group of clips has no more open


class ClipFolder:
    """The clips of all jobs by key. Each method that touches the disk may raise StoreError."""

    def __init__(self, root: Path, scratch: Path) -> None:
        self.root = root
        self._scratch = scratch
        self._folders: set[str] = set()
        self._pool = ThreadPoolExecutor(SYNC_THREADS, thread_name_prefix="clip")

    def path(self, key: str) -> Path:
        """Return the path of a clip, whether it is there or not."""
        return Path(self._name(key))

    def _name(self, key: str) -> str:
        return clip_name(self.root, key)

    def size(self, key: str) -> int:
        """Return the size of a clip's file in bytes, 0 if there is none."""
        return file_size(self._name(key))

    def keys(self) -> set[str]:
        """Return the keys of all clips that are there, empty ones too. Other files are ignored."""
        keys: set[str] = set()
        for digit in DIGITS:
            folder = self.root / digit
            with guarded(folder), contextlib.suppress(FileNotFoundError, NotADirectoryError):
                keys.update(name.removesuffix(ENDING) for name in os.listdir(folder) if name.endswith(ENDING))
        return keys

    def find_clip(self, key: str) -> Path | None:
        """Return the path of a clip if it is there and not empty."""
        return self.path(key) if self.size(key) else None

    def discard_clip(self, key: str) -> None:
        """Remove a clip that cannot be trusted, if it is there."""
        path = self.path(key)
        with guarded(path):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink(missing_ok=True)

    def add_clips(self, clips: Mapping[str, bytes]) -> None:
        """Write clips by key, all of them durable on return.

        A file of the right size is left as it is: it may be open elsewhere, and damaged clips are discarded earlier.
        """
        new = [(key, frame) for key, frame in clips.items() if self.size(key) != len(frame)]
        with guarded(self.root):
            fresh = self._make_folders(key for key, _ in new)
            for first in range(0, len(new), MAX_OPEN_FILES):
                self._put(new[first : first + MAX_OPEN_FILES])
            folders = {self.root / key[:1] for key in clips}
            list(self._pool.map(sync_folder, folders | fresh))

    def link_clips(self, files: Mapping[str, str]) -> list[str]:
        """Let files of the same disk be clips too, by key, durable on return; return the keys where that cannot be."""
        with guarded(self.root):
            fresh = self._make_folders(files)
            left = [key for key, file in files.items() if not _link(file, self._name(key))]
            list(self._pool.map(sync_folder, {self.root / digit for digit in {key[:1] for key in files}} | fresh))
        return left

    def _put(self, clips: Sequence[tuple[str, bytes]]) -> None:
        """Write all clips, sync all, then rename all: fewer turns make the threads wait less."""
        parts = [f"{self._scratch}{os.sep}{key}.part" for key, _ in clips]
        try:
            with ExitStack() as stack:
                handles: list[int] = []
                for part, (_, frame) in zip(parts, clips, strict=True):
                    handles.append(os.open(part, FRESH, 0o666))
                    stack.callback(os.close, handles[-1])
                    _write(handles[-1], frame)
                shares = [handles[first::SYNC_THREADS] for first in range(min(SYNC_THREADS, len(handles)))]
                list(self._pool.map(_sync_all, shares))
            for part, (key, _) in zip(parts, clips, strict=True):
                _rename(part, self._name(key))
        except BaseException:
            for part in parts:
                Path(part).unlink(missing_ok=True)
            raise

    def _make_folders(self, keys: Iterable[str]) -> set[Path]:
        """Make the missing folders for these keys, and return the parents that have to be synced."""
        missing = {key[:1] for key in keys} - self._folders
        for name in missing:
            make_folder(self.root / name)
        self._folders |= missing
        return {self.root} if missing else set()

    def end_threads(self) -> None:
        """End the threads that sync."""
        self._pool.shutdown()


def clip_name(root: Path, key: str) -> str:
    """Return a clip's path as text: a Path takes as long to make as its file to stat, and a book has 10,000 clips."""
    return f"{root}{os.sep}{key[:1]}{os.sep}{key}{ENDING}"


def _link(file: str, name: str) -> bool:
    with contextlib.suppress(OSError):
        os.link(file, name)
        return True
    return False


def _write(handle: int, frame: bytes) -> None:
    rest = memoryview(frame)
    while rest:
        rest = rest[os.write(handle, rest) :]


def _rename(part: str, name: str) -> None:
    """Give a file its name, in place of an empty folder if there is one. Raises StoreError."""
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


def file_size(path: Path | str) -> int:
    """Return the size of a file in bytes, 0 if there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return 0
    return found.st_size if stat.S_ISREG(found.st_mode) else 0
