"""The line that a slot's engine prefetches, and how long it stays."""

from collections.abc import Callable

from making import KEY, RECIPE, grant, make_worker, ordered, speak

from swarm.job.job_asset import LATENTS, JobAsset
from swarm.job.spec import Recipe, clip_key
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.message import Accepted, Grant, Job, Line, Revoke, Trim, Welcome
from swarm.lease.outcome import CancelPrefetch, Command, Load, Prefetch, Speak, Unload, WorkerOutcome
from swarm.lease.states import SlotState
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.worker_core import WorkerCore

TEXTS = "One.", "Two.", "Three.", "Four."
THREE = Line(2, "Three.", 0)


def prefetch_of(slot: EngineSlot, line: Line) -> Prefetch:
    """Return the command that has a line prefetched."""
    return Prefetch(slot.number, slot.words((line,)))


def about_prefetches(out: WorkerOutcome) -> list[Command]:
    return [command for command in out.commands if isinstance(command, Prefetch | CancelPrefetch)]


def make_waiting(credit: int = 50) -> tuple[WorkerCore, EngineSlot]:
    """Make a worker of which two clips are under way and wait; its engine has prefetched the third line."""
    worker = make_worker(credit=credit)
    out = speak(worker, speak(worker, grant(worker, *TEXTS)))
    (slot,) = worker.slots
    assert about_prefetches(out) == [prefetch_of(slot, THREE)]
    out = speak(worker, out)
    assert (out.commands, slot.lines, slot.state) == ([], (), SlotState.WAITING)
    return worker, slot


def accept(worker: WorkerCore, now: float = 3.0) -> WorkerOutcome:
    """Have the coordinator accept the first clip, which makes room for another."""
    return worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), now)


def test_the_next_line_is_prefetched_until_its_lease_is_cut() -> None:
    for cut in [Trim(1, 2), Revoke(1), None]:
        worker = make_worker()
        out = grant(worker, "One.", "Two.", "Three.")
        (slot,) = worker.slots
        assert not about_prefetches(out), cut  # it loads
        out = speak(worker, out)
        assert about_prefetches(out) == [prefetch_of(slot, Line(1, "Two.", 0))], cut
        out = speak(worker, out)
        order, ahead = out.commands
        assert ahead == prefetch_of(slot, THREE), cut
        assert isinstance(order, Speak), cut
        assert order.batch == slot.words((Line(1, "Two.", 0),)), cut
        out = worker.drain(2.0) if cut is None else worker.receive("a", cut, 2.0)
        assert slot.lines == (Line(1, "Two.", 0),), cut
        assert out.commands == [CancelPrefetch(0)], cut


def test_a_prefetched_line_stays_while_the_slot_waits_for_room_and_is_then_ordered() -> None:
    worker, slot = make_waiting()
    assert not worker.beat(2.0).commands
    order, ahead = accept(worker).commands
    assert isinstance(order, Speak)
    assert order.batch == slot.words((THREE,))
    assert slot.since_s == 3.0  # from then on it counts how long the sentence takes
    assert ahead == prefetch_of(slot, Line(3, "Four.", 0))


def test_a_prefetched_line_stays_while_the_slot_waits_for_latents_but_not_when_another_voice_is_loaded() -> None:
    worker, slot = make_waiting()
    worker.receive("a", Job("job-a", "Book", RECIPE, latents=True), 2.0)
    assert not accept(worker).commands
    assert slot.state is SlotState.WAITING
    latents = JobAsset(LATENTS, "1" * 64, 7)
    worker.receive("a", Job("job-a", "Book", RECIPE, (latents,)), 4.0)
    cancel, order = worker.kept(latents.digest, latents.size, 5.0).commands
    assert cancel == CancelPrefetch(0)
    assert isinstance(order, Load)


def test_a_prefetched_line_stays_after_a_sentence_that_cannot_be_spoken() -> None:
    worker = make_worker()
    order = ordered(speak(worker, grant(worker, *TEXTS)))
    assert isinstance(order, Speak)
    out = worker.failed(0, order.turn, "error", "a stand-in refuses", 1.0)
    assert worker.slots[0].lines == (Line(1, "Two.", 0),)
    assert about_prefetches(out) == [prefetch_of(worker.slots[0], THREE)]  # and the second is not withdrawn


def test_a_prefetched_line_stays_for_a_lease_that_begins_with_it_when_its_own_is_revoked() -> None:
    worker, slot = make_waiting()
    worker.receive("a", Grant(2, "job-a", 0, 0, (Line(2, "Three.", 0), Line(3, "Four.", 0))), 2.0)
    assert not about_prefetches(worker.receive("a", Revoke(1), 2.0))
    order, ahead = accept(worker).commands
    assert isinstance(order, Speak)
    assert (order.batch, slot.leases[0].id) == (slot.words((THREE,)), 2)
    assert ahead == prefetch_of(slot, Line(3, "Four.", 0))


WITHDRAWN: dict[str, Callable[[WorkerCore], WorkerOutcome]] = {
    "trimmed": lambda worker: worker.receive("a", Trim(1, 2), 2.0),
    "revoked": lambda worker: worker.receive("a", Revoke(1), 2.0),
    "expired": lambda worker: worker.receive("a", Revoke(1, expired=True), 2.0),
    "drained": lambda worker: worker.drain(2.0),
    "rests": lambda worker: worker.limit([Hindrance(NotLeasing.HOURS, clock="22:00")], 2.0),
    "lost": lambda worker: worker.lose([0], "fell off the bus", 2.0),
    "forgotten": lambda worker: worker.forget("a", 2.0),
}


def test_a_prefetched_line_is_withdrawn_from_a_slot_that_waits_when_it_is_gone() -> None:
    for end in WITHDRAWN.values():
        worker, slot = make_waiting()
        out = end(worker)
        (command,) = out.commands
        assert command == (Unload(0) if end is WITHDRAWN["lost"] else CancelPrefetch(0))
        assert not slot.prefetched, end


def test_a_slot_that_drains_or_rests_prefetches_nothing_whatever_is_granted_to_it() -> None:
    for end in ["drained", "rests"]:
        worker = make_worker()
        speak(worker, grant(worker, "One.", "Two."))
        WITHDRAWN[end](worker)
        out = grant(worker, "Five.", "Six.", lease=2)
        assert worker.slots[0].lines == (Line(0, "One.", 0),), end
        assert not out.commands, end


def test_an_engine_that_ends_takes_its_prefetched_line_with_it() -> None:
    for kind in ["memory", "crashed"]:
        worker = make_worker()
        order = ordered(speak(worker, grant(worker, *TEXTS)))
        cancel, load = worker.failed(0, order.turn, kind, "a stand-in ends", 1.0).commands
        assert cancel == CancelPrefetch(0), kind
        assert isinstance(load, Load), kind


def test_an_equal_line_of_a_job_with_another_voice_is_not_the_prefetched_one() -> None:
    worker, slot = make_waiting()
    other = Recipe(engine="metronome", voice="tock", language="en")
    worker.connect("b", 2.0)
    worker.receive("b", Welcome("b", 1, "b", 1.0, 0, 65536), 2.0)
    worker.receive("b", Job("job-b", "Book", other), 2.0)
    worker.receive("b", Grant(2, "job-b", 0, 0, (THREE, Line(3, "Four.", 0))), 2.0)
    out = worker.receive("a", Revoke(1), 2.0)
    assert slot.leases[0].lines[0] == THREE
    assert [type(command) for command in out.commands] == [CancelPrefetch, Load]


def test_a_prefetched_line_counts_with_the_engines_own_seconds() -> None:
    worker, slot = make_waiting()
    out = accept(worker, now=3.0)
    before = slot.worked_s
    speak(worker, out, now=3.001)  # the sound was there already
    assert slot.worked_s - before == 0.5
    assert slot.speed.chars_s is not None and slot.speed.chars_s < 20
    clip = worker.unaccepted.clips["job-a", 0, 2, clip_key("Three.", RECIPE, 0)].clip
    assert clip.work_s == 0.5
