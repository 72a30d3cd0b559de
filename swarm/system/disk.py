"""Files that survive a crash or are refused, locks between processes, and folders for files that are being written."""

import contextlib
import errno
import glob
import hashlib
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
from filelock import FileLock, Timeout

from swarm.errors import InUse, Remedy, StoreError
from swarm.system.platform import free_bytes, sync_file, sync_folder

STATE_VERSION = 2  # the state folder has it, with all that is in it
VERSION_FILE = "version"
OLD_OWNER_KEY = "keeper.key"  # an owner's key in version 1, whose state folders have no file of their version

STATE_OPTION = "--state-dir"
OUTPUT_OPTION = "--output-dir"


class Unusable(NamedTuple):
    """Why a file or folder cannot be used, and what a user can do; `{}` is the option that names another folder."""

    fact: str
    first: str
    again: bool = False  # whether the same command then goes on
    kept: str = ""

    def fault(self, path: Path, option: str = STATE_OPTION) -> StoreError:
        """Return the error about a path."""
        remedy = Remedy(self.first.format(option), "run" if self.again else "", self.kept)
        return StoreError(f"{full_name(path)} cannot be used: {self.fact}", remedy)


FULL = Unusable("there is no space left on its disk", "free some", again=True, kept="nothing finished is lost")
READ_ONLY = Unusable("it is on a read-only disk", "make that writable, or name another folder with {}")
FORBIDDEN = Unusable("this user may not write there", "change its permissions, or name another folder with {}")
DAMAGED = Unusable("it is damaged", "move it away", again=True, kept="sentences already spoken are found again")
NO_FOLDER = Unusable("a file is where a folder should be", "name another folder")
NO_FILE = Unusable("a folder is where a file should be", "move it away", again=True)
NO_PLACE = Unusable("it does not exist and cannot be created", "name another folder")
TOO_LONG = Unusable("its path is too long", "name a shorter one with {}")
CROWDED = Unusable("too many files are open", "raise the limit (`ulimit -n 4096`)", again=True)
TOO_LARGE = Unusable("a file there may not be that large", "raise the limit (`ulimit -f`) or use another disk")
BUSY = Unusable("another program is using it", "end that one first")

STALE_S = 3600.0  # an unfinished file this old was left by a process that died
_HOST = hashlib.sha256(socket.gethostname().encode()).hexdigest()[:6]  # other machines may write into a folder, too
MAX_SQLITE_PATH = 500  # bytes; SQLite opens no file with a longer path

BY_ERRNO = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EFBIG: TOO_LARGE,
    errno.EMFILE: CROWDED,
    errno.ENFILE: CROWDED,
    errno.EROFS: READ_ONLY,
    errno.EACCES: FORBIDDEN,
    errno.EPERM: FORBIDDEN,
    errno.EEXIST: NO_FOLDER,
    errno.ENOTDIR: NO_FOLDER,
    errno.EISDIR: NO_FILE,
    errno.ENOTEMPTY: NO_FILE,
    errno.ENOENT: NO_PLACE,
    errno.ENAMETOOLONG: TOO_LONG,
}
BY_SQLITE = {  # primary result codes; the upper bits only refine them
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: FORBIDDEN,
    sqlite3.SQLITE_CANTOPEN: FORBIDDEN,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_BUSY: BUSY,
    sqlite3.SQLITE_LOCKED: BUSY,
}

Kind = TypeVar("Kind")
MAX_JSON_BYTES = 16 << 20


def store_fault(error: Exception, path: Path, option: str = STATE_OPTION) -> StoreError:
    """Return the error that tells a user what went wrong with `path`; `option` names another folder."""
    if isinstance(error, sqlite3.Error):
        why = BY_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_IOERR and free_bytes(path.parent) == 0:
            why = FULL  # SQLite reports an I/O error if the index of its log finds no room
        if why == FORBIDDEN and len(os.fsencode(path)) > MAX_SQLITE_PATH:
            why = TOO_LONG
    else:
        why = BY_ERRNO.get(getattr(error, "errno", None) or 0)
    return (why or Unusable(f"{error}", "check the disk", again=True)).fault(path, option)


@contextmanager
def guarded(path: Path, option: str = STATE_OPTION) -> Iterator[None]:
    """Turn errors of the disk or of SQLite inside the block into a StoreError about `path`.

    `option` is the one of the command line with which a user names another folder.
    """
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise store_fault(error, path, option) from error


def make_folder(path: Path) -> None:
    """Make a folder and its missing parents. Raises a StoreError that names the obstacle."""
    with guarded(path):
        path.mkdir(parents=True, exist_ok=True)


def make_private_folder(path: Path) -> None:
    """Make a folder, and its missing parents, that no other user of the machine may enter. Raises OSError."""
    for folder in (*[parent for parent in reversed(path.parents) if not parent.exists()], path):
        folder.mkdir(0o700, exist_ok=True)


def try_folder(path: Path) -> None:
    """Make a folder for audiobooks, and write to it. Raises a StoreError that names the obstacle."""
    with guarded(path, OUTPUT_OPTION):
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            pass


def write_synced(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write a new file and sync its content; its name is not durable yet. Raises OSError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        sync_file(file.fileno())


def replace_file(path: Path, data: bytes, mode: int = 0o666) -> None:
    """Write `path` durably, whole or not at all; the umask applies to `mode`. Raises OSError."""
    if mode & 0o077:
        path.parent.mkdir(parents=True, exist_ok=True)
    else:
        make_private_folder(path.parent)
    part = part_of(path)
    try:
        write_synced(part, data, mode)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
    _clear_parts(path)


def part_of(path: Path) -> Path:
    """Return the path under which this process writes a file that gets its name when it is whole."""
    return path.with_name(f".{path.name}.{os.getpid()}.{_HOST}.part")


def clear_parts(folder: Path, name: str = "") -> None:
    """Remove what processes of this machine that died left of files whose names begin with `name`, as at a start."""
    for part in folder.glob(f".{glob.escape(name)}*.{_HOST}.part"):
        with suppress(OSError):
            if not _is_running(part.name.split(".")[-3], part.stat().st_mtime):
                part.unlink()


def _is_running(pid: str, at_s: float) -> bool:
    """Return whether a process of that number was there at a time, and is still; a later one may have its number."""
    import psutil  # slow, and seldom needed

    try:
        return psutil.Process(int(pid)).create_time() <= at_s
    except (ValueError, OverflowError, psutil.Error):
        return False


def _clear_parts(path: Path) -> None:
    """Remove what processes that died while they wrote this file have left."""
    for part in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
        with suppress(OSError):
            if part.stat().st_mtime < time.time() - STALE_S:
                part.unlink()


def read_json(path: Path, kind: type[Kind], most: int = MAX_JSON_BYTES) -> Kind | None:
    """Return what a small file of JSON says; None if it is no file, damaged, or larger than `most`."""
    with suppress(OSError, ValueError, msgspec.MsgspecError, RecursionError):
        if path.is_file() and path.stat().st_size <= most:  # a pipe would be waited for
            return msgspec.json.decode(path.read_bytes(), type=kind)
    return None


def link_or_copy(source: Path, target: Path) -> None:
    """Hard-link a file under a new name, or copy it on disks without hard links. Raises OSError."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, target)
    except FileExistsError:  # a copy would write into the other file, which may be a hard link
        raise
    except OSError:
        shutil.copyfile(source, target)


def full_name(path: Path) -> str:
    """Return a file's absolute path for people, without `..` if that names the same file; links stay as they are."""
    whole, tidy = path.absolute(), os.path.normpath(path.absolute())
    if os.path.exists(whole) and not (os.path.exists(tidy) and os.path.samefile(whole, tidy)):  # noqa: PTH110, PTH121
        tidy = str(whole)  # `..` after a link leads to another folder
    return os.fsencode(tidy).decode("utf-8", "replace")


PRIVATE = 0o600  # a user who may open a lock's file can hold the lock
LOOK_S = 0.02  # between looks at a lock that is held


class Lock:
    """A lock on a file of its own. A crash releases it, because the operating system holds the lock.

    No other user of the machine may open the file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._owner = path.with_suffix(".owner")
        self._lock = FileLock(path, mode=PRIVATE)

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
            make_private_folder(self.path.parent)
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return False
        return True

    def wait(self, on_loop_s: float = 0.0) -> None:
        """Wait until the lock is free, and take it; for short operations only.

        On an event loop it waits no longer than `on_loop_s`, since all connections would wait too. Raises StoreError,
        and InUse where that is over.
        """
        until_s = time.monotonic() + on_loop_s
        while not self.try_acquire():
            if is_on_loop() and time.monotonic() >= until_s:
                raise InUse(f"{full_name(self.path)} is locked by another process: end that one, or try again later.")
            time.sleep(LOOK_S)

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


def is_on_loop() -> bool:
    """Tell whether an event loop runs in this thread, which holds up all its connections when it waits."""
    asyncio = sys.modules.get("asyncio")  # children that have no loop start sooner without it
    with suppress(RuntimeError):
        return asyncio is not None and asyncio.get_running_loop() is not None
    return False


START_S = 10.0  # several processes of one machine may start at once


class Scratch:
    """The scratch folder of one process. The folders of dead processes are removed when the next one starts."""

    def __init__(self, root: Path) -> None:
        self.folder = root / uuid.uuid4().hex
        self._guard = Lock(root / "guard")
        self._lock = Lock(self.folder.with_suffix(".lock"))
        self._guard.wait(START_S)  # otherwise another process could take this lock for dead before it is held
        try:
            with guarded(root):
                self._lock.try_acquire()
                self.folder.mkdir()
                _clear_dead(root, self.folder)
        finally:
            self._guard.release()

    def remove_scratch(self) -> None:
        """Remove the folder and its lock."""
        self._guard.wait(START_S)
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


def check_state(state_dir: Path) -> Path:
    """Return a state folder of this version, or one that has no books yet. Raises StoreError."""
    try:
        version = int((state_dir / VERSION_FILE).read_text(encoding="ascii"))
    except (OSError, ValueError):
        is_old = (state_dir / "jobs").is_dir() or (state_dir / OLD_OWNER_KEY).exists()
        version = 1 if is_old else STATE_VERSION
    if version != STATE_VERSION:
        raise other_state(state_dir, version)
    _keep_others_out(state_dir)
    clear_parts(state_dir)
    return state_dir


def _keep_others_out(state_dir: Path) -> None:
    """Close a folder that its user made with the usual mode; one that others may write to is shared on purpose."""
    with suppress(OSError, AttributeError):  # Windows has no such users
        found = state_dir.stat()
        if found.st_uid == os.geteuid() and found.st_mode & 0o077 and not found.st_mode & 0o022:
            state_dir.chmod(0o700)


def other_state(path: Path, version: int) -> StoreError:
    """Say that something of a state folder is of an older or a newer version, and what to do about it."""
    if version > STATE_VERSION:
        return StoreError(f"{path} was written by a newer e2a-swarm", Remedy("upgrade this one"))
    return StoreError(
        f"{path} is of an older e2a-swarm: finish its books with that version, or begin afresh with another folder: "
        "name one with --state-dir, or move this one away."
    )
