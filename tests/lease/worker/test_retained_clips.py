"""Accepted clips that a worker keeps: offered to a coordinator that lost them, forgotten when their job ends."""

from making import KEY, RECIPE, grant, make_worker, speak, told
from msgspec import structs

from swarm.job.spec import clip_key
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.file_transfer import Fetch
from swarm.lease.message import (
    MAX_REELS,
    Accepted,
    Done,
    Encode,
    EncodedReel,
    Grant,
    Heartbeat,
    Held,
    Job,
    Line,
    ReelCoding,
    Rejected,
    Release,
    Wanted,
    Welcome,
)
from swarm.lease.outcome import DropReel, EncodeReel, WorkerOutcome
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


CODING = ReelCoding("aac", 24000, 1, 64000)
MADE = EncodedReel("job-a", "r", "1" * 64, 10, 1.5)


def order(*keys: str) -> Encode:
    return Encode("job-a", "r", keys, "2" * 64, (0.5,) * len(keys), 24000, 0.0, -2.0, CODING, "same")


def reported(out: WorkerOutcome) -> list[EncodedReel]:
    return [reel for beat in told(out, Heartbeat)[-1:] for reel in beat.reels]


def with_a_made_reel() -> WorkerCore:
    """Make a worker that has encoded a reel of its accepted clip."""
    worker = with_a_retained_clip()
    out = worker.receive("a", order(KEY, KEY), 3.0)
    [command] = [command for command in out.commands if isinstance(command, EncodeReel)]
    assert (command.link, [clip.key for clip in command.clips]) == ("a", [KEY, KEY])
    assert reported(out) == [EncodedReel("job-a", "r")]
    assert reported(worker.encoded("a", MADE, 4.0)) == [MADE]
    return worker


def test_a_reel_of_accepted_clips_is_encoded_and_served_until_its_coordinator_has_it() -> None:
    worker = with_a_made_reel()
    asked = Fetch(MADE.digest, 0, "reel", "job-a")
    assert worker.receive("a", asked, 5.0).serves == [("a", asked)]
    dropped = worker.receive("a", Fetch(MADE.digest, 10, "reel", "job-a"), 6.0)
    assert [command for command in dropped.commands if isinstance(command, DropReel)] == [DropReel(MADE.digest)]
    assert reported(worker.beat(7.0)) == []


def test_a_reel_of_clips_that_are_gone_is_declined_for_a_while() -> None:
    worker = with_a_retained_clip()
    [declined] = reported(worker.receive("a", order(KEY, "3" * 32), 3.0))
    assert (declined.digest, bool(declined.note)) == ("", True)
    assert reported(worker.beat(5.0)) == [declined]
    assert reported(worker.beat(20.0)) == []


def test_a_reel_of_hours_is_declined() -> None:
    worker = with_a_retained_clip()
    [declined] = reported(worker.receive("a", order(*[KEY] * 500), 3.0))
    assert not declined.note  # 500 s
    worker.retained_clips.clips[("job-a", *NAME)].clip = structs.replace(
        worker.retained_clips.clips["job-a", *NAME].clip, samples=24000 * 300
    )
    out = worker.receive("a", structs.replace(order(*[KEY] * 500), reel="hours"), 3.0)
    assert "too long" in reported(out)[-1].note


def test_a_machine_that_rests_encodes_nothing() -> None:
    worker = with_a_retained_clip()
    worker.limit([Hindrance(NotLeasing.IN_USE, device="cpu")], 3.0)
    [declined] = reported(worker.receive("a", order(KEY), 3.0))
    assert "rests" in declined.note


def test_an_order_that_comes_twice_is_encoded_once() -> None:
    worker = with_a_made_reel()
    assert not any(isinstance(command, EncodeReel) for command in worker.receive("a", order(KEY, KEY), 5.0).commands)


def test_the_reels_of_a_coordinator_that_is_gone_for_good_are_dropped() -> None:
    worker = with_a_made_reel()
    assert DropReel(MADE.digest) in worker.forget("a", 5.0).commands
    assert DropReel(MADE.digest) in worker.encoded("a", MADE, 6.0).commands  # it was under way


def test_a_worker_takes_no_more_orders_than_its_heartbeats_can_name() -> None:
    worker = with_a_retained_clip()
    for number in range(MAX_REELS + 1):
        out = worker.receive("a", structs.replace(order(KEY), reel=f"r{number}"), 3.0)
    assert out.commands == []
    assert len(reported(worker.beat(4.0))) == MAX_REELS
