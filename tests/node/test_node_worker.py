"""A worker's loops with a real engine process, and a coordinator that is only words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from swarm.lease import recess
from swarm.lease.message import Device, EngineOffer, Grant, Hello, Job, Line, Welcome
from swarm.node import worker as node_worker
from swarm.node.assets import AssetFolder
from swarm.node.engines import Engines
from swarm.node.identity import Clock
from swarm.node.transport import RouterSocket
from swarm.node.work import _drain
from swarm.node.worker import WorkNode
from swarm.voice.registry import choose_recipe

TICK = choose_recipe("en", engine="metronome", options={"cost_per_char": "0"})


@asynccontextmanager
async def running(tmp_path: Path) -> AsyncIterator[tuple[WorkNode, Engines, list[str]]]:
    hello = Hello("w", "n", "w", "1", (EngineOffer("metronome", ("*",)),), (Device("cpu"),), 1)
    engines, said = Engines(("cpu:0",), tmp_path / "log"), []
    node = WorkNode(hello, engines, AssetFolder(tmp_path, 10**9), None, Clock(), said.append)
    life = asyncio.create_task(node.run())
    now = node._clock.now()
    node._carry_out(node.core.connect("a", now))
    node._carry_out(node.core.receive("a", Welcome("c", 1, "a", 1.0, 10**6), now))
    node._carry_out(node.core.receive("a", Job("job", "Book", TICK), now))
    yield node, engines, said
    node.core.disconnect("a", node._clock.now())  # nobody takes its clips
    node.leave()
    await life


async def speak(node: WorkNode, lease: int) -> None:
    """Have it speak a sentence."""
    spoken = len(node.core.shelf.clips)
    text = f"Tick {lease}."
    grant = Grant(lease, "job", 0, 0, (Line(lease, text, 0),), 600.0)
    node._carry_out(node.core.receive("a", grant, node._clock.now()))
    while len(node.core.shelf.clips) == spoken:
        await asyncio.sleep(0.01)


@pytest.mark.timeout(60)
async def test_an_engine_without_work_ends_and_its_memory_is_free_and_the_next_lease_starts_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recess, "IDLE_S", 0.1)
    monkeypatch.setattr(node_worker, "BEAT_S", 0.02)
    async with running(tmp_path) as (node, engines, _):
        await speak(node, 1)
        process = engines.process(0)
        assert process is not None
        while process.alive:  # it ends by itself
            await asyncio.sleep(0.01)
        assert engines.process(0) is None
        await speak(node, 2)
        fresh = engines.process(0)
        assert fresh is not None and fresh.pid != process.pid


async def test_a_worker_that_is_told_to_leave_says_whether_anything_is_under_way(tmp_path: Path) -> None:
    async with running(tmp_path) as (node, _, _):
        said: list[str] = []
        _drain(node, said.append)
        assert said == ["nothing is under way: leaving"]
    async with running(tmp_path) as (node, _, _):
        grant = Grant(1, "job", 0, 0, (Line(1, "Tick.", 0),), 600.0)
        node._carry_out(node.core.receive("a", grant, node._clock.now()))
        _drain(node, said.append)
        assert said[1:] == ["finishing the sentences under way; Ctrl-C again stops at once"]


async def test_an_engine_that_is_used_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_worker, "BEAT_S", 0.02)
    async with running(tmp_path) as (node, engines, _):
        await speak(node, 1)
        process = engines.process(0)
        await asyncio.sleep(0.2)
        await speak(node, 2)
        assert engines.process(0) is process


async def test_what_keeps_it_from_working_is_said_once_and_so_is_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node_worker, "BEAT_S", 0.01)
    async with running(tmp_path) as (node, _, said):
        reasons = [["until 22:00 (--hours)"]]
        monkeypatch.setattr(node.warden, "reasons", lambda own, now: reasons[0])
        while "resting: until 22:00 (--hours)" not in said:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert said.count("resting: until 22:00 (--hours)") == 1
        reasons[0] = [""]
        while "going on" not in said:
            await asyncio.sleep(0.01)


@pytest.mark.timeout(60)
async def test_whom_it_serves_is_said_once_however_often_it_is_let_in(tmp_path: Path) -> None:
    router = RouterSocket(None)
    port = router.bind("127.0.0.1", 0)
    async with running(tmp_path) as (node, _, said):
        node.add("laptop", [f"127.0.0.1:{port}"])
        peer, hello, _ = await router.receive()
        assert isinstance(hello, Hello)
        for _ in range(2):  # it greets until it is answered, and a slow coordinator answers each greeting
            router.send(peer, Welcome("c2", 1, "laptop", 1.0, 10**6))
        router.send(peer, Job("other", "Another Book", TICK))
        while not any("speaking Another Book" in line for line in said):
            await asyncio.sleep(0.01)
        assert sum(line.startswith("serving laptop") for line in said) == 1
    router.close()
