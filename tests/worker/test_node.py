"""A worker's loops with a real engine process, or one that only counts, and a coordinator that is only words."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from patience import until

import swarm.system.child
from swarm.errors import EXIT_OUTDATED, Outdated
from swarm.job.clip_info import ClipInfo, SpokenClip
from swarm.job.spec import Recipe, clip_key
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.message import (
    PROTOCOL,
    Accepted,
    Clip,
    Device,
    EngineOffer,
    Grant,
    Hello,
    Job,
    Line,
    Revoke,
    Trim,
    Welcome,
)
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.states import SlotState
from swarm.net.transport import RouterSocket
from swarm.net.worker_connections import MAX_REFUSALS, Connection, Connections, FixedSockets
from swarm.system.machine import Clock
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host.process import SpokenWords
from swarm.voice.host.registry import choose_recipe
from swarm.worker import clip_buffer
from swarm.worker import engine_processes as node_engines
from swarm.worker.engine_processes import Engines
from swarm.worker.files.file_cache import FileCache
from swarm.worker.lifetime import _drain
from swarm.worker.limit_watch import GpuReadings, LimitWatch
from swarm.worker.node import NOTICE_INTERVAL_S, PrintedLines, WorkNode, rest_lines

BEAT_S = 0.02  # the coordinator's wish
TICK = choose_recipe("en", engine="metronome", settings={"cost_per_char": "0"})


@asynccontextmanager
async def running(
    tmp_path: Path, credit: int = 10**6, **settings: float
) -> AsyncIterator[tuple[WorkNode, Engines, list[str]]]:
    hello = Hello("w", "n", "w", "1", (EngineOffer("metronome", ("*",)),), (Device("cpu"),), 1, PROTOCOL)
    engines, said = Engines(("cpu:0",), tmp_path / "log"), []
    limit_watch = LimitWatch(engines.devices, GpuReadings(()))
    settings = {"min_beat_s": 0.01, **settings}
    fast = WorkerSettings(**settings)  # type: ignore[arg-type]
    node = WorkNode(
        hello,
        engines,
        FileCache(tmp_path, 10**9),
        FixedSockets(None),
        Clock(),
        said.append,
        limit_watch,
        settings=fast,
    )
    life = asyncio.create_task(node.serve_coordinators())
    now = node.clock.now()
    node.carry_out(node.core.connect("a", now))
    node.carry_out(node.core.receive("a", Welcome("c", 1, "a", BEAT_S, credit, 65536), now))
    node.carry_out(node.core.receive("a", Job("job", "Book", TICK), now))
    try:
        yield node, engines, said
    finally:
        node.carry_out(node.core.disconnect("a", node.clock.now()))  # nobody takes its clips
        node.drain_node()
        await life


async def speak(node: WorkNode, lease: int) -> None:
    """Have it speak a sentence."""
    spoken = len(node.core.unaccepted.clips)
    text = f"Tick {lease}."
    grant = Grant(lease, "job", 0, 0, (Line(lease, text, 0),))
    node.carry_out(node.core.receive("a", grant, node.clock.now()))
    while len(node.core.unaccepted.clips) == spoken:
        await asyncio.sleep(0.01)


@pytest.mark.timeout(600)
async def test_an_engine_without_work_ends_and_its_memory_is_free_and_the_next_lease_starts_another(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, idle_s=0.1) as (node, engines, _):
        await speak(node, 1)
        process = engines.process(0)
        assert process is not None
        while process.alive:  # it ends by itself
            await asyncio.sleep(0.01)
        assert engines.process(0) is None
        await speak(node, 2)
        fresh = engines.process(0)
        assert fresh is not None and fresh.pid != process.pid


async def test_a_worker_that_is_told_to_leave_says_whether_anything_is_under_way(tmp_path: Path) -> None:
    async with running(tmp_path) as (node, _, _):
        said: list[str] = []
        _drain(node, said.append)
        assert said == ["nothing is under way: leaving"]
    async with running(tmp_path) as (node, _, _):
        grant = Grant(1, "job", 0, 0, (Line(1, "Tick.", 0),))
        node.carry_out(node.core.receive("a", grant, node.clock.now()))
        _drain(node, said.append)
        assert said[1:] == ["finishing the sentences under way; Ctrl-C again stops at once"]


async def test_what_is_found_or_forgotten_after_it_ended_opens_and_closes_nothing(tmp_path: Path) -> None:
    async with running(tmp_path) as (node, _, _):
        node.serve_coordinator("attic", ["127.0.0.1:9"])
    node.forget_coordinator("attic")
    node.serve_coordinator("cellar", ["127.0.0.1:9"])
    assert not node.connections


@pytest.mark.timeout(600)
async def test_a_worker_whose_disk_is_full_pauses_and_loses_no_clip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clip_buffer, "MAX_MEMORY_BYTES", 1)
    obstacle = tmp_path / "scratch"
    obstacle.write_bytes(b"no clip can be written below it")
    async with running(tmp_path) as (node, _, said):
        lines = tuple(Line(index, f"Tick {index}.", 0) for index in range(6))
        now = node.clock.now()
        node.carry_out(node.core.receive("a", Grant(1, "job", 0, 0, lines), now))
        node.carry_out(node.core.disconnect("a", now))
        while not any("takes no more clips" in line for line in said):
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.3)
        held = [item.clip for item in node.core.unaccepted.clips.values()]
        assert 0 < len(held) < len(lines)
        assert all(node._clip_buffer.get(clip) for clip in held)
        obstacle.unlink()
        node.carry_out(node.core.connect("a", now))
        node.carry_out(node.core.receive("a", Welcome("c", 1, "a", BEAT_S, 10**6, 65536), now))
        names = tuple((clip.chapter, clip.index, clip.key) for clip in held)
        node.carry_out(node.core.receive("a", Accepted("job", names), node.clock.now()))
        while node._notices.sentences < len(lines):
            await asyncio.sleep(0.01)
        assert f"{obstacle} takes clips again" in said


async def test_an_engine_that_is_used_stays(tmp_path: Path) -> None:
    async with running(tmp_path) as (node, engines, _):
        await speak(node, 1)
        process = engines.process(0)
        await asyncio.sleep(0.2)
        await speak(node, 2)
        assert engines.process(0) is process


async def test_what_keeps_it_from_working_is_said_once_and_so_is_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path) as (node, _, said):
        limits: list[list[Hindrance | None]] = [[Hindrance(NotLeasing.HOURS, clock="22:00")]]
        monkeypatch.setattr(node._limit_watch, "hindrances", lambda own, now: limits[0])
        while "resting: until 22:00 (--hours)" not in said:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert said.count("resting: until 22:00 (--hours)") == 1
        limits[0] = [None]
        while "going on" not in said:
            await asyncio.sleep(0.01)


@pytest.mark.timeout(600)
async def test_whom_it_serves_is_said_once_however_often_it_is_let_in(tmp_path: Path) -> None:
    router = RouterSocket(None)
    port = router.bind("127.0.0.1", 0)
    async with running(tmp_path) as (node, _, said):
        node.serve_coordinator("laptop", [f"127.0.0.1:{port}"])
        peer, hello, _ = await router.receive()
        assert isinstance(hello, Hello)
        for _ in range(2):  # it greets until it is answered, and a slow coordinator answers each greeting
            router.send(peer, Welcome("c2", 1, "laptop", 1.0, 10**6, 65536))
        router.send(peer, Job("other", "Another Book", TICK))
        while not any("speaking Another Book" in line for line in said):
            await asyncio.sleep(0.01)
        assert sum(line.startswith("serving laptop") for line in said) == 1
    router.close()


class FakeProcess:
    """A stand-in for an engine's process: one text after the other, as it is let; it notes which it began."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.may_end: dict[str, asyncio.Event] = {}
        self.alive = True
        self.batches: dict[int, int] = {}
        self._lane = asyncio.Lock()

    async def start(self, engine: str, log_path: Path, *more: object) -> None:
        pass

    async def own_pids(self, slot: int) -> set[int]:
        return set()

    async def open(self, slot: int, recipe: Recipe, *words: object, **more: object) -> bytes:
        return b""

    async def speak_all(self, slot: int, batch: tuple[SpokenWords, ...]) -> list[SpokenClip | None]:
        ((text, *_),) = batch
        async with self._lane:
            self.begun.append(text)
            await self.may_end.setdefault(text, asyncio.Event()).wait()
        return [SpokenClip(b"x" * 100, ClipInfo(samples=24000, sample_rate=24000, digest="0" * 64, work_s=0.5))]

    def end(self, text: str) -> None:
        """Let it come to the end of a text."""
        self.may_end.setdefault(text, asyncio.Event()).set()

    def kill(self) -> None:
        self.alive = False

    async def end_engine(self) -> None:
        self.kill()


TEXTS = "One.", "Two.", "Three.", "Four."


@asynccontextmanager
async def waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[WorkNode, FakeProcess]]:
    """Yield a worker that has spoken two sentences and waits for room; its engine has begun the third."""
    monkeypatch.setattr(node_engines, "EngineProcess", FakeProcess)
    async with running(tmp_path, credit=50) as (node, engines, _):
        lines = tuple(Line(index, text, 0) for index, text in enumerate(TEXTS))
        node.carry_out(node.core.receive("a", Grant(1, "job", 0, 0, lines), node.clock.now()))
        await until(lambda: engines.process(0) is not None)
        process = engines.process(0)
        assert isinstance(process, FakeProcess)
        try:
            process.end("One.")
            # The third is prefetched while the second is spoken.
            await until(lambda: engines.prefetched.get(0, ((("",),),))[0][0][0] == "Three.")
            process.end("Two.")
            await until(lambda: node.core.slots[0].state is SlotState.WAITING and "Three." in process.begun)
            assert len(node.core.unaccepted.clips) == 2
            yield node, process
        finally:
            for text in TEXTS:
                process.end(text)


def accept(node: WorkNode, place: int) -> None:
    """Let the coordinator accept a clip, so that there is room for another."""
    key = clip_key(TEXTS[place], TICK, 0)
    node.carry_out(node.core.receive("a", Accepted("job", ((0, place, key),)), node.clock.now()))


@pytest.mark.timeout(600)
@pytest.mark.parametrize("there", [True, False], ids=["spoken", "under-way"])
async def test_over_a_slow_link_each_sentence_is_spoken_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    async with waiting(tmp_path, monkeypatch) as (node, process):
        if there:
            process.end("Three.")
            _, speaking = node.engines.prefetched[0]
            await asyncio.wait([speaking])
        await asyncio.sleep(0.05)  # beats meanwhile change nothing
        assert (node.core.slots[0].lines, process.begun) == ((), ["One.", "Two.", "Three."])
        accept(node, 0)
        process.end("Three.")
        process.end("Four.")
        await until(lambda: len(node.core.unaccepted.clips) == 2 and not node.core.slots[0].busy)
        accept(node, 1)
        await until(lambda: not node.core.slots[0].leases)
        assert process.begun == ["One.", "Two.", "Three.", "Four."]
        assert {clip.work_s for clip in (item.clip for item in node.core.unaccepted.clips.values())} == {0.5}


WITHDRAWN: dict[str, Callable[[WorkNode], WorkerOutcome]] = {
    "trimmed": lambda node: node.core.receive("a", Trim(1, 2), node.clock.now()),
    "revoked": lambda node: node.core.receive("a", Revoke(1), node.clock.now()),
    "drained": lambda node: node.core.drain(node.clock.now()),
    "rests": lambda node: node.core.limit([Hindrance(NotLeasing.HOURS, clock="22:00")], node.clock.now()),
    "lost": lambda node: node.core.lose([0], "fell off the bus", node.clock.now()),
}


@pytest.mark.timeout(600)
@pytest.mark.parametrize("end", WITHDRAWN.values(), ids=WITHDRAWN)
async def test_a_prefetched_line_is_withdrawn_when_it_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: Callable[[WorkNode], WorkerOutcome]
) -> None:
    async with waiting(tmp_path, monkeypatch) as (node, process):
        _, speaking = node.engines.prefetched[0]
        node.carry_out(end(node))
        with pytest.raises(asyncio.CancelledError):
            await speaking
        assert not node.engines.prefetched
        assert process.begun == ["One.", "Two.", "Three."]


async def test_a_worker_whose_program_was_upgraded_finishes_and_asks_to_be_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Outdated) as raised:
        async with running(tmp_path) as (node, _, said):
            monkeypatch.setattr(swarm.system.child, "CODE", "the version before")
            grant = Grant(1, "job", 0, 0, (Line(1, "Tick.", 0),))
            node.carry_out(node.core.receive("a", grant, node.clock.now()))
            while not node.core.left:
                await asyncio.sleep(0.01)
    assert raised.value.exit_code == EXIT_OUTDATED
    assert any("was upgraded" in line for line in said)
    assert not node.core.slots[0].leases


async def test_a_character_whose_voice_is_not_here_is_left_to_other_workers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def absent() -> list[SpokenClip | None]:
        raise EngineFault(FaultKind.UNAVAILABLE, "the voice tock is not here")

    async with running(tmp_path) as (node, engines, said):
        await speak(node, 1)
        monkeypatch.setattr(engines, "speak", lambda *words, **more: asyncio.create_task(absent()))
        grant = Grant(2, "job", 0, 1, (Line(1, "⟦|@tock⟧Tick.", 0), Line(2, "Tick.", 0)))
        node.carry_out(node.core.receive("a", grant, node.clock.now()))
        while not node.unable:
            await asyncio.sleep(0.01)
        assert node.core.slots[0].leases == []  # given back: no sentence has failed
        assert said[-1] == "slot 0: the voice tock is not here"
        assert engines.process(0) is None


CLIP = Clip("job", 0, 0, 0, "0" * 32, samples=48_000, sample_rate=24_000, digest="0" * 64, work_s=0.5)


def test_a_worker_speaks_of_itself_once_a_minute_and_only_when_it_did_something() -> None:
    tally = PrintedLines(said_s=0.0)
    assert tally.news(1000.0) == ""
    tally.count_clip(CLIP)
    assert tally.news(NOTICE_INTERVAL_S - 1) == ""
    assert tally.news(NOTICE_INTERVAL_S) == "spoke 1 sentence so far, 2 s of sound, 4.0x real time a slot"
    assert tally.news(1000.0) == ""


def test_the_total_of_a_worker_names_sentences_books_and_sound() -> None:
    tally = PrintedLines(said_s=0.0)
    assert tally.total(0.0, 9.0) == "spoke nothing in 9 s"
    for job in ("job", "job", "other"):
        tally.count_clip(msgspec.structs.replace(CLIP, job=job))
    assert tally.total(9.0, 9.0) == "spoke 3 sentences of 2 books in 9 s, 6 s of sound, 4.0x real time a slot"


def test_what_is_true_of_all_slots_is_said_once_and_only_when_it_is_new() -> None:
    awake, night = dict.fromkeys(range(3), ""), dict.fromkeys(range(3), "until 22:00")
    assert rest_lines({}, awake) == []
    assert rest_lines(awake, night) == ["resting: until 22:00"]
    assert rest_lines(night, night) == []
    assert rest_lines(night, awake) == ["going on"]


def test_slots_that_differ_are_named() -> None:
    before = {0: "", 1: "no room", 2: "", 3: ""}
    after = {0: "cuda:0 is hot", 1: "", 2: "cuda:0 is hot", 3: ""}
    assert rest_lines(before, after) == ["slots 0, 2 rest: cuda:0 is hot", "slot 1 resumes"]
    assert rest_lines(after, {**after, 3: "no room"}) == ["slot 3 rests: no room"]


def connection(refusal: str = "", **more: Any) -> Connection:
    socket: Any = SimpleNamespace(refusal=refusal)
    return Connection(socket, SimpleNamespace(), **more)  # type: ignore[arg-type]


def test_a_refusal_is_told_once_and_a_thousand_of_them_are_not() -> None:
    said: list[str] = []
    connections = Connections(said.append)
    for number in range(1000):
        connections[str(number)] = connection(f"refused {number}")
        for _ in range(2):
            connections.hear_refusal(connections[str(number)])
    assert said == [f"refused {number}" for number in range(MAX_REFUSALS)]
    assert connections.answered
    assert not connections.connected


def test_addresses_of_one_coordinator_that_refuse_by_turns_are_told_once_each() -> None:
    said: list[str] = []
    connections = Connections(said.append)
    connections["attic"] = connection()
    for _ in range(5):
        for words in ("refused at 10.0.0.1", "", "refused at [fd00::2]"):
            connections["attic"].socket.refusal = words  # type: ignore[misc]
            connections.hear_refusal(connections["attic"])
    assert said == ["refused at 10.0.0.1", "refused at [fd00::2]"]


def test_what_was_connected_once_is_proven_and_given_up_only_after_long() -> None:
    connections = Connections(lambda line: None)
    connections["new"] = connection(lost_s=90.0)
    connections["lost"] = connection(lost_s=50.0, proven=True)
    connections["there"] = connection(lost_s=10.0, proven=True, connected=True)
    assert connections.unproven(100.0) == {"new": 10.0}
    assert connections.abandoned(100.0, 20.0, ()) == ["lost"]
    assert connections.abandoned(100.0, 20.0, {"lost"}) == []
    assert connections.connected
