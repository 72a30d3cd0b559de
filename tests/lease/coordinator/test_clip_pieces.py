"""Clips that come in pieces: in order, bounded, a sign of life, and answered early where they are not needed."""

from making import INFO, TEXTS, join, make_clip, make_core, make_spec, offer, said, sent, shown
from msgspec import structs

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import RESERVATION_S, CoordinatorCore
from swarm.lease.coordinator.roster import MIN_BYTES_S, PATIENCE_S
from swarm.lease.envelope import MAX_CLIP_BYTES
from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import (
    Accepted,
    Clip,
    Heartbeat,
    Held,
    Rejected,
    SlotReport,
    Wanted,
    WhoAreYou,
)
from swarm.lease.outcome import Outcome

AGAIN = "1" * 64


def begin(core: CoordinatorCore, size: int = 3000, length: int = 1000, now: float = 1.0, **fields: object) -> Clip:
    """Let a worker join and send the first piece of its first clip; returns the clip as it was announced."""
    join(core)
    clip = structs.replace(make_clip(offer(core)), size=size, **fields)
    core.receive(b"p", clip, now, bytes(length))
    return clip


def go_on(core: CoordinatorCore, offset: int, now: float, length: int = 1000, digest: str = INFO.digest) -> Outcome:
    """Send a further piece of the clip on its way, or of another one."""
    coming = core.coming(b"p")
    total = coming.clip.size if coming else 3000
    return core.receive(b"p", Piece(digest, offset, total, "clip"), now, bytes(length))


def have(offset: int) -> list[Fetch]:
    """Return the answer to a piece: so much is here."""
    return [Fetch(INFO.digest, offset, "clip")]


def test_each_piece_is_answered_with_what_came_and_the_whole_clip_is_accepted() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    clip = begin(core)
    assert not state.accepted
    outcome = go_on(core, 1000, 1.1)
    assert sent(outcome, Fetch) == have(2000)
    assert outcome.is_receipt
    assert sent(go_on(core, 2000, 1.2), Fetch) == have(3000)
    outcome = core.receive(b"p", clip, 1.2, bytes(3000))
    assert sent(outcome, Accepted)
    assert state.accepted[0, 0].bytes == 3000
    assert core.coming(b"p") is None


def test_pieces_are_a_sign_of_life_and_keep_leases_that_wait() -> None:
    core = make_core(JobState(make_spec(TEXTS)), unknown_deadline_s=20.0)
    clip = begin(core, size=130_000)
    for now in range(2, 125):
        go_on(core, (now - 1) * 1000, float(now))
        core.receive(b"p", Heartbeat((SlotReport(0, "waiting", clip.lease, 1),), (), (clip.lease,)), float(now))
        core.tick(float(now))
    assert core.sessions
    assert clip.lease in core.jobs["job"].ledger.leases


def test_a_clip_that_trickles_is_no_progress() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    begin(core, size=100_000)
    (session,) = core.sessions.values()
    late_s = 1.0 + PATIENCE_S + 100_000 / MIN_BYTES_S
    go_on(core, 1000, late_s - 1)
    assert session.link.sent_s == late_s - 1
    go_on(core, 2000, late_s + 1)
    assert session.link.sent_s == late_s - 1


def test_the_reserved_places_of_a_worker_wait_while_its_pieces_come() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    begin(core, size=130_000)
    other = (0, 1, state.key((0, 1), 0))
    (wanted,) = sent(core.receive(b"p", Held("job", (other,)), 1.5), Wanted)
    assert wanted.wanted == (other,)
    for now in range(2, int(3 * RESERVATION_S)):
        go_on(core, (now - 1) * 1000, float(now))
        core.tick(float(now))
    assert any(1 in lease.pending and lease.slot < 0 for lease in core.jobs["job"].ledger.leases.values())


def test_a_clip_is_refused_that_announces_more_bytes_than_its_sound_can_have() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    clip = structs.replace(make_clip(offer(core)), size=MAX_CLIP_BYTES)
    (rejected,) = sent(core.receive(b"p", clip, 1.0, bytes(1000)), Rejected)
    assert rejected.reason is not None
    assert "too large" in rejected.reason.note


def test_clips_that_are_begun_again_and_again_keep_no_reservation() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    clip = begin(core, size=130_000)
    other = (0, 1, state.key((0, 1), 0))
    core.receive(b"p", Held("job", (other,)), 1.5)
    for now in range(2, 60):
        core.receive(b"p", clip, float(now), bytes(1000))
        core.tick(float(now))
    assert not any(1 in lease.pending and lease.slot < 0 for lease in core.jobs["job"].ledger.leases.values())


def test_a_clip_that_is_not_needed_is_answered_with_its_first_piece() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    clip = begin(core)
    core.receive(b"p", clip, 1.2, bytes(3000))
    again = core.receive(b"p", structs.replace(clip, digest=AGAIN), 2.0, bytes(1000))
    assert sent(again, Accepted)
    assert not again.is_receipt, "it must not overtake the record of the first clip"
    assert not go_on(core, 1000, 2.1, digest=AGAIN).sends, "the rest was under way already"


def test_a_clip_that_does_not_fit_or_is_too_large_is_rejected_with_its_first_piece() -> None:
    for wrong in ({"key": "f" * 32}, {"size": MAX_CLIP_BYTES + 1}, {"job": "another"}):
        core = make_core(JobState(make_spec(TEXTS)))
        join(core)
        clip = structs.replace(make_clip(offer(core)), **{"size": 3000, **wrong})
        assert sent(core.receive(b"p", clip, 1.0, bytes(1000)), Rejected)
        assert core.coming(b"p") is None


def test_no_more_is_taken_than_was_announced() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    begin(core, size=1500)
    assert sent(go_on(core, 1000, 1.1), Rejected)
    assert core.coming(b"p") is None


def test_a_piece_that_came_twice_counts_once_and_after_a_gap_the_worker_must_greet_again() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    begin(core, size=9000)
    assert sent(go_on(core, 0, 1.1), Fetch) == have(1000)
    assert sent(go_on(core, 2000, 1.2), WhoAreYou)
    assert core.coming(b"p") is None


def test_a_small_clip_between_the_pieces_leaves_the_other_one_on_its_way() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    clip = begin(core)
    small = structs.replace(clip, index=1, key=state.key((0, 1), 0), size=0)
    core.receive(b"p", small, 1.1, b"flac")
    assert (0, 1) in state.accepted
    assert core.coming(b"p") is not None


def test_a_lost_connection_drops_what_came() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    begin(core)
    join(core, b"q", 2.0, worker="p")
    assert core.coming(b"p") is None
    assert core.coming(b"q") is None


def test_the_status_says_what_a_slow_link_carries_and_stops_when_it_is_fast_again() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    clip = begin(core, size=100_000, length=25_000)
    told = [line for n in range(1, 4) for line in said(go_on(core, n * 25_000, 1.0 + n, 25_000))]
    assert told == ["the link to P carries 0.2 Mbit/s"]
    assert shown(core, 5.0).workers[0].note == "the link to P carries 0.2 Mbit/s"
    state = core.jobs["job"].state
    fast = structs.replace(clip, index=1, key=state.key((0, 1), 0), digest=AGAIN, size=2000)
    core.receive(b"p", fast, 6.0, bytes(1000))
    go_on(core, 1000, 6.1, digest=AGAIN)
    assert shown(core, 6.2).workers[0].note == ""
