"""Dialogues with the coordinator's core: who gets what, what is journaled, what is answered."""

from math import inf

import pytest
from making import TEXTS, hope, join, make_clip, make_core, make_hello, make_spec, offer, said, sent, shown
from patience import noted_calls

from swarm.job.record import SegmentQuarantined
from swarm.job.run import MAX_WORKERS, RunStats
from swarm.job.spec import Recipe
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.coordinator_core import LOOK_S, SILENCE_S
from swarm.lease.coordinator.time_left import EncoderUse
from swarm.lease.envelope import CLIP_PIECE_BYTES, MAX_CLIP_BYTES, Hindrance, NotLeasing, Resting
from swarm.lease.message import (
    Bye,
    Done,
    Failed,
    Figures,
    Grant,
    Heartbeat,
    Job,
    Refused,
    Release,
    Revoke,
    SlotReport,
    Status,
    StatusReply,
    Trim,
    Welcome,
)
from swarm.watch.words import refused_text

NIGHT = Hindrance(NotLeasing.HOURS, clock="22:00")


def test_a_worker_is_welcomed_and_gets_the_job_before_its_first_grant() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    (welcome,) = sent(core.receive(b"p", make_hello(), 0.0), Welcome)
    assert (welcome.coordinator, welcome.credit) == ("c", 128 * 1024)
    outcome = core.receive(b"p", Heartbeat((), (0,)), 0.1)
    assert [type(s.message) for s in outcome.sends] == [Job, Grant]
    assert [line.text for line in outcome.sends[1].message.lines] == TEXTS


def test_another_protocol_is_refused_in_words() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    (refused,) = sent(core.receive(b"p", make_hello(protocol=99), 0.0), Refused)
    assert "protocol 99" in refused_text(refused)


def test_an_idle_slot_takes_over_the_tail_of_the_longest_lease() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    outcome = core.receive(b"b", Heartbeat((), (0,)), 0.5)
    (trim,) = sent(outcome, Trim, b"a")
    (tail,) = sent(outcome, Grant, b"b")
    assert trim == Trim(grant.lease, tail.lines[0].index)
    assert [line.index for line in tail.lines] == [3, 4, 5]


def test_what_a_slot_has_spoken_and_waits_for_its_link_is_no_tail_to_take_over() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    core.receive(b"a", make_clip(grant), 1.0, b"flac")
    core.receive(b"a", Heartbeat((SlotReport(0, "waiting", grant.lease, 4, 0.5),), (), (grant.lease,)), 2.0)
    out = core.receive(b"b", Heartbeat((), (0,)), 2.1)
    assert sent(out, Trim, b"a") == [Trim(grant.lease, 5)]
    assert [line.index for (tail,) in [sent(out, Grant, b"b")] for line in tail.lines] == [5]


def test_nothing_is_granted_before_enough_workers_are_there() -> None:
    core = make_core(JobState(make_spec(TEXTS)), min_workers=2)
    join(core, b"a")
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 1.0), Grant)
    outcome = core.receive(b"b", make_hello("b"), 2.0)
    outcome = core.receive(b"b", Heartbeat((), (0,)), 2.1)
    assert {s.peer for s in outcome.sends if isinstance(s.message, Grant)} == {b"a", b"b"}


def test_a_book_that_began_goes_on_when_workers_leave() -> None:
    core = make_core(JobState(make_spec(TEXTS)), min_workers=2)
    join(core, b"a")
    join(core, b"b")
    core.tick(0.5)
    core.receive(b"b", Bye(), 1.0)
    assert sent(core.receive(b"a", Heartbeat((), (0,)), 2.0), Grant)
    assert "more worker" not in shown(core, 2.0).jobs[0].note


def test_a_worker_without_the_engine_gets_nothing_and_the_job_says_so() -> None:
    spec = make_spec(TEXTS, recipe=make_spec(TEXTS).recipe.__class__("xtts", "v", "en"))
    core = make_core(JobState(spec))
    join(core)
    assert sent(core.receive(b"p", Heartbeat((), (0,)), 1.0), Done)
    assert "xtts" in shown(core, 1.0).jobs[0].note


def test_an_engine_that_does_not_open_is_not_tried_again_there() -> None:
    core = make_core(JobState(make_spec(TEXTS)), alone=True)
    join(core)
    grant = offer(core)
    core.receive(b"p", Release(grant.lease, "no libespeak", unable=True), 1.0)
    assert not sent(core.receive(b"p", Heartbeat((), (0,)), 2.0), Grant)
    assert "no libespeak" in hope(core)


@pytest.mark.parametrize(("alone", "piece"), [(True, MAX_CLIP_BYTES), (False, CLIP_PIECE_BYTES)])
def test_clips_go_whole_within_one_machine_and_in_pieces_over_a_link(alone: bool, piece: int) -> None:
    (welcome,) = sent(make_core(alone=alone).receive(b"p", make_hello(), 0.0), Welcome)
    assert welcome.clip_piece == piece


def test_one_machine_alone_does_not_wait_for_an_engine_that_is_not_installed() -> None:
    core = make_core(alone=True)
    core.add_job(JobState(make_spec(TEXTS, recipe=Recipe("coqui", "ada", "en", "a model"))), "pip install coqui")
    assert hope(core) == ""
    join(core)
    assert "it is not installed: pip install coqui" in hope(core)


def test_leaving_frees_everything_at_once() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    core.receive(b"a", Bye(), 1.0)
    assert len(offer(core, b"b", now=1.0).lines) == len(grant.lines)


def test_replaying_the_journal_gives_the_live_state() -> None:
    state = JobState(make_spec(TEXTS, ["Bad one.", "Good one."]))
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
    replayed = JobState(state.spec)
    for record in journal:
        apply(replayed, record)
    assert replayed == state


def test_stopping_takes_what_is_spoken_and_grants_nothing_more() -> None:
    state = JobState(make_spec(TEXTS))
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
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    assert sent(core.end(), Done) == [Done(final=True)]
    assert sent(core.receive(b"late", make_hello("late"), 9.0), Done) == [Done(final=True)]
    assert sent(core.end(failed=True), Done) == [Done(final=True, failed=True)]


def test_status_says_what_every_worker_does() -> None:
    core = make_core(JobState(make_spec(TEXTS, ["The second chapter."])))
    join(core, slots=2)
    offer(core)
    (reply,) = sent(core.receive(b"anybody", Status(), 1.0), StatusReply)
    assert reply.jobs[0].title == "Book"
    assert reply.jobs[0].segments == 7
    (worker,) = reply.workers
    assert [slot.state for slot in worker.slots] == ["speaking", "idle"]
    assert worker.slots[0].remaining == 6


def test_status_says_how_much_of_a_book_that_is_all_spoken_is_encoded() -> None:
    core = make_core(JobState(make_spec(["One."])))
    (served,) = core.jobs.values()
    assert shown(core, 1.0).jobs[0].note != "0 % encoded"
    apply(served.state, SegmentQuarantined(0, 0, "nothing can speak it"))
    notes = []
    for second, encoded in enumerate((0.0, 0.639, 1.0)):
        core.note_progress({served.state.job: encoded}, float(second))
        notes.append(shown(core, float(second)).jobs[0].note)
    assert notes == ["0 % encoded", "63 % encoded", ""]


def test_the_time_left_counts_the_encoding_that_lags_behind() -> None:
    core = make_core(JobState(make_spec(["One."])))
    (served,) = core.jobs.values()
    apply(served.state, SegmentQuarantined(0, 0, "nothing can speak it"))
    served.state.audio_s = 2000.0
    for second in range(11):
        use = EncoderUse(2, second, 100.0 * second, 2.0 * second)
        core.note_progress({served.state.job: second / 20}, float(second), use)
    assert shown(core, 10.0).jobs[0].eta_s == pytest.approx(10, rel=0.1)


def test_books_that_are_encoded_at_the_same_time_share_the_encoders() -> None:
    states = [JobState(make_spec(["One."], job=job)) for job in ("long", "short")]
    core = make_core(*states)
    for state, sound_s in zip(states, (2000.0, 500.0), strict=True):
        apply(state, SegmentQuarantined(0, 0, "nothing can speak it"))
        state.audio_s = sound_s
    core.note_progress({state.job: 0.0 for state in states}, 1.0, EncoderUse(2, 10, 1000.0, 20.0))
    assert [job.eta_s for job in shown(core, 1.0).jobs] == pytest.approx([25, 10])


def test_a_book_waits_for_the_encoding_of_those_that_are_spoken_before_it() -> None:
    states = [JobState(make_spec(TEXTS * 50, job=job)) for job in ("first", "second", "third")]
    core = make_core(*states)
    join(core)
    grant = offer(core)
    for index in range(3):
        core.receive(b"p", make_clip(grant, index), 1.0 + index, b"flac")
    for state in states:
        state.audio_s, state.characters_settled = 1000.0, core.jobs[state.job].characters // 2
    core.note_progress({state.job: 0.0 for state in states}, 5.0, EncoderUse(1, 10, 1000.0, 10_000.0))
    first_s, second_s, third_s = (job.eta_s for job in shown(core, 5.0).jobs)
    assert (first_s, second_s, third_s) == pytest.approx((20_000, 40_000, 60_000), rel=0.01)


def test_the_time_left_follows_what_is_really_spoken() -> None:
    core = make_core(JobState(make_spec(TEXTS * 50)))
    join(core)
    grant = offer(core)
    for index in range(3):
        core.receive(b"p", make_clip(grant, index), 1.0 + index, b"flac")
    told = shown(core, 10.0).jobs[0].eta_s
    for second in range(100):  # nothing more arrives
        core.note_progress({}, 10.0 + second)
    after = shown(core, 110.0).jobs[0].eta_s
    assert told is not None
    assert after is not None
    assert after > 3 * told


def test_status_tells_what_the_devices_were_at_last() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    for busy in (12, 87):
        core.receive(b"p", Heartbeat((), figures=(Figures("cuda:0", busy),)), 1.0)
    assert shown(core, 1.0).workers[0].figures == (Figures("cuda:0", 87),)


def test_a_book_is_charged_with_what_the_devices_use_while_they_have_a_lease_of_it() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    figures = (Figures("cuda:0", watts=200.0), Figures("cpu", watts=50.0), Figures("cuda:1"))
    core.receive(b"p", Heartbeat((), figures=figures), 1.0)  # nothing of it yet
    grant = offer(core, now=1.5)
    (served,) = core.jobs.values()
    spent = []
    for now in (2.0, 3.0, 60.0):
        core.receive(b"p", Heartbeat((), leases=(grant.lease,), figures=figures), now)
        spent.append(sum(served.run_stats.energy_j.values()))
    assert spent[0] <= 250.0
    assert spent[1] - spent[0] == 250.0
    assert spent[2] - spent[1] == 5 * 250.0, "nobody knows what was while the worker was silent"


def test_a_slot_whose_device_fails_is_named_once_and_shown_as_resting() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, slots=3)
    rests = (
        Resting(0, NIGHT),
        Resting(1, Hindrance(NotLeasing.MEMORY, "no room on cuda:0", seconds=300.0)),
        Resting(7, Hindrance(NotLeasing.LOST, "no such slot")),
    )
    notes = [said(core.receive(b"p", Heartbeat((), resting=rests), now)) for now in (1.0, 2.0)]
    assert notes == [["P: slot 1 rests: no room on cuda:0; it is tried again after 5 min"], []]
    (worker,) = shown(core, 2.0).workers
    assert [(slot.state, slot.note) for slot in worker.slots] == [
        ("resting", "until 22:00 (--hours)"),
        ("resting", "no room on cuda:0; it is tried again after 5 min"),
        ("idle", ""),
    ]
    assert worker.note == "until 22:00 (--hours); no room on cuda:0; it is tried again after 5 min"


def test_a_place_that_failed_does_not_wait_for_whoever_rests() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"a")
    grant = offer(core, b"a")
    join(core, b"b")
    core.receive(b"b", Heartbeat((), resting=(Resting(0, NIGHT),)), 1.0)
    core.receive(b"a", Failed("job", 0, 0, 0, "error", "", grant.lease), 1.0)
    core.receive(b"a", Release(grant.lease), 1.0)
    assert offer(core, b"a", now=2.0).lines[0].index == 0
    assert shown(core, 2.0).jobs[0].note == ""


def test_a_job_whose_workers_all_rest_says_why() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    core.receive(b"p", Heartbeat((), resting=(Resting(0, NIGHT),)), 1.0)
    assert shown(core, 1.0).jobs[0].note == "every worker for it rests: until 22:00 (--hours)"


def test_without_workers_a_coordinator_sleeps_until_a_message_comes() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    assert core.next_deadline() == inf
    join(core, b"p", now=5.0)
    assert core.next_deadline() < inf
    core.receive(b"p", Bye(), 6.0)
    assert core.next_deadline() == inf


def test_with_workers_it_is_called_often_enough_to_tell_its_own_sleep_from_their_silence() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"p", now=5.0)
    assert core.next_deadline() == 5.0 + LOOK_S
    core.tick(6.0)
    assert core.next_deadline() == 6.0 + LOOK_S


def test_a_silent_worker_is_dropped_at_the_deadline_and_not_later() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core, b"p", now=5.0)
    now = 5.0
    while core.sessions:
        now = core.next_deadline()
        core.tick(now)
    assert now == 5.0 + SILENCE_S


def test_a_lease_without_progress_is_due_at_its_deadline() -> None:
    core = make_core(JobState(make_spec(TEXTS)), unknown_deadline_s=1.0)
    join(core)
    grant = offer(core, now=0.5)
    assert core.next_deadline() <= 1.5
    assert sent(core.tick(1.5), Revoke) == [Revoke(grant.lease, expired=True)]


def test_a_slot_that_waits_is_asked_again_when_the_grace_is_over() -> None:
    core = make_core(JobState(make_spec(TEXTS)), grace_s=1.0)
    join(core)
    assert not sent(core.receive(b"p", Heartbeat((), (0,)), 0.5), Grant)
    assert core.next_deadline() <= 1.0
    assert sent(core.tick(1.0), Grant)


def test_a_slot_that_waits_is_asked_again_as_long_as_a_job_is_open() -> None:
    state = JobState(make_spec(["Only one sentence."]))
    core = make_core(state)
    join(core, b"a")
    join(core, b"b")
    grant = offer(core, b"a")
    core.receive(b"b", Heartbeat((), (0,)), 0.1)
    assert core.next_deadline() == LOOK_S
    core.receive(b"a", make_clip(grant), 0.2, b"x")
    assert state.complete


def test_the_last_segment_is_spoken_twice_and_the_first_clip_wins() -> None:
    state = JobState(make_spec(["A quick sentence.", "A first sentence.", "A second sentence."]))
    core = make_core(state)
    join(core, b"slow")
    join(core, b"quick")
    core.receive(b"quick", make_clip(offer(core, b"quick"), 0, work_s=0.1), 1.0, b"x")
    core.receive(b"quick", Bye(), 1.0)
    grant = offer(core, b"slow")
    core.receive(b"slow", make_clip(grant, 0, work_s=60.0), 60.0, b"x")
    core.tick(60.0)
    join(core, b"quick", now=62.0)
    core.sessions["quick/n"].slots[0].speed(core.jobs["job"].recipe).add_clip(17, 1.0, 0.1)
    (double,) = sent(core.receive(b"quick", Heartbeat((), (0,)), 62.0), Grant, b"quick")
    assert [line.index for line in double.lines] == [2]
    core.receive(b"quick", make_clip(double, work_s=0.1), 62.5, b"y")
    assert state.complete
    assert state.accepted[0, 2].worker == "quick"
    core.receive(b"slow", make_clip(grant, 1, work_s=60.0), 120.0, b"z")
    assert core.jobs["job"].run_stats.duplicates == 1


def test_what_a_worker_idled_and_wasted_is_known_after_it_left() -> None:
    state = JobState(make_spec(["Only one sentence."]))
    core = make_core(state)
    join(core, b"quick")
    join(core, b"slow")
    grant = offer(core, b"slow", now=0.0)
    core.tick(2.0)
    assert core.jobs["job"].run_stats.idle_s == {"quick": 2.0}
    core.receive(b"slow", make_clip(grant, work_s=3.0), 3.0, b"x")
    core.receive(b"slow", make_clip(grant, work_s=3.0), 3.0, b"x")
    assert state.complete
    core.tick(4.0)  # time after the last clip is nobody's idleness
    for peer in (b"quick", b"slow"):
        core.receive(peer, Bye(), 5.0)
    run_stats = core.jobs["job"].run_stats
    assert (run_stats.idle_s, run_stats.wasted_s, run_stats.duplicates) == ({"quick": 3.0}, {"slow": 3.0}, 1)


def calls_for_a_clip(workers: int) -> int:
    """Count the calls of functions that a clip takes while so many workers speak."""
    core = make_core(JobState(make_spec([f"Sentence {n}." for n in range(40 * workers)])))
    peers = [f"w{number}".encode() for number in range(workers)]
    for peer in peers:
        join(core, peer)
    grant, *_ = [offer(core, peer) for peer in peers]
    core.receive(b"w0", make_clip(grant, 0), 0.1, b"x")  # the first one of a worker also says how fast it is
    with noted_calls() as calls:
        core.receive(b"w0", make_clip(grant, 1), 0.2, b"x")
    assert len(core.jobs["job"].state.accepted) == 2
    return len(calls)


def test_a_clip_costs_the_coordinator_about_the_same_however_many_workers_are_there() -> None:
    assert calls_for_a_clip(64) < 1.25 * calls_for_a_clip(4)


def test_nobody_idles_while_the_coordinator_sleeps_or_a_slot_rests() -> None:
    core = make_core(JobState(make_spec(["One.", "Two."])))
    join(core, b"waits")
    core.tick(1.0)
    core.tick(101.0)
    assert core.jobs["job"].run_stats.idle_s == {"waits": 1.0}
    core.receive(b"waits", Heartbeat((), (), resting=(Resting(0, NIGHT),)), 101.5)
    core.tick(103.0)
    assert core.jobs["job"].run_stats.idle_s == {"waits": 1.0}


def test_workers_without_number_are_not_all_remembered() -> None:
    run_stats = RunStats()
    for number in range(MAX_WORKERS + 5):
        run_stats.idle(f"w{number}", 1.0)
        run_stats.duplicate(f"w{number}", 1.0)
    run_stats.idle("w0", 1.0)
    assert len(run_stats.idle_s) == len(run_stats.wasted_s) == MAX_WORKERS
    assert (run_stats.idle_s["w0"], run_stats.duplicates) == (2.0, MAX_WORKERS + 5)


def test_a_job_goes_on_counting_where_its_last_run_ended() -> None:
    core = make_core(now=50.0)
    before = RunStats(duplicates=2, idle_s={"w": 1.5}, first_grant_s=1.0)
    core.add_job(JobState(make_spec(["One.", "Two."])), run_stats=before)
    join(core, b"w", now=50.0)
    core.tick(51.0)
    grant = offer(core, b"w", now=51.0)
    for _ in range(2):
        core.receive(b"w", make_clip(grant, work_s=0.5), 52.0, b"x")
    run_stats = core.jobs["job"].run_stats
    assert run_stats == RunStats(3, 0, 1, {"w": 2.5}, {"w": 0.5})
    assert core.jobs["job"].first_grant_s == 51.0


def test_a_double_is_not_doubled_again() -> None:
    core = make_core(JobState(make_spec(["Only one sentence."])))
    for peer in (b"a", b"b", b"c"):
        join(core, peer)
    peers = enumerate((b"a", b"b", b"c"))
    granted = [sent(core.receive(peer, Heartbeat((), (0,)), 2.0 * n), Grant) for n, peer in peers]
    assert [len(grants) for grants in granted] == [1, 1, 0]  # it took far too long already at the second


def test_an_idle_slot_helps_the_chapter_that_a_listener_waits_for() -> None:
    core = make_core(JobState(make_spec([f"Sentence {n} takes its time." for n in range(9)], ["The next chapter."])))
    for peer in (b"slow", b"idle"):
        join(core, peer)
    grant = offer(core, b"slow")
    core.receive(b"slow", make_clip(grant, 0, work_s=30.0), 2.0, b"x")
    (help_,) = sent(core.receive(b"idle", Heartbeat((), (0,)), 2.5), Grant)
    assert help_.chapter == 0


def test_every_offer_is_answered_so_that_a_coordinator_without_work_keeps_no_slot_from_another() -> None:
    core = make_core(JobState(make_spec(TEXTS)))
    join(core)
    grant = offer(core)
    for now in (1.0, 2.0):
        assert sent(core.receive(b"p", Heartbeat((), (0,), (grant.lease,)), now), Done) == [Done()]


def test_a_slot_whose_last_clip_is_under_way_waits_for_its_lease_and_is_not_told_that_there_is_none() -> None:
    core = make_core(JobState(make_spec(*([text] for text in TEXTS))))
    join(core)
    first, second = offer(core), offer(core, leases=(1,))
    outcome = core.receive(b"p", Heartbeat((), (0,), (second.lease,)), 1.0)  # it spoke the first one's only line
    assert sent(outcome, Done) == sent(outcome, Grant) == []
    (third,) = sent(core.receive(b"p", make_clip(first), 1.1, b"x"), Grant)
    assert third.chapter == 2


def test_no_time_left_is_reckoned_from_the_first_clips_alone() -> None:
    core = make_core(JobState(make_spec(TEXTS * 50)))
    join(core)
    grant = offer(core)
    known = []
    for index in range(3):
        core.receive(b"p", make_clip(grant, index), 1.0 + index, b"flac")
        (job,) = shown(core, 2.0 + index).jobs
        known.append(job.eta_s is not None)
    assert known == [False, False, True]


def test_the_time_left_counts_how_much_a_slow_link_makes_a_slot_wait() -> None:
    core = make_core(JobState(make_spec(TEXTS * 50)))
    join(core)
    grant = offer(core)
    for index in range(3):
        core.receive(b"p", make_clip(grant, index), 1.0, b"flac")

    def eta_s() -> float:
        (job,) = shown(core, 2.0).jobs
        assert job.eta_s is not None
        return job.eta_s

    speaking_only = eta_s()
    for beat in range(100):
        state = "waiting" if beat % 2 else "speaking"
        core.receive(b"p", Heartbeat((SlotReport(0, state, grant.lease, 3),), (), (grant.lease,)), 2.0)
    assert eta_s() == pytest.approx(2 * speaking_only, rel=0.15)
