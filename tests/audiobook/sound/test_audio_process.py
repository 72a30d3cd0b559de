import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from swarm.audiobook.sound import studio as studios
from swarm.audiobook.sound.studio import Processes

MODULE = "child_module"


@pytest_asyncio.fixture
async def processes(tmp_path: Path) -> AsyncIterator[Processes]:
    processes = Processes(tmp_path)
    yield processes
    await processes.end_processes()


async def test_a_process_that_is_idle_soon_is_waited_for_and_no_other_started(processes: Processes) -> None:
    async def work() -> None:
        child = await processes.take_process_soon(MODULE)
        await child.call({"do": "echo", "value": 0})
        processes.give_process_back(child)

    await asyncio.gather(*(work() for _ in range(5)))
    assert len(processes.running) == 1


async def test_another_process_is_started_when_waiting_took_as_long_as_a_start(processes: Processes) -> None:
    first = await processes.take_process_soon(MODULE)
    await first.call({"do": "echo", "value": 0})
    processes.give_process_back(first)
    assert await processes.take_process_soon(MODULE) is first
    assert await processes.take_process_soon(MODULE) is not first
    assert len(processes.running) == 2


async def test_a_first_process_that_hangs_is_not_waited_for(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studios, "MAX_START_S", 0.05)
    hanging = await processes.take_process_soon(MODULE)
    assert await processes.take_process_soon(MODULE) is not hanging


async def test_the_death_of_the_only_process_has_another_one_started_at_once(
    processes: Processes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studios, "MAX_START_S", 1e6)
    dying = await processes.take_process_soon(MODULE)
    waiting = asyncio.create_task(processes.take_process_soon(MODULE))
    await asyncio.sleep(0)
    await processes.end_process(dying)
    assert await waiting is not dying
