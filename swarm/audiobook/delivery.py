"""Delivers the files of an edition from its outbox to the destination that the user named, and notes what was uploaded.

The notes lie in the folder of each job, so files on a server are known to be ours."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from pathlib import Path

import msgspec
from msgspec import Struct

from swarm.audiobook.destination import (
    Destination,
    DestinationFault,
    FolderDestination,
    RemoteDestination,
    TransferProgress,
    retry,
)
from swarm.audiobook.output_path import (
    MAX_REPORT_BYTES,
    UPLOADS,
    Head,
    PossibleName,
    Replaces,
    choose_name,
    is_torn,
    numbered,
    placeholder,
    read_head,
    report_path,
)
from swarm.audiobook.sound.tags import Tags
from swarm.errors import EnvironmentFault, Remedy
from swarm.job.store.store import digest_of
from swarm.system.disk import OUTPUT_OPTION, guarded, read_json, replace_file
from swarm.system.machine import Say
from swarm.system.platform import disk_of
from swarm.system.text import clean

WAITS_S = (1.0, 4.0, 15.0, 30.0, 60.0)  # before each retry: a router needs a minute or two to restart
DELIVERED_FILE = ".delivered.json"  # digests of files that arrived, by name; it lies in the outbox


def find_destination(folder: Path, url: str, state_dir: Path) -> Destination | None:
    """Return the destination of a folder or address; None if files are made in place, on the state folder's disk.

    The folder is made later, when a book has something to put into it. Raises EnvironmentFault.
    """
    if url:
        return RemoteDestination(url)
    with guarded(folder, OUTPUT_OPTION):
        there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
        there.mkdir(exist_ok=True)  # raises if it is a file
        return None if disk_of(there) == disk_of(state_dir) else FolderDestination(folder)


class Delivery:
    """The files that one edition has to deliver from its `outbox`. Use it from one thread at a time."""

    def __init__(self, destination: Destination, outbox: Path, waits_s: Sequence[float] = WAITS_S) -> None:
        self.destination = destination
        self.outbox = outbox
        self._waits_s = waits_s
        self._stopped = threading.Event()
        # The report that lay at this name may be of this job or of the one before.
        self.replaced: Head | None = None
        self._job = ""

    def claim_name(
        self,
        stem: str,
        ending: str,
        job: str,
        marks: Iterable[str] = (),
        replaces: Replaces = lambda head: False,
    ) -> Path:
        """Claim a name there as `claim_output_path` does; return a path in the outbox. Raises DestinationFault."""
        name = choose_name(self._possible_names(stem, ending), job, ending, replaces)
        self.replaced, self._job = name.head, job
        if name.head is None or (name.head.book.job != job and not name.head.is_whole):
            self.destination.write_file(f"{name.stem}.report.json", placeholder(job, marks))
        return self.outbox / f"{name.stem}.{ending}"

    @property
    def has_nothing_there(self) -> bool:
        """Whether nothing was delivered to its destination."""
        return not self._noted()

    def release_name(self, target: Path) -> None:
        """Give up the name that a job claimed, unless its report there is whole. Raises DestinationFault."""
        name = self._name(report_path(target))
        head = read_head(self.destination.read_file(name, MAX_REPORT_BYTES) or b"")
        if head and head.book.job == self._job and not head.is_whole:
            self.destination.remove_file(name)

    def _possible_names(self, stem: str, ending: str) -> Iterator[PossibleName]:
        for number in count(1):
            name = numbered(stem, number)
            held = self.destination.read_file(f"{name}.report.json", MAX_REPORT_BYTES)
            has_file = self.destination.file_size(f"{name}.{ending}") > 0
            is_free = not has_file and (held is None or is_torn(held))
            yield PossibleName(name, read_head(held) if held is not None else None, has_file, is_free)

    def address(self, path: Path) -> str:
        """Return the address to which a file of the outbox is delivered."""
        return self.destination.address(self._name(path))

    def holds(self, addresses: Sequence[str], size: int) -> bool:
        """Tell whether the destination has all of a finished edition: files of so many bytes in all, and the report."""
        prefix = self.destination.address("")
        names = [address.removeprefix(prefix).lstrip("/\\") for address in addresses if address.startswith(prefix)]
        report = self.replaced
        if (
            not names
            or len(names) != len(addresses)
            or not (report and report.is_whole and report.book.job == self._job)
        ):
            return False
        return sum(self.destination.file_size(name) for name in names) == size

    def deliver_file(self, path: Path, say: Say) -> None:
        """Deliver one file unless it is there already, with retries for minutes. Raises DestinationFault, Stopped."""
        name, digest = self._name(path), digest_of(path)
        if self._noted().get(name) == digest and self.destination.file_size(name) == path.stat().st_size:
            return

        def put() -> None:
            doing = f"copying {clean(path.name)} to {self.destination.name}"
            progress = TransferProgress(doing, path.stat().st_size, say, self._stopped)
            self.destination.put_file(path, name, digest, progress.moved)

        retry(put, self._waits_s, self._stopped, say)
        self._note({**self._noted(), name: digest})

    def deliver_files(self, paths: Sequence[Path], say: Say) -> None:
        """Deliver the files of an edition in their order. Raises EnvironmentFault, Stopped."""
        try:
            for path in paths:
                self.deliver_file(path, say)
        except DestinationFault as fault:
            raise EnvironmentFault(
                f"The audiobook is finished but could not be delivered: {fault} It is in {self.outbox}",
                Remedy(again="deliver", kept="nothing is spoken or encoded again"),
            ) from fault

    def remove_files(self, names: Iterable[str], say: Say) -> None:
        """Remove files that are left over of an earlier edition; a fault is only said."""
        for name in names:
            try:
                self.destination.remove_file(name)
            except DestinationFault as fault:
                say(f"{self.destination.address(name)} of the last edition is left over: {fault}")

    def stop_delivery(self) -> None:
        """Make the delivering thread raise Stopped soon."""
        self._stopped.set()

    def _name(self, path: Path) -> str:
        return path.relative_to(self.outbox).as_posix()

    def _noted(self) -> dict[str, str]:
        return read_json(self.outbox / DELIVERED_FILE, dict[str, str]) or {}

    def _note(self, delivered: dict[str, str]) -> None:
        with guarded(self.outbox):
            replace_file(self.outbox / DELIVERED_FILE, msgspec.json.encode(delivered))


Sizes = dict[str, int]  # bytes of files, by name


class UploadRecord(Struct, frozen=True):
    """An upload of one finished audiobook: when it was finished, as which book, and its files."""

    at_s: float
    book: str
    files: Sizes


Places = dict[str, UploadRecord]


class Uploads:
    """The uploads of one job, and of the others beside it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holds(self, place: str, at_s: float) -> bool:
        """Tell whether the audiobook that was finished at a time was uploaded to a place."""
        found = _read(self._folder).get(place)
        return found is not None and found.at_s == at_s

    def note_upload(self, place: str, at_s: float, tags: Tags, files: Sequence[Path]) -> None:
        """Note an upload, with all files that this job ever uploaded there. Raises StoreError."""
        places, book = _read(self._folder), _book(tags)
        sizes = _files(places, place, book) | {path.name: path.stat().st_size for path in files}
        with guarded(self._folder):
            places[place] = UploadRecord(at_s, book, sizes)
            replace_file(self._folder / UPLOADS, msgspec.json.encode(places))

    def known_files(self, place: str, tags: Tags) -> set[tuple[str, int]]:
        """Return names and sizes of all files that jobs of this state folder uploaded to a place as the same book."""
        folders = (path.parent for path in self._folder.parent.glob(f"*/{UPLOADS}"))
        return {each for folder in folders for each in _files(_read(folder), place, _book(tags)).items()}


def _book(tags: Tags) -> str:
    """Return title and authors, by which a server files a book."""
    return " - ".join((tags.title, *tags.authors))


def _files(places: Places, place: str, book: str) -> Sizes:
    found = places.get(place)
    return dict(found.files) if found and found.book == book else {}


def _read(folder: Path) -> Places:
    return read_json(folder / UPLOADS, Places) or {}
