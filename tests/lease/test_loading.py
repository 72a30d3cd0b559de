"""A voice that takes long to load and reports its progress: no lease is lost over it, and users see it."""

from making import grant, join, make_core, make_spec, make_worker, offer, sent, shown, told

from swarm.job.state import JobState
from swarm.lease.coordinator.roster import MAX_LOADING_S
from swarm.lease.message import Heartbeat, Revoke, SlotReport
from swarm.lease.outcome import Load

DOWNLOADING = "downloading XTTS v2, 43 %"


def loading(lease: int, since_s: float = 1.0, note: str = DOWNLOADING, slot: int = 0) -> SlotReport:
    return SlotReport(slot, "loading", lease, 0, since_s, note)


def test_the_next_heartbeat_says_how_far_the_engine_is() -> None:
    worker = make_worker()
    (load,) = grant(worker, "One.").commands
    assert isinstance(load, Load)
    worker.note_progress(load.slot, load.turn, DOWNLOADING, 5.0)
    (beat,) = told(worker.beat(6.0), Heartbeat)
    assert beat.slots == (loading(1),)
    worker.note_progress(load.slot, load.turn - 1, "another engine's", 7.0)
    worker.opened(load.slot, load.turn, 8.0)
    worker.note_progress(load.slot, load.turn, "too late", 9.0)
    (beat,) = told(worker.beat(9.0), Heartbeat)
    assert (beat.slots[0].state, beat.slots[0].note) == ("speaking", "")


def test_a_download_that_goes_on_may_take_for_ever_and_one_that_stands_still_may_not() -> None:
    worker, core = make_worker(), make_core(JobState(make_spec(["One.", "Two."])))
    (load,) = grant(worker, "One.").commands
    join(core)
    lease = offer(core).lease
    for minute in range(int(1.5 * MAX_LOADING_S) // 60):
        now = 60.0 * minute
        worker.note_progress(load.slot, load.turn, f"downloading it, {minute} %", now)
        for second in range(0, 60, 2):
            (beat,) = told(worker.beat(now + second), Heartbeat)
            report = SlotReport(0, "loading", lease, 0, beat.slots[0].since_s, beat.slots[0].note)
            outcome = core.receive(b"p", Heartbeat((report,), (), (lease,)), now + second)
            assert not sent(outcome, Revoke)
            assert not sent(core.tick(now + second), Revoke)
    now, revoked = 2 * MAX_LOADING_S, []
    while not revoked and now < 4 * MAX_LOADING_S:
        now += 2
        core.receive(b"p", Heartbeat((loading(lease, now - 1.5 * MAX_LOADING_S),), (), (lease,)), now)
        revoked = sent(core.tick(now), Revoke)
    assert revoked == [Revoke(lease, expired=True)]


def test_status_shows_how_far_it_is_until_somebody_speaks() -> None:
    core = make_core(JobState(make_spec(["One.", "Two."], ["Three.", "Four."])))
    join(core, b"p")
    join(core, b"q")
    first = offer(core, b"p").lease
    core.receive(b"p", Heartbeat((loading(first),), (), (first,)), 1.0)
    status = shown(core, 1.0)
    assert status.jobs[0].note == DOWNLOADING
    assert status.workers[0].slots[0].note == DOWNLOADING
    second = offer(core, b"q", now=1.0).lease
    core.receive(b"q", Heartbeat((SlotReport(0, "speaking", second),), (), (second,)), 1.0)
    status = shown(core, 1.0)
    assert status.jobs[0].note == ""
    assert status.workers[0].slots[0].note == DOWNLOADING
