"""Dialogues about files: what a worker asks for, in which order, and when it says that it is ready."""

from making import RECIPE, make_hello

from swarm.job.job_asset import LATENTS, VOICE, JobAsset
from swarm.lease.core_settings import WorkerSettings
from swarm.lease.file_transfer import Fetch, OfferedLatents, Piece
from swarm.lease.message import Grant, Heartbeat, Job, Line, Release, Welcome
from swarm.lease.outcome import Load, Seek, Speak, WorkerOutcome
from swarm.lease.worker.asset_download import AGAIN_S, STALLED_S
from swarm.lease.worker.worker_core import WorkerCore

SIZE = 10
VOICE_FILE, MODEL_FILE = JobAsset(VOICE, "a" * 64, SIZE), JobAsset("model/model.pth", "b" * 64, SIZE)
LATENTS_FILE = JobAsset(LATENTS, "c" * 64, 3)


def make_worker(*job_files: JobAsset, links: str = "a", latents: bool = False) -> WorkerCore:
    worker = WorkerCore(make_hello(), WorkerSettings(piece=2))
    for link in links:
        worker.connect(link, 0.0)
        worker.receive(link, Welcome(link, 1, link, 1.0, 1000, 65536), 0.0)
        worker.receive(link, Job(f"job-{link}", "Book", RECIPE, job_files, latents), 0.0)
    return worker


def told(out: WorkerOutcome, kind: type) -> list:
    return [message for _, message in out.messages if isinstance(message, kind)]


def offsets(out: WorkerOutcome) -> list[int]:
    return [fetch.offset for fetch in told(out, Fetch)]


def piece(file: JobAsset, offset: int, frame: bytes = b"..") -> tuple[Piece, bytes]:
    return Piece(file.digest, offset, file.size), frame


def receive(
    worker: WorkerCore, file: JobAsset, offset: int, frame: bytes = b"..", link: str = "a", now=1.0
) -> WorkerOutcome:
    message, frame = piece(file, offset, frame)
    return worker.receive(link, message, now, frame)


def last_heartbeat(worker: WorkerCore, link: str = "a") -> Heartbeat:
    beats = [m for name, m in worker.beat(1.0, news=True).messages if name == link and isinstance(m, Heartbeat)]
    return beats[-1]


def test_what_lies_on_the_disk_already_is_not_asked_for() -> None:
    worker = WorkerCore(make_hello(), WorkerSettings(piece=2))
    worker.connect("a", 0.0)
    worker.receive("a", Welcome("a", 1, "a", 1.0, 1000, 65536), 0.0)
    out = worker.receive("a", Job("job-a", "Book", RECIPE, (VOICE_FILE,)), 0.0)
    assert out.commands == [Seek(VOICE_FILE.digest, SIZE)]
    out = worker.kept(VOICE_FILE.digest, SIZE, 0.1)
    assert not told(out, Fetch)
    assert told(out, Heartbeat)[-1].job_files == (VOICE_FILE.digest,)


def test_no_more_is_asked_for_than_a_window_beyond_what_is_on_the_disk() -> None:
    worker = make_worker(VOICE_FILE)
    assert offsets(worker.kept(VOICE_FILE.digest, 0, 0.1)) == [0, 2, 4, 6]
    out = receive(worker, VOICE_FILE, 0, b"ab")
    assert out.pieces == [(VOICE_FILE.digest, 0, b"ab")]
    assert not offsets(out)
    assert offsets(worker.kept(VOICE_FILE.digest, 2, 1.0)) == [8]


def test_a_part_that_was_there_is_gone_on_with() -> None:
    worker = make_worker(VOICE_FILE)
    assert offsets(worker.kept(VOICE_FILE.digest, 6, 0.1)) == [6, 8]


def test_a_piece_out_of_turn_twice_or_of_another_size_is_not_written() -> None:
    worker = make_worker(VOICE_FILE)
    worker.kept(VOICE_FILE.digest, 0, 0.1)
    assert not receive(worker, VOICE_FILE, 2).pieces
    assert receive(worker, VOICE_FILE, 0).pieces
    assert not receive(worker, VOICE_FILE, 0).pieces
    assert not receive(worker, VOICE_FILE, 2, b"longer").pieces
    assert "another size" in last_heartbeat(worker).fetching[0].note


def test_what_does_not_come_is_asked_for_again_and_of_another_coordinator_if_there_is_one() -> None:
    worker = make_worker(VOICE_FILE, links="ab")
    worker.kept(VOICE_FILE.digest, 0, 0.1)
    receive(worker, VOICE_FILE, 0, now=1.0)
    worker.kept(VOICE_FILE.digest, 2, 1.0)
    out = worker.beat(1.1 + STALLED_S)
    assert [(name, m.offset) for name, m in out.messages if isinstance(m, Fetch)] == [(("b"), n) for n in (2, 4, 6, 8)]


def test_two_coordinators_with_the_same_file_share_one_download() -> None:
    worker = make_worker(VOICE_FILE, links="ab")
    out = worker.kept(VOICE_FILE.digest, 8, 0.1)
    assert [name for name, m in out.messages if isinstance(m, Fetch)] == ["a"]
    receive(worker, VOICE_FILE, 8)
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    assert last_heartbeat(worker, "b").job_files == (VOICE_FILE.digest,)


def test_when_a_coordinator_leaves_another_one_goes_on_from_there() -> None:
    worker = make_worker(VOICE_FILE, links="ab")
    worker.kept(VOICE_FILE.digest, 4, 0.1)
    out = worker.disconnect("a", 1.0)
    assert [(name, m.offset) for name, m in out.messages if isinstance(m, Fetch)] == [("b", 4), ("b", 6), ("b", 8)]


def test_one_file_at_a_time_comes_from_a_coordinator() -> None:
    worker = make_worker(VOICE_FILE, MODEL_FILE)
    assert {m.digest for m in told(worker.kept(VOICE_FILE.digest, 8, 0.1), Fetch)} == {VOICE_FILE.digest}
    assert not told(worker.kept(MODEL_FILE.digest, 8, 0.1), Fetch)
    assert {m.digest for m in told(worker.kept(VOICE_FILE.digest, SIZE, 0.2), Fetch)} == {MODEL_FILE.digest}


def test_what_was_spoilt_or_finds_no_room_is_said_and_tried_again() -> None:
    worker = make_worker(VOICE_FILE)
    worker.kept(VOICE_FILE.digest, 0, 0.1, "there is no space left")
    assert last_heartbeat(worker).fetching[0].note == "there is no space left"
    assert worker.beat(0.2 + AGAIN_S).commands == [Seek(VOICE_FILE.digest, SIZE)]


def test_a_file_that_never_fits_is_fetched_less_and_less_often() -> None:
    worker, now = make_worker(VOICE_FILE), 1.0
    worker.kept(VOICE_FILE.digest, 8, now)
    for times in range(1, 4):
        receive(worker, VOICE_FILE, 8, now=now)
        worker.kept(VOICE_FILE.digest, 0, now, "what arrived does not fit its digest")
        assert not worker.beat(now + AGAIN_S * 2**times - 0.1).commands
        now += AGAIN_S * 2**times
        assert worker.beat(now).commands == [Seek(VOICE_FILE.digest, SIZE)]
        worker.kept(VOICE_FILE.digest, 8, now)


def grant(worker: WorkerCore) -> WorkerOutcome:
    return worker.receive("a", Grant(1, "job-a", 0, 0, (Line(0, "One.", 0),)), 1.0)


def test_a_lease_is_given_back_while_files_are_missing_and_the_engine_gets_all_of_them() -> None:
    worker = make_worker(VOICE_FILE)
    assert [release.unable for release in told(grant(worker), Release)] == [False]
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    assert grant(worker).commands == [Load(0, 1, RECIPE, (VOICE_FILE,))]


def test_files_that_are_gone_when_they_are_needed_are_looked_for_again() -> None:
    worker = make_worker(VOICE_FILE)
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    grant(worker)
    out = worker.unable(0, 1, "its files are gone", 1.0, mislaid=True)
    assert told(out, Release) == [Release(1, "its files are gone", unable=False)]
    assert out.commands == [Seek(VOICE_FILE.digest, SIZE)]


def test_nothing_is_spoken_before_the_latents_that_were_made_are_the_jobs() -> None:
    worker = make_worker(VOICE_FILE, latents=True)
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    grant(worker)
    out = worker.opened(0, 1, 2.0, LATENTS_FILE)
    assert not out.commands
    made = OfferedLatents("job-a", LATENTS_FILE.digest, LATENTS_FILE.size)
    assert told(out, Heartbeat)[-1].made == (made,)
    assert worker.receive("a", Fetch(LATENTS_FILE.digest, 2), 2.0).serves == [("a", Fetch(LATENTS_FILE.digest, 2))]
    assert not worker.receive("a", Fetch(VOICE_FILE.digest, 0), 2.0).serves
    out = worker.receive("a", Job("job-a", "Book", RECIPE, (VOICE_FILE, LATENTS_FILE)), 3.0)
    assert [type(command) for command in out.commands] == [Speak]
    assert not last_heartbeat(worker).made


def test_a_voice_with_other_latents_than_the_journals_is_loaded_afresh() -> None:
    worker = make_worker(VOICE_FILE, latents=True)
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    grant(worker)
    worker.opened(0, 1, 2.0, JobAsset(LATENTS, "d" * 64, 3))
    worker.receive("a", Job("job-a", "Book", RECIPE, (VOICE_FILE, LATENTS_FILE)), 3.0)
    out = worker.kept(LATENTS_FILE.digest, 3, 3.0)
    assert out.commands == [Load(0, 2, RECIPE, (VOICE_FILE, LATENTS_FILE))]


def test_a_lease_that_cannot_go_on_without_its_coordinator_does_not_block_the_slot() -> None:
    worker = make_worker(VOICE_FILE, latents=True)
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    grant(worker)
    worker.opened(0, 1, 2.0, LATENTS_FILE)
    worker.disconnect("a", 3.0)
    worker.beat(3.5)
    assert not worker.slots[0].leases
    assert worker.drained


def test_an_engine_that_computes_no_latents_says_so() -> None:
    worker = make_worker(VOICE_FILE, latents=True)
    worker.kept(VOICE_FILE.digest, SIZE, 1.0)
    grant(worker)
    assert told(worker.opened(0, 1, 2.0), Heartbeat)[-1].made == (OfferedLatents("job-a", "", 0),)
    out = worker.receive("a", Job("job-a", "Book", RECIPE, (VOICE_FILE,)), 3.0)
    assert [type(command) for command in out.commands] == [Speak]


def test_latents_that_cannot_be_sent_again_are_computed_anew() -> None:
    worker = make_worker(VOICE_FILE, latents=True)
    worker.kept(VOICE_FILE.digest, SIZE, 0.1)
    (load,) = grant(worker).commands
    worker.opened(load.slot, load.turn, 1.0, LATENTS_FILE)
    assert last_heartbeat(worker).made == (OfferedLatents("job-a", LATENTS_FILE.digest, LATENTS_FILE.size),)
    out = worker.lost(LATENTS_FILE.digest, 2.0)
    (load,) = [command for command in out.commands if isinstance(command, Load)]
    assert load.job_files == (VOICE_FILE,)
    assert not last_heartbeat(worker).made
    other = JobAsset(LATENTS, "e" * 64, 4)
    worker.opened(load.slot, load.turn, 3.0, other)
    assert last_heartbeat(worker).made == (OfferedLatents("job-a", other.digest, other.size),)
    assert not [c for c in worker.lost(LATENTS_FILE.digest, 4.0).commands if isinstance(c, Load)]
