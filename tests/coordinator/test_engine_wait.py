import asyncio
from pathlib import Path

import msgspec
import pytest

from swarm.config import RenderConfig
from swarm.coordinator import coordination
from swarm.coordinator.coordination import is_known, wait_for_engine
from swarm.coordinator.seen_engines import FOLDER, SeenEngines
from swarm.job.card import EngineCard, VoiceCard
from swarm.lease.envelope import Message
from swarm.lease.member_message import NewBook, Obeyed, Order
from swarm.lease.message import PROTOCOL, EngineOffer, FromWorker, Hello, Status, StatusReply
from swarm.voice.host import registry
from swarm.voice.host.foreign import EngineFacts
from swarm.watch.words import waiting_text

DRUM = EngineFacts(EngineCard("drum", "", ("en",), (), (("", 300),), (VoiceCard("tom", "*"),)))


class Door:
    """A router with messages that wait; it pauses before the last one."""

    def __init__(self, *messages: FromWorker) -> None:
        self.messages, self.sent = list(messages), list[Message]()
        self.gone_on = asyncio.Event()

    async def receive(self) -> tuple[bytes, FromWorker, bytes]:
        if len(self.messages) == 1:
            await self.gone_on.wait()
        return b"peer", self.messages.pop(0), b""

    def send(self, peer: bytes, message: Message, frame: bytes = b"") -> bool:
        self.sent.append(message)
        return True


def hello(name: str, facts: bytes = b"") -> Hello:
    return Hello(f"w {name}", "n", "attic", "1", (EngineOffer(name, ("en",), facts=facts),), (), 1, PROTOCOL)


async def test_the_wait_ends_with_a_worker_that_has_the_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_OFFERED", {})
    monkeypatch.setattr(coordination, "REMINDER_S", 0.001)
    users = (Status(), Order("pause", "attic"), NewBook("emma.epub", "a" * 64, 10))
    door = Door(*users, hello("espeak"), hello("drum", msgspec.msgpack.encode(DRUM)))
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "none of 1 workers" in line:
            door.gone_on.set()

    config = RenderConfig(books=(Path("A Book.epub"),), output_dir=tmp_path, state_dir=tmp_path, engine="drum")
    assert not is_known("drum")
    await wait_for_engine(config, door, SeenEngines(tmp_path), say)  # type: ignore[arg-type]
    assert is_known("drum")
    assert "no engine 'drum'" in said[0]
    assert said[0].endswith("Waiting for a worker that has it")
    assert "none of 1 workers has the engine drum; their engines are espeak; still waiting" in said
    assert said[-1] == "a worker has the engine drum"
    reply, obeyed, taken = door.sent
    assert isinstance(reply, StatusReply)
    assert isinstance(obeyed, Obeyed)
    assert not obeyed.done
    assert "the engine drum; it takes no orders until then" in obeyed.note
    assert taken == obeyed
    assert (reply.jobs[0].title, waiting_text(reply.jobs[0].reason)) == (
        "A Book",
        "waiting for a worker that has the engine drum",
    )
    assert (tmp_path / FOLDER / "drum.msgpack").exists()


async def test_without_an_engine_any_first_worker_ends_the_wait(tmp_path: Path) -> None:
    door = Door(Status(), Order("pause", "attic"), hello("espeak"))
    door.gone_on.set()
    config = RenderConfig(books=(Path("Ein Buch.epub"),), output_dir=tmp_path, state_dir=tmp_path)
    said: list[str] = []
    seen = SeenEngines(tmp_path)
    assert seen.fetchable("de") is None
    await wait_for_engine(config, door, seen, said.append)  # type: ignore[arg-type]
    assert seen.fetchable("de") == set()
    assert said == []
    reply, obeyed = door.sent
    assert isinstance(reply, StatusReply)
    assert isinstance(obeyed, Obeyed)
    assert waiting_text(reply.jobs[0].reason).startswith("waiting for a worker: run ")
    assert obeyed.note == "The coordinator waits for a first worker; it takes no orders until then."
