"""Downloads the files of models, each checked by its size and digest, and resumed where an earlier try stopped.

Nothing is trusted but the table of files that an engine has: a server can at most send bytes that are thrown away.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from swarm.config import ENV_HOME, may_download, state_folder
from swarm.errors import EnvironmentFault

if TYPE_CHECKING:
    import httpx
    from filelock import BaseFileLock


ENV_MODELS = "E2A_SWARM_MODELS"  # the folder of models that are downloaded without another project's library
ENV_HUB = "HF_ENDPOINT"  # Hugging Face's variable: another address of its hub, such as a mirror in the house
PART = ".part"
LOCK = ".lock"
TRIES = 3
TIMEOUT_S = 60.0
LOCK_TIMEOUT_S = 60.0


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
        return _size(folder / self.name) == self.size if self.digest else (folder / self.name).is_file()

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
        with download_lock(folder / LOCK, lambda: tell(f"waiting for the download of {title}")):
            sizes = [file.size for file in files if file.digest] or [file.size for file in files]
            report = _Report(title, sum(sizes), tell)
            for file in files:
                _fetch_file(folder, file, report)
    except OSError as fault:
        raise EnvironmentFault(f"{title} cannot be downloaded to {folder}: {_reason(fault)}.") from fault
    tell(f"loading {title}")


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
    report.add(_size(part))
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
    if file.digest and (_size(part) != file.size or _digest(part, file.algorithm) != file.digest):
        part.unlink()
        raise EnvironmentFault(
            f"{file.url} sent another file than the one that is known by its digest; it was thrown away. Copy the "
            f"right one to {place}, or look for a newer e2a-swarm."
        )
    part.replace(place)


def _append(part: Path, file: RemoteFile, report: _Report) -> None:
    """Download what a partial file lacks. Raises httpx.HTTPError, OSError."""
    import httpx

    begun = _size(part)
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


def _size(path: Path) -> int:
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
    if isinstance(fault, httpx.HTTPError):
        return "its server is out of reach"
    if isinstance(fault, OSError) and fault.errno == errno.ENOSPC:
        return "the disk is full"
    return (fault.strerror if isinstance(fault, OSError) else None) or type(fault).__name__
