"""Dialogues about failures: whether the text is to blame, or the engine."""

from making import RECIPE, grant, make_worker, ordered, speak, told

from swarm.lease.core_settings import WORKER_DEFAULTS
from swarm.lease.envelope import Hindrance, NotLeasing
from swarm.lease.message import Failed, Heartbeat, Job, Release, Revoke
from swarm.lease.outcome import Load, Speak, Unload, WorkerOutcome
from swarm.lease.worker.slot_changes import MAX_SUSPECTS, PLAIN_TEXT
from swarm.lease.worker.worker_core import WorkerCore

BROKEN = "KeyError: 'engine'"
TEXTS = [f"Sentence number {number}." for number in range(8)]


def fail(worker: WorkerCore, out: WorkerOutcome, kind: str = "error") -> WorkerOutcome:
    order = ordered(out)
    return worker.failed(order.slot, order.turn, kind, BROKEN, 1.0)


def fail_until_proof(worker: WorkerCore, out: WorkerOutcome) -> WorkerOutcome:
    """Fail at texts until the proof comes: after the text that the engine has prefetched by then."""
    for _ in range(MAX_SUSPECTS + 1):
        out = fail(worker, out)
        assert not told(out, Failed)
    return out


def text_of(out: WorkerOutcome) -> str:
    order = ordered(out)
    assert isinstance(order, Speak)
    return order.batch[0][0]


def make_spoken() -> tuple[WorkerCore, WorkerOutcome]:
    """Return a worker that has spoken the first of its texts, and the order of the second."""
    worker = make_worker()
    return worker, speak(worker, speak(worker, grant(worker, *TEXTS)))


def test_an_engine_that_fails_at_every_text_has_its_slot_step_back_and_no_text_is_blamed() -> None:
    worker, out = make_spoken()
    out = fail_until_proof(worker, out)
    assert text_of(out) == TEXTS[0]
    out = fail(worker, out)
    assert isinstance(ordered(out), Load)  # a fresh process
    out = fail(worker, speak(worker, out))
    assert not told(out, Failed)
    (release,) = told(out, Release)
    assert (release.unable, BROKEN in release.note) == (False, True)
    assert Unload(0) in out.commands
    (rest,) = told(worker.beat(2.0), Heartbeat)[-1].resting
    assert rest.why.cause is NotLeasing.ENGINE
    assert "fails at every text" in rest.why.note


def test_a_slot_that_stepped_back_tries_again_and_goes_on_once_its_engine_speaks() -> None:
    worker, out = make_spoken()
    fail(worker, speak(worker, fail(worker, fail_until_proof(worker, out))))
    later_s = 1.0 + WORKER_DEFAULTS.step_back_s
    assert told(worker.beat(later_s), Heartbeat)[-1].offers == (0,)
    out = speak(worker, grant(worker, *TEXTS[1:], lease=2, now=later_s), now=later_s)
    out = speak(worker, out, now=later_s)
    assert not told(out, Failed)
    assert text_of(out) == TEXTS[2]


def test_texts_that_fail_in_a_row_are_blamed_once_the_engine_speaks_its_proof() -> None:
    worker, out = make_spoken()
    out = speak(worker, fail_until_proof(worker, out))
    assert [failed.index for failed in told(out, Failed)] == [1, 2, 3, 4]
    assert not out.kept  # the proof is no clip of the book
    assert text_of(out) == TEXTS[5]


def test_a_process_that_broke_is_blamed_on_the_text_before_it_alone_and_the_others_are_spoken_again() -> None:
    worker, out = make_spoken()
    out = speak(worker, fail(worker, fail_until_proof(worker, out)))
    out = speak(worker, out)
    assert [failed.index for failed in told(out, Failed)] == [1]
    assert text_of(out) == TEXTS[5]  # prefetched
    assert text_of(speak(worker, out)) == TEXTS[2]


def test_a_prefetched_text_that_is_spoken_makes_the_proof_needless() -> None:
    worker, out = make_spoken()
    for _ in range(MAX_SUSPECTS):
        out = fail(worker, out)
    assert text_of(out) == TEXTS[4]
    out = speak(worker, out)
    assert [failed.index for failed in told(out, Failed)] == [1, 2, 3]
    assert text_of(out) == TEXTS[5]


def test_the_last_text_of_a_lease_is_blamed_only_after_a_proof() -> None:
    worker = make_worker()
    out = fail(worker, speak(worker, grant(worker, "Bad.")))
    assert text_of(out) == PLAIN_TEXT  # nothing else was ever spoken
    assert not told(out, Failed)
    assert [failed.index for failed in told(speak(worker, out), Failed)] == [0]


def test_the_proof_is_in_the_voice_of_the_job() -> None:
    worker, out = make_spoken()
    worker.receive("a", Revoke(1), 1.0)
    speak(worker, out)
    other = type(RECIPE)(engine="metronome", voice="tock", language="en")
    worker.receive("a", Job("job-a", "Book", other), 2.0)
    out = fail(worker, speak(worker, grant(worker, "Bad.", lease=2)))
    assert text_of(out) == PLAIN_TEXT


def test_a_revoked_lease_needs_no_proof() -> None:
    worker, out = make_spoken()
    worker.receive("a", Revoke(1), 1.0)
    out = fail(worker, out)
    assert not out.commands
    assert not told(out, Failed)


def test_an_engine_that_crashes_at_every_text_is_loaded_afresh_for_its_proof() -> None:
    worker, out = make_spoken()
    for _ in range(MAX_SUSPECTS):
        out = speak(worker, fail(worker, out, "crashed"))  # a crash takes the prefetched text with it
    assert text_of(out) == TEXTS[0]
    out = speak(worker, fail(worker, out, "crashed"))
    assert told(fail(worker, out, "crashed"), Release)


def test_a_slot_that_rests_gives_back_what_failed_and_loads_no_engine_to_prove_anything() -> None:
    for kind in ("error", "crashed", "memory"):
        worker, out = make_spoken()
        worker.limit([Hindrance(NotLeasing.IN_USE)], 1.0)
        out = fail(worker, out, kind)
        assert not any(isinstance(command, Load | Speak) for command in out.commands)
        assert not told(out, Failed)
        assert [release.note for release in told(out, Release)] == ["in use"]
        assert not worker.slots[0].leases
