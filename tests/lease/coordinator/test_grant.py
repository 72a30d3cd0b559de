"""Grants to a slot; the other dialogues with the coordinator are in the files beside this one, by theme."""

from making import RECIPE, TEXTS, join, make_clip, make_core, make_hello, make_spec, offer, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.message import Done, Grant, Heartbeat, SlotReport, Trim


def test_slots_that_have_work_do_not_take_it_from_each_other() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    core.receive(b"p", make_hello(slots=3), 0.0)
    granted = sent(core.receive(b"p", Heartbeat((), (0, 1, 2)), 0.1), Grant)
    leases = tuple(grant.lease for grant in granted)
    assert len(leases) == 3
    outcome = core.receive(b"p", Heartbeat((), (0, 1, 2), leases), 0.2)  # each asks for its next lease ahead of time
    assert [type(send.message) for send in outcome.sends] == [Done]


def test_an_id_never_means_two_leases_also_of_two_coordinators_or_after_a_restart() -> None:
    ids = set()
    for coordinator, epoch in (("a", 1), ("a", 2), ("b", 1)):
        core = make_core(JobState(make_spec(TEXTS)), coordinator=coordinator, epoch=epoch)
        core.receive(b"p", make_hello(), 0.0)
        ids |= {grant.lease for grant in sent(core.receive(b"p", Heartbeat((), (0,)), 0.1), Grant)}
    assert len(ids) == 3
    assert max(ids) < 2**53


def test_a_worker_speaks_nothing_again_that_waits_for_its_own_link() -> None:
    core = make_core(JobState(make_spec(["A quick sentence.", "A sentence on its way."])))
    core.receive(b"p", make_hello(slots=2), 0.0)
    join(core, b"other")
    (grant,) = sent(core.receive(b"p", Heartbeat((), (0,)), 0.1), Grant)
    core.receive(b"p", make_clip(grant, 0, work_s=0.1), 1.0, b"x")
    spoken = Heartbeat((), (0, 1), (grant.lease,))  # no slot is at it, and both want more
    assert sent(core.receive(b"p", spoken, 4.0), Grant) == []
    (double,) = sent(core.receive(b"other", Heartbeat((), (0,)), 4.5), Grant)  # the link of the other may be faster
    assert [line.index for line in double.lines] == [1]


def test_another_slot_of_a_worker_speaks_too_what_takes_long_there() -> None:
    core = make_core(JobState(make_spec(["A quick sentence.", "A sentence that hangs."])))
    core.receive(b"p", make_hello(slots=2), 0.0)
    (grant,) = sent(core.receive(b"p", Heartbeat((), (0,)), 0.1), Grant)
    core.receive(b"p", make_clip(grant, 0, work_s=0.1), 1.0, b"x")
    at_it = SlotReport(0, "speaking", grant.lease, 1, 3.0)
    (double,) = sent(core.receive(b"p", Heartbeat((at_it,), (1,), (grant.lease,)), 4.0), Grant)
    assert [line.index for line in double.lines] == [1]


LONG = "A sentence of a hundred characters".ljust(100, ".")


def with_reels(sentences: int, *ends: int) -> CoordinatorCore:
    """Make a coordinator of a chapter whose reels end before these sentences, and two workers that encode."""
    core = make_core()
    core.add_job(JobState(make_spec([LONG] * sentences)), reel_ends=((*ends, sentences),))
    for peer in (b"p", b"q"):
        join(core, peer, encoders=1)
    return core


def indices(grant: Grant) -> list[int]:
    return [line.index for line in grant.lines]


def test_a_lease_ends_where_a_reel_does_if_it_has_no_room_for_all() -> None:
    core = with_reels(40, 6, 12, 18)
    assert indices(offer(core)) == list(range(12))  # 15 sentences would be 1,500 characters
    core = with_reels(40, 20)
    assert indices(offer(core)) == list(range(15))  # no reel ends there
    assert indices(offer(core, b"q")) == list(range(15, 20))


def test_an_idle_worker_takes_whole_reels_from_another() -> None:
    core = with_reels(12, 5)
    held = offer(core)
    for peer in (b"p", b"q"):
        core.peers[peer].slots[0].speed(RECIPE).add_clip(100, 8.0, 1.0)
    outcome = core.receive(b"q", Heartbeat((), (0,)), 0.1)
    (cut,) = sent(outcome, Grant)
    assert indices(cut) == list(range(5, 12))
    assert sent(outcome, Trim) == [Trim(held.lease, 5)]


def test_a_reel_is_torn_for_an_idle_worker_only_if_it_is_soon_encoded_here() -> None:
    core = with_reels(6)
    offer(core)
    for peer in (b"p", b"q"):
        core.peers[peer].slots[0].speed(RECIPE).add_clip(100, 8.0, 1.0)
    assert sent(core.receive(b"q", Heartbeat((), (0,)), 0.1), Grant) == []  # it would save 3 s
    core.reels.cost.learn(0.6, 60.0)
    (cut,) = sent(core.tick(1.5), Grant)
    assert indices(cut) == [3, 4, 5]
