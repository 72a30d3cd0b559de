"""Reels between a press, the core, the studio and workers."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from making import join, make_core, make_spec, said, sent
from msgspec import structs
from patience import HANGS_S

from swarm.audiobook.sound import studio as studio_module
from swarm.audiobook.sound.reel import Reel
from swarm.audiobook.sound.reel_file import pack_reel, read_reel
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.studio_request import ReelClip, ReelDone, ReelRequest
from swarm.coordinator.reel_desk import ReelDesk
from swarm.job.record import ClipAccepted
from swarm.job.state import JobState, apply
from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.lease.file_transfer import Piece
from swarm.lease.message import Encode, EncodedReel, Heartbeat
from swarm.lease.outcome import Outcome
from swarm.system.child import Child
from swarm.system.machine import Clock
from swarm.voice.host.takes import make_clip

RATE = 24000
DIGEST = "1" * 64


class Bench:
    """A coordinator's desk with a worker, p, that spoke the first of the two clips of a job."""

    def __init__(self, folder: Path, *, alone: bool = False) -> None:
        self.state = JobState(make_spec(["One.", "Two."]))  # of a book that is spoken whole, no lone reel is asked for
        self.clock, self.folder = Clock(), folder
        self.core = make_core(self.state, now=self.clock.now(), alone=alone)
        join(self.core, encoders=1, now=self.clock.now())
        tone = (np.sin(np.arange(RATE) / 20) * 9000).astype(np.int16)
        sound = make_clip(tone, RATE, "One.")
        (folder / "a.flac").write_bytes(sound.frame)
        about = structs.asdict(sound.info)
        apply(self.state, ClipAccepted(0, 0, 0, self.state.key((0, 0), 0), 5, "p", 1.0, 1.1, **about))
        clip = ReelClip(folder / "a.flac", sound.info)
        self.request = ReelRequest((clip,), (0.5,), RATE, 0.0, folder / "there" / "a.reel")
        self.studio = Studio(folder, 1)
        self.outcomes: list[Outcome] = []
        self.distrusted: list[str] = []
        self.desk = ReelDesk(self.core, self.clock, self.do, self.distrusted.append)
        self.make = self.desk.maker(self.state, self.studio)

    def do(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)
        self.desk.carry_out(outcome)

    def kills_encoders_of(self, job: str) -> None:
        """Kill each process that is asked to encode for a job."""
        ask = self.studio._ask

        async def ask_and_kill(child: Child, message: dict[str, Any]) -> dict[str, Any]:
            if f"/{job}/" in str(message):
                child.kill_child()
            return await ask(child, message)

        self.studio._ask = ask_and_kill  # type: ignore[method-assign]

    async def asked(self) -> Encode:
        """Wait until the worker is asked for the reel."""
        while not (orders := [order for outcome in self.outcomes for order in sent(outcome, Encode)]):
            await asyncio.sleep(0.01)
        return orders[0]

    def deliver(self, order: Encode, data: bytes) -> None:
        """Have the worker offer a reel, and send it."""
        made = EncodedReel(order.job, order.reel, DIGEST, len(data), 0.5)
        self.do(self.core.receive(b"p", Heartbeat((), reels=(made,)), self.clock.now()))
        assert len(data) <= MAX_CLIP_BYTES
        self.do(self.core.receive(b"p", Piece(DIGEST, 0, len(data), "reel", order.job), self.clock.now(), data))

    async def honest(self) -> bytes:
        """Return the file that an honest worker makes."""
        there = structs.replace(self.request, target=self.folder / "worker" / "a.reel")
        return (await self.studio.encode_reel("job", there)).path.read_bytes()


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path)
    yield made
    await made.studio.close_studio()


def begin(bench: Bench) -> "asyncio.Task[ReelDone]":
    async def make() -> ReelDone:
        return await bench.make(Reel(0, 0, 1), bench.request)

    return asyncio.create_task(make())


async def test_a_reel_that_a_worker_made_is_put_where_its_press_wants_it(bench: Bench) -> None:
    making, data = begin(bench), await bench.honest()
    order = await bench.asked()
    assert order.keys == (bench.state.key((0, 0), 0),)
    bench.deliver(order, data)
    assert (await making).path.read_bytes() == data
    assert bench.distrusted == []
    assert (bench.core.reels.arrived, bench.core.reels.here) == ({}, {})


async def test_a_reel_that_lies_names_its_worker_and_is_made_here(bench: Bench) -> None:
    making, data = begin(bench), await bench.honest()
    sound = read_reel(bench.folder / "worker" / "a.reel")
    bench.deliver(await bench.asked(), pack_reel(sound.head, sound.packets[::-1]))
    assert (await making).path.read_bytes() == data
    assert bench.distrusted == ["p"]
    assert any("P encoded sound" in line for outcome in bench.outcomes for line in said(outcome))
    bench.outcomes.clear()
    bench.request.target.unlink()
    assert (await begin(bench)).path.exists()
    assert not any(sent(outcome, Encode) for outcome in bench.outcomes)


async def test_a_press_that_ends_withdraws_its_reel(bench: Bench) -> None:
    making = begin(bench)
    await bench.asked()
    making.cancel()
    await asyncio.gather(making, return_exceptions=True)
    assert (bench.core.reels.ordered, bench.core.reels.waiting) == ({}, {})


async def test_an_encoder_that_dies_over_one_book_holds_up_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "RETRY_S", 600.0)
    bench = Bench(tmp_path, alone=True)
    bench.studio = Studio(tmp_path, 1, is_speaking=lambda: True)
    bench.kills_encoders_of("deadly")
    deadly = JobState(make_spec(["One.", "Two."], job="deadly"))
    apply(deadly, bench.state.accepted[0, 0])
    make, wanted = bench.desk.maker(deadly, bench.studio), tmp_path / "deadly" / "a.reel"
    waiting = asyncio.create_task(make(Reel(0, 0, 1), structs.replace(bench.request, target=wanted)))
    while not bench.core.reels.here:
        await asyncio.sleep(0)
    bench.make = bench.desk.maker(bench.state, bench.studio)
    async with asyncio.timeout(HANGS_S):
        assert (await begin(bench)).path.exists()
    assert not waiting.done()
    waiting.cancel()
    await bench.studio.close_studio()


async def test_a_fault_of_the_disk_reaches_the_press(bench: Bench, tmp_path: Path) -> None:
    bench.core.reels.distrusted.add("p")
    (tmp_path / "there").write_bytes(b"no folder")
    with pytest.raises(Exception, match="there"):
        await begin(bench)


async def test_a_coordinator_with_its_own_worker_alone_encodes_itself(tmp_path: Path) -> None:
    bench = Bench(tmp_path, alone=True)
    assert (await begin(bench)).path.exists()
    assert not any(sent(outcome, Encode) for outcome in bench.outcomes)
    await bench.studio.close_studio()
