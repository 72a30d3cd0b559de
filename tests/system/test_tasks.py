"""Tasks are cancelled and waited for."""

import asyncio

from swarm.system.event_loop import cancel


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
