"""Accepted clips that a worker keeps: offered to a coordinator that lost them, forgotten when their job ends."""

from making import KEY, RECIPE, grant, make_worker, speak, told

from swarm.job.spec import clip_key
from swarm.lease.message import Accepted, Done, Grant, Held, Job, Line, Rejected, Release, Wanted, Welcome
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore

NAME = (0, 0, KEY)


def with_a_retained_clip(epoch: int = 3, **settings: int) -> WorkerCore:
    """Make a worker whose clip a coordinator accepted in a job's third run."""
    worker = make_worker(**settings)
    worker.receive("a", Job("job-a", "Book", RECIPE, epoch=epoch), 0.0)
    speak(worker, speak(worker, grant(worker, "One.")))
    out = worker.receive("a", Accepted("job-a", (NAME,)), 2.0)
    assert [clip.key for clip in out.dropped] == ([] if worker.retained_clips.clips else [KEY])
    return worker


def comes_back(worker: WorkerCore, epoch: int, process: str = "b") -> WorkerOutcome:
    """Let the coordinator come back as another process, and say its job's epoch."""
    worker.disconnect("a", 3.0)
    worker.connect("a", 4.0)
    worker.receive("a", Welcome(process, 1, "a", 1.0, 1000, 65536), 4.0)
    return worker.receive("a", Job("job-a", "Book", RECIPE, epoch=epoch), 4.0)


def test_an_accepted_clip_is_kept_and_does_not_count_as_unaccepted() -> None:
    worker = with_a_retained_clip()
    assert (worker.unaccepted.size, worker.retained_clips.size) == (0, 100)
    assert worker.drained or worker.slots[0].leases


def test_a_coordinator_that_lost_its_disk_gets_the_clip_again() -> None:
    worker = with_a_retained_clip()
    assert told(comes_back(worker, epoch=1), Held) == [Held("job-a", (NAME,))]
    out = worker.receive("a", Wanted("job-a", (NAME,), ()), 5.0)
    assert [clip.key for _, clip in out.clips] == [KEY]
    assert (worker.unaccepted.size, worker.retained_clips.size) == (100, 0)
    worker.receive("a", Accepted("job-a", (NAME,)), 6.0)
    assert (worker.unaccepted.size, worker.retained_clips.size) == (0, 100)


def test_a_clip_that_is_sent_again_is_not_spoken_again() -> None:
    worker = with_a_retained_clip()
    comes_back(worker, epoch=1)
    lines = (Line(7, "Seven.", 0), Line(0, "One.", 0), Line(8, "Eight.", 0))
    worker.receive("a", Grant(9, "job-a", 0, 0, lines), 4.0)
    worker.receive("a", Wanted("job-a", (NAME,), ()), 5.0)
    assert [line.index for line in worker.slots[0].leases[-1].lines] == [7, 8]


def test_a_clip_that_is_offered_is_not_begun_while_the_answer_is_on_its_way() -> None:
    worker = with_a_retained_clip()
    comes_back(worker, epoch=1)
    out = worker.receive("a", Grant(9, "job-a", 0, 0, (Line(0, "One.", 0), Line(7, "Seven.", 0))), 4.0)
    assert [line.index for line in worker.slots[0].leases[-1].lines] == [7]
    assert not told(out, Release)


def test_another_take_of_an_offered_clip_is_spoken() -> None:
    worker = with_a_retained_clip()
    comes_back(worker, epoch=1)
    worker.receive("a", Grant(9, "job-a", 0, 0, (Line(0, "One.", 1),)), 4.0)
    assert [line.index for line in worker.slots[0].leases[-1].lines] == [0]


def test_one_whose_journal_goes_on_is_offered_nothing() -> None:
    assert not told(comes_back(with_a_retained_clip(), epoch=4), Held)
    assert not told(comes_back(with_a_retained_clip(), epoch=3, process="a"), Held)  # a broken connection


def test_an_older_copy_of_a_state_folder_is_offered_all() -> None:
    assert told(comes_back(with_a_retained_clip(epoch=7), epoch=7), Held)


def test_a_coordinator_that_has_the_clip_is_not_asked_again() -> None:
    worker = with_a_retained_clip()
    comes_back(worker, epoch=1)
    assert not worker.receive("a", Wanted("job-a", (), (NAME,)), 5.0).dropped
    assert not told(worker.receive("a", Job("job-a", "Book", RECIPE, epoch=1), 6.0), Held)
    assert worker.retained_clips.size == 100


def test_the_oldest_retained_clips_make_room_for_newer_ones() -> None:
    worker = make_worker(max_retained=150)
    worker.receive("a", Job("job-a", "Book", RECIPE, epoch=1), 0.0)
    out = grant(worker, "One.", "Two.")
    for text in ("One.", "Two."):
        out = speak(worker, out) if text == "Two." else speak(worker, speak(worker, out))
    first, second = ((0, index, clip_key(text, RECIPE, 0)) for index, text in enumerate(("One.", "Two.")))
    worker.receive("a", Accepted("job-a", (first,)), 2.0)
    dropped = worker.receive("a", Accepted("job-a", (second,)), 2.0).dropped
    assert [clip.index for clip in dropped] == [0]
    assert [retained.clip.index for retained in worker.retained_clips.clips.values()] == [1]
    assert worker.retained_clips.size == 100


def test_a_full_disk_has_no_room_for_retained_clips() -> None:
    worker = with_a_retained_clip()
    worker.note_full(True)
    assert [clip.key for clip in worker.beat(3.0).dropped] == [KEY]
    worker.note_full(False)
    assert worker.retained_clips.size == 0


def test_retained_clips_are_forgotten_when_their_coordinator_is_done() -> None:
    worker = with_a_retained_clip()
    assert not worker.receive("a", Done(final=True, failed=True), 3.0).dropped
    worker = with_a_retained_clip()
    assert [clip.key for clip in worker.receive("a", Done(final=True), 3.0).dropped] == [KEY]
    assert worker.retained_clips.size == 0


def test_a_clip_that_is_spoken_again_is_kept_once() -> None:
    worker = with_a_retained_clip()
    out = grant(worker, "One.", lease=2, now=3.0)
    out = speak(worker, out, now=4.0)
    assert (worker.unaccepted.size, worker.retained_clips.size) == (100, 0)
    out = worker.receive("a", Rejected("job-a", *NAME), 5.0)
    assert (worker.unaccepted.size, worker.retained_clips.size) == (0, 0)
