import hashlib
from pathlib import Path

import pytest
from making import RECIPE, TEXTS, grant, join, make_clip, make_core, make_hello, make_spec, offer, speak
from msgspec import structs

from swarm.job.job_file import VOICE, JobFile, piece_size
from swarm.job.state import JobState
from swarm.lease.coordinator import coordinator as coordinator_core
from swarm.lease.coordinator.coordinator import Coordinator
from swarm.lease.message import Bye, Failed, FilePiece, Heartbeat, Job, OfferedLatents, Welcome
from swarm.lease.worker.worker import Worker
from swarm.trace.log_file import open_log
from swarm.trace.read import read_log
from swarm.trace.recorder import Trace
from swarm.trace.replay import Difference, Replay


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def coordinate(path: Path) -> Coordinator:
    """Record a coordinator whose workers speak, fail, fall silent, leave and come back; returns the core."""
    bare = make_core(now=100.0)
    with Trace(open_log(path)) as trace:
        core = trace.watch("coordinator", bare, settings=bare.settings, started_s=100.0)
        core.add_job(JobState(make_spec(TEXTS, TEXTS)), "pip install", "fetch")
        join(core, b"p", 100.0)
        join(core, b"q", 100.5)
        first, second = offer(core, b"p", now=101.0), offer(core, b"q", now=101.0)
        core.receive(b"p", make_clip(first), 102.25, b"sound" * 1000)
        core.receive(b"p", make_clip(first, 1), 102.5, b"sound", "the digest is another")
        core.receive(b"q", Failed("job", second.chapter, second.lines[0].index, 0, "silent", "", second.lease), 103.0)
        for now in (105.0, 107.0, 109.0):  # both are silent
            core.tick(now)
        join(core, b"q", 110.0)
        offer(core, b"q", now=112.0)
        core.discard("job", 0, 0, "damaged", 113.0)
        core.receive(b"q", Bye(), 114.0)
        core.unsent(b"q")
        core.stop()
        core.end()
    return bare


def work(path: Path) -> Worker:
    """Record a worker that loads, speaks, fails and drains; returns the core."""
    bare = Worker(make_hello())
    with Trace(open_log(path)) as trace:
        core = trace.watch("worker", bare, hello=bare.hello)
        core.connect("a", 0.0)
        core.receive("a", Welcome("a", 1, "a", 1.0, 1000), 0.0)
        core.receive("a", Job("job-a", "Book", RECIPE), 0.0)
        loaded = speak(core, grant(core, "One.", "Two.", "Three."))
        speak(core, speak(core, loaded), now=2.0)
        core.figures = ()
        core.limit(["too hot"], 3.0)
        core.lose([0], "gone", 4.0)
        core.beat(5.0)
        core.drain(6.0)
        core.leave()
    return bare


def differences(path: Path, replay: Replay | None = None) -> list[Difference]:
    return list((replay or Replay()).run(read_log(path)))


def test_a_recorded_coordinator_comes_to_the_same_state(path: Path) -> None:
    core, replay = coordinate(path), Replay()
    assert differences(path, replay) == []
    again = replay.cores["coordinator"]
    assert again.status(115.0) == core.status(115.0)
    assert vars(again.jobs["job"].state) == vars(core.jobs["job"].state)
    assert again.jobs["job"].effort == core.jobs["job"].effort
    assert again.last_lease == core.last_lease
    assert replay.calls == 19


def test_a_recorded_worker_comes_to_the_same_state(path: Path) -> None:
    core, replay = work(path), Replay()
    assert differences(path, replay) == []
    again = replay.cores["worker"]
    assert again.slots == core.slots
    assert again.unaccepted == core.unaccepted
    assert again.links == core.links


def test_latents_that_a_coordinator_collects_and_hashes_are_replayed(path: Path) -> None:
    latents = bytes(range(256)) * 1100  # two pieces
    digest = hashlib.sha256(latents).hexdigest()
    voice = JobFile(VOICE, "f" * 64, 10)
    spec = structs.replace(make_spec(TEXTS), job_files=(voice,))
    bare = make_core()
    with Trace(open_log(path)) as trace:
        core = trace.watch("coordinator", bare, settings=bare.settings, started_s=0.0)
        core.add_job(JobState(spec))
        join(core)
        core.receive(b"p", Heartbeat((), (0,), job_files=(voice.digest,)), 1.0)
        lease = next(iter(bare.jobs["job"].ledger.leases))
        made = (OfferedLatents("job", digest, len(latents)),)
        core.receive(b"p", Heartbeat((), (), (lease,), job_files=(voice.digest,), made=made), 2.0)
        offset = 0
        while offset < len(latents):
            size = piece_size(len(latents), offset)
            core.receive(b"p", FilePiece(digest, offset, len(latents)), 3.0, latents[offset : offset + size])
            offset += size
    assert bare.jobs["job"].state.latents
    assert differences(path) == []


def edit(path: Path, before: bytes, after: bytes) -> None:
    content = path.read_bytes()
    assert content.count(before) == 1
    path.write_bytes(content.replace(before, after))


def test_a_result_that_was_altered_in_the_log_differs_and_is_named(path: Path) -> None:
    coordinate(path)
    edit(path, b'"message":{"type":"Rejected"', b'"message":{"type":"Accepted"')
    (difference,) = differences(path)
    assert (difference.core, difference.call) == ("coordinator", "receive")
    assert ("Accepted" in difference.logged, "Rejected" in difference.replayed) == (True, True)


def test_a_message_that_is_missing_in_the_log_makes_what_follows_differ(path: Path) -> None:
    coordinate(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(line for line in lines if b'"the digest is another"' not in line))
    assert differences(path)


def test_another_core_than_the_recorded_one_differs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    coordinate(path)
    monkeypatch.setattr(coordinator_core, "SILENCE_S", 60.0)
    assert "tick" in {difference.call for difference in differences(path)}


def test_another_worker_than_the_recorded_one_differs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work(path)
    monkeypatch.setattr(Worker, "_fail", lambda *_: None)
    monkeypatch.setattr(Worker, "_keep", lambda *_: None)
    assert "spoken" in {difference.call for difference in differences(path)}


def test_a_log_whose_beginning_was_rotated_away_is_counted_and_not_replayed(path: Path) -> None:
    coordinate(path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[1:]))
    replay = Replay()
    assert differences(path, replay) == []
    assert (replay.calls, replay.headless > 10) == (0, True)


def test_two_runs_in_one_file_are_replayed_one_after_the_other(path: Path) -> None:
    coordinate(path)
    coordinate(path)
    assert differences(path) == []


@pytest.mark.parametrize("call", ["_drop", "__init__", "no_such_call", "sessions"])
def test_a_call_that_no_core_has_is_not_made(path: Path, call: str) -> None:
    coordinate(path)
    with path.open("ab") as file:
        file.write(b'{"at":1,"core":"coordinator","call":"%s","given":{}}\n' % call.encode())
    (difference,) = differences(path)
    assert "unknown" in difference.replayed
