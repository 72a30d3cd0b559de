"""Depots: where finished files are taken that were made elsewhere. Another disk, a network mount, an address.

A file arrives whole or not at all, and is read back before it counts.
"""

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

from swarm.errors import EnvironmentFault
from swarm.store.job_files import COPY_BYTES, digest_of
from swarm.system.disk import OUTPUT_OPTION, replace_file, store_fault
from swarm.system.machine import Say
from swarm.system.platform import forget_cached, free_bytes, sync_file, sync_folder

Moved = Callable[[int], None]  # gets how many bytes of a file have arrived; may raise Stopped
PERMANENT_FAULTS = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.ENAMETOOLONG, errno.ENOTDIR,
    errno.EISDIR,
)  # fmt: skip


class TransferFault(EnvironmentFault):
    """Something did not arrive; `permanent` if trying again would not help."""

    def __init__(self, message: str, *, permanent: bool) -> None:
        super().__init__(message)
        self.permanent = permanent


class Stopped(Exception):
    """Raised in a thread that moves a file when the user stops the command."""


class DepotFault(TransferFault):
    """A file did not arrive."""


class Depot(Protocol):
    """A folder somewhere. File names are relative to it, with slashes. Any method may raise DepotFault."""

    name: str  # for people, without a password

    def address(self, name: str) -> str:
        """Return the address of a file, for people and the journal."""

    def size(self, name: str) -> int:
        """Return the bytes of a file; 0 if there is none."""

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """Read a small file, at most `max_bytes` of it; None if there is none."""

    def write(self, name: str, data: bytes) -> None:
        """Write a small file."""

    def put(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        """Bring a file there and compare what can be read there with `digest`, its SHA-256."""

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""

    def free_bytes(self) -> int | None:
        """Return the free bytes; None if they are unknown."""


class FolderDepot:
    """A folder on another disk of this machine than the state folder, as network mounts are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def address(self, name: str) -> str:
        """Return the path of a file."""
        return str(self._path(name).absolute())

    def size(self, name: str) -> int:
        """Return the bytes of a file; 0 if there is none."""
        try:
            return self._path(name).stat().st_size
        except OSError:
            return 0

    def read(self, name: str, max_bytes: int) -> bytes | None:
        """Read a small file; None if there is none."""
        try:
            with self._path(name).open("rb") as file:
                return file.read(max_bytes)
        except OSError:
            return None

    def write(self, name: str, data: bytes) -> None:
        """Write a small file, whole or not at all."""
        with self._guarded():
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._path(name), data)

    def put(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        """Copy a file, resuming an earlier try; sync it, read it back, then give it its name."""
        target = self._path(name)
        part = target.with_name(f".{target.name}.{digest[:8]}.part")
        with self._guarded():
            target.parent.mkdir(parents=True, exist_ok=True)
            for other in set(target.parent.glob(f".{_escaped(target.name)}.*.part")) - {part}:
                other.unlink(missing_ok=True)  # a part of an older file
            _copy_on(source, part, moved)
            if digest_of(part) != digest:
                part.unlink()
                raise DepotFault(f"{target} did not arrive as it was sent.", permanent=False)
            part.replace(target)
            with suppress(OSError):  # some network mounts cannot sync a folder
                sync_folder(target.parent)

    def remove(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._guarded():
            self._path(name).unlink(missing_ok=True)

    def free_bytes(self) -> int | None:
        """Return the room on its disk."""
        return free_bytes(self._folder)

    def _path(self, name: str) -> Path:
        return self._folder / name

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise DepotFault(
                str(store_fault(error, self._folder, OUTPUT_OPTION)), permanent=error.errno in PERMANENT_FAULTS
            ) from error


def _escaped(name: str) -> str:
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)


def _copy_on(source: Path, part: Path, moved: Moved) -> None:
    """Append the rest of `source` to `part`, and sync it."""
    with source.open("rb") as reading, part.open("ab") as writing:
        there = writing.tell()
        if there > os.fstat(reading.fileno()).st_size:
            writing.truncate(there := 0)
        reading.seek(there)
        moved(there)
        while chunk := reading.read(COPY_BYTES):
            writing.write(chunk)
            there += len(chunk)
            moved(there)
        writing.flush()
        sync_file(writing.fileno())
        forget_cached(writing.fileno())  # reading back has to ask the disk


def digest_of_stream(chunks: Iterator[bytes]) -> str:
    """Return the SHA-256 of data that comes in chunks, hexadecimal."""
    sum_ = hashlib.sha256()
    for chunk in chunks:
        sum_.update(chunk)
    return sum_.hexdigest()


def retry(act: Callable[[], object], waits_s: Sequence[float], stopped: threading.Event, say: Say) -> None:
    """Call `act`, and again after each of these waits while its fault may pass. Raises TransferFault, Stopped."""
    for wait_s in (*waits_s, None):
        try:
            act()
            return
        except TransferFault as fault:
            if fault.permanent or wait_s is None:
                raise
            say(f"{fault} Trying again in {wait_s:g} s.")
            if stopped.wait(wait_s):
                raise Stopped from None
