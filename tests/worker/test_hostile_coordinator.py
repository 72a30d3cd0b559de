"""A worker between coordinators that send half-right messages: it neither ends nor grows, and still serves others."""

import asyncio
import hashlib
import os
import random
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from nacl.signing import SigningKey

from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.job.job_asset import JobAsset
from swarm.job.spec import Recipe, clip_key
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.member_message import Instruct, Order, sign_order
from swarm.lease.message import (
    PROTOCOL,
    Accepted,
    Device,
    Done,
    EngineOffer,
    FromCoordinator,
    Grant,
    Heartbeat,
    Hello,
    Job,
    Line,
    Refused,
    Rejected,
    Revoke,
    Trim,
    Wanted,
    Welcome,
    WhoAreYou,
)
from swarm.lease.worker.asset_download import MAX_OPEN
from swarm.lease.worker.coordinator_link import MAX_FILES, MAX_JOBS
from swarm.net.identity import membership
from swarm.net.identity.identity import Identity
from swarm.net.identity.identity_file import server_key_of
from swarm.net.identity.keys import save_key
from swarm.net.identity.swarm_key import make_key
from swarm.net.transport import DealerSocket
from swarm.net.worker_connections import MAX_LINES, TOO_MANY, FixedSockets
from swarm.system.machine import Clock
from swarm.system.platform import peak_bytes
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.registry import choose_recipe
from swarm.worker import engine_processes as node_engines
from swarm.worker.engine_processes import Batch, Engines
from swarm.worker.enrolment import WorkerEnrolment
from swarm.worker.files.file_cache import FileCache
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode

TICK = choose_recipe("en", engine="metronome", settings={"cost_per_char": "0"})
RECIPES = (TICK, choose_recipe("en", engine="metronome", settings={"cost_per_char": "1"}))
MESSAGES = 10_000


class MoodyProcess:
    """A stand-in for an engine's process that speaks, fails, dies or takes its time."""

    def __init__(self) -> None:
        self.alive, self.chance = True, random.Random(7)
        self.batches: dict[int, int] = {}

    async def start(self, engine: str, log_path: Path, *more: object) -> None: ...

    async def own_pids(self, slot: int) -> set[int]:
        return set()

    async def open(self, slot: int, recipe: Recipe, *words: object, **more: object) -> bytes:
        await asyncio.sleep(self.chance.choice((0, 0, 0.001)))
        if self.chance.random() < 0.05:
            raise EngineFault(self.chance.choice((FaultKind.UNAVAILABLE, FaultKind.MEMORY)), "it does not open")
        return self.chance.choice((b"", b"latents"))

    async def speak_all(self, slot: int, batch: Batch) -> list[SpokenClip | None]:
        await asyncio.sleep(self.chance.choice((0, 0, 0.001)))
        if self.chance.random() < 0.1:
            raise EngineFault(self.chance.choice(list(FaultKind)), "it does not speak")
        info = ClipInfo(samples=24000, sample_rate=24000, digest="0" * 64, work_s=0.5)
        return [SpokenClip(b"x" * 1000, info) for _ in batch]

    def kill(self) -> None:
        self.alive = False

    async def end_engine(self) -> None:
        self.kill()


@asynccontextmanager
async def a_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[WorkNode, list[str]]]:
    monkeypatch.setattr(node_engines, "EngineProcess", MoodyProcess)
    monkeypatch.setattr(DealerSocket, "send", lambda *_: True)  # a coordinator that reads all
    hello = Hello("w", "n", "w", "1", (EngineOffer("metronome", ("*",)),), (Device("cpu"),), 2, PROTOCOL)
    engines, said = Engines(("cpu:0", "cpu:0"), tmp_path / "log"), []
    settings = WorkerSettings(step_back_s=0.01, max_step_back_s=0.01)
    limit_watch = LimitWatch(engines.devices, GpuReadings(()))
    files = FileCache(tmp_path, 10**6)
    node = WorkNode(hello, engines, files, FixedSockets(None), Clock(), said.append, limit_watch, settings=settings)
    life = asyncio.create_task(node.serve_coordinators())
    try:
        yield node, said
    finally:
        for name in list(node.core.links):
            node.carry_out(node.core.forget(name, node.clock.now()))
        node.drain_node()
        await life  # raises what ended it


class Liar:
    """Makes messages whose parts are right and whose whole need not be."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)

    def message(self) -> tuple[FromCoordinator, bytes]:
        kinds = (
            self.welcome, self.job, self.job, self.grant, self.grant, self.grant, self.piece, self.fetch, self.clips,
            self.lease, self.session,
        )  # fmt: skip
        return self.chance.choice(kinds)()

    def name(self) -> str:
        return self.chance.choice(("job", "job", "other", ""))

    def count(self) -> int:
        return self.chance.choice((0, 0, 1, 1, 2, 3, 2**53 - 1))

    def digest(self) -> str:
        return self.chance.choice("abc") * 64

    def place(self) -> tuple[int, int, str]:
        text, recipe = self.chance.choice(("One.", "Two.")), self.chance.choice(RECIPES)
        return self.count(), self.count(), clip_key(text, recipe, self.chance.choice((0, 1)))

    def welcome(self) -> tuple[FromCoordinator, bytes]:
        beat_s, credit, piece = (self.chance.choice(few) for few in ((0, 1e9), (0, 10, 10**4), (0, 1, 100)))
        return Welcome(self.chance.choice("cd"), self.count(), "laptop", beat_s, credit, piece), b""

    def job(self) -> tuple[FromCoordinator, bytes]:
        sizes = [self.chance.choice((0, 1, 7, 300_000)) for _ in range(self.chance.choice((0, 0, 1, 2)))]
        files = tuple(JobAsset(f"voice-{place}.wav", self.digest(), size) for place, size in enumerate(sizes))
        return Job(self.name(), "Book", self.chance.choice(RECIPES), files, self.chance.random() < 0.3), b""

    def grant(self) -> tuple[FromCoordinator, bytes]:
        texts = [self.chance.choice(("One.", "Two.", "", "x" * 20_000)) for _ in range(self.chance.choice((1, 2, 30)))]
        lines = tuple(Line(self.count(), text, self.count()) for text in texts)
        return Grant(self.count(), self.name(), self.count(), self.count(), lines), b""

    def piece(self) -> tuple[FromCoordinator, bytes]:
        frame = bytes(self.chance.choice((0, 1, 7, 256 * 1024)))
        return Piece(self.digest(), self.count(), self.chance.choice((0, 7, 300_000))), frame

    def fetch(self) -> tuple[FromCoordinator, bytes]:
        return Fetch(self.digest(), self.count()), b""

    def clips(self) -> tuple[FromCoordinator, bytes]:
        places = tuple(self.place() for _ in range(self.chance.choice((0, 1, 5))))
        kinds: tuple[FromCoordinator, ...] = (
            Wanted(self.name(), places, places[:1]),
            Accepted(self.name(), places, self.count()),
            Rejected(self.name(), *self.place(), "why"),
            Fetch(self.digest(), self.count(), "clip"),
        )
        return self.chance.choice(kinds), b""

    def lease(self) -> tuple[FromCoordinator, bytes]:
        revoke = Revoke(self.count(), self.chance.random() < 0.7)
        return self.chance.choice((Trim(self.count(), self.count()), revoke, revoke)), b""

    def session(self) -> tuple[FromCoordinator, bytes]:
        final, failed = self.chance.random() < 0.1, self.chance.random() < 0.5
        return self.chance.choice((WhoAreYou(), Refused(), Done(final, failed))), b""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 4))])
async def test_half_right_messages_end_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    liar = Liar(seed)
    async with a_worker(tmp_path, monkeypatch) as (node, _):
        for count in range(MESSAGES // 4):
            name = liar.chance.choice("ab")
            if count % 100 == 0:
                node.carry_out(node.core.connect(name, node.clock.now()))
                node.carry_out(node.core.receive(name, Welcome("c", 1, "laptop", 1.0, 10**6, 65536), node.clock.now()))
            message, frame = liar.message()
            node.carry_out(node.core.receive(name, message, node.clock.now(), frame))
            if liar.chance.random() < 0.5:
                await asyncio.sleep(0)
            assert node._failure is None


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_thousands_of_jobs_whose_files_never_come_cost_little_memory_and_few_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_worker(tmp_path, monkeypatch) as (node, said):
        node.serve_coordinator("a", ["127.0.0.1:1"])
        node.carry_out(node.core.connect("a", node.clock.now()))
        node.carry_out(node.core.receive("a", Welcome("c", 1, "laptop", 1.0, 10**6, 65536), node.clock.now()))
        for number in range(2000):
            files = tuple(
                JobAsset(f"model/{place}.bin", hashlib.sha256(b"%d %d" % (number, place)).hexdigest(), 1000)
                for place in range(number % 3)
            )
            job = Job(f"job-{number}", f"Book {number}", TICK, files)
            node._announce("a", job)
            node.carry_out(node.core.receive("a", job, node.clock.now()))
            if number % 500 == 0:
                await asyncio.sleep(0)
        link, items = node.core.links["a"], node.core.fetched.downloads.items
        assert len(link.jobs.by_name) == MAX_JOBS
        assert len(items) <= MAX_FILES
        while any(item.state == "seeking" for item in items.values()):
            await asyncio.sleep(0.01)
        assert sum(item.is_open for item in items.values()) <= MAX_OPEN
        lines = [line for line in said if "speaking" in line or "fetching" in line or TOO_MANY in line]
        assert len(lines) < 2 * MAX_LINES
        assert sum(TOO_MANY in line for line in lines) >= 1


JOBS = 1000


async def tell_of_jobs_without_end(state_dir: Path) -> None:
    """Be a worker that a coordinator tells of jobs of 32 files that never come, then one that it leaves; tell of it."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        async with a_worker(state_dir, monkeypatch) as (node, _):
            node.serve_coordinator("a", ["127.0.0.1:1"])
            node.carry_out(node.core.connect("a", node.clock.now()))
            node.carry_out(node.core.receive("a", Welcome("c", 1, "laptop", 1.0, 10**6, 65536), node.clock.now()))
            before, beats = peak_bytes(), 0
            for number in range(JOBS):
                digests = (hashlib.sha256(b"%d %d" % (number, place)).hexdigest() for place in range(32))
                files = tuple(JobAsset(f"model/{place}.bin", digest, 10**6) for place, digest in enumerate(digests))
                out = node.core.receive("a", Job(f"job-{number}", "Book", TICK, files), node.clock.now())
                beats += sum(isinstance(message, Heartbeat) for _, message in out.messages)
                node.carry_out(out)
                if number % 10 == 0:
                    await asyncio.sleep(0)
            waiting, grown = node._file_thread._acts.qsize(), peak_bytes() - before
            node.forget_coordinator("a")
            while node._file_thread._acts.qsize() or node.core.fetched.downloads.unanswered:
                await asyncio.sleep(0.01)
            left, open_parts, looks = 1, 1, 0
            while (left or open_parts) and looks < 600:  # the thread may be at the last of its acts
                await asyncio.sleep(0.1)
                left, looks = sum(path.is_file() for path in (state_dir / "assets").rglob("*")), looks + 1
                open_parts = len(node._file_thread._folder._parts)
            print(msgspec.json.encode([grown >> 20, waiting, beats, left, open_parts]).decode())


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_jobs_of_many_files_that_never_come_fill_neither_memory_nor_disk(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys; from pathlib import Path; from test_hostile_coordinator import tell_of_jobs_without_end\n"
        "asyncio.run(tell_of_jobs_without_end(Path(sys.argv[1])))"
    )
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", program, str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, env=variables, check=True).stdout
    grown_mib, waiting, beats, left, open_parts = msgspec.json.decode(told)
    assert grown_mib < 30  # some 60 if all were kept
    assert waiting <= 4 * MAX_OPEN
    assert beats < JOBS / 10  # one for each would be a thousand files each time
    assert (left, open_parts) == (0, 0)


async def test_a_coordinator_that_invents_orders_or_plays_them_again_ends_no_worker_and_the_owner_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_key(tmp_path, key := make_key())
    identity, owner, member = Identity(tmp_path, key), SigningKey(b"o" * 32), SigningKey(b"m" * 32)
    known = membership.found(owner, server_key_of(key), bytes(member.verify_key))
    known = membership.admit(known, bytes(member.verify_key), "laptop", 1, owner)
    identity.membership.take_membership(membership.admit(known, identity.card, "w", 1, owner))
    async with a_worker(tmp_path, monkeypatch) as (node, said):
        node._sockets = WorkerEnrolment(identity, "w", said.append)
        run = node.core.hello.run
        drain = Order("drain", "w")
        stale = sign_order(drain, owner, ["a run before", "c"], "1")
        tower = sign_order(Order("drain", "tower"), owner, [run], "2")
        pause = sign_order(Order("pause", "w"), owner, [run], "3")
        resume = sign_order(Order("resume", "w"), identity.own, [run, "c"], "4")
        for order in (drain, sign_order(drain, member, [run], "5"), stale, tower, pause, resume, pause):
            node._announce("a", Instruct(order))
        assert not node._leaving.is_set() and node._limit_watch.hindrances((), 0.0) == [None, None]
        whys = ("not signed", "only this machine and laptop may give it, and laptop", "another run", "is for tower")
        assert [why for why in whys if why not in "\n".join(said)] == []
        assert said[-3].startswith("paused from laptop") and said[-2] == "goes on, as this machine wants"
        assert "counts once" in said[-1]
        node._announce("a", Instruct(sign_order(drain, owner, [run], "6")))
        assert node._leaving.is_set()


async def test_a_worker_of_an_open_swarm_leaves_it_to_its_coordinator_who_may_order_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with a_worker(tmp_path, monkeypatch) as (node, said):
        pause = sign_order(Order("pause", "w"), SigningKey(b"m" * 32), [node.core.hello.run], "1")
        node._announce("a", Instruct(Order("drain", "w")))
        node._announce("a", Instruct(pause))
        assert "paused from a machine with the fingerprint " in said[-1] and not node._leaving.is_set()
