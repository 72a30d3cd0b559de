import msgspec
from specs_for_tests import a_clip, a_job

from swarm.job.record import ClipDiscarded, GainFixed, JobFinished, LatentsKept, SegmentFailed, SegmentQuarantined
from swarm.job.state import JobState, apply
from swarm.watch.trace import recorder
from swarm.watch.trace.recorder import parts_of, state_from


def rich_state() -> JobState:
    """Return a state in which every field has a value."""
    state = JobState(a_job())
    for record in (
        a_clip(0, b"sound"),
        ClipDiscarded(0, 0, "damaged", retake=2),
        a_clip(0, b"sound"),
        SegmentFailed(0, 1, "w", "silent", "nothing"),
        SegmentQuarantined(0, 1, "silent"),
        GainFixed(-3.25, "-18"),
        LatentsKept("a" * 64, 10, "w"),
        JobFinished(9.5, ("book.m4b",), 100, "style"),
    ):
        apply(state, record)
    state.workers.add("w")
    return state


def test_a_state_comes_back_from_its_parts_as_it_was_but_for_the_cover() -> None:
    state = rich_state()
    lines = [msgspec.json.encode(part) for part in parts_of(state)]
    again = state_from(map(msgspec.json.decode, lines))
    assert state.spec.book.cover and not again.spec.book.cover
    assert again.spec.chapters == state.spec.chapters
    assert {name: value for name, value in vars(again).items() if name != "spec"} == {
        name: value for name, value in vars(state).items() if name != "spec"
    }


def test_no_part_grows_with_the_number_of_clips(monkeypatch: object) -> None:
    state = rich_state()
    state.accepted = {(0, index): a_clip(index, b"sound") for index in range(3 * recorder.MAX_ITEMS + 1)}
    sizes = [len(part["items"]) for part in parts_of(state) if part.get("field") == "accepted"]
    assert sizes == [recorder.MAX_ITEMS] * 3 + [1]
