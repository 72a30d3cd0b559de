"""Cross-checks: a sentence is spoken again by another worker, and whoever two others contradict rests."""

from collections.abc import Sequence
from typing import Any

from making import TEXTS, join, make_clip, make_core, make_spec, offer, said, sent, shown

from swarm.job.record import OTHERWISE, ClipAccepted, ClipDiscarded, ClipDoubted
from swarm.job.state import JobState
from swarm.lease.coordinator.coordinator_core import CoordinatorCore
from swarm.lease.coordinator.cross_checks import MAX_OPEN, MOST_LINES, REST_S
from swarm.lease.envelope import NotLeasing
from swarm.lease.file_transfer import Piece
from swarm.lease.message import Accepted, Bye, Failed, Grant, Heartbeat, Held, Rejected, Revoke, Wanted
from swarm.lease.outcome import Comparison, Outcome

TRUE, FALSE = b"true", b"false"
LONG = [f"Sentence number {n} of a longer book is of a usual length." for n in range(40)]


def make_swarm(*peers: bytes, texts: Sequence[str] = LONG, share: float = 1.0, **hello: Any) -> CoordinatorCore:
    core = make_core(JobState(make_spec(list(texts))), cross_check=share, secret="s")
    for peer in peers:
        join(core, peer, **{"key": peer * 32, **hello})
    return core


def speak(core: CoordinatorCore, peer: bytes, grant: Grant, frame: bytes, now: float, position: int = 0) -> Outcome:
    """Send the clip of a line; each sound that is compared is found alike if it has the same bytes."""
    return core.receive(peer, make_clip(grant, position), now, frame)


def judged(core: CoordinatorCore, comparison: Comparison, accepted: bytes, now: float) -> Outcome:
    """Compare as the shell does, by the bytes."""
    alike = tuple(n for n, each in enumerate((accepted, *comparison.others)) if each == comparison.frame)
    return core.compared("job", (comparison.chapter, comparison.index), comparison.session, alike, now)


def check(core: CoordinatorCore, peer: bytes, now: float) -> Grant:
    """Have a worker offer its slot, and return the check that it is granted."""
    grant = offer(core, peer, now=now)
    assert all((grant.chapter, line.index) in core.jobs["job"].state.accepted for line in grant.lines)
    return grant


def test_the_first_clip_of_a_worker_is_spoken_again_by_another_one_as_any_other_sentence() -> None:
    core = make_swarm(b"a", b"b", share=0.01)
    first = offer(core, b"a")
    speak(core, b"a", first, TRUE, 1.0)
    speak(core, b"a", first, TRUE, 2.0, position=1)
    again = check(core, b"b", 3.0)
    assert again.lines == first.lines[:1]
    out = speak(core, b"b", again, TRUE, 4.0)
    assert [entry.record for entry in out.entries] == []
    assert [each.clips[0][:2] for each in sent(out, Accepted, b"b")] == [(0, 0)]
    (comparison,) = out.comparisons
    assert (comparison.index, comparison.frame, comparison.others) == (0, TRUE, ())
    judged(core, comparison, TRUE, 5.0)
    assert not core.checks.open
    assert core.jobs["job"].run_stats.check_s == {"b": 1.0}
    checks = core.status(5.0).checks
    assert checks
    assert (checks.sentences, checks.outvoted, checks.open, checks.work_s) == (1, 0, 0, 1.0)


def test_without_cross_checks_nothing_is_spoken_twice_and_leases_are_as_long_as_ever() -> None:
    core = make_swarm(b"a", b"b", share=0.0)
    grant = offer(core, b"a")
    for position in range(3):
        speak(core, b"a", grant, TRUE, position + 0.5, position)
    assert not core.checks.open
    assert core.status(3.0).checks is None
    many = make_swarm(b"a", texts=["Yes."] * 200, share=0.0)
    few = make_swarm(b"a", texts=["Yes."] * 200)
    assert len(offer(many, b"a").lines) > MOST_LINES == len(offer(few, b"a").lines)


def test_a_worker_of_the_same_owner_is_asked_only_where_there_is_no_other() -> None:
    core = make_swarm(b"a")
    join(core, b"b", key=b"a" * 32)
    join(core, b"c", key=b"c" * 32)
    speak(core, b"a", offer(core, b"a"), TRUE, 1.0)
    assert (0, offer(core, b"b", now=2.0).lines[0].index) not in core.jobs["job"].state.accepted
    core.receive(b"c", Bye(), 3.0)
    assert check(core, b"b", 4.0).lines[0].index == 0


def disputed(core: CoordinatorCore, first: bytes, second: bytes) -> Grant:
    """Have the first sentence spoken by `a`, and otherwise by `b`; return what `c` is granted then."""
    speak(core, b"a", offer(core, b"a"), first, 1.0)
    out = speak(core, b"b", check(core, b"b", 2.0), second, 3.0)
    judged(core, out.comparisons[0], first, 3.5)
    return check(core, b"c", 4.0)


def test_a_third_worker_is_asked_and_the_one_that_it_confirms_is_believed() -> None:
    core = make_swarm(b"a", b"b", b"c")
    out = speak(core, b"c", disputed(core, TRUE, FALSE), TRUE, 5.0)
    (comparison,) = out.comparisons
    assert comparison.others == (FALSE,)
    told = judged(core, comparison, TRUE, 6.0)
    assert said(told) == [f"B speaks otherwise than two other machines: “{LONG[0][:60]}”"]
    assert not told.reopened
    assert core.jobs["job"].run_stats.outvoted == {"b": 1.0}


def test_a_clip_that_two_others_contradict_is_spoken_again_and_no_earlier_take_of_it_returns() -> None:
    core = make_swarm(b"a", b"b", b"c")
    out = speak(core, b"c", disputed(core, FALSE, TRUE), TRUE, 5.0)
    told = judged(core, out.comparisons[0], FALSE, 6.0)
    state = core.jobs["job"].state
    assert [(job, place) for job, place, _ in told.reopened] == [("job", (0, 0))]
    (discarded,) = [entry.record for entry in told.entries if isinstance(entry.record, ClipDiscarded)]
    assert (discarded.why, discarded.retake > 0) == (OTHERWISE, True)
    assert (0, 0) not in state.accepted
    assert (0, 0) not in state.former
    again = next(grant for peer in (b"b", b"c") if (grant := offer(core, peer, now=7.0)) and grant.lines[0].index == 0)
    assert again.lines[0].take == discarded.retake


def test_where_all_sound_otherwise_nobody_is_outvoted_and_the_sentence_is_doubtful_in_the_end() -> None:
    core = make_swarm(b"a", b"b", b"c", texts=TEXTS[:2])
    out = speak(core, b"c", disputed(core, b"one", b"two"), b"three", 5.0)
    told = judged(core, out.comparisons[0], b"one", 6.0)
    assert not said(told)
    assert not told.reopened
    last = offer(core, b"c", now=7.0)
    out = speak(core, b"c", last, TRUE, 8.0)
    doubts = [entry.record for entry in out.entries if isinstance(entry.record, ClipDoubted)]
    assert [(doubt.index, doubt.doubt) for doubt in doubts] == [(0, OTHERWISE)]
    assert not core.checks.open


def test_sounds_of_one_owner_alone_contradict_nobody() -> None:
    core = make_swarm(b"a", b"b")
    join(core, b"c", key=b"b" * 32)
    out = speak(core, b"c", disputed(core, TRUE, FALSE), FALSE, 5.0)
    assert not said(judged(core, out.comparisons[0], TRUE, 6.0))


def rested(core: CoordinatorCore) -> Outcome:
    """Have `a` speak four sentences falsely, and the others contradict it until it rests; return the last outcome."""
    out, now, grant = Outcome(), 1.0, offer(core, b"a")
    for position in range(4):
        speak(core, b"a", grant, FALSE, now, position)
    while not any(event.code == "rests for its sound" for event in out.events):
        for peer in (b"b", b"c"):
            now += 1.0
            given = sent(core.receive(peer, Heartbeat((), (0,)), now), Grant, peer)
            for position in range(len(given[0].lines) if given else 0):
                place = (0, given[0].lines[position].index)
                frame = FALSE if place in core.jobs["job"].state.accepted else b""
                told = speak(core, peer, given[0], TRUE, now + 0.5, position)
                for comparison in told.comparisons:
                    out = judged(core, comparison, frame, now + 0.6)
                    if any(event.code == "rests for its sound" for event in out.events):
                        return out
        assert now < 100
    return out


def test_a_worker_that_was_contradicted_three_times_rests_and_what_it_spoke_of_late_is_spoken_again() -> None:
    core = make_swarm(b"a", b"b", b"c")
    out = rested(core)
    assert said(out)[-1] == (
        "A spoke several sentences otherwise than others: it rests for 60 min, and what it spoke of late is spoken "
        "again"
    )
    assert not [clip for clip in core.jobs["job"].state.accepted.values() if clip.worker == "a"]
    assert sent(out, Revoke, b"a")
    assert not sent(core.receive(b"a", Heartbeat((), (0,)), 200.0), Grant)
    (row,) = [worker for worker in shown(core, 200.0).workers if worker.name == "A"]
    assert [slot.rest.why.cause for slot in row.slots if slot.rest] == [NotLeasing.SOUND]
    assert "other machines speak its sentences otherwise" in row.note


def test_a_clip_that_a_resting_worker_still_sends_or_holds_is_not_taken() -> None:
    core = make_swarm(b"a", b"b", b"c")
    held = offer(core, b"a")
    core.receive(b"a", Heartbeat((), (), (held.lease,)), 0.5)
    rested(core)
    clip = make_clip(held, 4)
    late = core.receive(b"a", clip, 200.0, FALSE)
    assert [each.reason.code for each in sent(late, Rejected, b"a")] == ["sounds otherwise"]
    assert not [entry for entry in late.entries if isinstance(entry.record, ClipAccepted)]
    (answer,) = sent(core.receive(b"a", Held("job", ((0, 4, clip.key),)), 201.0), Wanted)
    assert (answer.wanted, len(answer.forget)) == ((), 1)


def test_it_is_tried_again_after_an_hour_and_rests_again_once_it_is_contradicted() -> None:
    core = make_swarm(b"a", b"b", b"c")
    rested(core)
    reputation = core.checks.reputations["a/n"]
    core.receive(b"a", Heartbeat((), (0,)), reputation.rests_until_s - 1.0)
    assert core.sessions["a/n"].resting
    assert sent(core.receive(b"a", Heartbeat((), (0,)), reputation.rests_until_s + 1.0), Grant)
    assert reputation.outvoted == 2
    assert reputation.rests_until_s >= REST_S


def test_a_check_that_fails_or_is_lost_speaks_against_no_text_and_is_given_to_another() -> None:
    core = make_swarm(b"a", b"b", b"c")
    speak(core, b"a", offer(core, b"a"), TRUE, 1.0)
    lost = check(core, b"b", 2.0)
    core.receive(b"b", Bye(), 3.0)
    failed = check(core, b"c", 4.0)
    assert failed.lines == lost.lines
    place = (failed.chapter, failed.lines[0].index, failed.lines[0].take)
    out = core.receive(b"c", Failed("job", *place, "error", "no", failed.lease, 0), 5.0)
    assert not out.entries
    assert not core.jobs.leases_of(core.sessions["c/n"])
    join(core, b"b", now=6.0, nonce="m", key=b"b" * 32)
    assert check(core, b"b", 7.0).lines == lost.lines


def test_a_clip_for_a_check_may_come_in_pieces_and_others_of_the_place_may_not() -> None:
    core = make_swarm(b"a", b"b", b"c")
    speak(core, b"a", offer(core, b"a"), TRUE, 1.0)
    asked, stranger = check(core, b"b", 2.0), make_clip(offer(core, b"c", now=2.0))
    clip = make_clip(asked)
    pieced = type(clip)(**{name: getattr(clip, name) for name in clip.__struct_fields__} | {"size": 8})
    core.receive(b"b", pieced, 3.0, b"tr")
    assert core.coming(b"b")
    core.receive(b"b", Piece(clip.digest, 2, 8, "clip"), 3.1, b"ue----")
    assert core.receive(b"b", clip, 3.2, b"true----").comparisons
    other = type(clip)(**{name: getattr(pieced, name) for name in clip.__struct_fields__} | {"lease": stranger.lease})
    core.receive(b"c", other, 4.0, b"tr")
    assert core.coming(b"c") is None


def test_checks_that_nobody_decides_do_not_keep_others_from_being_made() -> None:
    core = make_swarm(b"a", b"b", texts=[f"{text} Again." for n in range(3) for text in LONG])
    doubts = 0
    for now in range(1, 300, 3):
        for peer, frame in ((b"a", FALSE), (b"b", TRUE)):
            out = core.receive(peer, Heartbeat((), (0,)), float(now))
            for grant in sent(out, Grant, peer):
                for position in range(len(grant.lines)):
                    told = speak(core, peer, grant, frame, now + 1.0, position)
                    for comparison in told.comparisons:
                        told = judged(core, comparison, TRUE if frame is FALSE else FALSE, now + 2.0)
                        doubts += sum(isinstance(entry.record, ClipDoubted) for entry in told.entries)
                    doubts += sum(isinstance(entry.record, ClipDoubted) for entry in told.entries)
    assert len(core.checks.open) <= MAX_OPEN
    assert doubts


def test_a_clip_for_a_check_whose_own_clip_was_lost_meanwhile_takes_its_place() -> None:
    core = make_swarm(b"a", b"b")
    speak(core, b"a", offer(core, b"a"), TRUE, 1.0)
    again = check(core, b"b", 2.0)
    core.discard("job", again.chapter, again.lines[0].index, "it rots", 3.0)
    out = speak(core, b"b", again, TRUE, 4.0)
    assert not out.comparisons
    assert (again.chapter, again.lines[0].index) in core.jobs["job"].state.accepted
