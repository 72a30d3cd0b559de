"""In-memory twins of the store and the transport: the same contracts, without disk or sockets.

The store, `RouterSocket` and `DealerSocket` describe the methods.
"""

import asyncio
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import count
from pathlib import Path

import msgspec

from swarm.config import DEFAULT_PORT
from swarm.errors import EnvironmentFault, StoreError
from swarm.job.job_asset import piece_size
from swarm.job.record import AnyRecord, ClipAccepted, LatentsKept
from swarm.job.run import RunStats
from swarm.job.spec import JobSpec
from swarm.job.store.store import NO_FILES, DiskStore, Entry, FileContents, unpacking
from swarm.job.store.summary import JobSummary, standing_of, summary_of
from swarm.lease.envelope import MAX_CLIP_BYTES, Message
from swarm.lease.message import FromCoordinator, FromWorker
from swarm.net.wire import MAX_CONTROL_BYTES, pack, unpack_from_coordinator, unpack_from_worker


class MemoryStore(DiskStore):
    """The store in memory. `held` and `job_files` stand for files on the disk; its paths lead nowhere."""

    def __init__(self) -> None:  # the disk is left alone
        self.held: dict[str, bytes] = {}
        self.job_files: dict[tuple[str, str], bytes] = {}  # (job, digest) -> file
        self._spec: dict[str, JobSpec] = {}
        self._records: dict[str, list[AnyRecord]] = {}
        self._run_stats: dict[str, bytes] = {}

    def create_job(self, spec: JobSpec, book_file: Path, contents: FileContents = NO_FILES) -> None:
        if spec.job in self._spec:
            raise StoreError(f"The job {spec.job} exists already.")
        for digest, content in contents.items():
            self.job_files[spec.job, digest] = content if isinstance(content, bytes) else content.read_bytes()
        self._spec[spec.job] = spec
        self._records[spec.job] = []

    def open_job(self, job: str) -> JobSpec | None:
        return self._spec.get(job)

    def records(self, job: str) -> Iterator[AnyRecord]:
        return iter(tuple(self._known(job)))

    def commit(self, entries: Sequence[Entry]) -> None:
        """Write all records or none: an unknown job is noticed before anything is written."""
        journals = [self._known(job) for job, _, _ in entries]
        for records, (_, record, frame) in zip(journals, entries, strict=True):
            records.append(record)
            if frame and isinstance(record, ClipAccepted):
                self.held[record.key] = frame
        for job, record, frame in entries:
            if frame and isinstance(record, LatentsKept):
                self.job_files[job, record.digest] = frame

    def settle(self, job: str) -> None:
        self._known(job)

    def asset_size(self, job: str, digest: str) -> int:
        return len(self.job_files.get((job, digest), b""))

    def run_stats(self, job: str) -> RunStats:
        return msgspec.json.decode(self._run_stats[job], type=RunStats) if job in self._run_stats else RunStats()

    def save_run_stats(self, job: str, run_stats: RunStats) -> None:
        self._run_stats[job] = msgspec.json.encode(run_stats)

    def asset_path(self, job: str, digest: str) -> Path:
        return Path("memory") / job / digest

    def unpacking(self) -> AbstractContextManager[Path]:
        return unpacking(Path(tempfile.gettempdir()))

    def restore_asset(self, job: str, digest: str, content: bytes | Path) -> None:
        self.job_files[job, digest] = content if isinstance(content, bytes) else content.read_bytes()

    def read_asset(self, job: str, digest: str, offset: int) -> bytes:
        if (job, digest) not in self.job_files:
            raise StoreError(f"{self.asset_path(job, digest)} is not there.")
        content = self.job_files[job, digest]
        return content[offset : offset + piece_size(len(content), offset)]

    def clip_path(self, key: str, job: str = "") -> Path:
        return Path("memory") / f"{key}.flac"

    def find_clip(self, key: str, job: str = "") -> Path | None:
        return self.clip_path(key, job) if self.held.get(key) else None

    def clip_keys(self, job: str = "") -> set[str]:
        return set(self.held)

    def discard_clip(self, key: str, job: str = "") -> None:
        self.held.pop(key, None)

    def lost_clips(self, job: str) -> list[ClipAccepted]:
        standing, sizes, _, _ = standing_of(self._known(job))
        return [record for record in standing if len(self.held.get(record.key, b"")) != sizes[record.key]]

    def jobs(self) -> list[JobSummary]:
        return sorted((self._summary(spec) for spec in self._spec.values()), key=lambda summary: summary.created_s)

    def remove_jobs(self, jobs: Sequence[str]) -> None:
        keys = set().union(*(_keys(self._known(job)) for job in jobs))
        for job in jobs:
            del self._spec[job], self._records[job]
        for key in keys.difference(*map(_keys, self._records.values())):
            self.discard_clip(key)

    def lock_job(self, job: str, *, named: bool = True) -> None:
        """Do nothing: no other process can see this store."""

    def release_job(self, job: str) -> None:
        self._known(job)

    def folder(self, job: str) -> Path:
        return Path("memory") / job

    def close(self) -> None:
        """Do nothing: this store holds nothing open."""

    def _known(self, job: str) -> list[AnyRecord]:
        if job not in self._records:
            raise StoreError(f"There is no job {job!r}.")
        return self._records[job]

    def _summary(self, spec: JobSpec) -> JobSummary:
        return summary_of(spec, standing_of(self._records[spec.job]))


def _keys(records: list[AnyRecord]) -> set[str]:
    return {record.key for record in records if isinstance(record, ClipAccepted)}


class MemoryNetwork:
    """Routers and dealers that reach each other without sockets, with the same bytes and bounds."""

    def __init__(self) -> None:
        self.routers: dict[str, MemoryRouter] = {}
        self.ports = count(DEFAULT_PORT)

    def router(self) -> "MemoryRouter":
        return MemoryRouter(self)

    def dealer(self) -> "MemoryDealer":
        return MemoryDealer(self)


class MemoryRouter:
    """The router in memory."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.dropped = 0
        self.peers: dict[bytes, MemoryDealer] = {}
        self.inbox: asyncio.Queue[tuple[bytes, bytes, bytes]] = asyncio.Queue()
        self._network = network
        self._address = ""

    def bind(self, address: str, port: int | None) -> int:
        port = port or next(self._network.ports)
        self._address = f"{address}:{port}"
        if self._address in self._network.routers:
            raise EnvironmentFault(f"Another program listens on {self._address}.")
        self._network.routers[self._address] = self
        return port

    async def receive(self) -> tuple[bytes, FromWorker, bytes]:
        while True:
            peer, control, frame = await self.inbox.get()
            if (message := unpack_from_worker(control)) is not None:
                return peer, message, frame
            self.dropped += 1

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> bool:
        if peer not in self.peers:
            return False
        self.peers[peer].inbox.put_nowait((pack(message), frame))
        return True

    def unread(self, peer: bytes) -> int:
        return 0

    def penalise(self, peer: bytes, size: int) -> None:
        """Do nothing: peers in memory are honest."""

    def waiting(self) -> bool:
        return not self.inbox.empty()

    def came_by_code(self) -> bool:
        """Return False: all are members in memory."""
        return False

    def close(self) -> None:
        self._network.routers.pop(self._address, None)
        self.peers.clear()


class MemoryDealer:
    """The dealer in memory."""

    def __init__(self, network: MemoryNetwork) -> None:
        self.network = network
        self.dropped = 0
        self.refusal: str | None = None  # this router refuses no worker
        self.inbox: asyncio.Queue[tuple[bytes, bytes]] = asyncio.Queue()
        self._name = uuid.uuid4().bytes
        self._addresses: Sequence[str] = ()

    @property
    def connected(self) -> bool:
        return self._router() is not None

    def connect(self, addresses: Sequence[str]) -> None:
        self._addresses = addresses
        self._router()

    async def receive(self) -> tuple[FromCoordinator, bytes]:
        while True:
            control, frame = await self.inbox.get()
            if (message := unpack_from_coordinator(control)) is not None:
                return message, frame
            self.dropped += 1

    def send(self, message: Message, frame: bytes = b"") -> bool:
        control = pack(message)
        if len(control) > MAX_CONTROL_BYTES or len(frame) > MAX_CLIP_BYTES:
            self.dropped += 1
        elif router := self._router():
            router.inbox.put_nowait((self._name, control, frame))
            return True
        return False

    def close(self) -> None:
        if router := self._router():
            del router.peers[self._name]
        self._addresses = ()

    def _router(self) -> MemoryRouter | None:
        found = (self.network.routers[address] for address in self._addresses if address in self.network.routers)
        if router := next(found, None):
            router.peers[self._name] = self
        return router
