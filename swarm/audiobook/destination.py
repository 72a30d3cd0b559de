"""Destinations: where finished files are taken that were made elsewhere. Another disk, a network mount, an address.

An address (s3://, sftp:// and other installed protocols) goes through fsspec, which needs the extra [storage]."""

import errno
import glob
import hashlib
import logging
import mimetypes
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from swarm.errors import EnvironmentFault, Remedy
from swarm.job.store.store import COPY_BYTES, digest_of
from swarm.system.disk import OUTPUT_OPTION, replace_file, store_fault
from swarm.system.machine import Say, extra_line
from swarm.system.platform import forget_cached, free_bytes, sync_file, sync_folder
from swarm.system.text import bytes_text, percent

PROGRESS_INTERVAL_S = 5.0  # between two progress lines
Moved = Callable[[int], None]  # gets how many bytes of a file have arrived; may raise Stopped
PERMANENT_FAULTS = (
    errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.EFBIG, errno.ENAMETOOLONG, errno.ENOTDIR,
    errno.EISDIR,
)  # fmt: skip


class TransferFault(EnvironmentFault):
    """Something did not arrive; `permanent` if trying again would not help."""

    def __init__(self, fact: str, remedy: Remedy | None = None, *, permanent: bool) -> None:
        super().__init__(fact, remedy)
        self.permanent = permanent


class Stopped(Exception):
    """Raised in a thread that moves a file when the user stops the command."""


class DestinationFault(TransferFault):
    """A file did not arrive."""


class Destination(Protocol):
    """A folder somewhere. File names are relative to it, with slashes. Any method may raise DestinationFault."""

    name: str  # for people, without a password

    def address(self, name: str) -> str:
        """Return the address of a file, for people and the journal."""

    def file_size(self, name: str) -> int:
        """Return the bytes of a file; 0 if there is none."""

    def read_file(self, name: str, max_bytes: int) -> bytes | None:
        """Read a small file, at most `max_bytes` of it; None if there is none."""

    def write_file(self, name: str, data: bytes) -> None:
        """Write a small file."""

    def put_file(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        """Bring a file there and compare what can be read there with `digest`, its SHA-256."""

    def remove_file(self, name: str) -> None:
        """Remove a file, if it is there."""

    def free_bytes(self) -> int | None:
        """Return the free bytes; None if they are unknown."""


class FolderDestination:
    """A folder on another disk of this machine than the state folder, as network mounts are."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = str(folder)

    def address(self, name: str) -> str:
        """Return the path of a file."""
        return str(self._path(name).absolute())

    def file_size(self, name: str) -> int:
        """Return the bytes of a file; 0 if there is none."""
        try:
            return self._path(name).stat().st_size
        except OSError:
            return 0

    def read_file(self, name: str, max_bytes: int) -> bytes | None:
        """Read a small file; None if there is none."""
        try:
            with self._path(name).open("rb") as file:
                return file.read(max_bytes)
        except OSError:
            return None

    def write_file(self, name: str, data: bytes) -> None:
        """Write a small file, whole or not at all."""
        with self._guarded():
            self._folder.mkdir(parents=True, exist_ok=True)
            replace_file(self._path(name), data)

    def put_file(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        """Copy a file, resuming an earlier try; sync it, read it back, then give it its name."""
        target = self._path(name)
        part = target.with_name(f".{target.name}.{digest[:8]}.part")
        with self._guarded():
            target.parent.mkdir(parents=True, exist_ok=True)
            for other in set(target.parent.glob(f".{glob.escape(target.name)}.*.part")) - {part}:
                other.unlink(missing_ok=True)  # a part of an older file
            try:
                _copy_on(source, part, moved)
            except OSError as fault:
                if fault.errno in (errno.ENOSPC, errno.EDQUOT):  # a part would keep the disk full
                    part.unlink(missing_ok=True)
                raise
            if digest_of(part) != digest:
                part.unlink()
                raise DestinationFault(f"{target} did not arrive as it was sent.", permanent=False)
            part.replace(target)
            with suppress(OSError):  # some network mounts cannot sync a folder
                sync_folder(target.parent)

    def remove_file(self, name: str) -> None:
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
            raise DestinationFault(
                str(store_fault(error, self._folder, OUTPUT_OPTION)), permanent=error.errno in PERMANENT_FAULTS
            ) from error


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


class TransferProgress:
    """Says from time to time how much of some files has arrived, and stops the thread that moves them."""

    def __init__(self, doing: str, size: int, say: Say, stopped: threading.Event) -> None:
        self._doing, self._size, self._say, self._stopped = doing, size, say, stopped
        self._there, self._said_s = 0, time.monotonic()

    def moved(self, there: int) -> None:
        """Note how many bytes are there by now. Raises Stopped."""
        if self._stopped.is_set():
            raise Stopped
        self._there = there
        if time.monotonic() - self._said_s >= PROGRESS_INTERVAL_S:
            self._said_s = time.monotonic()
            amount = f"{bytes_text(there)} of {bytes_text(self._size)}"
            self._say(f"{self._doing}: {percent(there, self._size)} %, {amount}")

    def add(self, size: int) -> None:
        """Note that so many more bytes are there. Raises Stopped."""
        self.moved(self._there + size)


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


# On these a file appears under its name only when it is whole; renaming it would copy it.
OBJECTS = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "hf"})
S3 = frozenset({"s3", "s3a"})
AUDIO_TYPES = {"m4b": "audio/mp4", "m4a": "audio/mp4", "opus": "audio/ogg", "ogg": "audio/ogg", "flac": "audio/flac"}
SFTP = frozenset({"sftp", "ssh"})
TIMEOUT_S = 30.0
PIECE_BYTES = 256 << 10  # a transfer can be stopped after each piece
PERMANENT_REMOTE_FAULTS = (
    PermissionError,
    FileNotFoundError,
    NotADirectoryError,
    IsADirectoryError,
    ValueError,
    NotImplementedError,
)
PERMANENT_FAULT_NAMES = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "AuthenticationException", "BadHostKeyException", "UnknownHost"}
)
MAX_REASON_CHARS = 200


class RemoteDestination:
    """Files at an address such as s3://bucket/folder, which is connected to when it is first needed."""

    def __init__(self, url: str) -> None:
        """Parse the address. Raises EnvironmentFault if the package for its protocol is not installed."""
        self._url = url.rstrip("/")
        self.name = without_password(self._url)
        self._scheme = url.partition(":")[0].lower()
        self._files: Any = None
        self._root = ""
        self._lock = threading.Lock()  # a connection is used by one thread at a time
        self._check_library()

    def address(self, name: str) -> str:
        """Return the address of a file, without a password."""
        return f"{self.name}/{name}"

    def file_size(self, name: str) -> int:
        """Return the bytes of a file; 0 if there is none."""
        with self._connected():
            return self._size(self._path(name))

    def _size(self, path: str) -> int:
        self._files.invalidate_cache()
        try:
            return int(self._files.info(path)["size"] or 0)
        except FileNotFoundError:
            return 0

    def read_file(self, name: str, max_bytes: int) -> bytes | None:
        """Read a small file; None if there is none."""
        with self._connected() as files:
            files.invalidate_cache()
            try:
                with files.open(self._path(name), "rb") as file:
                    return bytes(file.read(max_bytes))
            except FileNotFoundError:
                return None

    def write_file(self, name: str, data: bytes) -> None:
        """Write a small file."""
        with self._connected() as files:
            self._make_folder(name)
            files.pipe_file(self._path(name), data, **self._kind(name))

    def remove_file(self, name: str) -> None:
        """Remove a file, if it is there."""
        with self._connected() as files, suppress(FileNotFoundError):
            files.rm_file(self._path(name))

    def put_file(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        """Send a file, resuming an earlier try over SFTP; read it back, and only then give it its name."""
        with self._connected():
            self._put(source, name, digest, moved)

    def _put(self, source: Path, name: str, digest: str, moved: Moved) -> None:
        self._make_folder(name)
        path = self._path(name)
        part = path if self._scheme in OBJECTS else f"{path}.{digest[:8]}.part"
        if part == path:
            self._files.put_file(str(source), path, callback=_callback(moved), **self._kind(name))
        else:
            self._remove_parts(path, part)
            self._send(source, part, moved)
        size, there = source.stat().st_size, self._size(part)
        if there < size:  # a server need not say that it refused the last pieces
            raise DestinationFault(
                f"{self.address(name)} cannot be written: the server kept {bytes_text(there)} of {bytes_text(size)}; "
                "its disk or its quota may be full.",
                permanent=False,
            )
        if self._digest(part, moved) != digest:
            if part != path:
                self._files.rm_file(part)
            raise DestinationFault(f"{self.address(name)} did not arrive as it was sent.", permanent=False)
        if part != path:
            self._rename(part, path)
        if self._size(path) != size:
            raise DestinationFault(f"{self.address(name)} is of another size than what was sent.", permanent=False)

    def _kind(self, name: str) -> dict[str, str]:
        """Return what tells S3 the type of a file, so that a browser plays it and does not download it."""
        ending = name.rpartition(".")[2].lower()
        kind = AUDIO_TYPES.get(ending) or mimetypes.guess_type(name)[0]
        return {"ContentType": kind} if kind and self._scheme in S3 else {}

    def _send(self, source: Path, path: str, moved: Moved) -> None:
        there = self._resumable_bytes(path, source.stat().st_size)
        with source.open("rb") as reading, self._files.open(path, "r+b" if there else "wb") as writing:
            if there:
                reading.seek(there)
                writing.seek(there)
                moved(there)
            if self._scheme in SFTP:
                writing.set_pipelined(True)  # do not wait for an answer to every 32 kB
            while chunk := reading.read(PIECE_BYTES):
                writing.write(chunk)
                there += len(chunk)
                try:
                    moved(there)
                except Stopped:
                    if self._scheme in SFTP:
                        self._files.client.close()  # closing the file would wait for all that is being sent
                    raise

    def _resumable_bytes(self, part: str, size: int) -> int:
        """Return how much of a part arrived in an earlier try and need not be sent again."""
        if self._scheme not in SFTP:
            return 0
        there = self._size(part)
        return there if there <= size else 0

    def _remove_parts(self, path: str, part: str) -> None:
        """Remove what earlier tries left of an older file of this name."""
        folder, _, name = path.rpartition("/")
        of_name = re.compile(rf"{re.escape(name)}(\.[0-9a-f]{{8}})?\.part")
        for other in self._files.ls(folder or "/", detail=False):
            if of_name.fullmatch(other.rpartition("/")[2]) and other.rpartition("/")[2] != part.rpartition("/")[2]:
                self._files.rm_file(other)

    def _rename(self, part: str, path: str) -> None:
        """Rename the part, replacing an older file; not every server replaces by itself."""
        try:
            self._files.mv(part, path)
        except FileExistsError:
            self._files.rm_file(path)
            self._files.mv(part, path)

    def free_bytes(self) -> int | None:
        """Return None: such servers do not tell their free space."""
        return None

    def _digest(self, path: str, moved: Moved) -> str:
        """Return the SHA-256 of a file; call `moved` with its size for each piece, so that it can stop this too."""
        found = hashlib.sha256()
        with self._files.open(path, "rb") as file:
            if self._scheme in SFTP:
                file.prefetch()
            size = self._files.info(path)["size"]
            while chunk := file.read(PIECE_BYTES):
                moved(size)
                found.update(chunk)
        return found.hexdigest()

    def _make_folder(self, name: str) -> None:
        if self._scheme not in OBJECTS:  # object stores have no folders
            self._files.makedirs(self._path(name).rpartition("/")[0], exist_ok=True)

    def _path(self, name: str) -> str:
        return f"{self._root.rstrip('/')}/{name}"

    def _check_library(self) -> None:
        try:
            import fsspec

            fsspec.get_filesystem_class(self._scheme)
        except ImportError as error:
            more = "" if error.name == "fsspec" else f" ({_line(error)})"
            raise EnvironmentFault(
                f"{self.name}: what speaks {self._scheme}:// is not installed{more}: "
                f"{extra_line('storage')} brings s3:// and sftp://."
            ) from error
        except ValueError as error:
            raise EnvironmentFault(
                f"{self.name}: no kind of address begins with {self._scheme}://; s3:// and sftp:// do, and all that "
                "fsspec knows."
            ) from error

    def _connect(self) -> None:
        import fsspec

        options = _sftp_options() if self._scheme in SFTP else {}
        self._files, self._root = fsspec.core.url_to_fs(self._url, skip_instance_cache=True, **options)
        if self._scheme in SFTP:
            self._files.ftp.get_channel().settimeout(TIMEOUT_S)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        """Give the file system, connected again after a failure; turn all errors of libraries into faults in words."""
        try:
            with self._lock:
                if self._files is None:
                    self._connect()
                yield self._files
        except (EnvironmentFault, Stopped):
            self._files = None
            raise
        except Exception as error:
            self._files = None
            permanent = isinstance(error, PERMANENT_REMOTE_FAULTS) or type(error).__name__ in PERMANENT_FAULT_NAMES
            raise DestinationFault(f"{self.name} cannot be used: {_line(error)}.", permanent=permanent) from error


def without_password(url: str) -> str:
    """Return an address without its password, to be shown and stored."""
    parts = urlsplit(url)
    if "@" not in parts.netloc:
        return url
    user, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{host}"))


def _line(error: Exception) -> str:
    """Return an error of a library in one line."""
    if isinstance(error, OSError) and str(error) == "Failure":  # all that SFTP says, mostly of a full disk
        return "the server failed and does not say why; its disk may be full"
    said = error.strerror if isinstance(error, OSError) and error.errno is None and error.strerror else str(error)
    text = " ".join(said.split())[:MAX_REASON_CHARS].rstrip(".") or type(error).__name__
    return text if isinstance(error, OSError) else f"{type(error).__name__}: {text}"


def _callback(moved: Moved) -> Any:
    from fsspec.callbacks import Callback

    class Telling(Callback):  # type: ignore[misc]  # fsspec has no types
        def relative_update(self, inc: int = 1) -> None:
            super().relative_update(inc)
            moved(self.value)

        def absolute_update(self, value: int) -> None:
            super().absolute_update(value)
            moved(self.value)

    return Telling()


def _sftp_options() -> dict[str, Any]:
    """Return options that accept only servers whose key ssh knows; fsspec would trust any."""
    import paramiko

    logging.getLogger("paramiko").propagate = False  # errors are reported once, by us
    logging.getLogger("paramiko").addHandler(logging.NullHandler())

    class UnknownHost(paramiko.SSHException):  # type: ignore[misc]  # no types
        pass

    class KnownHosts(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
        def missing_host_key(self, client: Any, hostname: str, key: Any) -> None:
            known = paramiko.HostKeys()
            with suppress(OSError):
                known.load(str(Path("~/.ssh/known_hosts").expanduser()))
            other = (known.lookup(hostname) or {}).get(key.get_name())
            if other is not None and other != key:
                raise UnknownHost(
                    f"{hostname} has another key than ssh knows: it was set up anew, or another machine answers for "
                    f"it; if the new key is right, run: ssh-keygen -R '{hostname}', and connect once with ssh"
                )
            if other is None:
                raise UnknownHost(
                    f"the key of {hostname} is not known on this machine; connect once with ssh, "
                    "which asks whether it is right"
                )

    timeouts = {"timeout": TIMEOUT_S, "banner_timeout": TIMEOUT_S, "auth_timeout": TIMEOUT_S}
    return {"host_key_policy": KnownHosts(), **timeouts}
