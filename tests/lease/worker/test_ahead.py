"""What a slot's engine is handed ahead, and how long that stands."""

from collections.abc import Callable

import pytest
from making import KEY, RECIPE, grant, make_worker, speak

from swarm.job.job_file import LATENTS, JobFile
from swarm.job.recipe import Recipe, clip_key
from swarm.lease.message import Accepted, Grant, Job, Line, Revoke, Trim, Welcome
from swarm.lease.worker.outcome import Load, Speak, WorkerOutcome
from swarm.lease.worker.slot import EngineSlot
from swarm.lease.worker.worker import Worker

TEXTS = "One.", "Two.", "Three.", "Four."
THREE = Line(2, "Three.", 0)


def make_waiting(credit: int = 50) -> tuple[Worker, EngineSlot, Line]:
    """A worker of which two clips are under way and wait; its engine was handed the third line ahead."""
    worker = make_worker(credit=credit)
    out = speak(worker, speak(worker, grant(worker, *TEXTS)))
    (slot,) = worker.slots
    handed = slot.coming()
    assert handed == THREE
    out = speak(worker, out)
    assert (out.commands, slot.line, slot.waiting) == ([], None, True)
    return worker, slot, handed


def accept(worker: Worker, now: float = 3.0) -> WorkerOutcome:
    """The coordinator has the first clip: there is room for another."""
    return worker.receive("a", Accepted("job-a", ((0, 0, KEY),)), now)


@pytest.mark.parametrize("cut", [Trim(1, 2), Revoke(1), None], ids=["trimmed", "revoked", "drained"])
def test_what_is_spoken_next_is_known_until_its_lease_is_cut(cut: Trim | Revoke | None) -> None:
    worker = make_worker()
    out = grant(worker, "One.", "Two.", "Three.")
    (slot,) = worker.slots
    assert slot.coming() is None  # it loads
    out = speak(worker, out)
    assert slot.coming() == Line(1, "Two.", 0)
    (order,) = speak(worker, out).commands
    assert slot.coming() == Line(2, "Three.", 0)
    assert isinstance(order, Speak)
    assert (order.text, order.seed, *order.others) == slot.words(Line(1, "Two.", 0))
    if cut is None:
        worker.drain(2.0)
    else:
        worker.receive("a", cut, 2.0)
    assert slot.line == Line(1, "Two.", 0)
    assert slot.coming(Line(2, "Three.", 0)) is None


def test_what_was_handed_stays_while_the_slot_waits_for_room_and_is_then_ordered() -> None:
    worker, slot, handed = make_waiting()
    worker.beat(2.0)
    assert slot.coming(handed) is handed
    assert slot.coming() is None  # nothing else is begun for which there is no room
    (order,) = accept(worker).commands
    assert isinstance(order, Speak)
    assert (order.text, order.seed, *order.others) == slot.words(handed)
    assert slot.since_s == 3.0  # from then on it counts how long the sentence takes
    assert slot.coming(handed) == Line(3, "Four.", 0)


def test_what_was_handed_stays_while_the_slot_waits_for_latents_but_not_when_another_voice_is_loaded() -> None:
    worker, slot, handed = make_waiting()
    worker.receive("a", Job("job-a", "Book", RECIPE, latents=True), 2.0)
    assert not accept(worker).commands
    assert slot.waiting
    assert slot.coming(handed) is handed
    latents = JobFile(LATENTS, "1" * 64, 7)
    worker.receive("a", Job("job-a", "Book", RECIPE, (latents,)), 4.0)
    (order,) = worker.kept(latents.digest, latents.size, 5.0).commands
    assert isinstance(order, Load)
    assert slot.coming(handed) is None


def test_what_was_handed_stays_after_a_sentence_that_cannot_be_spoken() -> None:
    worker = make_worker()
    (order,) = speak(worker, grant(worker, *TEXTS)).commands
    (slot,) = worker.slots
    handed = slot.coming()
    (order,) = worker.failed(0, order.turn, "error", "a stand-in refuses", 1.0).commands
    assert isinstance(order, Speak)
    assert handed is slot.line


WITHDRAWN: dict[str, Callable[[Worker], object]] = {
    "trimmed": lambda worker: worker.receive("a", Trim(1, 2), 2.0),
    "revoked": lambda worker: worker.receive("a", Revoke(1), 2.0),
    "expired": lambda worker: worker.receive("a", Revoke(1, expired=True), 2.0),
    "drained": lambda worker: worker.drain(2.0),
    "rests": lambda worker: worker.limit(["until 22:00 (--hours)"], 2.0),
    "lost": lambda worker: worker.lose([0], "fell off the bus", 2.0),
    "forgotten": lambda worker: worker.forget("a", 2.0),
}


@pytest.mark.parametrize("end", WITHDRAWN.values(), ids=WITHDRAWN)
def test_what_was_handed_is_withdrawn_from_a_slot_that_waits_when_its_line_is_gone(
    end: Callable[[Worker], object],
) -> None:
    worker, slot, handed = make_waiting()
    end(worker)
    assert slot.coming(handed) is None
    assert slot.coming() is None


@pytest.mark.parametrize("end", ["drained", "rests"])
def test_a_slot_that_drains_or_rests_is_handed_nothing_whatever_is_granted_to_it(end: str) -> None:
    worker = make_worker()
    speak(worker, grant(worker, "One.", "Two."))
    WITHDRAWN[end](worker)
    grant(worker, "Five.", "Six.", lease=2)
    (slot,) = worker.slots
    assert slot.line == Line(0, "One.", 0)
    assert slot.coming() is None


@pytest.mark.parametrize("kind", ["memory", "crashed"])
def test_an_engine_that_ends_takes_with_it_what_it_was_handed(kind: str) -> None:
    worker = make_worker()
    (order,) = speak(worker, grant(worker, *TEXTS)).commands
    (slot,) = worker.slots
    handed = slot.coming()
    (load,) = worker.failed(0, order.turn, kind, "a stand-in ends", 1.0).commands
    assert isinstance(load, Load)
    assert slot.coming(handed) is None


def test_an_equal_line_of_a_job_with_another_voice_is_not_what_was_handed() -> None:
    worker, slot, handed = make_waiting()
    other = Recipe(engine="metronome", voice="tock", language="en")
    worker.connect("b", 2.0)
    worker.receive("b", Welcome("b", 1, "b", 1.0, 0), 2.0)
    worker.receive("b", Job("job-b", "Book", other), 2.0)
    worker.receive("b", Grant(2, "job-b", 0, 0, (THREE, Line(3, "Four.", 0)), 600.0), 2.0)
    worker.receive("a", Revoke(1), 2.0)
    assert slot.leases[0].lines[0] == handed
    assert slot.coming(handed) is None


def test_what_was_spoken_ahead_counts_with_the_engines_own_seconds() -> None:
    worker, slot, _ = make_waiting()
    out = accept(worker, now=3.0)
    before = slot.worked_s
    speak(worker, out, now=3.001)  # the sound was there already
    assert slot.worked_s - before == 0.5
    assert slot.speed.chars_s is not None and slot.speed.chars_s < 20
    clip = worker.unaccepted.clips["job-a", 0, 2, clip_key("Three.", RECIPE, 0)].clip
    assert clip.work_s == 0.5
