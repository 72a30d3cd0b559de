import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault
from swarm.lease.member_message import QueuedStatus
from swarm.lease.message import PROTOCOL, Status, StatusReply
from swarm.net.addresses import OwnPlace, remember_place
from swarm.net.client import Answer, ask, ask_swarm
from swarm.net.discovery import Advertisement, Browser
from swarm.net.identity.keys import save_key
from swarm.net.identity.swarm_key import CurveKeys, SwarmKey, curve_keys, make_key, swarm_id
from swarm.net.transport import RouterSocket

HERE = "127.0.0.1"
SEARCHES = 5


@asynccontextmanager
async def coordinator(
    name: str, keys: CurveKeys | None, protocol: int = PROTOCOL, queue: tuple[QueuedStatus, ...] | None = None
) -> AsyncIterator[str]:
    """Run a mock on loopback that answers only `Status`, and yield its address."""
    router = RouterSocket(keys)
    port = router.bind(HERE, 0)

    async def answer() -> None:
        while True:
            peer, message, _ = await router.receive()
            if isinstance(message, Status):
                reply = StatusReply(name, f"{name}-machine", "0.3.0", 1, (), (), protocol=protocol, queue=queue)
                router.send(peer, reply)

    task = asyncio.create_task(answer())
    try:
        yield f"{HERE}:{port}"
    finally:
        task.cancel()
        router.close()


async def test_a_coordinator_answers_a_member() -> None:
    for keys in [None, curve_keys(make_key())]:
        async with coordinator("c1", keys) as address:
            answer = await ask([address], keys)
        assert answer.address == address, keys
        assert answer.reply is not None, keys
        assert answer.reply.name == "c1-machine", keys


async def test_a_stranger_learns_nothing_but_that_it_is_one() -> None:
    async with coordinator("c1", curve_keys(make_key())) as address:
        answer = await ask([address], curve_keys(make_key()), timeout_s=6.0)
    assert answer.reply is None
    assert "another key" in answer.refusal


@pytest.mark.parametrize(("protocol", "behind"), [(1, "c1-machine"), (3, "this machine")])
async def test_a_coordinator_of_another_protocol_is_refused_by_a_sentence(protocol: int, behind: str) -> None:
    async with coordinator("c1", None, protocol) as address:
        answer = await ask([address], None)
    assert answer.reply is None
    assert answer.refusal == (
        f"this machine speaks protocol 2 of e2a-swarm, and the coordinator c1-machine speaks {protocol}: "
        f"update e2a-swarm on {behind}"
    )


async def test_nobody_there_is_an_answer_too() -> None:
    async with coordinator("c1", None) as address:
        pass
    assert await ask([address], None, timeout_s=0.3) == Answer(address, None)


async def test_a_dead_address_does_not_hide_one_that_answers() -> None:
    async with coordinator("gone", None) as dead:
        pass
    async with coordinator("c1", None) as address:
        answer = await ask([dead, address], None)
    assert answer.reply is not None


@pytest.fixture
def member(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SwarmKey:
    """Make this machine a member with a key, on loopback only."""
    monkeypatch.setenv("E2A_SWARM_BIND", HERE)
    for name in ("E2A_SWARM_KEY", "E2A_SWARM_COORDINATOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("swarm.net.client.SEARCH_S", 0.1)
    key = make_key()
    save_key(tmp_path, key)
    return key


def names(answers: list[Answer]) -> list[str]:
    return [answer.reply.coordinator for answer in answers if answer.reply]


async def test_the_one_that_is_named_is_asked_and_no_other(member: SwarmKey, tmp_path: Path) -> None:
    async with coordinator("c1", curve_keys(member)) as first, coordinator("c2", curve_keys(member)) as second:
        remember_place(tmp_path, swarm_id(member), [second])
        assert names(await ask_swarm(tmp_path, coordinator=first, is_open=False, say=print)) == ["c1"]


async def test_all_that_worked_before_are_asked_and_each_counts_once(member: SwarmKey, tmp_path: Path) -> None:
    async with coordinator("c2", curve_keys(member)) as second, coordinator("c1", curve_keys(member)) as first:
        for address in (second, first, first.replace(HERE, "localhost"), f"{HERE}:1"):
            remember_place(tmp_path, swarm_id(member), [address])
        assert names(await ask_swarm(tmp_path, coordinator="", is_open=False, say=print)) == ["c1", "c2"]


async def test_the_queue_of_this_machine_is_asked_alone_and_nothing_is_looked_for(
    member: SwarmKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    searches = list[str]()

    class Counted(Browser):
        async def start(self) -> None:
            searches.append("")

    monkeypatch.setattr("swarm.net.client.Browser", Counted)
    keys = curve_keys(member)
    async with coordinator("own", keys, queue=()) as own, coordinator("other", keys) as other:
        remember_place(tmp_path, swarm_id(member), [other])
        OwnPlace(int(own.rpartition(":")[2])).keep(tmp_path)
        found = await ask_swarm(tmp_path, coordinator="", is_open=False, say=print)
        assert (names(found), searches) == (["own"], [])
        found = await ask_swarm(tmp_path, coordinator="", is_open=False, say=print, everywhere=True)
        assert (names(found), searches) == (["other", "own"], [""])
        OwnPlace(int(other.rpartition(":")[2])).keep(tmp_path)  # it has no queue: the queue may be elsewhere
        assert names(await ask_swarm(tmp_path, coordinator="", is_open=False, say=print)) == ["other"]
        assert len(searches) == 2


async def test_those_on_the_network_are_found(
    member: SwarmKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.net.client.SEARCH_S", 3.0)
    said: list[str] = []
    async with coordinator("c1", curve_keys(member)) as address:
        port = int(address.rpartition(":")[2])
        advertisement = Advertisement(swarm_id(member), port, 1, HERE, said.append)
        await advertisement.start()
        try:
            for _ in range(SEARCHES):  # a busy machine may not hear of it in the first
                if found := await ask_swarm(tmp_path, coordinator="", is_open=False, say=said.append):
                    break
            assert names(found) == ["c1"]
        finally:
            await advertisement.withdraw()
    assert said == []


async def test_without_a_key_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_KEY", raising=False)
    with pytest.raises(EnvironmentFault, match="in no swarm yet"):
        await ask_swarm(tmp_path, coordinator=f"{HERE}:1", is_open=False, say=print)
