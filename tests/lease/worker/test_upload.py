"""Clips that a worker sends in pieces: within the window, in order, one at a time over a slow link."""

from making import KEY, grant, make_worker, speak

from swarm.lease.file_transfer import Fetch, Piece
from swarm.lease.message import Accepted, Clip
from swarm.lease.outcome import ClipPart, WorkerOutcome
from swarm.lease.worker.worker_core import WorkerCore

PIECE = 8000


def make_piecewise(credit: int = 1_000_000) -> WorkerCore:
    """Make a worker whose coordinator takes clips in pieces."""
    return make_worker(credit=credit, piece=PIECE)


def parts(out: WorkerOutcome) -> list[ClipPart]:
    """Return the pieces that are to be sent, all to the one coordinator."""
    assert {name for name, _ in out.parts} <= {"a"}
    return [part for _, part in out.parts]


def acknowledge(worker: WorkerCore, part: ClipPart, now: float) -> list[ClipPart]:
    """Say that a piece came; return what is sent next."""
    return parts(worker.receive("a", Fetch(part.clip.digest, part.offset + part.length, "clip"), now))


def test_a_clip_leaves_in_pieces_as_far_as_the_window_goes() -> None:
    worker = make_piecewise()
    first, *more = parts(speak(worker, speak(worker, grant(worker, "One.", "Two.")), size=10_000))
    assert isinstance(first.message, Clip)
    assert (first.message.size, first.offset) == (10_000, 0)
    assert all(part.message == Piece(part.clip.digest, part.offset, 10_000, "clip") for part in more)
    assert sum(part.length for part in [first, *more]) <= PIECE // 2
    sent = [first, *more]
    for part in sent:
        sent += acknowledge(worker, part, 1.1)
    assert [part.offset for part in sent] == [sum(p.length for p in sent[:n]) for n in range(len(sent))]
    assert sum(part.length for part in sent) == 10_000


def test_a_small_clip_leaves_whole() -> None:
    worker = make_piecewise()
    out = speak(worker, speak(worker, grant(worker, "One.")), size=500)
    ((_, clip),) = out.clips
    assert (clip.size, out.parts) == (0, [])


def test_no_second_clip_leaves_over_a_slow_link_before_the_first_is_accepted() -> None:
    worker = make_piecewise()
    out = speak(worker, grant(worker, "One.", "Two."))
    out = speak(worker, out, size=10_000)
    sent = parts(out)
    speak(worker, out, size=10_000)
    now = 1.0
    for part in sent:  # each piece takes two seconds
        now += 2.0
        sent += acknowledge(worker, part, now)
    assert sum(part.length for part in sent) == 10_000
    second = parts(worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), now + 1))
    assert [part.clip.index for part in second][:1] == [1]


def test_over_a_fast_link_clips_follow_one_another() -> None:
    worker = make_piecewise()
    out = speak(worker, grant(worker, "One.", "Two."))
    out = speak(worker, out, size=10_000)
    sent = parts(out)
    for part in sent:
        sent += acknowledge(worker, part, 1.01)
    second = parts(speak(worker, out, size=4_000, now=1.02))
    assert second, "the first is not accepted yet"


def test_pieces_shrink_with_the_window_and_grow_again() -> None:
    worker = make_piecewise()
    link = worker.links["a"]
    before = link.window.piece
    for now in range(2, 30, 2):
        link.window.answered(1.9, 1000, float(now))
    assert link.window.size == PIECE // 4
    assert link.window.piece == PIECE // 8 <= before
    for _ in range(40):
        link.window.answered(0.1, 1000, 40.0)
    assert link.window.piece == PIECE


def test_a_piece_that_could_not_leave_is_sent_again_with_all_after_it() -> None:
    worker = make_piecewise()
    sent = parts(speak(worker, speak(worker, grant(worker, "One.")), size=10_000))
    assert len(sent) > 2
    for part in sent[1:]:
        worker.unsent_part("a", part)
    again = parts(worker.beat(2.0))
    assert [part.offset for part in again] == [part.offset for part in sent[1:]]


def test_after_a_greeting_a_clip_is_sent_from_its_beginning() -> None:
    worker = make_piecewise()
    speak(worker, speak(worker, grant(worker, "One.")), size=10_000)
    worker.disconnect("a", 2.0)
    assert not worker.links["a"].uploads.items


def test_the_same_text_spoken_again_leaves_the_clip_on_its_way_alone() -> None:
    worker = make_piecewise()
    speak(worker, speak(worker, grant(worker, "One.")), size=10_000)
    (before,) = worker.unaccepted.clips.values()
    again = speak(worker, grant(worker, "One.", lease=8), size=10_000)
    assert not again.kept
    (after,) = worker.unaccepted.clips.values()
    assert after is before
    assert worker.unaccepted.leases("a") == [8], "the lease that it was spoken under last waits for it"


def test_an_early_answer_ends_the_upload() -> None:
    worker = make_piecewise()
    out = speak(worker, speak(worker, grant(worker, "One.")), size=10_000)
    done = worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 1.1)
    assert not done.parts
    assert parts(out)
    assert not any(each.is_wanted for each in worker.links["a"].uploads.items)


def test_what_is_under_way_of_a_clip_that_is_dropped_fills_the_link_until_a_later_piece_is_answered() -> None:
    worker = make_piecewise()
    out = speak(worker, speak(worker, grant(worker, "One.", "Two.")), size=10_000)
    assert len(parts(out)) > 1
    assert not parts(speak(worker, out, size=10_000))  # the first fills the link
    (part,) = parts(worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), 1.2))  # one piece may always leave
    assert len(acknowledge(worker, part, 1.3)) > 1


def test_the_answers_to_two_clips_of_one_sound_are_told_apart_by_their_order() -> None:
    worker = make_piecewise()
    out = speak(worker, grant(worker, "One.", "Two."))
    out = speak(worker, out, size=4_000)
    first = parts(out)
    second = parts(speak(worker, out, size=4_000, now=1.02))
    pending = first + second
    for part in pending:
        pending += acknowledge(worker, part, 1.05)
    received = [each.file.received for each in worker.links["a"].uploads.items]
    assert received == [4_000, 4_000]
