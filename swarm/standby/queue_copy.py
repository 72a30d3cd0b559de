"""The copies of queues on a standby: all that another machine needs to serve what a resident coordinator served.

Each copy is a folder with the files of a state folder: the list of the queue, its books, the files that its options
name, and what opens its page and its feeds. One lineage of a queue has one folder. A list that lacks books of the copy
and comes from another connection, as from a restored backup, sets the copy aside in place of taking its books away.
"""

import hashlib
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from swarm.config import STANDBY
from swarm.errors import StoreError
from swarm.job.run import lineage_of
from swarm.lease.member_message import QueuedFile, QueueHead, QueueList
from swarm.standby.adopt import followed_s
from swarm.system.disk import guarded, link_or_copy, replace_file
from swarm.system.machine import address_of

FOLDER, LIST, ASIDE = "queues", "list", ".before-"
ORIGIN = "origin"  # this file of a copy says from where it came
QUEUE_ID = re.compile(r"queue-[0-9a-f]{16}")
FILE_PATH = re.compile(r"queue/(?:[1-9][0-9]{0,9}|given)/(?P<name>[^/\\<>:\"|?*\x00-\x1f]{1,160})")
# What a list may bring besides, each readable for its user alone.
SMALL = (
    "queue/queue.json",
    "queue/settings.json",
    "queue/casts.json",
    "feed-tokens.json",
    "web-password",
    "web-tokens-before",
)
MAX_LIST = 80 << 20  # bytes of a list
MAX_BYTES = 200 * 10**9  # all files of a queue together
MAX_COPIES = 32  # copies of queues on one standby
MAX_OF_HOST = 8  # copies from one machine: each take-over begins one
MAX_ASIDE = 4  # copies of one queue that were set aside
KEEP_ASIDE_S = 7 * 86_400.0  # one that is older goes when there are more


class UnsoundQueue(Exception):
    """The list of a queue is not what it should be."""


class QueueCopy:
    """The copy of one lineage of a queue."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.list, self.digest = read_list(folder)
        self._here = {file.path for file in self.list.files if self._has(file)} if self.list else set[str]()

    @property
    def books(self) -> int:
        """How many of its books are here."""
        return sum(file.is_book and file.path in self._here for file in self.list.files) if self.list else 0

    @property
    def lacking(self) -> list[QueuedFile]:
        """The files that are not here yet."""
        return [file for file in self.list.files if file.path not in self._here] if self.list else []

    def lacks_none_of(self, new: QueueList) -> bool:
        """Tell whether a new list has all books that are here."""
        return not self._left_out(new)

    def _left_out(self, new: QueueList) -> set[str]:
        """Return the paths of the files here that a new list lacks, or has with another content."""
        kept = {(file.path, file.digest) for file in new.files}
        files = self.list.files if self.list else ()
        return {file.path for file in files if file.path in self._here and (file.path, file.digest) not in kept}

    def take_list(self, body: bytes) -> None:
        """Follow a list, which was checked: write its small files, and remove the books that left the queue."""
        new = msgspec.msgpack.decode(body, type=QueueList)
        for path, content in new.small.items():
            with guarded(self.folder / path):
                replace_file(self.folder / path, content, mode=0o600)
        for path in self._left_out(new):
            with guarded(self.folder / path):
                (self.folder / path).unlink(missing_ok=True)
        with guarded(self.folder / LIST):
            replace_file(self.folder / LIST, body, mode=0o600)
        self.list, self.digest = new, hashlib.sha256(body).hexdigest()
        self._here = {file.path for file in new.files if self._has(file)}

    def add_file(self, file: QueuedFile, content: Path) -> None:
        """Take a file whose content was checked; it is moved."""
        target = self.folder / file.path
        with guarded(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            content.replace(target)
        self._here.add(file.path)

    def take_from(self, other: "QueueCopy") -> None:
        """Have the files that another copy of the queue has, without copying them once more."""
        known = {file.path: file.digest for file in other.list.files} if other.list else {}
        for file in self.lacking:
            if known.get(file.path) == file.digest and file.path in other._here:
                with suppress(OSError):
                    link_or_copy(other.folder / file.path, self.folder / file.path)
                    self._here.add(file.path)

    def _has(self, file: QueuedFile) -> bool:
        with suppress(OSError):
            return (self.folder / file.path).stat().st_size == file.size
        return False


def checked_list(body: bytes, head: QueueHead) -> QueueList:
    """Return a list that a coordinator sent. Raises UnsoundQueue for one that is not of its queue, or has no bounds."""
    try:
        new = msgspec.msgpack.decode(body, type=QueueList)
    except (ValueError, RecursionError) as error:
        raise UnsoundQueue("a coordinator sent the list of a queue that this e2a-swarm does not know") from error
    paths = [file.path for file in new.files]
    if (new.queue, new.epoch) != (head.queue, head.epoch) or not set(new.small) <= set(SMALL):
        raise UnsoundQueue("a coordinator sent another queue than it names")
    if len(set(paths)) < len(paths) or not all(map(_is_path, paths)):
        raise UnsoundQueue("the list of a queue names files that no queue has")
    if sum(file.size for file in new.files) > MAX_BYTES:
        raise UnsoundQueue("the books of a queue are larger than any copy may be")
    return new


def _is_path(path: str) -> bool:
    match = FILE_PATH.fullmatch(path)
    return match is not None and match["name"].strip(" .") == match["name"]


class QueueCopies:
    """All copies of queues below the folder of a standby."""

    def __init__(self, standby: Path) -> None:
        self._folder = standby / FOLDER
        self._open: dict[str, QueueCopy] = {}  # keys are names of folders

    def lineage(self, queue: str) -> int:
        """Return the highest lineage of a queue of which there is a copy."""
        return max((lineage for name, lineage in _names(self._folder) if name == queue), default=0)

    def copy_of(self, head: QueueHead, host: str) -> QueueCopy:
        """Return the copy of a queue that comes from a machine. Raises StoreError where there are too many."""
        name = f"{head.queue}.{lineage_of(head.epoch)}"
        if name not in self._open:
            if not (self._folder / name).is_dir():
                self._begin(name, address_of(host))
            self._open[name] = QueueCopy(self._folder / name)
        return self._open[name]

    def _begin(self, name: str, host: str) -> None:
        """Make the folder of a copy, so that no machine takes the room of all others."""
        origins = [_origin(folder) for folder in _folders(self._folder)]
        if len(origins) >= MAX_COPIES or origins.count(host) >= MAX_OF_HOST:
            what = f"{len(origins)} copies of queues, {origins.count(host)} of them from {host}"
            raise StoreError(f"{self._folder} has {what}: remove those of no use.")
        with guarded(self._folder / name):
            replace_file(self._folder / name / ORIGIN, host.encode(), mode=0o600)

    def follow(self, copy: QueueCopy, body: bytes, new: QueueList, *, is_same_connection: bool) -> QueueCopy:
        """Have a copy follow a list that was checked; return the copy, which is another one if books are set aside."""
        if not is_same_connection and not copy.lacks_none_of(new):
            copy = self._set_aside(copy)
        copy.take_list(body)
        for folder in _folders(self._folder):
            if copy.lacking and folder != copy.folder and folder.name.startswith(f"{new.queue}."):
                copy.take_from(QueueCopy(folder))
        return copy

    def _set_aside(self, copy: QueueCopy) -> QueueCopy:
        """Move a copy away, and return an empty one in its place."""
        name, now = copy.folder.name, time.time()
        before = [folder for folder in _folders(self._folder) if folder.name.startswith(name + ASIDE)]
        for folder in sorted(before, key=followed_s)[: max(0, len(before) + 1 - MAX_ASIDE)]:
            if now - followed_s(folder) < KEEP_ASIDE_S:
                raise StoreError(
                    f"{copy.folder} has books that its coordinator lacks, and {MAX_ASIDE} such copies were set aside "
                    "this week: remove those of no use."
                )
            shutil.rmtree(folder, ignore_errors=True)
        with guarded(copy.folder):
            origin = _origin(copy.folder)
            copy.folder.rename(copy.folder.with_name(f"{name}{ASIDE}{time.time_ns()}"))
            replace_file(copy.folder / ORIGIN, origin.encode(), mode=0o600)
        self._open[name] = QueueCopy(copy.folder)
        return self._open[name]


def read_list(folder: Path) -> tuple[QueueList | None, str]:
    """Return the list of a copy, and its digest; None if there is none that can be read."""
    with suppress(OSError, ValueError, RecursionError):
        path = folder / LIST
        if path.stat().st_size <= MAX_LIST:
            body = path.read_bytes()
            return msgspec.msgpack.decode(body, type=QueueList), hashlib.sha256(body).hexdigest()
    return None, ""


def _origin(folder: Path) -> str:
    with suppress(OSError):
        return (folder / ORIGIN).read_text(encoding="utf-8", errors="replace")[:100]
    return ""


def _folders(folder: Path) -> Iterator[Path]:
    with suppress(OSError):
        yield from (path for path in folder.iterdir() if path.is_dir())


def _names(folder: Path) -> Iterator[tuple[str, int]]:
    """Yield the queue and the lineage of each copy that was not set aside."""
    for path in _folders(folder):
        queue, _, lineage = path.name.partition(".")
        if QUEUE_ID.fullmatch(queue) and lineage.isascii() and lineage.isdigit() and len(lineage) < 20:
            yield queue, int(lineage)


def latest_copies(state_dir: Path) -> list[QueueCopy]:
    """Return the copies of queues on a standby that can be read: of each queue its latest lineage."""
    folder = state_dir / STANDBY / FOLDER
    latest: dict[str, int] = {}
    for queue, lineage in _names(folder):
        latest[queue] = max(lineage, latest.get(queue, 0))
    copies = [QueueCopy(folder / f"{queue}.{lineage}") for queue, lineage in sorted(latest.items())]
    return [copy for copy in copies if copy.list]
