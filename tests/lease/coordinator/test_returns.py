"""A worker that fell silent and is heard again over the same connection goes on without a greeting."""

from making import INFO, TEXTS, join, make_clip, make_core, make_spec, offer, said, sent
from msgspec import structs

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import SILENCE_S, CoordinatorCore
from swarm.lease.coordinator.heartbeat import MAX_ABSENT, RETURN_S
from swarm.lease.coordinator.roster import CATCH_UP_S
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import Bye, Done, Grant, Heartbeat, Revoke, SlotReport, WhoAreYou


def fallen_silent(estranged: bool = False) -> tuple[CoordinatorCore, Grant]:
    """Return a coordinator that gave up a worker in the middle of a clip in pieces, and the lease that it had."""
    core = make_core(JobState(make_spec(TEXTS)), split=False)
    join(core, b"far")
    grant = offer(core, b"far")
    core.receive(b"far", structs.replace(make_clip(grant), size=12), 0.1, b"flac")
    if estranged:
        core.unsent(b"far")
    now = 0.0
    while core.sessions:
        core.tick(now := now + 1.0)
    return core, grant


def test_its_lease_and_the_clip_that_was_under_way_go_on() -> None:
    core, grant = fallen_silent()
    assert core.absent.sessions[b"far"].link.transfer, "the bytes that came before the silence are kept"
    beat = Heartbeat((SlotReport(0, "speaking", grant.lease, 1),), (), (grant.lease,))
    out = core.receive(b"far", beat, SILENCE_S + 3.0)
    assert not sent(out, WhoAreYou) and not sent(out, Revoke)
    assert any("joined" in line for line in said(out))
    (lease,) = core.jobs["job"].ledger.leases.values()
    assert (lease.id, lease.pending) == (grant.lease, [0, 1, 2, 3, 4, 5])
    out = core.receive(b"far", Piece(INFO.digest, 4, 12, "clip"), SILENCE_S + 3.1, b"more....")
    assert sent(out, Fetch) == [Fetch(INFO.digest, 12, "clip")]
    (coming,) = [session.link.transfer for session in core.sessions.values()]
    assert coming is not None and bytes(coming.file.data) == b"flacmore...."
    core.tick(SILENCE_S + 4.0)
    assert core.sessions, "it is heard, and stays"


def test_what_others_have_taken_meanwhile_is_revoked_at_once() -> None:
    core, grant = fallen_silent()
    join(core, b"near", SILENCE_S + 1.0)
    core.tick(SILENCE_S + 2.5)
    assert offer(core, b"near", now=SILENCE_S + 3.0).lines == grant.lines
    beat = Heartbeat((SlotReport(0, "speaking", grant.lease, 1),), (), (grant.lease,))
    assert sent(core.receive(b"far", beat, SILENCE_S + 3.1), Revoke) == [Revoke(grant.lease)]


def test_nothing_is_taken_from_it_until_it_has_said_how_far_it_is() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"far")
    grant = offer(core, b"far")
    core.receive(b"far", make_clip(grant), 0.1, b"flac")
    now = 0.0
    while core.sessions:
        core.tick(now := now + 1.0)
    core.receive(b"far", Heartbeat((SlotReport(0, "speaking", grant.lease, 1),), (), (grant.lease,)), now + 1.0)
    join(core, b"near", now + 1.1)
    for later in (2.0, CATCH_UP_S + 0.9):
        core.receive(b"far", Heartbeat((SlotReport(0, "speaking", grant.lease, 2),), (), (grant.lease,)), now + later)
        assert not sent(core.receive(b"near", Heartbeat((), (0,)), now + later), Grant, b"near")
    helped = sent(core.tick(now + CATCH_UP_S + 1.5), Grant, b"near")
    assert helped, "an idle slot helps as ever"


def test_what_it_offered_before_the_silence_counts_no_more() -> None:
    core = make_core(JobState(make_spec(TEXTS)), split=False)
    join(core, b"far")
    grant = offer(core, b"far")
    core.receive(b"far", Heartbeat((), (0,), (grant.lease,)), 0.1)  # for its next lease
    now = 0.0
    while core.sessions:
        core.tick(now := now + 1.0)
    core.receive(b"far", make_clip(grant), now + 1.0, b"flac")
    (session,) = core.sessions.values()
    assert not session.offers, "the next heartbeat says what it wants now"
    assert sent(core.receive(b"far", Heartbeat((), (0,), ()), now + 1.0 + CATCH_UP_S), Grant)


def test_a_heartbeat_from_before_a_grant_that_lapsed_is_granted_nothing() -> None:
    core = make_core(JobState(make_spec(TEXTS)), split=False)
    join(core, b"far")
    join(core, b"near")
    grant = offer(core, b"far")  # it arrives, but what the worker sends next does not for a while
    now = 0.0
    while len(core.sessions) > 1:
        core.receive(b"near", Heartbeat(()), now := now + 1.0)
        core.tick(now)
    assert not sent(core.receive(b"far", Heartbeat((), (0,)), now + 1.0), Grant), "it would get the same again"
    assert not sent(core.receive(b"far", Heartbeat((), (), (grant.lease,)), now + 1.1), Revoke)
    assert grant.lease in core.jobs["job"].ledger.leases
    assert sent(core.receive(b"far", Heartbeat((), (0,), (grant.lease,)), now + 1.2), Done), "it is answered again"


def test_a_worker_that_may_have_missed_something_has_to_greet() -> None:
    for why in ["it was told nothing", "it was away for long", "it came back elsewhere", "it left"]:
        core, _ = fallen_silent(estranged=why == "it was told nothing")
        now = SILENCE_S + (RETURN_S if why == "it was away for long" else 2.0)
        if why == "it came back elsewhere":
            join(core, b"new", now, worker="far")
        if why == "it left":
            core.receive(b"far", Bye(), now)
        assert sent(core.receive(b"far", Heartbeat(()), now + 0.1), WhoAreYou, b"far"), why
        core.tick(now + 0.2)
        assert not any(session.link.transfer for session in core.absent.sessions.values()), why


def test_only_the_latest_are_remembered() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    for number in range(MAX_ABSENT + 9):
        join(core, b"w%d" % number, number / 100)
    core.tick(3.0)
    core.tick(6.0)
    core.tick(9.0)
    assert not core.sessions
    assert len(core.absent.sessions) == MAX_ABSENT


def test_nobody_returns_to_a_coordinator_that_has_ended() -> None:
    core, _ = fallen_silent()
    core.end()
    assert sent(core.receive(b"far", Heartbeat(()), SILENCE_S + 2.0), WhoAreYou)
