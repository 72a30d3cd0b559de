"""A large file of a job reaches several workers, of which the coordinator sends about one copy: real sockets and disks.

The coordinator is its real core, router and file server; only its store is in memory.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import pytest
from making import make_core, make_hello, make_spec
from msgspec import structs
from ports import LOOPBACK

from swarm.coordinator.file_server import FileServer
from swarm.job.job_asset import BLOCK_BYTES, PIECE_BYTES, JobAsset
from swarm.job.state import JobState
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.outcome import Outcome
from swarm.lease.worker import file_source
from swarm.net.identity.swarm_key import CurveKeys, curve_keys, make_key
from swarm.net.transport import DealerSocket, RouterSocket
from swarm.net.worker_connections import FixedSockets
from swarm.system.machine import Clock
from swarm.worker.engine_processes import Engines
from swarm.worker.files.file_cache import FileCache
from swarm.worker.files.peers import PeerFileServer
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode

BLOCKS = 24
CONTENT = random.Random(1).randbytes(BLOCKS * BLOCK_BYTES + 1000)
MODEL = JobAsset("model/model.pth", sha256(CONTENT).hexdigest(), len(CONTENT))
KEYS, NEW_KEYS = curve_keys(make_key()), curve_keys(make_key())


class MemoryStore:
    """A store of one large file, in memory."""

    def read_asset(self, job: str, digest: str, offset: int) -> bytes:
        return CONTENT[offset : offset + PIECE_BYTES]


class House:
    """A coordinator with a job that needs the file, and workers with a folder each."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, []
        spec = structs.replace(make_spec(["One."]), job_files=(MODEL,))
        self.core = make_core(JobState(spec), min_workers=1000)
        self.router, self.clock = RouterSocket(KEYS), Clock()
        self.port = self.router.bind(LOOPBACK, 0)
        self.files = FileServer(MemoryStore(), self, self._restored, lambda job, digest: False)  # type: ignore[arg-type]
        self.sent: Counter[bytes] = Counter()  # bytes of the file, by peer
        self.workers: list[WorkNode] = []
        self.sockets: dict[str, ChangingSockets] = {}
        self.lives: list[asyncio.Task[None]] = []

    # --- the router as the file server uses it

    def send(self, peer: bytes, message: object, frame: bytes = b"") -> bool:
        self.sent[peer] += len(frame)
        return self.router.send(peer, message, frame)  # type: ignore[arg-type]

    def unread(self, peer: bytes) -> int:
        return self.router.unread(peer)

    async def _restored(self, job: str, digest: str) -> bool:
        return False

    async def run(self) -> None:
        while True:
            peer, message, frame = await self.router.receive()
            self.carry_out(self.core.receive(peer, message, self.clock.now(), frame))

    def carry_out(self, out: Outcome) -> None:
        self.said += [event.code for event in out.events]
        for send in out.sends:
            self.router.send(send.peer, send.message, send.frame)
        for serve in out.serves:
            self.files.ask(serve.peer, serve)

    # --- workers

    def work(self, name: str, peer_address: str | None = LOOPBACK, cache: type[FileCache] = FileCache) -> WorkNode:
        engines = Engines(("cpu:0",), self.folder / name / "log")
        watch = LimitWatch(engines.devices, GpuReadings(()))
        files = cache(self.folder / name, 10**9)
        sockets = self.sockets[name] = ChangingSockets(KEYS)
        node = WorkNode(
            make_hello(name), engines, files, sockets, Clock(), lambda line: None, watch, peer_bind=peer_address
        )
        node.serve_coordinator("c", [f"{LOOPBACK}:{self.port}"])
        self.workers.append(node)
        self.lives.append(asyncio.create_task(node.serve_coordinators()))
        return node

    def has(self, node: WorkNode) -> bool:
        return node.core.fetched.downloads.is_here(MODEL.digest)

    async def all_have(self, *nodes: WorkNode) -> None:
        while not all(map(self.has, nodes or self.workers)):
            await asyncio.sleep(0.01)

    def fetched(self, node: WorkNode) -> int:
        return node.core.fetched.downloads.items[MODEL.digest].have

    @property
    def copies(self) -> float:
        return self.sent.total() / MODEL.size


@asynccontextmanager
async def running(folder: Path) -> AsyncIterator[House]:
    house = House(folder)
    tasks = [asyncio.create_task(house.run()), asyncio.create_task(house.files.send_pieces())]
    try:
        yield house
    finally:
        for node in house.workers:
            node.drain_node()
        await asyncio.gather(*house.lives, return_exceptions=True)
        for task in tasks:
            task.cancel()
        house.router.close()


async def test_three_workers_have_the_file_and_the_coordinator_sent_about_one_copy(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        for name in ("attic", "barn", "cellar"):
            house.work(name)
        await house.all_have()
        assert house.copies < 1.5
        for name in ("attic", "barn", "cellar"):
            assert (tmp_path / name / "assets" / MODEL.digest).read_bytes() == CONTENT


def peer_address_of(node: WorkNode) -> PeerFileServer:
    peer_address = node._peers.server
    assert peer_address is not None
    return peer_address


class LyingCache(FileCache):
    """Passes on other bytes than it has."""

    def passed_on(self, fetch: Fetch) -> tuple[bytes, int]:
        data, size = super().passed_on(fetch)
        return bytes(len(data)), size


class SlowCache(FileCache):
    """Takes a while to pass on a piece, so that much can happen meanwhile."""

    def passed_on(self, fetch: Fetch) -> tuple[bytes, int]:
        time.sleep(0.02)
        return super().passed_on(fetch)


class EmptyCache(FileCache):
    """Says for ever that a piece is not here yet."""

    def passed_on(self, fetch: Fetch) -> tuple[bytes, int]:
        return b"", MODEL.size


async def test_one_that_leaves_in_the_middle_costs_no_more_than_what_was_on_its_way(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        await house.all_have(house.work("attic", cache=SlowCache))
        barn = house.work("barn")
        while barn.core.fetched.downloads.items.get(MODEL.digest) is None or not house.fetched(barn) > 4 * BLOCK_BYTES:
            await asyncio.sleep(0.01)
        before = house.fetched(barn)
        house.workers[0].drain_node()
        await house.all_have(barn)
        assert house.copies < 1 + (MODEL.size - before) / MODEL.size + 0.2
        assert (tmp_path / "barn" / "assets" / MODEL.digest).read_bytes() == CONTENT


async def test_a_liar_is_found_by_its_first_block_and_told_of_and_asked_no_more(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        await house.all_have(house.work("attic", cache=LyingCache))
        await house.all_have(house.work("barn"))
        await house.all_have(house.work("cellar"))
        assert house.said.count("file not as it was") == 1
        assert peer_address_of(house.workers[0]).served <= 3 * BLOCK_BYTES
        for name in ("barn", "cellar"):
            assert (tmp_path / name / "assets" / MODEL.digest).read_bytes() == CONTENT


async def test_one_that_has_nothing_yet_for_ever_and_one_out_of_reach_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_source, "STUCK_S", 1.5)
    monkeypatch.setattr(file_source, "SILENT_S", 1.2)
    async with running(tmp_path) as house:
        await house.all_have(house.work("attic", cache=EmptyCache))
        barn = house.work("barn")
        barn._peers._hosts[f"{LOOPBACK}:{house.port}"] = "127.0.0.78"  # nobody listens there
        await house.all_have(barn)
        cellar = house.work("cellar")
        await house.all_have(cellar)
        aside = cellar.core.fetched.downloads.items[MODEL.digest].source.aside
        assert set(aside.values()) <= {"silent", "away"}
        assert aside


async def test_the_server_is_open_only_while_a_job_needs_the_file_and_serves_only_members_and_that_file(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as house:
        attic = house.work("attic")
        await house.all_have(attic)
        (address,) = attic.core.peer_addresses.values()
        secret = tmp_path / "attic" / "assets" / sha256(b"secret").hexdigest()
        secret.write_bytes(b"secret")
        assert (await asked(address, KEYS, Fetch(secret.name, 0))).total == 0
        assert (await asked(address, KEYS, Fetch(MODEL.digest, 0))).total == MODEL.size
        stranger = DealerSocket(curve_keys(make_key()))
        stranger.connect([address])
        await asyncio.sleep(0.5)
        assert not stranger.connected
        stranger.close()
        house.carry_out(house.core.end())
        while attic.core.peer_addresses:
            await asyncio.sleep(0.05)


async def test_a_server_is_opened_anew_when_the_swarm_has_other_keys(tmp_path: Path) -> None:
    async with running(tmp_path) as house:
        attic = house.work("attic")
        await house.all_have(attic)
        (before,) = attic.core.peer_addresses.values()
        house.sockets["attic"].keys = NEW_KEYS
        while list(attic.core.peer_addresses.values()) in ([], [before]):
            await asyncio.sleep(0.05)
        (address,) = attic.core.peer_addresses.values()
        assert (await asked(address, NEW_KEYS, Fetch(MODEL.digest, 0))).total == MODEL.size
        former = DealerSocket(KEYS)
        for where in (before, address):
            former.connect([where])
            await asyncio.sleep(0.5)
            assert not former.connected
        former.close()


class ChangingSockets(FixedSockets):
    """Sockets whose listeners have other keys at times."""

    def __init__(self, keys: CurveKeys) -> None:
        super().__init__(keys)
        self.keys = keys

    def listen_for_peers(self) -> RouterSocket:
        return RouterSocket(self.keys)

    def key_epoch(self) -> object:
        return self.keys


async def asked(address: str, keys: CurveKeys, fetch: Fetch) -> Piece:
    dealer = DealerSocket(keys)
    dealer.connect([address])
    while not dealer.send(fetch):
        await asyncio.sleep(0.01)
    message, _ = await dealer.receive()
    dealer.close()
    assert isinstance(message, Piece)
    return message
