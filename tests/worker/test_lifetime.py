"""What is announced on the network, by whomever, and a worker that looks for its coordinator."""

import asyncio
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from swarm.lease.message import PROTOCOL, Device, EngineOffer, Hello
from swarm.net.discovery import Browser, Candidate
from swarm.net.identity.swarm_key import OPEN, curve_keys, make_key
from swarm.net.transport import RouterSocket
from swarm.net.worker_connections import FixedSockets
from swarm.system.machine import Clock
from swarm.worker import lifetime
from swarm.worker.engine_processes import Engines
from swarm.worker.files.file_cache import FileCache
from swarm.worker.lifetime import LAST_S, MAX_UNPROVEN, Lifetime, _browse, _stranger_line
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import WorkNode

KEYS = curve_keys(make_key())
SWARM = "5afe"
FILES_EACH = 30  # at most so many belong to a socket
DEAD = "127.0.0.1:9"


class Announced(Browser):
    """A browser whose network is this test."""

    def __init__(self, swarm: str) -> None:
        super().__init__(swarm, "127.0.0.1", lambda line: None, MAX_UNPROVEN)
        self.there: dict[str, Candidate] = {}
        self.looks = 0

    def know(self, *words: Any) -> None:
        self.looks += 1
        super().know(*words)

    async def looked(self, times: int) -> None:
        """Wait until the browsing worker has looked so many times more."""
        until = self.looks + times
        while self.looks < until:
            await asyncio.sleep(0.01)

    def announce(self, name: str, address: str = DEAD) -> None:
        self.there[name] = Candidate(name, (address,), SWARM, 1, 1)
        if name in self._proven:
            self._find(name)
        else:
            self._waiting.add_name(name)
            self._look_at_more()

    def withdraw(self, name: str) -> None:
        self.there.pop(name, None)
        self._forget(name)

    def _look_at_more(self) -> None:
        while sum(name not in self._proven for name in self._found) < self._most:
            name = self._waiting.next_name()
            if name is None:
                return
            self._find(name)

    def _find(self, name: str) -> None:
        if name in self.there:
            self._found[name], self._seen[name] = self.there[name], 0
            self.changed.set()


@asynccontextmanager
async def browsing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, names: Sequence[str] = (SWARM,)
) -> AsyncIterator[tuple[WorkNode, Announced]]:
    monkeypatch.setattr(lifetime, "TRIAL_S", 0.3)
    monkeypatch.setattr(lifetime, "PASS_S", 0.02)
    monkeypatch.setattr(lifetime, "LOOK_INTERVAL_S", 0.2)
    hello = Hello("w", "n", "w", "1", (EngineOffer("metronome", ("*",)),), (Device("cpu"),), 1, PROTOCOL)
    engines = Engines(("cpu:0",), tmp_path / "log")
    watch = LimitWatch(engines.devices, GpuReadings(()))
    node = WorkNode(hello, engines, FileCache(tmp_path, 10**9), FixedSockets(KEYS), Clock(), lambda line: None, watch)
    life, browser = asyncio.create_task(node.serve_coordinators()), Announced(names[0])
    looking = asyncio.create_task(_browse(node, browser, lambda: list(names), list, lambda line: None))
    try:
        yield node, browser
    finally:
        looking.cancel()
        node.drain_node()
        await life


def count(what: str) -> int:
    """Return how many files ("fd") or threads ("task") this process has."""
    return len(list(Path("/proc/self", what).iterdir()))


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform != "linux", reason="counts files in /proc")
async def test_announcements_that_come_and_go_give_everything_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with browsing(tmp_path, monkeypatch) as (node, browser):
        await asyncio.sleep(0.2)
        before, threads, most = count("fd"), count("task"), 0
        for number in range(120):
            browser.announce(f"flood {number}")
            browser.withdraw(f"flood {number - 20}")
            await asyncio.sleep(0.01)
            most = max(most, count("fd"))
        for number in range(120):
            browser.withdraw(f"flood {number}")
        while node.connections:
            await asyncio.sleep(0.02)
        assert most <= before + (MAX_UNPROVEN + 1) * FILES_EACH
        while count("fd") > before + 2 or count("task") > threads + 1:
            await asyncio.sleep(0.02)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("place", [0, 299])
async def test_hundreds_of_announcements_do_not_hide_the_coordinator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    router = RouterSocket(KEYS)
    address = f"127.0.0.1:{router.bind('127.0.0.1', 0)}"
    try:
        async with browsing(tmp_path, monkeypatch) as (node, browser):
            for number in range(300):
                if number == place:
                    browser.announce("real", address)
                browser.announce(f"flood {number}")
            while not node.connections.connected:
                assert len(node.connections) <= MAX_UNPROVEN + 1
                await asyncio.sleep(0.02)
    finally:
        router.close()


@pytest.mark.timeout(600)
async def test_a_coordinator_that_proved_itself_keeps_its_connection_and_takes_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    router = RouterSocket(KEYS)
    address = f"127.0.0.1:{router.bind('127.0.0.1', 0)}"
    try:
        async with browsing(tmp_path, monkeypatch) as (node, browser):
            browser.announce("real", address)
            while not node.connections.connected:
                await asyncio.sleep(0.02)
            connection = node.connections["real"]
            for number in range(100):
                browser.announce(f"flood {number}")
            while len(node.connections) <= MAX_UNPROVEN:
                await asyncio.sleep(0.02)
            browser.withdraw("real")
            await asyncio.sleep(0.3)
            assert node.connections["real"] is connection
            assert connection.connected
            assert len(node.connections) == MAX_UNPROVEN + 1
    finally:
        router.close()


async def test_a_machine_that_hears_the_swarms_name_only_once_it_is_in_finds_its_coordinators_by_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["1a9173"]
    async with browsing(tmp_path, monkeypatch, names) as (node, browser):
        browser.announce("there")
        await asyncio.sleep(0.3)
        assert not node.connections
        names.insert(0, SWARM)
        async with asyncio.timeout(30):
            while not node.connections:
                await asyncio.sleep(0.02)


async def test_where_nothing_is_found_for_some_time_the_user_is_told_once_how_to_name_a_coordinator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifetime, "HINT_S", 0.0)
    async with browsing(tmp_path, monkeypatch) as (node, browser):
        said: list[str] = []
        looking = asyncio.create_task(_browse(node, browser, lambda: [SWARM], list, said.append))
        await browser.looked(10)  # five times by either of the two that browse
        assert said == [lifetime.HINT]
        looking.cancel()
        browser.announce("there")
        looking = asyncio.create_task(_browse(node, browser, lambda: [SWARM], list, said.append))
        await browser.looked(10)
        assert len(said) == 1  # one was found
        looking.cancel()


def test_a_worker_stays_for_ever_unless_told() -> None:
    stint = Lifetime(None, None, 0.0)
    assert stint.is_endless
    assert not stint.over(working=False, now=1e9)


def test_a_worker_finishes_its_sentences_before_its_time_is_over() -> None:
    long, short = Lifetime(3600.0, None, 100.0), Lifetime(60.0, None, 100.0)
    assert not long.over(working=True, now=100 + 3599 - LAST_S)
    assert long.over(working=True, now=100 + 3600 - LAST_S) == "its 1 h (--for) are nearly over"
    assert not short.over(working=True, now=153.0)
    assert short.over(working=True, now=154.0)


def test_a_worker_leaves_after_so_long_without_work_and_each_work_begins_the_wait_anew() -> None:
    stint = Lifetime(None, 300.0, 0.0)
    assert not stint.over(working=False, now=299.0)
    assert not stint.over(working=True, now=299.0)
    assert not stint.over(working=False, now=598.0)
    assert stint.over(working=False, now=599.0) == "there was no work for 5 min (--exit-when-idle)"


def test_a_coordinator_that_cannot_be_served_is_told_with_the_reason() -> None:
    for swarm, invited, said in [
        (SWARM, True, "is of another swarm, or does not know this machine's invite as open: `e2a-swarm join` with it"),
        (SWARM, False, "a coordinator of another swarm is at 127.0.0.1:9"),
        (OPEN, False, "only `e2a-swarm work --open` speaks for it"),
    ]:
        assert said in _stranger_line(Candidate("x", (DEAD,), swarm, 1, PROTOCOL), "cafe", invited=invited)
