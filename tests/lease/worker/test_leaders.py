"""A job that was taken over: workers follow its new leader with all that they hold, and tell the old one."""

from making import KEY, RECIPE, grant, make_worker, speak, told

from swarm.job.run import RUNS
from swarm.job.spec import clip_key
from swarm.lease.member_message import MAX_EPOCHS, Epochs
from swarm.lease.message import Accepted, Grant, Held, Job, Line, Release, Wanted, Welcome
from swarm.lease.outcome import WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore

TAKEN = RUNS + 1
NAME = (0, 0, KEY)


def a_job(epoch: int) -> Job:
    return Job("job-a", "Book", RECIPE, epoch=epoch)


def taken_over(worker: WorkerCore, epoch: int = TAKEN, now: float = 5.0) -> WorkerOutcome:
    """Let another coordinator take the job of "a" over."""
    worker.connect("b", now)
    worker.receive("b", Welcome("b", 1, "b", 1.0, 100_000, 65536), now)
    return worker.receive("b", a_job(epoch), now)


def led_by_a() -> WorkerCore:
    worker = make_worker()
    worker.receive("a", a_job(3), 0.0)
    return worker


def test_the_old_leader_is_told_and_grants_no_more() -> None:
    worker = led_by_a()
    out = taken_over(worker)
    assert [message for name, message in out.messages if name == "a" and isinstance(message, Epochs)] == [
        Epochs((("job-a", TAKEN),))
    ]
    refused = worker.receive("a", Grant(9, "job-a", 0, 0, (Line(7, "Seven.", 0),)), 6.0)
    assert [release.note for release in told(refused, Release)] == ["another coordinator has taken this job over"]
    assert not worker.slots[0].leases
    assert worker.links["a"].fairness.kept_away[0] > 6.0  # it may believe no worker, and would grant the same again
    taken = worker.receive("b", Grant(4, "job-a", 0, 0, (Line(7, "Seven.", 0),)), 6.0)
    assert not told(taken, Release)
    assert worker.slots[0].leases


def test_a_leader_back_from_the_dead_is_told_with_its_greeting_and_again_when_it_names_the_job() -> None:
    worker = led_by_a()
    worker.disconnect("a", 1.0)
    taken_over(worker)
    worker.connect("a", 9.0)
    assert told(worker.receive("a", Welcome("a2", 4, "a", 1.0, 1000, 65536), 9.0), Epochs)
    out = worker.receive("a", a_job(4), 9.0)
    assert told(out, Epochs)
    assert not told(out, Held)


def test_who_served_a_queue_before_is_told_who_serves_it_now_whichever_comes_first() -> None:
    def welcome(name: str, epoch: int) -> Welcome:
        return Welcome(name, epoch, name, 1.0, 1000, 65536, queue="queue-1")

    for order in (("old", "new"), ("new", "old")):
        worker, sent = make_worker(), list[tuple[str, Epochs]]()
        for name in order:
            worker.connect(name, 1.0)
            out = worker.receive(name, welcome(name, 3 if name == "old" else TAKEN), 1.0)
            sent += [(name, message) for name, message in out.messages if isinstance(message, Epochs)]
        assert ("old", Epochs((("queue-1", TAKEN),))) in sent


def test_what_is_spoken_is_offered_to_the_new_leader_and_what_is_under_way_too() -> None:
    worker = led_by_a()
    worker.receive("a", Welcome("a", 1, "a", 1.0, 1, 65536), 0.0)
    speak(worker, speak(worker, grant(worker, "One.", "Two.", "Three.")))
    assert [line.text for line in worker.slots[0].lines] == ["Two."]
    out = taken_over(worker)
    second = (0, 1, clip_key("Two.", RECIPE, 0))
    assert told(out, Held) == [Held("job-a", (NAME, second))]
    assert [line.text for line in worker.slots[0].leases[0].lines] == ["Two."]  # the rest is the new leader's to grant
    sent = worker.receive("b", Wanted("job-a", (NAME, second), ()), 6.0)
    assert [(name, clip.index) for name, clip in sent.clips] == [("b", 0)]


def test_a_clip_under_way_when_the_job_was_taken_over_goes_to_the_new_leader() -> None:
    worker = led_by_a()
    begun = speak(worker, grant(worker, "One."))
    taken_over(worker)
    worker.receive("b", Wanted("job-a", (NAME,), ()), 6.0)
    assert [(name, clip.key) for name, clip in speak(worker, begun, now=7.0).clips] == [("b", KEY)]


def test_what_is_offered_to_the_new_leader_is_not_begun_again_by_a_lease_that_crosses_the_offer() -> None:
    worker = led_by_a()
    worker.receive("a", Welcome("a", 1, "a", 1.0, 1, 65536), 0.0)
    speak(worker, speak(worker, grant(worker, "One.")))
    assert told(taken_over(worker), Held) == [Held("job-a", (NAME,))]
    lines = (Line(0, "One.", 0), Line(7, "Seven.", 0))
    worker.receive("b", Grant(4, "job-a", 0, 0, lines), 6.0)
    assert [line.index for line in worker.slots[0].leases[0].lines] == [7]


def test_a_clip_that_the_new_leader_wants_stays_though_the_old_one_accepts_it_late() -> None:
    worker = led_by_a()
    speak(worker, speak(worker, grant(worker, "One.")))
    taken_over(worker)
    worker.receive("b", Wanted("job-a", (NAME,), ()), 6.0)
    worker.receive("a", Accepted("job-a", (NAME,)), 6.0)
    assert [held.link for held in worker.unaccepted.clips.values()] == ["b"]
    worker.receive("b", Accepted("job-a", (NAME,)), 7.0)
    assert not worker.unaccepted.clips


def test_retained_clips_are_offered_to_the_new_leader_since_its_copy_may_lack_them() -> None:
    worker = led_by_a()
    speak(worker, speak(worker, grant(worker, "One.")))
    worker.receive("a", Accepted("job-a", (NAME,)), 2.0)
    assert told(taken_over(worker), Held) == [Held("job-a", (NAME,))]


def test_of_two_that_took_over_the_higher_lot_leads() -> None:
    worker = led_by_a()
    taken_over(worker, TAKEN + 7 * RUNS)
    worker.connect("c", 8.0)
    worker.receive("c", Welcome("c", 1, "c", 1.0, 1000, 65536), 8.0)
    out = worker.receive("c", a_job(TAKEN), 8.0)
    assert told(out, Epochs) == [Epochs((("job-a", TAKEN + 7 * RUNS),))]
    assert [message for name, message in out.messages if name == "b"] == []


def test_a_further_run_of_the_leader_is_no_news() -> None:
    worker = led_by_a()
    taken_over(worker)
    assert not told(worker.receive("b", a_job(TAKEN + 1), 6.0), Epochs)
    worker.receive("b", Grant(4, "job-a", 0, 0, (Line(7, "Seven.", 0),)), 6.0)
    assert worker.slots[0].leases


def test_what_is_remembered_is_bounded() -> None:
    worker = led_by_a()
    for number in range(MAX_EPOCHS + 5):
        worker.receive("a", Job(f"job-{number}", "Book", RECIPE, epoch=TAKEN), 1.0)
    assert len(worker.leaders.epochs) == MAX_EPOCHS
    assert "job-0" not in worker.leaders.epochs
