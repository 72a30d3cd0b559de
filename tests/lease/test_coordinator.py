"""Dialogues with the coordinator's core: who gets what, what is journaled, what is answered."""

import msgspec
import pytest
from making import make_clip, make_core, make_facts, make_hello, sent
from msgspec import structs

from swarm.lease.coordinator import OWN_GAP_S, SILENCE_S, Coordinator
from swarm.lease.job import JobState, apply
from swarm.lease.message import (
    Accepted,
    Bye,
    Clip,
    Done,
    Failed,
    Grant,
    Heartbeat,
    Held,
    Job,
    Refused,
    Rejected,
    Release,
    Revoke,
    SlotReport,
    Status,
    StatusReply,
    Trim,
    Wanted,
    Welcome,
    WhoAreYou,
)
from swarm.lease.recipe import Recipe
from swarm.lease.record import ClipAccepted, SegmentFailed, SegmentQuarantined, WorkerSeen

TEXTS = [f"Sentence number {n} is of a usual length." for n in range(1, 7)]


def join(core: Coordinator, peer: bytes = b"p", now: float = 0.0, **hello: object) -> None:
    core.receive(peer, make_hello(**{"worker": peer.decode(), **hello}), now)


def offer(core: Coordinator, peer: bytes = b"p", slots: tuple[int, ...] = (0,), now: float = 0.0, leases=()) -> Grant:
    (grant,) = sent(core.receive(peer, Heartbeat((), slots, tuple(leases)), now), Grant)
    return grant


def test_a_worker_is_welcomed_and_gets_the_job_before_its_first_grant() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    (welcome,) = sent(core.receive(b"p", make_hello(), 0.0), Welcome)
    assert (welcome.coordinator, welcome.credit) == ("c", 128 * 1024)
    outcome = core.receive(b"p", Heartbeat((), (0,)), 0.1)
    assert [type(s.message) for s in outcome.sends] == [Job, Grant]
    assert [line.text for line in outcome.sends[1].message.lines] == TEXTS


def test_an_unknown_peer_is_asked_who_it_is() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    assert sent(core.receive(b"?", Heartbeat((), (0,)), 0.0), WhoAreYou)


def test_another_protocol_is_refused_in_words() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    (refused,) = sent(core.receive(b"p", make_hello(protocol=99), 0.0), Refused)
    assert "protocol 99" in refused.why


def test_a_clip_is_journaled_with_its_bytes_and_acknowledged_in_the_same_outcome() -> None:
    state = JobState(make_facts(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    outcome = core.receive(b"p", clip, 1.0, b"flac")
    assert [type(entry.record) for entry in outcome.entries] == [WorkerSeen, ClipAccepted]
    assert outcome.entries[-1].frame == b"flac"
    assert sent(outcome, Accepted) == [Accepted("job", ((0, 0, clip.key),), 8 * 1024 * 1024)]
    assert state.accepted[0, 0].bytes == 4


def test_the_first_clip_of_a_place_wins_and_later_ones_are_answered_and_dropped() -> None:
    state = JobState(make_facts(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    core.receive(b"p", clip, 1.0, b"first")
    outcome = core.receive(b"p", clip, 2.0, b"second")
    assert not outcome.entries
    assert sent(outcome, Accepted)
    assert state.accepted[0, 0].bytes == len(b"first")


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"key": "f" * 32}, ""),
        ({"index": 99}, ""),
        ({"chapter": 9}, ""),
        ({"job": "another"}, ""),
        ({"take": 1000}, ""),
        ({}, "the clip's bytes do not match their digest"),
    ],
)
def test_a_clip_that_does_not_fit_is_rejected_and_gives_its_credit_back(changed: dict, fault: str) -> None:
    state = JobState(make_facts(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    fields = {name: getattr(clip, name) for name in clip.__struct_fields__} | changed
    outcome = core.receive(b"p", Clip(**fields), 1.0, b"flac", fault)
    (rejected,) = sent(outcome, Rejected)
    assert rejected.why
    assert not state.accepted


@pytest.mark.parametrize("take", [0, 2])
def test_one_clip_serves_every_place_of_its_text(take: int) -> None:
    state = JobState(make_facts(["Yes.", "No, not at all.", "Yes."]))
    core = make_core(state)
    join(core)
    clip = structs.replace(make_clip(offer(core)), take=take, key=state.key((0, 0), take), takes=3, doubt="hums")
    outcome = core.receive(b"p", clip, 1.0, b"flac")
    accepted = [entry.record for entry in outcome.entries if isinstance(entry.record, ClipAccepted)]
    assert [(record.index, record.reused) for record in accepted] == [(0, False), (2, True)]
    assert {(record.take, record.takes, record.doubt) for record in accepted} == {(take, 3, "hums")}
    assert (0, 1) not in state.accepted


def test_silence_loses_a_workers_lease_to_others() -> None:
    core = make_core(JobState(make_facts(TEXTS)), split=False)
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    for now in range(1, 5):
        core.receive(b"b", Heartbeat((), (0,)), float(now))
        core.tick(float(now))
    core.receive(b"b", Heartbeat((), (0,)), SILENCE_S + 0.5)
    (again,) = sent(core.tick(SILENCE_S + 0.6), Grant, b"b")
    assert [line.text for line in again.lines] == [line.text for line in grant.lines]


def test_heartbeats_without_progress_lose_a_lease_at_its_deadline() -> None:
    core = make_core(JobState(make_facts(TEXTS)), split=False)
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


def test_loading_a_model_is_no_lack_of_progress() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    for now in range(1, 2000):
        report = SlotReport(0, "loading", grant.lease)
        core.receive(b"p", Heartbeat((report,), (), (grant.lease,)), float(now))
        assert not sent(core.tick(float(now)), Revoke)


def test_a_coordinator_that_slept_blames_nobody() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    for now in range(1, 5):
        core.receive(b"p", Heartbeat((), (), (grant.lease,)), float(now))
        core.tick(float(now))
    outcome = core.tick(4.0 + OWN_GAP_S + 3600)
    assert not outcome.notes
    assert not sent(core.tick(4.0 + OWN_GAP_S + 3601), Revoke)
    assert core.sessions


def test_a_segment_that_fails_is_tried_elsewhere_with_another_take() -> None:
    core = make_core(JobState(make_facts(["One sentence.", "Another one."])))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    core.receive(b"b", Heartbeat((), (0,)), 0.5)
    outcome = core.receive(b"a", Failed("job", 0, 0, 0, "silent", "", grant.lease, 0), 1.0)
    (record,) = [entry.record for entry in outcome.entries]
    assert isinstance(record, SegmentFailed)
    core.receive(b"b", Heartbeat((), (0,)), 1.1)
    leases = [lease for lease in core.works["job"].ledger.leases.values() if lease.session == "b/n"]
    assert 0 in [index for lease in leases for index in lease.pending]
    assert core.works["job"].state.take((0, 0)) == 1


def test_a_segment_that_nobody_can_speak_is_set_aside_and_the_job_is_complete_without_it() -> None:
    state = JobState(make_facts(["Unspeakable."]))
    core = make_core(state)
    join(core)
    for take in range(3):
        grant = offer(core, now=float(take))
        assert grant.lines[0].take == take
        outcome = core.receive(b"p", Failed("job", 0, 0, take, "empty", "nothing came", grant.lease, 0), take + 0.5)
    assert isinstance(outcome.entries[-1].record, SegmentQuarantined)
    assert state.complete
    assert state.quarantined[0, 0] == "empty: nothing came"
    assert any("Unspeakable" in note for note in outcome.notes)


def test_an_idle_slot_takes_over_the_tail_of_the_longest_lease() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    outcome = core.receive(b"b", Heartbeat((), (0,)), 0.5)
    (trim,) = sent(outcome, Trim, b"a")
    (tail,) = sent(outcome, Grant, b"b")
    assert trim == Trim(grant.lease, tail.lines[0].index)
    assert [line.index for line in tail.lines] == [3, 4, 5]


def test_a_lease_whose_grant_was_lost_is_granted_again() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    offer(core)
    for now in range(1, 7):
        assert not sent(core.receive(b"p", Heartbeat((), (0,)), float(now)), Grant)
    assert len(offer(core, now=7.0).lines) == len(TEXTS)


def test_a_lease_from_before_a_restart_is_revoked() -> None:
    core = make_core(JobState(make_facts(TEXTS)), epoch=2)
    join(core)
    assert sent(core.receive(b"p", Heartbeat((), (), (77,)), 1.0), Revoke) == [Revoke(77)]


def test_held_clips_are_wanted_where_their_place_is_open_and_not_granted_to_others_meanwhile() -> None:
    state = JobState(make_facts(TEXTS))
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


def test_promised_clips_that_never_come_are_spoken_again() -> None:
    core = make_core(JobState(make_facts(["Only this."])), epoch=2)
    join(core)
    clip_key_of = core.works["job"].state.key((0, 0), 0)
    core.receive(b"p", Held("job", ((0, 0, clip_key_of),)), 0.0)
    granted, now = [], 0.0
    while not granted and now < 30:
        now += 1.0
        granted = sent(core.receive(b"p", Heartbeat((), (0,)), now), Grant) + sent(core.tick(now), Grant)
    assert granted


def test_nothing_is_granted_before_enough_workers_are_there() -> None:
    core = make_core(JobState(make_facts(TEXTS)), min_workers=2)
    join(core, b"a")
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 1.0), Grant)
    outcome = core.receive(b"b", make_hello("b"), 2.0)
    outcome = core.receive(b"b", Heartbeat((), (0,)), 2.1)
    assert {s.peer for s in outcome.sends if isinstance(s.message, Grant)} == {b"a", b"b"}


def test_a_book_that_began_goes_on_when_workers_leave() -> None:
    core = make_core(JobState(make_facts(TEXTS)), min_workers=2)
    join(core, b"a")
    join(core, b"b")
    core.tick(0.5)
    core.receive(b"b", Bye(), 1.0)
    assert sent(core.receive(b"a", Heartbeat((), (0,)), 2.0), Grant)
    assert "more worker" not in core.status(2.0).jobs[0].note


def test_a_worker_without_the_engine_gets_nothing_and_the_job_says_so() -> None:
    facts = make_facts(TEXTS, recipe=make_facts(TEXTS).recipe.__class__("xtts", "v", "en"))
    core = make_core(JobState(facts))
    join(core)
    assert sent(core.receive(b"p", Heartbeat((), (0,)), 1.0), Done)
    assert "xtts" in core.status(1.0).jobs[0].note


def test_an_engine_that_does_not_open_is_not_tried_again_there() -> None:
    core = make_core(JobState(make_facts(TEXTS)), alone=True)
    join(core)
    grant = offer(core)
    core.receive(b"p", Release(grant.lease, "no libespeak", unable=True), 1.0)
    assert not sent(core.receive(b"p", Heartbeat((), (0,)), 2.0), Grant)
    assert "no libespeak" in core.hopeless()


def test_one_machine_alone_does_not_wait_for_an_engine_that_is_not_installed() -> None:
    core = make_core(alone=True)
    core.add_job(JobState(make_facts(TEXTS, recipe=Recipe("coqui", "ada", "en", "a model"))), "pip install coqui")
    assert core.hopeless() == ""
    join(core)
    assert "it is not installed: pip install coqui" in core.hopeless()


def test_a_late_joiner_is_put_to_work_at_once() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"a")
    offer(core, b"a")
    join(core, b"b", now=2.0)
    assert sent(core.receive(b"b", Heartbeat((), (0,)), 2.0), Grant)


def test_leaving_frees_everything_at_once() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    core.receive(b"a", Bye(), 1.0)
    assert len(offer(core, b"b", now=1.0).lines) == len(grant.lines)


def test_a_reconnected_process_keeps_its_leases() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"old")
    grant = offer(core, b"old")
    core.receive(b"new", make_hello("old"), 1.0)
    outcome = core.receive(b"new", Heartbeat((), (), (grant.lease,)), 1.1)
    assert not sent(outcome, Revoke)
    assert sent(core.receive(b"old", Heartbeat((), ()), 1.2), WhoAreYou)


def test_two_machines_with_one_copied_id_both_work() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    core.receive(b"1", make_hello("same", nonce="x"), 0.0)
    core.receive(b"2", make_hello("same", nonce="y"), 0.0)
    assert sent(core.receive(b"1", Heartbeat((), (0,)), 0.1), Grant)
    assert sent(core.receive(b"2", Heartbeat((), (0,)), 0.1), Grant)


def test_replaying_the_journal_gives_the_live_state() -> None:
    state = JobState(make_facts(TEXTS, ["Bad one.", "Good one."]))
    core = make_core(state)
    join(core)
    journal = []
    for now in range(1, 40):
        outcome = core.receive(b"p", Heartbeat((), (0,)), float(now))
        for grant in sent(outcome, Grant):
            for position, line in enumerate(grant.lines):
                if line.text == "Bad one.":
                    answer = Failed("job", grant.chapter, line.index, line.take, "error", "", grant.lease, 0)
                    journal += [e.record for e in core.receive(b"p", answer, now + 0.5).entries]
                else:
                    clip = make_clip(grant, position)
                    journal += [e.record for e in core.receive(b"p", clip, now + 0.5, b"x").entries]
    assert state.complete
    replayed = JobState(state.facts)
    for record in journal:
        apply(replayed, record)
    assert replayed == state


def test_a_damaged_clip_is_spoken_again() -> None:
    state = JobState(make_facts(["Only this."]))
    core = make_core(state)
    join(core)
    core.receive(b"p", make_clip(offer(core)), 1.0, b"flac")
    assert state.complete
    core.receive(b"p", Heartbeat((), (0,)), 1.5)
    outcome = core.discard("job", 0, 0, "it cannot be decoded", 2.0)
    assert sent(outcome, Grant)
    assert not state.complete


def test_stopping_takes_what_is_spoken_and_grants_nothing_more() -> None:
    state = JobState(make_facts(TEXTS))
    core = make_core(state)
    join(core)
    grant = offer(core)
    assert sent(core.stop(), Revoke) == [Revoke(grant.lease)]
    outcome = core.receive(b"p", make_clip(grant), 1.0, b"flac")
    assert (0, 0) in state.accepted
    assert not sent(core.receive(b"p", Heartbeat((), (0,)), 2.0), Grant)
    assert outcome.entries
    assert core.quiet


def test_the_end_is_told_to_all_and_to_whoever_comes_after() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    assert sent(core.end(), Done) == [Done(final=True)]
    assert sent(core.receive(b"late", make_hello("late"), 9.0), Done) == [Done(final=True)]
    assert sent(core.end(failed=True), Done) == [Done(final=True, failed=True)]


def test_status_says_what_every_worker_does() -> None:
    core = make_core(JobState(make_facts(TEXTS, ["The second chapter."])))
    join(core, slots=2)
    offer(core)
    (reply,) = sent(core.receive(b"anybody", Status(), 1.0), StatusReply)
    assert reply.jobs[0].title == "Book"
    assert reply.jobs[0].segments == 7
    (worker,) = reply.workers
    assert [slot.state for slot in worker.slots] == ["speaking", "idle"]
    assert worker.slots[0].remaining == 6


def test_deadlines_come_out_as_data() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    assert core.next_deadline() == 1.0
    join(core, now=0.5)
    core.tick(5.0)
    assert core.next_deadline() <= 6.0


def test_a_worker_that_fails_everything_is_set_aside_while_others_can_go_on() -> None:
    state = JobState(make_facts([f"Sentence {n}." for n in range(40)]))
    core = make_core(state)
    join(core, b"bad")
    join(core, b"good")
    now, notes = 0.0, []
    for _ in range(12):
        now += 1.0
        core.receive(b"good", Heartbeat((), ()), now)
        for grant in sent(core.receive(b"bad", Heartbeat((), (0,)), now), Grant, b"bad"):
            line = grant.lines[0]
            failed = Failed("job", grant.chapter, line.index, line.take, "crashed", "boom", grant.lease, 0)
            notes += core.receive(b"bad", failed, now).notes
            core.receive(b"bad", Release(grant.lease), now)
    assert any("set aside" in note for note in notes)
    assert not state.quarantined
    assert not sent(core.receive(b"bad", Heartbeat((), (0,)), now), Grant, b"bad")


def test_a_status_reply_fits_a_message_however_long_the_book() -> None:
    long = [[f"Sentence {n}."] for n in range(3000)]
    core = make_core(JobState(make_facts(*long)))
    for n in range(200):
        join(core, b"%d" % n, slots=16)
    (reply,) = sent(core.receive(b"anybody", Status(), 1.0), StatusReply)
    assert len(msgspec.msgpack.encode(reply)) < 64 * 1024
    assert reply.jobs[0].segments == 3000
    assert reply.workers


def test_the_last_segment_is_spoken_twice_and_the_first_clip_wins() -> None:
    state = JobState(make_facts(["A quick sentence.", "A first sentence.", "A second sentence."]))
    core = make_core(state)
    join(core, b"slow")
    join(core, b"quick")
    core.receive(b"quick", make_clip(offer(core, b"quick"), 0, work_s=0.1), 1.0, b"x")
    core.receive(b"quick", Bye(), 1.0)
    grant = offer(core, b"slow")
    core.receive(b"slow", make_clip(grant, 0, work_s=60.0), 60.0, b"x")
    core.tick(60.0)
    join(core, b"quick", now=62.0)
    core.sessions["quick/n"].slots[0].speed(core.works["job"].recipe).add(17, 1.0, 0.1)
    (double,) = sent(core.receive(b"quick", Heartbeat((), (0,)), 62.0), Grant, b"quick")
    assert [line.index for line in double.lines] == [2]
    core.receive(b"quick", make_clip(double, work_s=0.1), 62.5, b"y")
    assert state.complete
    assert state.accepted[0, 2].worker == "quick"
    core.receive(b"slow", make_clip(grant, 1, work_s=60.0), 120.0, b"z")
    assert core.works["job"].duplicates == 1


def test_a_double_is_not_doubled_again() -> None:
    core = make_core(JobState(make_facts(["Only one sentence."])))
    for peer in (b"a", b"b", b"c"):
        join(core, peer)
    peers = enumerate((b"a", b"b", b"c"))
    granted = [sent(core.receive(peer, Heartbeat((), (0,)), 2.0 * n), Grant) for n, peer in peers]
    assert [len(grants) for grants in granted] == [1, 1, 0]  # it took far too long already at the second


def test_an_idle_slot_helps_the_chapter_that_a_listener_waits_for() -> None:
    core = make_core(JobState(make_facts([f"Sentence {n} takes its time." for n in range(9)], ["The next chapter."])))
    for peer in (b"slow", b"idle"):
        join(core, peer)
    grant = offer(core, b"slow")
    core.receive(b"slow", make_clip(grant, 0, work_s=30.0), 2.0, b"x")
    (help_,) = sent(core.receive(b"idle", Heartbeat((), (0,)), 2.5), Grant)
    assert help_.chapter == 0


def test_a_queued_lease_has_its_full_time_from_when_its_turn_comes() -> None:
    core = make_core(JobState(make_facts(["A first one.", "A second one."], ["The last one."])), split=False)
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


def test_all_workers_together_never_have_more_under_way_than_the_memory_allows() -> None:
    core = make_core(JobState(make_facts(TEXTS)), budget=1000 * 1024, credit=500 * 1024)
    granted = [sent(core.receive(b"%d" % n, make_hello(str(n)), 0.0), Welcome)[0].credit for n in range(8)]
    (accepted,) = sent(core.receive(b"0", make_clip(offer(core, b"0")), 1.0, b"x"), Accepted)
    assert accepted.credit == 125 * 1024
    assert granted[0] == 128 * 1024  # after an absence all of them have clips ready at once
    assert granted[7] == 125 * 1024


def test_a_peer_that_a_message_could_not_reach_is_asked_who_it_is_and_keeps_its_leases() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    core.unsent(b"p")
    assert sent(core.receive(b"p", Heartbeat((), (), (grant.lease,)), 1.0), WhoAreYou)
    join(core, now=1.1)
    assert not sent(core.receive(b"p", Heartbeat((), (), (grant.lease,)), 1.2), Revoke)


def test_who_greets_again_is_told_the_end_of_its_leases_for_a_trim_may_have_been_lost() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    (trim,) = sent(core.receive(b"b", Heartbeat((), (0,)), 0.5), Trim, b"a")
    outcome = core.receive(b"a2", make_hello("a"), 1.0)
    assert sent(outcome, Trim, b"a2") == [trim]
    assert trim.lease == grant.lease


def test_clips_held_by_the_worker_whose_lease_covers_them_are_not_granted_again_when_the_lease_is_not_listed() -> None:
    core = make_core(JobState(make_facts(TEXTS[:1])))
    join(core)
    clip = make_clip(offer(core))
    for now in (1.0, 2.0, 3.0):
        core.receive(b"p", Heartbeat((), ()), now)
    join(core, now=3.5)
    core.receive(b"p", Held("job", ((0, 0, clip.key),)), 3.6)
    assert not sent(core.receive(b"p", Heartbeat((), (0,)), 5.0), Grant)


def test_a_failure_at_what_a_worker_does_not_hold_counts_against_the_worker_only() -> None:
    state = JobState(make_facts(TEXTS))
    core = make_core(state, split=False)
    join(core, b"a")
    join(core, b"liar")
    offer(core, b"a")
    for take in range(4):
        outcome = core.receive(b"liar", Failed("job", 0, 0, take, "error", "", 1, 0), 1.0)
        assert not outcome.entries
    assert core.sessions["liar/n"].failures == 4
    assert core.works["job"].ledger.holders((0, 0))


def test_what_one_of_two_holders_fails_stays_with_the_other() -> None:
    core = make_core(JobState(make_facts(["The last sentence."])))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    double = offer(core, b"b", now=2.0)
    core.receive(b"b", Failed("job", 0, 0, 0, "error", "", double.lease, 0), 2.5)
    assert [lease.id for lease in core.works["job"].ledger.holders((0, 0))] == [grant.lease]
    assert not sent(core.receive(b"b", Heartbeat((), (0,)), 3.0), Grant)  # it failed there


def test_what_waited_while_the_coordinator_slept_is_read_as_if_no_time_had_passed() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    outcome = core.receive(b"p", Heartbeat((), (0,)), 3600.0)  # written before the grant arrived
    assert not sent(outcome, Grant)
    assert not sent(core.receive(b"p", Heartbeat((), (), (grant.lease,)), 3600.1), Revoke)


def test_a_worker_set_aside_is_not_waited_for() -> None:
    core = make_core(JobState(make_facts(["One sentence."])), split=False)
    join(core, b"a")
    join(core, b"aside")
    grant = offer(core, b"a")
    core.sessions["aside/n"].aside_until_s = 3600.0
    core.receive(b"a", Failed("job", 0, 0, 0, "error", "", grant.lease, 0), 1.0)
    assert sent(core.receive(b"a", Heartbeat((), (0,)), 1.1), Grant)


def test_a_segment_is_not_set_aside_on_one_workers_word_while_another_could_try() -> None:
    state = JobState(make_facts(["One sentence."]))
    core = make_core(state, split=False)
    join(core, b"a")
    for take in range(3):
        grant = offer(core, b"a", now=take + 0.1)
        if take == 2:
            join(core, b"late", now=take + 0.2)
        core.receive(b"a", Failed("job", 0, 0, take, "error", "", grant.lease, 0), take + 0.5)
    assert not state.quarantined
    assert offer(core, b"late", now=3.0).lines[0].take == 3


def test_every_offer_is_answered_so_that_a_coordinator_without_work_keeps_no_slot_from_another() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    for now in (1.0, 2.0):
        assert sent(core.receive(b"p", Heartbeat((), (0,), (grant.lease,)), now), Done) == [Done()]


def test_waiting_for_credit_is_no_lack_of_progress_while_clips_come() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    core.receive(b"p", make_clip(grant), 1.0, b"flac")
    report, revoked_s = SlotReport(0, "waiting", grant.lease), 0.0
    for now in range(2, 400):
        core.receive(b"p", Heartbeat((report,), (), (grant.lease,)), float(now))
        revoked_s = revoked_s or now * bool(sent(core.tick(float(now)), Revoke))
    assert 120 < revoked_s < 200


def test_a_lease_queued_behind_that_of_another_coordinator_does_not_expire_meanwhile() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core)
    grant = offer(core)
    core.sessions["p/n"].slots[0].speed(core.works["job"].recipe).add(100, 1.0, 1.0)
    for now in range(1, 100):  # its slot reports to the other coordinator
        core.receive(b"p", Heartbeat((), (), (grant.lease,)), float(now))
        assert not sent(core.tick(float(now)), Revoke)


def test_a_held_clip_of_a_later_take_is_wanted_although_a_restart_forgot_the_failures() -> None:
    core = make_core(JobState(make_facts(TEXTS)), epoch=2)
    join(core)
    key = core.works["job"].state.key((0, 0), 2)
    (wanted,) = sent(core.receive(b"p", Held("job", ((0, 0, key),)), 0.1), Wanted)
    assert wanted.wanted == ((0, 0, key),)


def test_after_a_sleep_what_waits_is_read_before_anything_is_granted() -> None:
    core = make_core(JobState(make_facts(TEXTS)), split=False)
    join(core, b"a")
    join(core, b"b")
    assert not sent(core.receive(b"b", Heartbeat((), (0,)), 3600.0), Grant)
    assert sent(core.tick(3601.6), Grant, b"b")


def test_a_worker_set_aside_goes_on_where_nobody_else_can() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"a")
    core.sessions["a/n"].aside_until_s = 3600.0
    join(core, b"unable")
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 0.5), Grant)
    core.sessions["unable/n"].unable["metronome", ""] = "no such engine"
    assert sent(core.receive(b"a", Heartbeat((), (0,)), 1.0), Grant)


def test_after_all_were_cut_off_the_first_one_back_waits_for_the_others() -> None:
    core = make_core(JobState(make_facts(TEXTS)))
    join(core, b"a")
    offer(core, b"a")
    for now in range(1, 8):
        core.tick(float(now))
    assert not core.sessions
    join(core, b"a", now=7.5)
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 7.6), Grant)
    core.tick(8.5)
    assert sent(core.tick(9.5), Grant)
