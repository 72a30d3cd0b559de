"""Lines that an engine is given together, and how one at which the batch fails is found."""

from collections.abc import Iterator

from making import INFO, grant, make_worker, ordered, speak, texts, told

from swarm.job.clip_info import SpokenClip
from swarm.lease.message import Failed, Heartbeat, Line, Revoke, Skip, Trim
from swarm.lease.outcome import CancelPrefetch, Kill, Load, Prefetch, Speak, WorkerOutcome
from swarm.lease.worker.slot import BatchSearch
from swarm.lease.worker.worker_core import WorkerCore

TEXTS = tuple(f"Sentence number {number}." for number in range(16))
CLIP = SpokenClip(bytes(10), INFO)


def begin(batch: int = 8, texts: tuple[str, ...] = TEXTS) -> tuple[WorkerCore, WorkerOutcome]:
    """Make a worker that has just begun a lease of these texts."""
    worker = make_worker(batch=batch, credit=10**6)
    return worker, speak(worker, grant(worker, *texts))


def clips_of(out: WorkerOutcome) -> list[int]:
    return [clip.index for _, clip in out.clips]


def fail_with(worker: WorkerCore, out: WorkerOutcome, bad: str, kind: str = "error") -> Iterator[WorkerOutcome]:
    """Go on to the end of the lease, with an engine that fails at every batch that has a bad text."""
    while any(isinstance(command, Load | Speak) for command in out.commands):
        order = ordered(out)
        if isinstance(order, Speak) and any(text == bad for text, *_ in order.batch):
            out = worker.failed(order.slot, order.turn, kind, "a stand-in fails", 1.0)
        else:
            out = speak(worker, out)
        yield out


def test_as_many_lines_are_ordered_together_as_the_engine_likes_and_the_next_are_prefetched() -> None:
    worker, out = begin()
    order, ahead = out.commands
    assert isinstance(order, Speak) and isinstance(ahead, Prefetch)
    assert (len(order.batch), len(ahead.batch)) == (8, 8)
    (beat,) = told(out, Heartbeat)
    assert (beat.slots[0].index, beat.slots[0].lines) == (0, 8)
    out = speak(worker, out)
    assert clips_of(out) == [*range(8)]
    assert texts(out) == list(TEXTS[8:])
    assert not [command for command in out.commands if isinstance(command, Prefetch)]  # nothing is left


def test_every_clip_of_a_batch_is_its_own_with_the_take_that_was_kept() -> None:
    worker, out = begin(batch=2, texts=TEXTS[:2])
    order = ordered(out)
    assert isinstance(order, Speak)
    spoken = worker.spoken(order.slot, order.turn, [CLIP, SpokenClip(bytes(10), INFO, 2)], 1.0)
    assert [(clip.index, clip.take) for _, clip in spoken.clips] == [(0, 0), (1, 2)]
    assert worker.slots[0].speed.clips == 2


def test_the_line_at_which_a_batch_fails_is_found_by_halves_and_blamed_alone() -> None:
    worker, out = begin(batch=16)
    spoken, blamed = [], []
    for step in fail_with(worker, out, TEXTS[5]):
        spoken += clips_of(step)
        blamed += [message.index for message in told(step, Failed)]
    assert sorted(spoken) == [index for index in range(16) if index != 5]
    assert blamed == [5]


def test_a_crash_costs_a_load_and_nothing_of_what_was_spoken() -> None:
    worker, out = begin(batch=4, texts=TEXTS[:4])
    spoken = []
    for step in fail_with(worker, out, TEXTS[1], "crashed"):
        spoken += clips_of(step)
    assert sorted(spoken) == [0, 2, 3]


def test_a_line_without_a_clip_beside_others_is_spoken_again_alone_and_is_not_blamed_yet() -> None:
    worker, out = begin(batch=4, texts=TEXTS[:4])
    order = ordered(out)
    assert isinstance(order, Speak)
    out = worker.spoken(order.slot, order.turn, [CLIP, None, CLIP, CLIP], 1.0)
    assert clips_of(out) == [0, 2, 3]
    assert texts(out) == [TEXTS[1]]
    assert not told(out, Failed)


def test_lines_that_failed_are_spoken_after_those_that_the_engine_has_begun_meanwhile() -> None:
    worker, out = begin(batch=8)
    order = ordered(out)
    assert isinstance(order, Speak)
    out = worker.failed(order.slot, order.turn, "error", "a stand-in fails", 1.0)
    assert texts(out) == list(TEXTS[8:])
    assert not [command for command in out.commands if isinstance(command, CancelPrefetch)]
    assert texts(speak(worker, out)) == list(TEXTS[:4])


def test_a_batch_for_which_memory_was_short_is_never_that_large_again() -> None:
    worker, out = begin(batch=8)
    order = ordered(out)
    assert isinstance(order, Speak)
    out = worker.failed(order.slot, order.turn, "memory", "no room", 1.0)
    out = speak(worker, out)  # it loads afresh
    sizes = []
    while any(isinstance(command, Speak) for command in out.commands):
        sizes.append(len(texts(out)))
        out = speak(worker, out)
    assert sizes == [4, 4, 4, 4]


def test_an_engine_that_hangs_at_a_batch_is_ended_and_the_lines_are_spoken_by_halves() -> None:
    worker, out = begin(batch=8)
    speak(worker, out)  # the worker knows its speed from here on
    assert not worker.beat(2.0).commands
    for second in range(3, 21):
        worker.beat(float(second))
    out = worker.beat(22.0)
    assert [type(command) for command in out.commands] == [Kill, Load]
    assert texts(speak(worker, out, now=22.5)) == list(TEXTS[8:12])
    assert not told(out, Failed)


def test_what_was_taken_from_a_lease_while_it_was_under_way_is_not_spoken_again() -> None:
    for news in (Revoke(1), Trim(1, 0), Skip(1, tuple(range(8)))):
        worker, out = begin(batch=8, texts=TEXTS[:8])
        worker.receive("a", news, 1.0)
        worker.receive("a", Skip(1, (3,)), 1.0)
        order = ordered(out)
        assert isinstance(order, Speak)
        assert not worker.failed(order.slot, order.turn, "error", "a stand-in fails", 2.0).commands
        assert not worker.slots[0].leases


def test_the_next_lease_is_asked_for_shortly_before_the_end_of_a_batch() -> None:
    worker, out = begin(batch=16)
    speak(worker, out)
    speed = worker.slots[0].speed.chars_s
    assert speed is not None
    out = grant(worker, *(text * 5 for text in TEXTS), lease=2, now=10.0)
    takes_s = sum(len(text) * 5 for text in TEXTS) / speed
    assert not worker.slots[0].wants_more(10.0 + takes_s - 2.5)
    assert worker.slots[0].wants_more(10.0 + takes_s - 1.5)


def test_a_search_narrows_by_what_was_spoken_and_by_what_failed() -> None:
    lines = [Line(index, "x", 0) for index in range(8)]
    search = BatchSearch(8)
    assert search.choose(lines) == tuple(lines)
    search.failed(tuple(lines))
    assert search.choose(lines) == tuple(lines[:4])
    search.spoke(tuple(lines[:4]))
    assert search.choose(lines[4:]) == tuple(lines[4:6])
    search.failed(tuple(lines[4:6]))
    assert search.choose(lines[4:]) == (lines[4],)
    search.spoke((lines[4],))
    assert search.choose(lines[5:]) == (lines[5],)
    search.spoke((lines[5],))
    assert search.choose(lines[6:]) == tuple(lines[6:])


def test_a_voice_that_speaks_fewer_lines_together_than_its_engine_is_given_no_more() -> None:
    worker = make_worker(batch=8)
    load = ordered(grant(worker, *TEXTS))
    assert len(texts(worker.opened(load.slot, load.turn, 1.0, batch=2))) == 2


def test_a_line_that_may_have_no_neighbours_has_none() -> None:
    lines = [Line(index, "x", 0) for index in range(4)]
    assert BatchSearch(4).choose(lines, lines[2]) == tuple(lines[:2])
    assert BatchSearch(4).choose(lines[2:], lines[2]) == (lines[2],)
