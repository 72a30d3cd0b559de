"""Clips and failures that a coordinator takes in: accepted, dropped, tried elsewhere, set aside."""

from making import INFO, RECIPE, TEXTS, join, make_clip, make_core, make_hello, make_spec, offer, said, sent
from msgspec import structs

from swarm.job.record import ClipAccepted, ClipDiscarded, SegmentFailed, SegmentQuarantined, WorkerSeen
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.message import (
    Accepted,
    Bye,
    Clip,
    Failed,
    Grant,
    Heartbeat,
    Held,
    Rejected,
    Release,
    Skip,
    Wanted,
    Welcome,
)
from swarm.watch.words import rejected_text


def test_a_clip_is_journaled_with_its_bytes_and_acknowledged_in_the_same_outcome() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    outcome = core.receive(b"p", clip, 1.0, b"flac")
    assert [type(entry.record) for entry in outcome.entries] == [WorkerSeen, ClipAccepted]
    assert outcome.entries[-1].frame == b"flac"
    assert sent(outcome, Accepted) == [Accepted("job", ((0, 0, clip.key),), 8 * 1024 * 1024)]
    assert state.accepted[0, 0].bytes == 4


def test_the_first_clip_of_a_place_wins_and_later_ones_are_answered_and_dropped() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    join(core)
    clip = make_clip(offer(core))
    core.receive(b"p", clip, 1.0, b"first")
    outcome = core.receive(b"p", clip, 2.0, b"second")
    assert not outcome.entries
    assert sent(outcome, Accepted)
    assert state.accepted[0, 0].bytes == len(b"first")


def test_a_clip_that_does_not_fit_is_rejected_and_gives_its_credit_back() -> None:
    for changed, fault in [
        ({"key": "f" * 32}, ""),
        ({"index": 99}, ""),
        ({"chapter": 9}, ""),
        ({"job": "another"}, ""),
        ({"take": 1000}, ""),
        ({}, "the clip's bytes do not match their digest"),
    ]:
        state = JobState(make_spec(TEXTS))
        core = make_core(state)
        join(core)
        clip = make_clip(offer(core))
        fields = {name: getattr(clip, name) for name in clip.__struct_fields__} | changed
        outcome = core.receive(b"p", Clip(**fields), 1.0, b"flac", fault)
        (rejected,) = sent(outcome, Rejected)
        assert rejected.reason, changed
        assert not state.accepted, changed


def test_a_clip_of_half_an_hour_for_a_sentence_is_rejected_at_the_door() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state)
    join(core)
    clip = structs.replace(make_clip(offer(core)), samples=1799 * 24000)
    (rejected,) = sent(core.receive(b"p", clip, 1.0, b"flac"), Rejected)
    assert rejected.reason
    assert rejected.reason.code == "implausible length"
    assert "are plausible" in rejected_text(rejected)
    assert not state.accepted


def at_rate(clip: Clip, rate: int) -> Clip:
    """Return the clip of a worker whose engine has another rate."""
    return structs.replace(clip, samples=rate, sample_rate=rate)


def speak_all(core: CoordinatorCore, peer: bytes, now: float, rate: int = 24000) -> None:
    """Speak for a job as long as leases come."""
    for step in range(200):
        grants = sent(core.receive(peer, Heartbeat((), (0,)), now + step), Grant, peer)
        for grant in grants:
            for position in range(len(grant.lines)):
                core.receive(peer, at_rate(make_clip(grant, position), rate), now + step, b"x")


def test_a_first_clip_of_another_rate_is_rejected_where_the_card_says_the_rate() -> None:
    state = JobState(structs.replace(make_spec(TEXTS), sample_rate=24000))
    core = make_core(state)
    join(core, b"liar")
    (rejected,) = sent(core.receive(b"liar", at_rate(make_clip(offer(core, b"liar")), 8000), 1.0, b"x"), Rejected)
    assert "8000 Hz" in rejected_text(rejected)
    join(core, b"honest", now=2.0)
    speak_all(core, b"honest", 3.0)
    assert len(state.accepted) == len(TEXTS)
    assert not state.failures


def test_one_clip_of_another_rate_does_not_fix_the_rate_for_all() -> None:
    for leaves in [True, False]:
        state = JobState(make_spec(TEXTS))
        core = make_core(state)
        join(core, b"liar")
        core.receive(b"liar", at_rate(make_clip(offer(core, b"liar")), 8000), 1.0, b"x")
        assert state.sample_rate == 8000, leaves
        if leaves:
            core.receive(b"liar", Bye(), 1.5)
        join(core, b"honest", now=2.0)
        speak_all(core, b"honest", 3.0)
        assert {record.sample_rate for record in state.accepted.values()} == {24000}, leaves
        assert len(state.accepted) == len(TEXTS), leaves
        assert not state.quarantined, leaves


def test_the_rate_of_a_book_that_is_under_way_stays() -> None:
    state = JobState(make_spec([f"Sentence number {n} is of a usual length." for n in range(200)]))
    core = make_core(state)
    join(core, b"honest")
    for step in range(100):
        grant = offer(core, b"honest", now=float(step))
        for position in range(len(grant.lines)):
            core.receive(b"honest", make_clip(grant, position), float(step), b"x")
        if state.audio_s > 60:
            break
    spoken = len(state.accepted)
    join(core, b"liar", now=200.0)
    speak_all(core, b"liar", 201.0, 8000)
    assert len(state.accepted) == spoken
    assert state.sample_rate == 24000


def test_one_clip_serves_every_place_of_its_text() -> None:
    for take in [0, 2]:
        state = JobState(make_spec(["Yes.", "No, not at all.", "Yes."]))
        core = make_core(state)
        join(core)
        clip = structs.replace(make_clip(offer(core)), take=take, key=state.key((0, 0), take), takes=3, doubt="hums")
        outcome = core.receive(b"p", clip, 1.0, b"flac")
        accepted = [entry.record for entry in outcome.entries if isinstance(entry.record, ClipAccepted)]
        assert [(record.index, record.reused) for record in accepted] == [(0, False), (2, True)], take
        assert {(record.take, record.takes, record.doubt) for record in accepted} == {(take, 3, "hums")}
        assert (0, 1) not in state.accepted, take


def test_a_segment_that_fails_is_tried_elsewhere_with_another_take() -> None:
    core = make_core(JobState(make_spec(["One sentence.", "Another one."])))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    core.receive(b"b", Heartbeat((), (0,)), 0.5)
    outcome = core.receive(b"a", Failed("job", 0, 0, 0, "silent", "", grant.lease, 0), 1.0)
    (record,) = [entry.record for entry in outcome.entries]
    assert isinstance(record, SegmentFailed)
    core.receive(b"b", Heartbeat((), (0,)), 1.1)
    leases = [lease for lease in core.jobs["job"].ledger.leases.values() if lease.session == "b/n"]
    assert 0 in [index for lease in leases for index in lease.pending]
    assert core.jobs["job"].state.next_take((0, 0)) == 1


def test_a_segment_that_nobody_can_speak_is_set_aside_and_the_job_is_complete_without_it() -> None:
    state = JobState(make_spec(["Unspeakable."]))
    core = make_core(state, alone=True)
    join(core)
    for take in range(3):
        grant = offer(core, now=float(take))
        assert grant.lines[0].take == take
        outcome = core.receive(b"p", Failed("job", 0, 0, take, "empty", "nothing came", grant.lease, 0), take + 0.5)
    assert isinstance(outcome.entries[-1].record, SegmentQuarantined)
    assert state.complete
    assert state.quarantined[0, 0] == SegmentQuarantined(0, 0, "empty", "nothing came")
    assert any("Unspeakable" in note for note in said(outcome))


def another_take_wanted(doubt: str = "") -> tuple[CoordinatorCore, ClipAccepted]:
    """Return a core whose only sentence has sound and is to be spoken again, and that sound."""
    state = JobState(make_spec(["Only this."]))
    before = ClipAccepted(0, 0, 0, state.key((0, 0), 0), 3, "w", 0.0, 1.0, **structs.asdict(INFO))
    before = structs.replace(before, doubt=doubt)
    for record in (before, ClipDiscarded(0, 0, "to be spoken again", 3)):
        apply(state, record)
    return make_core(state, alone=True), structs.replace(before, reused=True)


def test_the_earlier_take_stays_where_no_other_one_can_be_spoken() -> None:
    core, before = another_take_wanted()
    join(core)
    for take in range(3, 6):
        grant = offer(core, now=float(take))
        outcome = core.receive(b"p", Failed("job", 0, 0, take, "empty", "nothing came", grant.lease, 0), take + 0.5)
    state = core.jobs["job"].state
    assert (state.accepted, state.quarantined, state.complete) == ({(0, 0): before}, {}, True)
    assert outcome.entries[-1].record == before
    assert any("the earlier sound of “Only this.” stays" in note for note in said(outcome))


def test_a_doubtful_take_takes_no_place_of_a_good_one() -> None:
    for doubt, stays in [("", True), ("too long", False)]:
        core, before = another_take_wanted(doubt)
        join(core)
        clip = make_clip(offer(core))
        outcome = core.receive(b"p", structs.replace(clip, doubt="silent"), 1.0, b"new")
        found = core.jobs["job"].state.accepted[0, 0]
        assert (found == before) is stays
        assert sent(outcome, Accepted), doubt
        assert core.jobs["job"].state.complete, doubt


def test_a_damaged_clip_is_spoken_again() -> None:
    state = JobState(make_spec(["Only this."]))
    core = make_core(state)
    join(core)
    core.receive(b"p", make_clip(offer(core)), 1.0, b"flac")
    assert state.complete
    core.receive(b"p", Heartbeat((), (0,)), 1.5)
    outcome = core.discard("job", 0, 0, "it cannot be decoded", 2.0)
    assert sent(outcome, Grant)
    assert not state.complete


def test_a_worker_that_fails_everything_is_set_aside_while_others_can_go_on() -> None:
    state = JobState(make_spec([f"Sentence {n}." for n in range(40)]))
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
            notes += said(core.receive(b"bad", failed, now))
            core.receive(b"bad", Release(grant.lease), now)
    assert any("set aside" in note for note in notes)
    assert not state.quarantined
    assert not sent(core.receive(b"bad", Heartbeat((), (0,)), now), Grant, b"bad")


def test_all_workers_together_never_have_more_under_way_than_the_memory_allows() -> None:
    core = make_core(JobState(make_spec(TEXTS)), budget=1000 * 1024, credit=500 * 1024)
    granted = [sent(core.receive(b"%d" % n, make_hello(str(n)), 0.0), Welcome)[0].credit for n in range(8)]
    (accepted,) = sent(core.receive(b"0", make_clip(offer(core, b"0")), 1.0, b"x"), Accepted)
    assert accepted.credit == 125 * 1024
    assert granted[0] == 128 * 1024  # after an absence all of them have clips ready at once
    assert granted[7] == 125 * 1024


def test_a_failure_at_what_a_worker_does_not_hold_counts_against_the_worker_only() -> None:
    state = JobState(make_spec(TEXTS))
    core = make_core(state, split=False)
    join(core, b"a")
    join(core, b"liar")
    offer(core, b"a")
    for take in range(4):
        outcome = core.receive(b"liar", Failed("job", 0, 0, take, "error", "", 1, 0), 1.0)
        assert not outcome.entries
    assert core.sessions["liar/n"].trust.failures == 4
    assert core.jobs["job"].ledger.holders((0, 0))


def test_what_one_of_two_holders_fails_stays_with_the_other() -> None:
    core = make_core(JobState(make_spec(["The last sentence."])))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    double = offer(core, b"b", now=2.0)
    core.receive(b"b", Failed("job", 0, 0, 0, "error", "", double.lease, 0), 2.5)
    assert [lease.id for lease in core.jobs["job"].ledger.holders((0, 0))] == [grant.lease]
    assert not sent(core.receive(b"b", Heartbeat((), (0,)), 3.0), Grant)  # it failed there


def test_a_worker_set_aside_is_not_waited_for() -> None:
    core = make_core(JobState(make_spec(["One sentence."])), split=False)
    join(core, b"a")
    join(core, b"aside")
    grant = offer(core, b"a")
    core.sessions["aside/n"].trust.aside_until_s = 3600.0
    core.receive(b"a", Failed("job", 0, 0, 0, "error", "", grant.lease, 0), 1.0)
    assert sent(core.receive(b"a", Heartbeat((), (0,)), 1.1), Grant)


def test_a_segment_is_not_set_aside_on_one_workers_word_while_another_could_try() -> None:
    state = JobState(make_spec(["One sentence."]))
    core = make_core(state, split=False)
    join(core, b"a")
    for take in range(3):
        grant = offer(core, b"a", now=take + 0.1)
        if take == 2:
            join(core, b"late", now=take + 0.2)
        core.receive(b"a", Failed("job", 0, 0, take, "error", "", grant.lease, 0), take + 0.5)
    assert not state.quarantined
    assert offer(core, b"late", now=3.0).lines[0].take == 3


def test_a_held_clip_of_a_later_take_is_wanted_although_a_restart_forgot_the_failures() -> None:
    core = make_core(JobState(make_spec(TEXTS)), epoch=2)
    join(core)
    key = core.jobs["job"].state.key((0, 0), 2)
    (wanted,) = sent(core.receive(b"p", Held("job", ((0, 0, key),)), 0.1), Wanted)
    assert wanted.wanted == ((0, 0, key),)


def test_a_worker_set_aside_goes_on_where_nobody_else_can() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    core.sessions["a/n"].trust.aside_until_s = 3600.0
    join(core, b"unable")
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 0.5), Grant)
    core.sessions["unable/n"].unable[RECIPE] = "no such engine"
    assert sent(core.receive(b"a", Heartbeat((), (0,)), 1.0), Grant)


def test_a_text_that_recurs_is_left_out_of_the_leases_that_have_it() -> None:
    core = make_core(JobState(make_spec(["Yes.", "No, not at all.", "Yes."], ["Two.", "Yes.", "Three."])))
    join(core, b"a")
    join(core, b"b")
    first, second = offer(core, b"a"), offer(core, b"b")
    assert (first.chapter, second.chapter) == (0, 1)
    outcome = core.receive(b"a", make_clip(first), 1.0, b"x")
    told = [(send.peer, send.message) for send in outcome.sends if isinstance(send.message, Skip)]
    assert told == [(b"a", Skip(first.lease, (2,))), (b"b", Skip(second.lease, (1,)))]
    assert not sent(core.receive(b"a", make_clip(first, 1), 2.0, b"x"), Skip)


def test_a_worker_leaves_out_of_its_next_lease_what_it_has_spoken_of_one_that_it_lost() -> None:
    core = make_core(JobState(make_spec(["One.", "Two."])))
    join(core, b"a")
    first = offer(core, b"a")
    core.receive(b"a", Release(first.lease), 1.0)
    again = offer(core, b"a", now=2.0)
    assert [line.index for line in again.lines] == [0, 1]
    outcome = core.receive(b"a", make_clip(first), 3.0, b"x")
    assert sent(outcome, Skip, b"a") == [Skip(again.lease, (0,))]


def test_a_worker_that_greets_again_is_told_again_what_to_leave_out() -> None:
    core = make_core(JobState(make_spec(["Yes.", "One."], ["Two.", "Yes.", "Three."])))
    join(core, b"a")
    join(core, b"b")
    first, second = offer(core, b"a"), offer(core, b"b")
    core.receive(b"a", make_clip(first), 1.0, b"x")
    again = core.receive(b"b2", make_hello("b"), 2.0)
    assert sent(again, Skip, b"b2") == [Skip(second.lease, (1,))]
