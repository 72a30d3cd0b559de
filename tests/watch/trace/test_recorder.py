import inspect
import logging
from pathlib import Path
from typing import Any

import msgspec
import pytest
from making import TEXTS, grant, join, make_clip, make_core, make_hello, make_spec, make_worker, offer, speak
from specs_for_tests import a_clip, a_job

from swarm.job.job_asset import PIECE_BYTES
from swarm.job.record import ClipDiscarded, GainFixed, JobFinished, LatentsKept, SegmentFailed, SegmentQuarantined
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.file_transfer import Piece
from swarm.lease.message import Status
from swarm.lease.worker.worker_core import WorkerCore
from swarm.watch.trace import recorder
from swarm.watch.trace.log_file import LogFile, open_log
from swarm.watch.trace.recorder import NO_TRACE, READS, Trace, parts_of, state_from


@pytest.fixture
def log(tmp_path: Path) -> LogFile:
    return open_log(tmp_path / "run.log")


def lines(log: LogFile) -> list[dict[str, Any]]:
    log.close()
    return [msgspec.json.decode(line) for line in log.path.read_bytes().splitlines()]


def coordinator(trace: Trace) -> CoordinatorCore:
    """Return a watched coordinator of one job with one worker."""
    core = make_core()
    core = trace.watch("coordinator", core, settings=core.settings, started_s=0.0)
    core.add_job(JobState(make_spec(TEXTS)))
    join(core)
    return core


def test_without_a_log_the_core_itself_is_used() -> None:
    core = make_core()
    assert NO_TRACE.watch("coordinator", core) is core


def test_a_watched_core_gives_the_same_results(log: LogFile) -> None:
    watched, bare = coordinator(Trace(log)), coordinator(NO_TRACE)
    for core in (watched, bare):
        core.receive(b"p", make_clip(offer(core)), 1.0, b"sound" * 100)
    assert watched.tick(2.0) == bare.tick(2.0)
    assert watched.status(2.0) == bare.status(2.0)
    assert watched.quiet == bare.quiet


def test_each_call_is_a_line_with_message_records_and_answers(log: LogFile) -> None:
    core = coordinator(Trace(log))
    core.receive(b"p", make_clip(offer(core)), 1.5, b"sound" * 100)
    last = lines(log)[-1]
    assert (last["core"], last["call"], last["given"]["now"]) == ("coordinator", "receive", 1.5)
    assert last["given"]["message"]["type"] == "Clip"
    assert [entry["record"]["type"] for entry in last["result"]["entries"]] == ["WorkerSeen", "ClipAccepted"]
    assert [send["message"]["type"] for send in last["result"]["sends"]] == ["Accepted"]


def test_frames_are_written_as_their_size(log: LogFile) -> None:
    core = coordinator(Trace(log))
    core.receive(b"p", make_clip(offer(core)), 1.5, b"sound" * 100_000)
    last = lines(log)[-1]
    assert last["given"]["frame"] == last["result"]["entries"][1]["frame"] == {"size": 500_000}


def test_the_frame_of_a_clip_that_a_worker_spoke_is_written_as_its_size(log: LogFile) -> None:
    worker = make_worker()
    watched = Trace(log).watch("worker", worker, hello=worker.hello)
    speak(watched, speak(watched, grant(watched, "One.")), size=100_000)
    last = lines(log)[-1]
    assert last["call"] == "spoken"
    assert len(msgspec.json.encode(last)) < 3000
    assert last["given"]["clips"][0]["frame"] == {"size": 100_000}


def test_pieces_of_latents_are_written_whole_but_no_more_than_a_piece_may_have(log: LogFile) -> None:
    core = coordinator(Trace(log))
    for size in (PIECE_BYTES, PIECE_BYTES + 1):
        core.receive(b"p", Piece("a" * 64, 0, size), 1.0, b"\x01" * size)
    whole, too_long = (line["given"]["frame"] for line in lines(log)[-2:])
    assert msgspec.convert(whole, bytes) == b"\x01" * PIECE_BYTES
    assert too_long == {"size": PIECE_BYTES + 1}


def test_commands_are_written_with_their_kind(log: LogFile) -> None:
    worker = make_worker()
    watched = Trace(log).watch("worker", worker, hello=worker.hello)
    grant(watched, "One.")
    assert [command["type"] for command in lines(log)[-1]["result"]["commands"]] == ["Load"]


def test_answers_to_status_do_not_fill_the_log(log: LogFile) -> None:
    core = coordinator(Trace(log))
    core.receive(b"p", Status(), 1.0)
    core.status(1.0)
    assert [send["message"] for send in lines(log)[-1]["result"]["sends"]] == [{"type": "StatusReply"}]


def test_what_the_shell_sets_is_written_and_set(log: LogFile) -> None:
    worker = make_worker()
    watched = Trace(log).watch("worker", worker, hello=worker.hello)
    watched.draining = True
    assert worker.draining
    last = lines(log)[-1]
    assert (last["call"], last["given"]) == ("set", {"draining": True})


def test_a_call_that_raises_is_written_and_raises(log: LogFile) -> None:
    core = coordinator(Trace(log))
    with pytest.raises(KeyError):
        core.discard("no such job", 0, 0, "damaged", 1.0)
    assert lines(log)[-1]["result"] == {"raised": "KeyError"}


def test_a_line_that_cannot_be_written_is_missing_and_said(log: LogFile, caplog: pytest.LogCaptureFixture) -> None:
    worker = make_worker()
    watched = Trace(log).watch("worker", worker, hello=worker.hello)
    with caplog.at_level(logging.WARNING):
        watched.kept("a" * 64, 0, 1.0, "\udcff.wav")
    assert "a call of kept" in caplog.text


def test_the_end_of_a_log_says_how_the_coordinator_stands(tmp_path: Path) -> None:
    with Trace(open_log(tmp_path / "run.log")) as trace:
        coordinator(trace).tick(4.0)
    last = msgspec.json.decode((tmp_path / "run.log").read_bytes().splitlines()[-1])
    assert (last["call"], last["given"]) == ("status", {"now": 4.0})
    assert last["result"]["jobs"][0]["segments"] == len(TEXTS)


def test_only_methods_that_change_nothing_are_left_out() -> None:
    for core in [CoordinatorCore, WorkerCore]:
        methods = {name for name, _ in inspect.getmembers(core, inspect.isfunction) if not name.startswith("_")}
        assert (
            methods & READS
            == {
                CoordinatorCore: {"status", "hopeless", "next_deadline", "coming"},
                WorkerCore: {"serves", "piece_bytes"},
            }[core]
        )


def test_a_hello_names_the_worker_that_opens_the_log(log: LogFile) -> None:
    Trace(log).watch("worker", make_worker(), hello=make_hello("w"))
    (first,) = lines(log)
    assert (first["call"], first["given"]["hello"]["worker"]) == ("open", "w")


def rich_state() -> JobState:
    """Return a state in which every field has a value."""
    state = JobState(a_job())
    for record in (
        a_clip(0, b"sound"),
        ClipDiscarded(0, 0, "damaged", retake=2),
        a_clip(0, b"sound"),
        SegmentFailed(0, 1, "w", "silent", "nothing"),
        SegmentQuarantined(0, 1, "silent"),
        GainFixed(-3.25, "-18"),
        LatentsKept("a" * 64, 10, "w"),
        JobFinished(9.5, ("book.m4b",), 100, "style"),
    ):
        apply(state, record)
    state.workers.add("w")
    return state


def test_a_state_comes_back_from_its_parts_as_it_was_but_for_the_cover() -> None:
    state = rich_state()
    lines = [msgspec.json.encode(part) for part in parts_of(state)]
    again = state_from(map(msgspec.json.decode, lines))
    assert state.spec.book.cover and not again.spec.book.cover
    assert again.spec.chapters == state.spec.chapters
    assert {name: value for name, value in vars(again).items() if name != "spec"} == {
        name: value for name, value in vars(state).items() if name != "spec"
    }


def test_no_part_grows_with_the_number_of_clips(monkeypatch: object) -> None:
    state = rich_state()
    state.accepted = {(0, index): a_clip(index, b"sound") for index in range(3 * recorder.MAX_ITEMS + 1)}
    sizes = [len(part["items"]) for part in parts_of(state) if part.get("field") == "accepted"]
    assert sizes == [recorder.MAX_ITEMS] * 3 + [1]
