"""The worker of the server's own machine: a switch, and the process that it starts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from patience import until

from swarm.server.page import cli_process
from swarm.server.page.cli_process import OwnWorker

WAITS = ("work", "--cpu", "--slots", "1", "--coordinator")  # for a server that is nowhere


def make(folder: Path, said: list[str], *words: str, is_on: bool = False) -> OwnWorker:
    return OwnWorker(
        lambda port: (*words, *([f"127.0.0.1:{port}"] if words == WAITS else [])), folder, said.append, is_on=is_on
    )


@asynccontextmanager
async def running(worker: OwnWorker) -> AsyncIterator[None]:
    task = asyncio.create_task(worker.run(9))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def test_the_switch_outlives_a_restart_and_the_option_turns_it_on(tmp_path: Path) -> None:
    worker = make(tmp_path, [])
    assert not worker.is_on and make(tmp_path, [], is_on=True).is_on
    worker.turn(on=True)
    assert make(tmp_path, []).is_on
    worker.turn(on=False)
    assert not make(tmp_path, []).is_on


async def test_a_worker_that_was_sent_away_turns_the_switch_off(tmp_path: Path) -> None:
    said: list[str] = []
    worker = make(tmp_path, said, "--version", is_on=True)
    async with running(worker):
        await until(lambda: not worker.is_on)
    assert said[0].startswith("this machine: e2a-swarm ")


async def test_the_worker_tells_nothing_while_the_server_stops(tmp_path: Path) -> None:
    said: list[str] = []
    worker = make(tmp_path, said, "--version", is_on=True)
    worker.is_over = lambda: True
    async with running(worker):
        await until(lambda: not worker.is_on)
    assert not said


async def test_a_worker_that_fails_is_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli_process, "RETRY_S", 0.01)
    said: list[str] = []
    async with running(make(tmp_path, said, "nonsense", is_on=True)):
        await until(lambda: sum("ended with code 64; it is started again" in line for line in said) > 1)


async def test_the_worker_ends_when_the_switch_is_turned_off_and_with_the_server(tmp_path: Path) -> None:
    said: list[str] = []
    worker = make(tmp_path, said, *WAITS)
    async with running(worker):
        for _ in range(2):
            worker.turn(on=True)
            begun = len(said)
            await until(lambda begun=begun: len(said) > begun)  # type: ignore[misc]
            worker.turn(on=False)
            await until(lambda: worker.pid == 0)
        worker.turn(on=True)
        await until(lambda: worker.pid)
        pid = worker.pid
    assert not Path(f"/proc/{pid}").exists()
