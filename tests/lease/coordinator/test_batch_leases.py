"""Leases of slots that speak several segments together: their length, their deadline, what is cut from them."""

from making import TEXTS, join, make_clip, make_core, make_spec, offer, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.message import Bye, EngineOffer, Grant, Heartbeat, Revoke, SlotReport, Trim
from swarm.lease.outcome import Outcome

LONG = [f"{text} {n}" for n in range(20) for text in TEXTS]  # 120 segments


def make_batch_core(*batches: int, texts: list[str] = LONG) -> CoordinatorCore:
    """Make a coordinator with a book, and a worker "a", "b" ... for each of these batch sizes."""
    core = make_core(JobState(make_spec(texts)))
    for name, batch in zip((b"a", b"b", b"c"), batches, strict=False):
        join(core, name, engines=(EngineOffer("metronome", ("*",), batch=batch),))
    return core


def beat(core: CoordinatorCore, grant: Grant, index: int, lines: int, now: float) -> Outcome:
    report = SlotReport(0, "speaking", grant.lease, index, 0.0, lines=lines)
    return core.receive(b"a", Heartbeat((report,), (), (grant.lease,)), now)


def test_what_is_spoken_together_is_not_cut_from_a_lease() -> None:
    core = make_batch_core(16, 16, texts=LONG[:20])
    first = offer(core, b"a")
    assert len(first.lines) == 16
    core.receive(b"a", make_clip(first), 1.0, b"flac")
    second = offer(core, b"b", now=1.1)
    assert [line.index for line in second.lines] == [16, 17, 18, 19]
    join(core, b"c", engines=(EngineOffer("metronome", ("*",), batch=16),))
    outcome = core.receive(b"c", Heartbeat((), (0,)), 1.2)
    assert not sent(outcome, Trim) and not sent(outcome, Grant)


def test_the_last_segments_are_divided_among_the_slots_that_wait() -> None:
    core = make_batch_core(16, 16, 16, texts=LONG[:8])
    assert len(offer(core, b"c").lines) == 8
    for name in (b"a", b"b"):
        assert not sent(core.receive(name, Heartbeat((), (0,)), 0.5), Grant)
    freed = core.receive(b"c", Bye(), 1.0)
    assert [len(grant.lines) for name in (b"a", b"b") for grant in sent(freed, Grant, name)] == [4, 4]


def test_the_deadline_of_a_batch_goes_by_all_that_is_spoken_together_and_leaves_time_to_find_one_that_hangs() -> None:
    core = make_batch_core(16)
    grant = offer(core, b"a")
    core.receive(b"a", make_clip(grant, work_s=40.0), 1.0, b"flac")
    served, lease = core.jobs["job"], next(iter(core.jobs["job"].ledger.leases.values()))
    whole_s = served.deadline_s(core.sessions[lease.session], lease)
    beat(core, grant, 1, 1, 2.0)
    single_s = served.deadline_s(core.sessions[lease.session], lease)
    assert whole_s > 30 * single_s


def test_a_batch_that_is_parted_to_find_a_segment_is_progress_and_no_more_than_a_few_times() -> None:
    core = make_batch_core(16)
    grant = offer(core, b"a")
    core.receive(b"a", make_clip(grant), 0.0, b"flac")
    (lease,) = core.jobs["job"].ledger.leases.values()
    progressed = []
    for now, lines in enumerate((16, 8, 8, 16, 4, 2, 16, 1, 1, 16, 1), 1):
        beat(core, grant, 1, lines, float(now))
        if lease.progressed_s == now:
            progressed.append(lines)
    assert progressed == [16, 8, 4, 2, 1]


def test_a_batch_that_is_late_is_spoken_by_another_slot_too_all_of_it() -> None:
    core = make_batch_core(4, 4, texts=LONG[:5])
    first = offer(core, b"a")
    core.receive(b"a", make_clip(first), 0.5, b"flac")
    second = offer(core, b"b", now=0.6)
    core.receive(b"b", make_clip(second), 0.7, b"flac")
    granted, now = [], 1.0
    while not granted and now < 20:
        now += 1.0
        outcomes = beat(core, first, 1, 3, now), core.receive(b"b", Heartbeat((), (0,)), now), core.tick(now)
        granted += [grant for outcome in outcomes for grant in sent(outcome, Grant, b"b")]
    assert [line.index for line in granted[0].lines] == [1, 2, 3]


def test_a_segment_at_which_a_slot_made_no_progress_is_granted_alone() -> None:
    core = make_batch_core(16)
    grant = offer(core, b"a")
    core.receive(b"a", make_clip(grant), 0.0, b"flac")
    revoked, now = [], 0.0
    while not revoked and now < 200:
        now += 1.0
        beat(core, grant, 1, 1, now)
        outcome = core.tick(now)
        revoked += sent(outcome, Revoke)
    (alone,) = sent(core.receive(b"a", Heartbeat((), (0,)), now + 1), Grant)
    assert [line.index for line in alone.lines] == [1]
    more = sent(core.receive(b"a", Heartbeat((), (0,), (alone.lease,)), now + 2), Grant)
    assert len(more[0].lines) % 16 == 0
