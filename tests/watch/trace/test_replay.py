import hashlib
import random
from pathlib import Path

import pytest
from making import TEXTS, join, make_core, make_spec
from msgspec import structs
from recorded import coordinate, work
from small_tensors import small_tensors

from swarm.errors import UsageError
from swarm.job.job_asset import VOICE, JobAsset, piece_size
from swarm.job.state import JobState
from swarm.lease.coordinator import coordinator_core as deadlines
from swarm.lease.file_transfer import OfferedLatents, Piece
from swarm.lease.message import Heartbeat
from swarm.lease.worker.worker_core import WorkerCore
from swarm.watch.trace.log_file import open_log, read_log
from swarm.watch.trace.recorder import Trace
from swarm.watch.trace.replay import Difference, Replay


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.log"


def differences(path: Path, replay: Replay | None = None) -> list[Difference]:
    return list((replay or Replay()).repeat_calls(read_log(path)))


def test_a_recorded_coordinator_comes_to_the_same_state(path: Path) -> None:
    core, replay = coordinate(path), Replay()
    assert differences(path, replay) == []
    again = replay.cores["coordinator"]
    assert again.status(115.0) == core.status(115.0)
    assert vars(again.jobs["job"].state) == vars(core.jobs["job"].state)
    assert again.jobs["job"].run_stats == core.jobs["job"].run_stats
    assert again.last_lease == core.last_lease
    assert replay.calls == 19


def test_a_recorded_worker_comes_to_the_same_state(path: Path) -> None:
    core, replay = work(path), Replay()
    assert differences(path, replay) == []
    again = replay.cores["worker"]
    assert again.slots == core.slots
    assert again.unaccepted == core.unaccepted
    assert again.links == core.links
    assert again.models == core.models != {}


def test_latents_that_a_coordinator_collects_and_hashes_are_replayed(path: Path) -> None:
    latents = small_tensors(bytes(range(256)) * 550)  # two pieces
    digest = hashlib.sha256(latents).hexdigest()
    voice = JobAsset(VOICE, "f" * 64, 10)
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
            core.receive(b"p", Piece(digest, offset, len(latents)), 3.0, latents[offset : offset + size])
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
    monkeypatch.setattr(deadlines, "SILENCE_S", 60.0)
    assert "tick" in {difference.call for difference in differences(path)}


def test_another_worker_than_the_recorded_one_differs(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    work(path)
    monkeypatch.setattr(WorkerCore, "_keep", lambda *_: None)
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


def test_a_log_of_another_format_is_refused_with_the_version_that_wrote_it(path: Path) -> None:
    coordinate(path)
    path.write_bytes(path.read_bytes().replace(b'"format":2,"version":"', b'"format":1,"version":"0.2.0 of old, '))
    with pytest.raises(UsageError, match=r"written by e2a-swarm 0\.2\.0 of old.*replay it with that version"):
        differences(path)


def test_no_damage_to_a_log_stops_its_replay(path: Path) -> None:
    chance = random.Random(3)
    coordinate(path)
    work(path)
    content = path.read_bytes()
    for _ in range(40):
        damaged = bytearray(content)
        for _ in range(30):
            damaged[chance.randrange(len(damaged))] = chance.choice(b'0123456789"{}[],:-az')
        path.write_bytes(bytes(damaged))
        replay = Replay()
        try:
            assert len(differences(path, replay)) + replay.calls + replay.headless > 0
        except UsageError as fault:  # the damage may be to the number of the log's format
            assert "replay it with that version" in str(fault)


@pytest.mark.parametrize(
    "line",
    [
        b'{"at":1,"core":"coordinator","call":"open","given":{"settings":{},"colour":1}}',
        b'{"at":1,"core":"coordinator","call":"add_job","given":{"state":{"job":"none"}}}',
        b'{"at":1,"core":"coordinator","call":"set","given":{"stopping":"perhaps"}}',
        b'{"at":1,"core":"coordinator","call":"tick","given":{"then":1}}',
    ],
)
def test_an_entry_that_cannot_be_repeated_counts_as_different(path: Path, line: bytes) -> None:
    coordinate(path)
    with path.open("ab") as file:
        file.write(line + b"\n")
    (difference,) = differences(path)
    assert "damaged" in difference.replayed or "raised" in difference.replayed


@pytest.mark.parametrize("call", ["_drop", "__init__", "no_such_call", "sessions"])
def test_a_call_that_no_core_has_is_not_made(path: Path, call: str) -> None:
    coordinate(path)
    with path.open("ab") as file:
        file.write(b'{"at":1,"core":"coordinator","call":"%s","given":{}}\n' % call.encode())
    (difference,) = differences(path)
    assert "unknown" in difference.replayed
