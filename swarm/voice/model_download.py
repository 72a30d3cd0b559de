"""Downloads the files of models, each checked by its size and digest, and resumed where an earlier try stopped.

Nothing is trusted but the table of files that an engine has: a server can at most send bytes that are thrown away.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from swarm.config import ENV_HOME, may_download, state_folder
from swarm.errors import EnvironmentFault
from swarm.job.job_asset import MAX_BYTES, Digest, Size
from swarm.system.platform import free_bytes
from swarm.system.text import bytes_text

if TYPE_CHECKING:
    import httpx
    from filelock import BaseFileLock


ENV_MODELS = "E2A_SWARM_MODELS"  # the folder of models that are downloaded without another project's library
ENV_HUB = "HF_ENDPOINT"  # Hugging Face's variable: another address of its hub, such as a mirror in the house
PART = ".part"
LOCK = ".lock"
TRIES = 3
TIMEOUT_S = 60.0
REACH_S = 15.0  # a server that has not answered by then is taken to be out of reach
LOCK_TIMEOUT_S = 60.0
MAX_DIGITS = 19
PAGE_BYTES = 256  # a web page is known by its first sign
MAX_CHECKED = 64  # files whose digests a process remembers to have checked


@dataclass(frozen=True)
class RemoteFile:
    """A file of a model: its name in the model's folder, and what its bytes have to be.

    Without a digest, any file of up to `size` bytes is taken: its reader has to check all of it.
    """

    name: str
    url: str
    size: int
    digest: str
    algorithm: str = "sha256"

    def is_in(self, folder: Path) -> bool:
        """Return whether a folder has the file. Its digest was checked before it got its name."""
        return file_size(folder / self.name) == self.size if self.digest else (folder / self.name).is_file()

    @property
    def handle(self) -> str:
        """The name by which workers ask each other for the file: a SHA-256 of what its bytes have to be.

        Of a file without a digest it is that of its address at the hub, which is the same at a mirror.
        """
        if not self.digest:
            return hashlib.sha256(f"unknown {self.url.removeprefix(hub_url())}".encode()).hexdigest()
        return hashlib.sha256(f"{self.algorithm} {self.digest} {self.size}".encode()).hexdigest()


def models_folder() -> Path:
    """Return the folder of models: E2A_SWARM_MODELS, else the folder `models` in the state folder."""
    return Path(os.environ.get(ENV_MODELS) or state_folder(os.environ.get(ENV_HOME)) / "models")


def hub_url() -> str:
    """Return the address of Hugging Face's hub, or of the mirror that HF_ENDPOINT names."""
    return os.environ.get(ENV_HUB, "https://huggingface.co").rstrip("/")


def is_whole(folder: Path, files: Sequence[RemoteFile]) -> bool:
    """Return whether all files are in a folder."""
    return all(file.is_in(folder) for file in files)


def fetch_files(title: str, folder: Path, files: Sequence[RemoteFile], tell: Callable[[str], None]) -> None:
    """Download those files that are not in a folder, one process at a time. Raises EnvironmentFault."""
    if is_whole(folder, files):
        return
    if not may_download():
        raise EnvironmentFault(
            f"{title} is not on this machine, which downloads none (--offline): copy its files to {folder}."
        )
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _check_room(title, folder, files)
        with download_lock(folder / LOCK, lambda: tell(f"waiting for the download of {title}")):
            sizes = [file.size for file in files if file.digest] or [file.size for file in files]
            report = _Report(title, sum(sizes), tell)
            for file in files:
                _fetch_file(folder, file, report)
    except OSError as fault:
        raise EnvironmentFault(f"{title} cannot be downloaded to {folder}: {_reason(fault)}.") from fault
    tell(f"loading {title}")


def lacking_bytes(model: "RemoteModel") -> int:
    """Return how many bytes of a model would be downloaded, less what an earlier try left of them."""
    lacking = [file for file in model.files if not file.is_in(model.folder)]
    return sum(max(0, file.size - file_size(model.folder / (file.name + PART))) for file in lacking if file.digest)


def _check_room(title: str, folder: Path, files: Sequence[RemoteFile]) -> None:
    """Raise EnvironmentFault if a download certainly does not fit: a part of it would keep the disk full."""
    size, free = lacking_bytes(RemoteModel(title, folder, tuple(files))), free_bytes(folder)
    if free is not None and size > free:
        raise EnvironmentFault(
            f"{title} cannot be downloaded to {folder}: it takes {bytes_text(size)}, and {bytes_text(free)} are free."
        )


def mend_files(title: str, folder: Path, files: Sequence[RemoteFile], tell: Callable[[str], None]) -> None:
    """Download files that are not in a folder or are others than they should be. Raises EnvironmentFault."""
    for file in files:
        place = folder / file.name
        if not file.digest or not file.is_in(folder) or _is_right(place, file, place.stat().st_mtime_ns):
            continue
        if not may_download():
            raise EnvironmentFault(
                f"{place} is damaged, or another file than the one that is known by its digest, and this machine "
                "downloads none (--offline): remove it, or copy the right one there."
            )
        tell(f"{file.name} of {title} is damaged: it is downloaded again")
        place.unlink()
    fetch_files(title, folder, files, tell)


@lru_cache(maxsize=MAX_CHECKED)
def _is_right(place: Path, file: RemoteFile, changed_ns: int) -> bool:
    """Tell whether a file has the content that it should have; it is read once, and again when it was changed."""
    return _digest(place, file.algorithm) == file.digest


class _Report:
    """Tells the progress of a download in whole percents."""

    def __init__(self, title: str, whole: int, tell: Callable[[str], None]) -> None:
        self._title, self._whole, self._tell = title, whole, tell
        self._done, self._said = 0, -1

    def add(self, size: int) -> None:
        self._done += size
        percent = min(99, 100 * self._done // max(1, self._whole))
        if percent > self._said:
            self._said = percent
            self._tell(f"downloading {self._title}, {percent} %")


def check_reach(model: "RemoteModel") -> None:
    """Check that what a model lacks here can be downloaded; nothing is. Raises EnvironmentFault."""
    lacking = [file for file in model.files if not file.is_in(model.folder)]
    if not lacking:
        return
    if not may_download():
        fetch_files(model.title, model.folder, lacking, lambda words: None)  # says so
    import httpx

    first = {"Accept-Encoding": "identity", "Range": "bytes=0-0"}
    largest = max(lacking, key=lambda file: (bool(file.digest), file.size))
    try:
        with httpx.stream("GET", largest.url, headers=first, follow_redirects=True, timeout=REACH_S) as reply:
            reply.raise_for_status()
            is_other = bool(largest.digest) and _told_size(reply) not in (None, largest.size)
            why = "its server has another file there" if is_other else ""
    except httpx.HTTPError as fault:
        why = _reason(fault)
    if why:
        raise EnvironmentFault(
            f"{model.title} is not on this machine and cannot be downloaded from {largest.url}: {why}. "
            f"Try again later, or copy {', '.join(file.name for file in lacking)} to {model.folder}."
        )


def _told_size(reply: "httpx.Response") -> int | None:
    """Return how long the whole file is that a reply has some bytes of; None if the server does not tell."""
    told = reply.headers.get("Content-Range", "").rpartition("/")[2] or reply.headers.get("Content-Length", "")
    return int(told) if told.isdecimal() and len(told) < MAX_DIGITS else None


def _fetch_file(folder: Path, file: RemoteFile, report: _Report) -> None:
    """Download a file beside its place, check it, and give it its name. Raises EnvironmentFault, OSError."""
    import httpx

    place, part = folder / file.name, folder / (file.name + PART)
    if file.is_in(folder):
        report.add(file.size)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if not file.digest:
        part.unlink(missing_ok=True)  # without a digest, a part of another version would go unnoticed
    report.add(file_size(part))
    for left in reversed(range(TRIES)):
        try:
            _append(part, file, report)
            break
        except httpx.HTTPError as fault:
            if not left or (isinstance(fault, httpx.HTTPStatusError) and fault.response.is_client_error):
                raise EnvironmentFault(
                    f"{file.name} cannot be downloaded from {file.url} ({_reason(fault)}): try again later, or copy "
                    f"the file to {place}."
                ) from fault
    if file.digest and (file_size(part) != file.size or _digest(part, file.algorithm) != file.digest):
        part.unlink()
        raise EnvironmentFault(
            f"{file.url} sent another file than the one that is known by its digest; it was thrown away. Copy the "
            f"right one to {place}, or look for a newer e2a-swarm."
        )
    if not file.digest and part.read_bytes()[:PAGE_BYTES].lstrip().startswith(b"<"):
        part.unlink()
        raise EnvironmentFault(
            f"{file.url} sent a web page in place of {file.name}: try again where the network asks for no log-in, or "
            f"copy the file to {place}."
        )
    part.replace(place)


def _append(part: Path, file: RemoteFile, report: _Report) -> None:
    """Download what a partial file lacks. Raises httpx.HTTPError, OSError."""
    import httpx

    begun = file_size(part)
    if begun >= file.size:
        return
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={begun}-"} if begun else {})
    with httpx.stream("GET", file.url, headers=headers, follow_redirects=True, timeout=TIMEOUT_S) as reply:
        reply.raise_for_status()
        resumed = reply.status_code == httpx.codes.PARTIAL_CONTENT
        with part.open("ab" if resumed else "wb") as output:
            _copy(reply, output.write, file.size - (begun if resumed else 0), report)


def _copy(reply: "httpx.Response", write: Callable[[bytes], int], most: int, report: _Report) -> None:
    """Copy at most so many bytes of a reply, however many it has."""
    for chunk in reply.iter_raw():
        write(chunk[:most])
        report.add(min(len(chunk), most))
        most -= len(chunk)
        if most <= 0:
            return


@contextmanager
def download_lock(path: Path, wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock of a download; call `wait` again and again while another process holds it."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock, wait_s = FileLock(path), 0.0
    while not lock.is_locked:
        try:
            lock.acquire(timeout=wait_s)
        except Timeout:
            wait()  # repeated, because a slot without progress would be taken for dead
            wait_s = LOCK_TIMEOUT_S
    try:
        yield
    finally:
        lock.release()


def try_download_lock(path: Path) -> "BaseFileLock | None":
    """Return the lock of a download, to be released; None while another process holds it. Raises OSError."""
    from filelock import FileLock, Timeout

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return None
    return lock


def file_size(path: Path) -> int:
    """Return the bytes of a file; 0 if it is not there."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest(path: Path, algorithm: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def _reason(fault: Exception) -> str:
    """Return why a download failed, in words for users."""
    import httpx

    if isinstance(fault, httpx.HTTPStatusError):
        return f"its server answered {fault.response.status_code}"
    if isinstance(fault, httpx.UnsupportedProtocol | httpx.TooManyRedirects):
        return "its server led elsewhere"
    if isinstance(fault, httpx.HTTPError):
        return "its server is out of reach"
    if isinstance(fault, OSError) and fault.errno == errno.ENOSPC:
        return "the disk is full"
    return (fault.strerror if isinstance(fault, OSError) else None) or type(fault).__name__


MAX_LISTING = 64 * 1024  # bytes
MAX_FILES = 32
_PART = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}"


class ListedFile(Struct, frozen=True):
    """A file of a model: its place in the model's folder, and its content by digest."""

    name: Annotated[str, Meta(pattern=rf"\A{_PART}(/{_PART}){{0,3}}\Z")]
    digest: Digest
    size: Size


class Manifest(Struct, frozen=True):
    """All files of a model, in the order in which they get their names: a model that lacks the last is incomplete."""

    files: Annotated[tuple[ListedFile, ...], Meta(min_length=1, max_length=MAX_FILES)]


@dataclass(frozen=True)
class ListedModel:
    """A model that machines know by its listing: its name and folder, and what its engine says of its files.

    `names` returns their places in the model's folder, the one that makes it complete last; () while it is not here,
    or if it is not to be shared. `measure` returns the bytes that are here of a download under way.
    """

    name: str
    folder: Path
    names: Callable[[], tuple[str, ...]]
    may_have: Callable[[str], bool]
    measure: Callable[[], int]
    mark: str = ""  # name of a file that is laid into the folder, which tells that all in it came from another machine

    @property
    def file(self) -> RemoteFile:
        """The listing itself, as a file of unknown digest beside the model's folder."""
        return RemoteFile(f"{self.folder.name}.listing", f"listing:{self.name}", MAX_LISTING, "")

    @property
    def place(self) -> Path:
        """Where its listing is, if it is here."""
        return self.folder.parent / self.file.name

    def write(self) -> bool:
        """List the files in the model's folder, unless the last listing is as new; return False if there are none.

        Raises OSError.
        """
        names = self.names()
        if not 0 < len(names) <= MAX_FILES:
            return False
        try:
            old = self.read(self.place.read_bytes())
        except (OSError, ValueError):
            old = ()
        if [file.name for file in old] == list(names) and not self._changed(names):
            return True
        listing = Manifest(tuple(ListedFile(name, *measured(self.folder / name)) for name in names))
        self.place.write_bytes(msgspec.json.encode(listing))
        return True

    def _changed(self, names: Iterable[str]) -> bool:
        made_s = self.place.stat().st_mtime
        return any((self.folder / name).stat().st_mtime > made_s for name in names)

    def place_files(self, files: Iterable[RemoteFile], staged: Path) -> None:
        """Give the files of a listing their places, in their order, once all of them are staged. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.mark:
            (self.folder / self.mark).write_text("The files of this model came from another machine of the swarm.\n")
        for file in files:
            place = self.folder / file.name
            place.parent.mkdir(parents=True, exist_ok=True)
            (staged / file.name).replace(place)
        self.place.touch()

    def read(self, data: bytes) -> tuple[RemoteFile, ...]:
        """Return the files of a listing. Raises ValueError for one that cannot be of this model."""
        listing = msgspec.json.decode(data[: MAX_LISTING + 1], type=Manifest)
        names = [file.name.lower() for file in listing.files]
        if len({*names}) < len(names) or sum(file.size for file in listing.files) > MAX_BYTES:
            raise ValueError("a name stands twice in it, or it is of too many bytes")
        if odd := [file.name for file in listing.files if not self.may_have(file.name)]:
            raise ValueError(f"no model of this engine has a file {odd[0]}")
        return tuple(RemoteFile(file.name, "", file.size, file.digest) for file in listing.files)


def measured(path: Path) -> tuple[str, int]:
    """Return the SHA-256 and the size of a file. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return digest, file.tell()


@dataclass(frozen=True)
class RemoteModel:
    """The files that an engine opens a model with and would download, and their folder.

    `listed`: the files of the model, or more of them, are known only by the listing of a machine that has it.
    """

    title: str
    folder: Path
    files: tuple[RemoteFile, ...]
    listed: ListedModel | None = None
