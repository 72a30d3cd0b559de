"""The coordinator's loops over the in-memory twins: persist, then send."""

import asyncio
import hashlib
import io
import json
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
from memory_twins import MemoryDealer, MemoryNetwork, MemoryStore
from msgspec import structs
from patience import until
from specs_for_tests import a_job

from swarm.audiobook.edition import Edition
from swarm.audiobook.sound.frame import key_of, with_key
from swarm.audiobook.sound.studio import Studio
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.coordinator.seen_engines import SeenEngines
from swarm.coordinator.serve import MAX_LINES, TOO_MANY, Server
from swarm.errors import EnvironmentFault, StoreError, SwarmError
from swarm.job.job_asset import PIECE_BYTES, JobAsset
from swarm.job.spec import JobSpec, clip_key
from swarm.job.state import JobState, apply
from swarm.job.store.store import Entry
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.core_settings import Settings
from swarm.lease.envelope import Message, Reason
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import (
    PROTOCOL,
    Accepted,
    Clip,
    Device,
    Done,
    EngineOffer,
    Failed,
    Grant,
    Heartbeat,
    Hello,
    Rejected,
    Release,
    Revoke,
)
from swarm.lease.outcome import Outcome
from swarm.system.machine import Clock
from swarm.voice.host.takes import make_clip
from swarm.watch.progress import QuietProgress
from swarm.watch.words import rejected_text

Answer = TypeVar("Answer", bound=Message)
JOB = a_job().job
HELLO = Hello("w", "n", "w", "1", (EngineOffer("metronome", ("*",)),), (Device("cpu"),), 1, PROTOCOL)
TONE = (np.sin(np.arange(12000) / 20) * 9000).astype(np.int16)


class Bench:
    """A server of one small job, and a dealer to speak to it with."""

    def __init__(
        self,
        tmp_path: Path,
        store: MemoryStore | None = None,
        on_failure: str = "finish",
        spec: JobSpec | None = None,
        contents: dict[str, bytes | Path] | None = None,
        put_back: Callable[[str, str], bool] = lambda job, digest: False,
        *,
        stays: bool = False,
    ) -> None:
        self.store = store or MemoryStore()
        self.store.state_dir = tmp_path / "state"  # for the voters
        self.state = JobState(spec or a_job())
        if self.store.open_job(self.state.job) is None:
            self.store.create_job(self.state.spec, tmp_path, contents or {})
        for record in self.store.records(self.state.job):
            apply(self.state, record)
        network = MemoryNetwork()
        router = network.router()
        port = router.bind("127.0.0.1", None)
        clock = Clock()
        settings = Settings(coordinator="c", name="n", version="1", epoch=1, alone=True)
        core = CoordinatorCore(settings, clock.now())
        output, self.seen = QuietProgress(io.StringIO()), SeenEngines(tmp_path)
        self.ended: list[tuple[str, SwarmError | None]] = []
        on_end = (lambda edition, fault: self.ended.append((edition.state.job, fault))) if stays else None
        self.server = Server(core, self.store, router, output, clock, on_failure, self.seen, on_end=on_end)
        self.server.serve_job(self.edition(tmp_path), put_back)
        self.dealer = network.dealer()
        self.dealer.connect([f"127.0.0.1:{port}"])
        self.running = asyncio.create_task(self.server.run())

    def edition(self, tmp_path: Path) -> Edition:
        """Return the edition of the job, without an audiobook."""
        studio = Studio(tmp_path, 1)
        return Edition(self.state, self.store, tmp_path / "book.m4b", Style(Tags("Book")), studio, audiobook=False)

    async def join(self) -> Grant:
        """Come in as a worker of one slot and get the lease."""
        self.dealer.send(HELLO)
        self.dealer.send(Heartbeat((), (0,)))
        return await self.hear(Grant)

    async def hear(self, kind: type[Answer]) -> Answer:
        """Return the next message of a kind."""
        while True:
            message, _ = await asyncio.wait_for(self.dealer.receive(), 120)
            if isinstance(message, kind):
                return message


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.running.cancel()


def speak(dealer: MemoryDealer, grant: Grant, position: int, damage: bytes = b"") -> Clip:
    """Send the clip of one line of a grant."""
    line = grant.lines[position]
    sound = make_clip(TONE, 24000, line.text)
    clip = Clip(
        job=grant.job,
        chapter=grant.chapter,
        index=line.index,
        take=line.take,
        key=clip_key(line.text, a_job().recipe, line.take),
        lease=grant.lease,
        **structs.asdict(structs.replace(sound.info, work_s=0.1)),
    )
    dealer.send(clip, sound.frame + damage)
    return clip


async def test_the_engines_of_workers_that_come_are_known_from_then_on(bench: Bench) -> None:
    assert not bench.seen.seen
    await bench.join()
    assert list(bench.seen.seen) == ["metronome"]


async def test_a_job_is_served_to_its_end_and_reported(bench: Bench, tmp_path: Path) -> None:
    grant = await bench.join()
    for position in range(2):
        clip = speak(bench.dealer, grant, position)
        await bench.hear(Accepted)
        assert bench.store.find_clip(clip.key)
    assert await bench.hear(Done)
    assert await bench.running
    assert (tmp_path / "book.report.json").is_file()


class FailingStore(MemoryStore):
    """A disk that is full as soon as a clip comes."""

    def commit(self, entries: Sequence[Entry]) -> None:
        raise StoreError("the disk is full")


async def test_nothing_is_acknowledged_that_could_not_be_persisted(tmp_path: Path) -> None:
    bench = Bench(tmp_path, FailingStore())
    speak(bench.dealer, await bench.join(), 0)
    with pytest.raises(StoreError, match="full"):
        await bench.running
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(bench.hear(Accepted), 0.2)


async def test_a_stored_clip_says_its_key_and_one_that_says_another_is_rejected(bench: Bench) -> None:
    grant = await bench.join()
    line = grant.lines[0]
    key = clip_key(line.text, a_job().recipe, line.take)
    sound = make_clip(TONE, 24000, line.text)
    for frame, answer in ((with_key(sound.frame, "f" * 32), Rejected), (sound.frame, Accepted)):
        facts = structs.asdict(sound.info) | {"digest": hashlib.sha256(frame).hexdigest()}
        clip = Clip(grant.job, grant.chapter, line.index, line.take, key, lease=grant.lease, **facts)
        bench.dealer.send(clip, frame)
        await bench.hear(answer)
    stored = bench.store.held[key]
    (record,) = bench.state.accepted.values()
    assert key_of(stored) == key
    assert (record.digest, record.bytes) == (hashlib.sha256(stored).hexdigest(), len(stored))


async def test_a_clip_whose_bytes_are_not_what_it_says_is_rejected(bench: Bench) -> None:
    speak(bench.dealer, await bench.join(), 0, damage=b"!")
    assert "digest" in rejected_text(await bench.hear(Rejected))
    assert not bench.state.accepted


async def test_on_failure_stop_ends_at_the_first_sentence_that_cannot_be_spoken(tmp_path: Path) -> None:
    bench = Bench(tmp_path, on_failure="stop")
    grant = await bench.join()
    for take in range(3):
        bench.dealer.send(Failed(grant.job, 0, 0, take, "silent", "", grant.lease, 0))
        bench.dealer.send(Heartbeat((), (0,)))
    with pytest.raises(SwarmError, match="--on-failure stop"):
        await bench.running


async def test_an_engine_that_nobody_here_can_open_ends_it_with_the_reason_told_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(bench.server._progress, "note", lines.append)
    grant = await bench.join()
    bench.dealer.send(Release(grant.lease, "its library is missing", unable=True))
    with pytest.raises(EnvironmentFault, match="its library is missing"):
        await bench.running
    assert not [line for line in lines if "its library is missing" in line]


async def test_draining_takes_the_segment_under_way_and_ends(bench: Bench) -> None:
    grant = await bench.join()
    bench.dealer.send(Heartbeat((), (), (grant.lease,)))
    await asyncio.sleep(0.05)
    bench.server.drain()
    await bench.hear(Revoke)
    speak(bench.dealer, grant, 0)
    await bench.hear(Accepted)
    bench.dealer.send(Heartbeat((), ()))
    assert await bench.running is False
    assert (0, 0) in bench.state.accepted


async def test_the_report_counts_what_every_run_took(tmp_path: Path) -> None:
    store = MemoryStore()
    bench = Bench(tmp_path, store)
    grant = await bench.join()
    for _ in range(3):  # the same place
        speak(bench.dealer, grant, 0)
        await bench.hear(Accepted)
    bench.server.drain()
    await bench.hear(Revoke)
    bench.dealer.send(Heartbeat((), ()))
    assert await bench.running is False

    bench = Bench(tmp_path, store)
    grant = await bench.join()
    speak(bench.dealer, grant, 0)
    await bench.hear(Accepted)
    assert await bench.running
    report = json.loads((tmp_path / "book.report.json").read_bytes())
    assert {name: report["totals"][name] for name in ("clips_received", "duplicates")} == {
        "clips_received": 4,
        "duplicates": 2,
    }
    (worker,) = report["workers"]
    assert worker["wasted_s"] == pytest.approx(0.2)
    assert bench.server.run_stats(bench.state.job).duplicates == 2


def job_with(content: bytes) -> tuple[JobSpec, str]:
    """Return a job with a recording, and the recording's digest."""
    digest = hashlib.sha256(content).hexdigest()
    return structs.replace(a_job(), job_files=(JobAsset("voice.wav", digest, len(content)),)), digest


async def test_pieces_of_a_jobs_files_are_sent_to_whoever_asks_and_clips_pass_beside_them(tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    spec, digest = job_with(content)
    bench = Bench(tmp_path, spec=spec, contents={digest: content})
    bench.dealer.send(HELLO)
    bench.dealer.send(Heartbeat((), (0,), job_files=(digest,)))
    grant = await bench.hear(Grant)
    for offset in range(0, len(content), PIECE_BYTES):
        bench.dealer.send(Fetch(digest, offset))
    speak(bench.dealer, grant, 0)
    heard, accepted = b"", False
    while len(heard) < len(content) or not accepted:
        message, frame = await asyncio.wait_for(bench.dealer.receive(), 120)
        accepted = accepted or isinstance(message, Accepted)
        if isinstance(message, Piece):
            assert (message.offset, message.total) == (len(heard), len(content))
            heard += frame
    assert heard == content
    speak(bench.dealer, grant, 1)
    assert await bench.running


@pytest.mark.parametrize("damage", ["gone", "damaged"])
async def test_a_recording_that_is_lost_in_the_middle_is_put_back_and_sent(tmp_path: Path, damage: str) -> None:
    content = b"a recording"
    spec, digest = job_with(content)
    store = MemoryStore()

    def put_back(job: str, lost: str) -> bool:
        store.restore_asset(job, lost, content)
        return True

    bench = Bench(tmp_path, store, spec=spec, contents={digest: content}, put_back=put_back)
    bench.dealer.send(HELLO)
    lose(store, spec.job, digest, damage)
    bench.dealer.send(Fetch(digest, 0))
    frame = b""
    while not frame:
        frame = (await asyncio.wait_for(bench.dealer.receive(), 120))[1]
    assert frame == content
    bench.running.cancel()


@pytest.mark.parametrize("offset", [1, PIECE_BYTES - 8192, PIECE_BYTES + 7])
async def test_a_worker_goes_on_from_wherever_it_was_cut_off(tmp_path: Path, offset: int) -> None:
    content = bytes(range(256)) * 1500  # less than latents may be, whose digest is looked at for each piece
    spec, digest = job_with(content)
    bench = Bench(tmp_path, spec=spec, contents={digest: content})
    bench.dealer.send(HELLO)
    bench.dealer.send(Fetch(digest, offset))
    message, frame = await asyncio.wait_for(bench.dealer.receive(), 120)
    while not isinstance(message, Piece):
        message, frame = await asyncio.wait_for(bench.dealer.receive(), 120)
    assert (message.offset, frame) == (offset, content[offset : offset + PIECE_BYTES])
    bench.running.cancel()


def lose(store: MemoryStore, job: str, digest: str, damage: str) -> None:
    if damage == "gone":
        del store.job_files[job, digest]
    else:
        store.job_files[job, digest] = b"A recording"


@pytest.mark.parametrize("damage", ["gone", "damaged"])
async def test_a_recording_that_is_lost_and_cannot_be_put_back_ends_the_run_with_what_to_do(
    tmp_path: Path, damage: str
) -> None:
    content = b"a recording"
    spec, digest = job_with(content)
    bench = Bench(tmp_path, spec=spec, contents={digest: content})
    bench.dealer.send(HELLO)
    lose(bench.store, spec.job, digest, damage)
    bench.dealer.send(Fetch(digest, 0))
    with pytest.raises(StoreError, match="its original is not where it was; put one of them back"):
        await asyncio.wait_for(bench.running, 120)


async def test_workers_that_come_and_go_for_ever_fill_no_terminal_and_hide_nothing_of_the_book(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(bench.server._progress, "note", lines.append)
    for number in range(5_000):
        bench.server._carry_out(Outcome(events=[Reason("joined", worker=f"w{number}", count=1024)]))
    bench.server._carry_out(Outcome(events=[Reason("segment set aside", count=3, text="One.", kind="error")]))
    assert len(lines) <= MAX_LINES + 10
    assert lines.count(TOO_MANY) == 1
    assert lines[-1].startswith("set aside after 3 failures")


async def test_a_server_that_stays_tells_what_ended_and_takes_further_jobs(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stays=True)
    grant = await bench.join()
    for position in range(2):
        speak(bench.dealer, grant, position)
    await until(lambda: bench.ended)
    assert bench.ended == [(JOB, None)]
    await bench.server.drop_job(JOB)
    assert bench.server.status().jobs == ()
    again = JobState(structs.replace(a_job(), job="again"))
    bench.store.create_job(again.spec, tmp_path, {})
    bench.state = again
    bench.server.serve_job(bench.edition(tmp_path))
    bench.dealer.send(Heartbeat((), (0,)))
    assert (await bench.hear(Grant)).job == "again"
    assert not bench.running.done()
    bench.running.cancel()


async def test_a_job_that_is_removed_is_written_no_further(tmp_path: Path) -> None:
    bench = Bench(tmp_path, stays=True)
    grant = await bench.join()
    await bench.server.drop_job(JOB)
    assert (await bench.hear(Revoke)).lease == grant.lease
    speak(bench.dealer, grant, 0)
    await bench.hear(Rejected)
    assert (bench.ended, bench.server.status().jobs) == ([], ())
    bench.running.cancel()


async def test_progress_is_shown_while_the_disk_is_slow_to_take_the_last_facts_of_a_removed_job(tmp_path: Path) -> None:
    free = threading.Event()

    class Slow(MemoryStore):
        def commit(self, entries: Sequence[Entry]) -> None:
            free.wait(60)
            super().commit(entries)

    bench = Bench(tmp_path, Slow(), stays=True)
    speak(bench.dealer, await bench.join(), 0)
    await until(lambda: bench.state.accepted)
    removing = asyncio.create_task(bench.server.drop_job(JOB))
    while bench.server.status().jobs:
        await asyncio.sleep(0.01)
    bench.server._core.note_progress(dict.fromkeys(bench.server.editions, 0.0), 0.0)  # `_show` does this
    free.set()
    await removing
    assert not bench.running.done()
    bench.running.cancel()


async def test_a_job_that_cannot_be_written_stops_no_other(tmp_path: Path) -> None:
    class Unwritable(MemoryStore):
        def settle(self, job: str) -> None:
            raise StoreError("the disk is gone")

    bench = Bench(tmp_path, Unwritable(), stays=True)
    grant = await bench.join()
    for position in range(2):
        speak(bench.dealer, grant, position)
    await until(lambda: bench.ended)
    [(job, fault)] = bench.ended
    assert (job, str(fault), bench.running.done()) == (JOB, "the disk is gone", False)
    bench.running.cancel()


async def test_a_book_whose_files_cannot_be_written_ends_the_command_after_the_others(tmp_path: Path) -> None:
    class Doomed(Edition):
        async def write_audiobook(self, *_: object, **__: object) -> tuple[str, ...]:
            raise EnvironmentFault("its encoder died")

    bench, grant, lines = Bench(tmp_path), None, list[str]()
    bench.server._progress.note = lines.append  # type: ignore[method-assign]
    doomed = JobState(structs.replace(a_job(), job="doomed"))
    bench.store.create_job(doomed.spec, tmp_path, {})
    studio = Studio(tmp_path, 1)
    bench.server.serve_job(Doomed(doomed, bench.store, tmp_path / "doomed.m4b", Style(Tags("Doomed")), studio))
    grant = await bench.join()
    assert lines == [f"{doomed.spec.title}: its encoder died The other books go on."]
    assert not bench.running.done()
    for position in range(2):
        speak(bench.dealer, grant, position)
    with pytest.raises(EnvironmentFault, match="its encoder died"):
        await asyncio.wait_for(bench.running, 120)
    assert bench.state.finished is not None
