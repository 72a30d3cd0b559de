import asyncio

import pytest

from swarm.config import RedoConfig
from swarm.errors import UsageError
from swarm.server.resident import MendOrder


async def test_all_that_wait_learn_whether_it_is_recorded_or_why_not() -> None:
    order = MendOrder(RedoConfig())
    waiting = [asyncio.create_task(order.wait()) for _ in range(2)]
    await asyncio.sleep(0)
    waiting[0].cancel()  # the browser has gone
    await asyncio.sleep(0)
    order.answer(None)
    await waiting[1]
    refused = MendOrder(RedoConfig())
    refused.answer(UsageError("in use"))
    await refused.settle()
    with pytest.raises(UsageError, match="in use"):
        await refused.wait()
