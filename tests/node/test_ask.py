import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from swarm.lease.message import Status, StatusReply
from swarm.node.ask import ask, ask_all
from swarm.node.keys import CurveKeys, curve_keys, make_key
from swarm.node.transport import RouterSocket

HERE = "127.0.0.1"


@asynccontextmanager
async def coordinator(name: str, keys: CurveKeys | None) -> AsyncIterator[str]:
    """Something on loopback that answers `Status` and nothing else; gives its address."""
    router = RouterSocket(keys)
    port = router.bind(HERE, 0)

    async def answer() -> None:
        while True:
            peer, message, _ = await router.receive()
            if isinstance(message, Status):
                router.send(peer, StatusReply(name, f"{name}-machine", "0.1.0", 1, (), ()))

    task = asyncio.create_task(answer())
    try:
        yield f"{HERE}:{port}"
    finally:
        task.cancel()
        router.close()


@pytest.mark.parametrize("keys", [None, curve_keys(make_key())])
async def test_a_coordinator_answers_a_member(keys: CurveKeys | None) -> None:
    async with coordinator("c1", keys) as address:
        answer = await ask([address], keys)
    assert answer.address == address
    assert answer.reply is not None
    assert answer.reply.name == "c1-machine"


async def test_a_stranger_learns_nothing_but_that_it_is_one() -> None:
    async with coordinator("c1", curve_keys(make_key())) as address:
        answer = await ask([address], curve_keys(make_key()), patience_s=1.0)
    assert answer.reply is None
    assert "another key" in answer.refusal


async def test_nobody_there_is_an_answer_too() -> None:
    async with coordinator("c1", None) as address:
        pass
    assert await ask([address], None, patience_s=0.3) == (address, None, "")


async def test_a_dead_address_does_not_hide_one_that_answers() -> None:
    async with coordinator("gone", None) as dead:
        pass
    async with coordinator("c1", None) as address:
        answer = await ask([dead, address], None)
    assert answer.reply is not None


async def test_several_are_asked_at_once_and_each_counts_once() -> None:
    keys = curve_keys(make_key())
    async with coordinator("c1", keys) as first, coordinator("c2", keys) as second:
        answers = await ask_all([[first], [second], [first]], keys)
    assert [answer.reply.coordinator for answer in answers if answer.reply] == ["c1", "c2"]
    assert answers[0].address == first
