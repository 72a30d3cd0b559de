"""Tasks are cancelled and waited for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from swarm.system.event_loop import Wakefulness, awake, cancel


@pytest.mark.parametrize("allow_sleep", [True, False])
def test_it_never_stops_anybody_from_working(allow_sleep: bool, capfd: pytest.CaptureFixture[str]) -> None:
    worked = False
    with awake(allow_sleep=allow_sleep):
        worked = True
    assert worked
    assert capfd.readouterr() == ("", "")


def test_it_asks_the_system_once_for_the_time_of_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "yes")
    with awake(allow_sleep=False) as mode:
        assert mode.active
    assert not mode.active


def test_a_worker_keeps_its_machine_awake_while_it_has_work_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[str] = []

    @contextmanager
    def watched(*, allow_sleep: bool) -> Iterator[None]:
        kept.append(f"awake, {allow_sleep}")
        yield
        kept.append("free")

    monkeypatch.setattr("swarm.system.event_loop.awake", watched)
    wakefulness = Wakefulness(allow_sleep=False)
    for working in (False, True, True, False, False, True):
        wakefulness.turn(working)
    assert kept == ["awake, False", "free", "awake, False"]


async def test_it_ends_well_in_the_task_that_began_it_also_when_that_is_cancelled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAKEPY_FAKE_SUCCESS", "yes")
    wakefulness = Wakefulness(allow_sleep=False)

    async def beat() -> None:
        try:
            wakefulness.turn(True)
            await asyncio.Event().wait()
        finally:
            wakefulness.turn(False)

    beating = asyncio.create_task(beat())
    await asyncio.sleep(0)
    beating.cancel()
    with pytest.raises(asyncio.CancelledError):
        await beating


async def test_all_tasks_have_ended_also_one_that_fails_while_it_ends() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            raise ValueError

    tasks = [asyncio.create_task(stubborn()), asyncio.create_task(asyncio.sleep(0))]
    await asyncio.sleep(0)
    await cancel(tasks)
    assert all(task.done() for task in tasks)
