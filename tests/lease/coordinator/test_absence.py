"""Workers that are silent, hang, sleep, come back or restart: what they keep and what others get."""

from dataclasses import replace

from making import TEXTS, join, make_clip, make_core, make_hello, make_spec, offer, said, sent

from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import OWN_GAP_S, SILENCE_S, CoordinatorCore
from swarm.lease.coordinator.ledger import MAX_LAPSED
from swarm.lease.message import (
    Accepted,
    Bye,
    Grant,
    Heartbeat,
    Held,
    Revoke,
    Skip,
    SlotReport,
    Trim,
    Wanted,
    WhoAreYou,
)


def test_silence_loses_a_workers_lease_to_others() -> None:
    core = make_core(JobState(make_spec(TEXTS)), split=False)
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    for now in range(1, 5):
        core.receive(b"b", Heartbeat((), (0,)), float(now))
        core.tick(float(now))
    core.receive(b"b", Heartbeat((), (0,)), SILENCE_S + 0.5)
    (again,) = sent(core.tick(SILENCE_S + 0.6), Grant, b"b")
    assert [line.text for line in again.lines] == [line.text for line in grant.lines]


def fallen_silent(now: float = SILENCE_S + 0.5) -> tuple[CoordinatorCore, Grant]:
    """Return a coordinator that gave up a worker, and the lease that the worker had."""
    core = make_core(JobState(make_spec(TEXTS)), split=False)
    join(core, b"far")
    grant = offer(core, b"far")
    core.receive(b"far", make_clip(grant), 0.1, b"flac")
    while core.sessions:
        core.tick(now := now + 1.0)
    return core, grant


def test_a_worker_that_comes_back_goes_on_with_what_nobody_else_has() -> None:
    core, grant = fallen_silent()
    join(core, b"far", 9.0)
    out = core.receive(b"far", Heartbeat((SlotReport(0, "speaking", grant.lease, 1),), (), (grant.lease,)), 9.1)
    assert not sent(out, Revoke)
    (lease,) = core.jobs["job"].ledger.leases.values()
    assert (lease.id, lease.pending) == (grant.lease, [1, 2, 3, 4, 5])
    join(core, b"late", 9.2)
    assert not sent(core.receive(b"late", Heartbeat((), (0,)), 12.0), Grant)
    core.receive(b"far", make_clip(grant, 1), 12.1, b"flac")
    assert (0, 1) in core.jobs["job"].state.accepted


def test_a_worker_that_comes_back_leaves_out_what_others_have_by_now() -> None:
    core, grant = fallen_silent()
    join(core, b"near", 9.0)
    core.jobs["job"].ledger.settle_place((0, 2))
    core.jobs["job"].ledger.free[0].difference_update({4, 5})
    join(core, b"far", 9.0)
    out = core.receive(b"far", Heartbeat((), (), (grant.lease,)), 9.1)
    assert sent(out, Trim, b"far") == [Trim(grant.lease, 4)]
    assert sent(out, Skip, b"far") == [Skip(grant.lease, (0, 2))]


def test_nobody_goes_on_with_a_lease_of_another_or_of_a_job_that_was_paused_or_stopped() -> None:
    core, grant = fallen_silent()
    join(core, b"ill", 9.0)
    assert sent(core.receive(b"ill", Heartbeat((), (), (grant.lease,)), 9.1), Revoke) == [Revoke(grant.lease)]
    for end in (lambda core: core.pause("job", 9.0), lambda core: core.stop()):
        core, grant = fallen_silent()
        end(core)
        join(core, b"far", 9.0)
        assert sent(core.receive(b"far", Heartbeat((), (), (grant.lease,)), 9.1), Revoke) == [Revoke(grant.lease)]


def test_leases_of_workers_that_never_come_back_are_forgotten_at_last() -> None:
    core, grant = fallen_silent()
    holdings = core.jobs.lease_index
    (lapsed,) = holdings.lapsed.values()
    for number in range(MAX_LAPSED):
        holdings.lapse(replace(lapsed, id=number))
    assert len(holdings.lapsed) == MAX_LAPSED
    assert grant.lease not in holdings.lapsed


def test_heartbeats_without_progress_lose_a_lease_at_its_deadline() -> None:
    core = make_core(JobState(make_spec(TEXTS)), split=False)
    join(core, b"hung")
    join(core, b"well")
    grant = offer(core, b"hung")
    core.receive(b"hung", make_clip(grant), 1.0, b"flac")  # now its speed is known
    revoked, granted, now = [], [], 1.0
    while not granted and now < 60:
        now += 1.0
        report = SlotReport(0, "speaking", grant.lease, 1, now)
        core.receive(b"hung", Heartbeat((report,), (), (grant.lease,)), now)
        core.receive(b"well", Heartbeat((), (0,)), now)
        outcome = core.tick(now)
        revoked += sent(outcome, Revoke, b"hung")
        granted += sent(outcome, Grant, b"well")
    assert revoked == [Revoke(grant.lease, expired=True)]
    assert 20 <= now <= 23
    assert len(granted[0].lines) == len(TEXTS) - 1


def test_a_segment_begun_is_progress_though_the_clip_of_the_last_one_has_not_come() -> None:
    core = make_core(JobState(make_spec(TEXTS)), split=False, unknown_deadline_s=20.0)
    join(core)
    grant = offer(core)
    revoked = {}
    for now in range(1, 40):
        report = SlotReport(0, "speaking", grant.lease, 0 if now < 16 else 1)
        core.receive(b"p", Heartbeat((report,), (), (grant.lease,)), float(now))
        for revoke in sent(core.tick(float(now)), Revoke):
            revoked.setdefault(revoke, now)
    assert revoked[Revoke(grant.lease, expired=True)] == 16 + 20


def test_a_heartbeat_that_names_a_segment_that_does_not_exist_is_no_progress() -> None:
    core = make_core(JobState(make_spec(TEXTS)), split=False, unknown_deadline_s=20.0)
    join(core)
    grant = offer(core)
    revoked = []
    for now in range(1, 22):
        report = SlotReport(0, "speaking", grant.lease, len(TEXTS) + now)
        core.receive(b"p", Heartbeat((report,), (), (grant.lease,)), float(now))
        revoked += sent(core.tick(float(now)), Revoke)
    assert revoked == [Revoke(grant.lease, expired=True)]


def test_a_coordinator_that_slept_blames_nobody() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    for now in range(1, 5):
        core.receive(b"p", Heartbeat((), (), (grant.lease,)), float(now))
        core.tick(float(now))
    outcome = core.tick(4.0 + OWN_GAP_S + 3600)
    assert not said(outcome)
    assert not sent(core.tick(4.0 + OWN_GAP_S + 3601), Revoke)
    assert core.sessions


def test_held_clips_are_wanted_where_their_place_is_open_and_not_granted_to_others_meanwhile() -> None:
    state = JobState(make_spec(TEXTS))
    before = make_core(state)
    join(before)
    grant = offer(before)
    first, second = make_clip(grant, 0), make_clip(grant, 1)
    before.receive(b"p", first, 1.0, b"flac")

    core = make_core(state, epoch=2)
    join(core)
    held = Held("job", ((0, 0, first.key), (0, 1, second.key), (0, 2, "e" * 32)))
    (wanted,) = sent(core.receive(b"p", held, 2.0), Wanted)
    assert wanted.wanted == ((0, 1, second.key),)
    assert set(wanted.forget) == {(0, 0, first.key), (0, 2, "e" * 32)}
    assert [line.index for line in offer(core, now=2.1).lines] == [2, 3, 4, 5]
    core.receive(b"p", second, 2.2, b"flac")
    assert (0, 1) in state.accepted


def test_reserved_places_whose_clips_never_come_are_spoken_again() -> None:
    core = make_core(JobState(make_spec(["Only this."])), epoch=2)
    join(core)
    clip_key_of = core.jobs["job"].state.key((0, 0), 0)
    core.receive(b"p", Held("job", ((0, 0, clip_key_of),)), 0.0)
    granted, now = [], 0.0
    while not granted and now < 30:
        now += 1.0
        granted = sent(core.receive(b"p", Heartbeat((), (0,)), now), Grant) + sent(core.tick(now), Grant)
    assert granted


def test_a_reconnected_process_keeps_its_leases() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"old")
    grant = offer(core, b"old")
    core.receive(b"new", make_hello("old"), 1.0)
    outcome = core.receive(b"new", Heartbeat((), (), (grant.lease,)), 1.1)
    assert not sent(outcome, Revoke)
    assert sent(core.receive(b"old", Heartbeat((), ()), 1.2), WhoAreYou)


def test_two_machines_with_one_copied_id_both_work() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    core.receive(b"1", make_hello("same", nonce="x"), 0.0)
    core.receive(b"2", make_hello("same", nonce="y"), 0.0)
    assert sent(core.receive(b"1", Heartbeat((), (0,)), 0.1), Grant)
    assert sent(core.receive(b"2", Heartbeat((), (0,)), 0.1), Grant)


def test_a_queued_lease_has_its_full_time_from_when_its_turn_comes() -> None:
    core = make_core(JobState(make_spec(["A first one.", "A second one."], ["The last one."])), split=False)
    join(core)
    first = offer(core)
    core.receive(b"p", make_clip(first, 0), 1.0, b"x")
    second = offer(core, now=2.0, leases=(first.lease,))
    for now in range(3, 20):
        core.receive(b"p", Heartbeat((), (), (first.lease, second.lease)), float(now))
        core.tick(float(now))
    core.receive(b"p", make_clip(first, 1), 20.0, b"x")
    for now in range(21, 39):
        core.receive(b"p", Heartbeat((), (), (second.lease,)), float(now))
        assert not sent(core.tick(float(now)), Revoke)


def test_a_peer_that_a_message_could_not_reach_is_asked_who_it_is_and_keeps_its_leases() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    core.unsent(b"p")
    assert sent(core.receive(b"p", Heartbeat((), (), (grant.lease,)), 1.0), WhoAreYou)
    join(core, now=1.1)
    assert not sent(core.receive(b"p", Heartbeat((), (), (grant.lease,)), 1.2), Revoke)


def test_who_greets_again_is_told_the_end_of_its_leases_for_a_trim_may_have_been_lost() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    (trim,) = sent(core.receive(b"b", Heartbeat((), (0,)), 0.5), Trim, b"a")
    outcome = core.receive(b"a2", make_hello("a"), 1.0)
    assert sent(outcome, Trim, b"a2") == [trim]
    assert trim.lease == grant.lease


def test_clips_held_by_the_worker_whose_lease_covers_them_are_not_granted_again_when_the_lease_is_not_listed() -> None:
    core = make_core(JobState(make_spec(TEXTS[:1])))
    join(core)
    clip = make_clip(offer(core))
    for now in (1.0, 2.0, 3.0):
        core.receive(b"p", Heartbeat((), ()), now)
    join(core, now=3.5)
    core.receive(b"p", Held("job", ((0, 0, clip.key),)), 3.6)
    assert not sent(core.receive(b"p", Heartbeat((), (0,)), 5.0), Grant)


def test_what_waited_while_the_coordinator_slept_is_read_as_if_no_time_had_passed() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    outcome = core.receive(b"p", Heartbeat((), (0,)), 3600.0)  # written before the grant arrived
    assert not sent(outcome, Grant)
    assert not sent(core.receive(b"p", Heartbeat((), (), (grant.lease,)), 3600.1), Revoke)


def test_waiting_for_credit_is_no_lack_of_progress_while_clips_come() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    core.receive(b"p", make_clip(grant), 1.0, b"flac")
    report, revoked_s = SlotReport(0, "waiting", grant.lease), 0.0
    for now in range(2, 400):
        core.receive(b"p", Heartbeat((report,), (), (grant.lease,)), float(now))
        revoked_s = revoked_s or now * bool(sent(core.tick(float(now)), Revoke))
    assert 120 < revoked_s < 200


def test_a_lease_queued_behind_that_of_another_coordinator_does_not_expire_meanwhile() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    core.sessions["p/n"].slots[0].speed(core.jobs["job"].recipe).add_clip(100, 1.0, 1.0)
    for now in range(1, 100):  # the slot reports to the other coordinator
        core.receive(b"p", Heartbeat((), (), (grant.lease,)), float(now))
        assert not sent(core.tick(float(now)), Revoke)


def test_after_all_were_cut_off_the_first_one_back_waits_for_the_others() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    offer(core, b"a")
    for now in range(1, 8):
        core.tick(float(now))
    assert not core.sessions
    join(core, b"a", now=7.5)
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 7.6), Grant)
    core.tick(8.5)
    assert sent(core.tick(9.5), Grant)


def test_a_wanted_clip_of_a_worker_that_fell_silent_is_taken_when_it_comes() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    for now in range(1, 8):
        core.tick(float(now))
        if now == 1:
            core.unsent(b"p")
    assert not core.sessions
    outcome = core.receive(b"p", clip, 7.0, b"flac")
    assert (0, 0) in state.accepted
    answers = [type(send.message) for send in outcome.sends if send.peer == b"p"]
    assert answers == [Accepted, WhoAreYou], "the clip is settled before the worker offers it again"


def test_a_late_clip_that_is_damaged_or_of_a_stranger_is_dropped_without_blame() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    core.receive(b"p", Bye(), 1.0)
    for peer, fault in ((b"p", "the digest does not fit"), (b"stranger", "")):
        outcome = core.receive(peer, clip, 7.0, b"flac", fault)
        assert [type(send.message) for send in outcome.sends] == [WhoAreYou]
    assert not state.accepted
    assert not state.failures


def test_a_connection_that_greets_under_many_names_is_one_worker() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    for number in range(100):
        core.receive(b"p", make_hello(f"worker-{number}", slots=1024), 0.1)
    assert list(core.sessions) == ["worker-99/n"]
