"""The union of two journals is a journal that has lost no clip and no wish of the user."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.job.record import (
    AnyRecord,
    ClipAccepted,
    ClipDiscarded,
    GainFixed,
    JobFinished,
    JobPaused,
    LatentsKept,
    RunStarted,
    SegmentFailed,
    SegmentQuarantined,
    SegmentReworded,
    WorkerSeen,
)
from swarm.job.run import RUNS
from swarm.job.spec import BookFacts, JobSpec, Recipe, clip_key
from swarm.job.state import JobState, apply
from swarm.standby.adopt import replayed, unite

SPEC = JobSpec(
    "job-1",
    "/book.epub",
    BookFacts("Book", (), "en"),
    Recipe("metronome", "tick", "en"),
    (Chapter("One", tuple(Segment(f"Sentence {index}.", Pause.SENTENCE) for index in range(4))),),
    0.0,
)


@dataclass
class Line:
    """A journal while it is written, as a coordinator writes it."""

    records: list[AnyRecord] = field(default_factory=list)

    @property
    def state(self) -> JobState:
        return replayed(SPEC, self.records)

    def write(self, *records: AnyRecord) -> "Line":
        self.records += records
        return self

    def parts(self) -> "Line":
        return Line(list(self.records))

    def accept(self, index: int, worker: str = "w") -> "Line":
        state = self.state
        if (0, index) in state.accepted:
            return self
        take = state.next_take((0, index))
        return self.write(a_clip(index, take, state.key((0, index), take), worker))


def a_clip(index: int, take: int, key: str, worker: str = "w") -> ClipAccepted:
    facts = {"samples": 100, "sample_rate": 24000, "digest": "0" * 64, "work_s": 0.5}
    return ClipAccepted(0, index, take, key, 10, worker, 1.0, 2.0, **facts)  # type: ignore[arg-type]


def test_clips_of_both_are_there_and_the_higher_epoch_leads() -> None:
    old = Line().write(RunStarted(1, 0.0)).accept(0)
    new = old.parts().write(RunStarted(RUNS, 1.0)).accept(1, "new")
    old.accept(1, "old").accept(2, "old")
    for united in (unite(SPEC, old.records, new.records), unite(SPEC, new.records, old.records)):
        state = replayed(SPEC, united)
        assert {place: clip.worker for place, clip in state.accepted.items()} == {
            (0, 0): "w",
            (0, 1): "new",
            (0, 2): "old",
        }
        assert state.epoch == RUNS
        assert united[: len(new.records)] == new.records


def test_a_sentence_that_was_redone_on_either_machine_stays_redone() -> None:
    old = Line().write(RunStarted(1, 0.0)).accept(0).accept(1)
    new = old.parts().write(RunStarted(RUNS, 1.0), ClipDiscarded(0, 0, "to be spoken again", 3)).accept(0)
    old.write(ClipDiscarded(0, 1, "to be spoken again", 3)).accept(1)
    state = replayed(SPEC, unite(SPEC, old.records, new.records))
    assert {place: clip.take for place, clip in state.accepted.items()} == {(0, 0): 3, (0, 1): 3}


def test_of_two_wordings_the_higher_epoch_decides_and_a_single_one_is_kept() -> None:
    old = Line().write(RunStarted(1, 0.0)).accept(0).accept(1)
    new = old.parts().write(RunStarted(RUNS, 1.0), SegmentReworded(0, 0, "New."))
    old.write(SegmentReworded(0, 0, "Old."), SegmentReworded(0, 1, "Kept."), ClipDiscarded(0, 1, "other words"))
    old.accept(1)
    state = replayed(SPEC, unite(SPEC, old.records, new.records))
    assert state.wordings == {(0, 0): "New.", (0, 1): "Kept."}
    assert state.accepted[0, 1].key == clip_key("Kept.", SPEC.recipe, 0)


def test_a_name_that_a_speaker_was_given_on_the_lower_machine_stays_and_nothing_is_spoken_again() -> None:
    old = Line().write(RunStarted(1, 0.0)).accept(0).accept(1)
    new = old.parts().write(RunStarted(RUNS, 1.0), SegmentReworded(0, 0, "", "Ann"))
    old.write(SegmentReworded(0, 0, "", "Old Ann"), SegmentReworded(0, 1, "", "Bert"))
    state = replayed(SPEC, unite(SPEC, old.records, new.records))
    assert state.speakers == {(0, 0): "Ann", (0, 1): "Bert"}
    assert sorted(state.accepted) == [(0, 0), (0, 1)]


def test_clips_of_other_latents_are_spoken_again() -> None:
    old = Line().write(RunStarted(1, 0.0))
    new = old.parts().write(RunStarted(RUNS, 1.0), LatentsKept("a" * 64, 5, "w")).accept(0)
    old.write(LatentsKept("b" * 64, 5, "w")).accept(1)
    state = replayed(SPEC, unite(SPEC, old.records, new.records))
    assert list(state.accepted) == [(0, 0)]
    assert state.latents is not None
    assert state.latents.digest == "a" * 64


def test_latents_and_gain_are_taken_where_the_higher_journal_has_none() -> None:
    old = Line().write(RunStarted(1, 0.0))
    new = old.parts().write(RunStarted(RUNS, 1.0), GainFixed(2.0, "-19"))
    old.write(LatentsKept("b" * 64, 5, "w"), GainFixed(5.0, "-19"), GainFixed(6.0, "-23"), WorkerSeen("v", "V", "cpu"))
    old.accept(1)
    state = replayed(SPEC, unite(SPEC, old.records, new.records))
    assert list(state.accepted) == [(0, 1)]
    assert state.gains_db == {"-19": 2.0, "-23": 6.0}
    assert state.workers == {"v"}


def test_what_the_lower_epoch_set_aside_paused_or_finished_does_not_count() -> None:
    old = Line().write(RunStarted(1, 0.0))
    new = old.parts().write(RunStarted(RUNS, 1.0))
    old.write(SegmentFailed(0, 0, "w", "error", ""), SegmentQuarantined(0, 0, "error"))
    old.write(JobPaused(True, 1.0), JobFinished(2.0, ("old.m4b",)))
    assert unite(SPEC, old.records, new.records) == new.records


Step = Callable[[Line], Line]
ACCEPT = st.integers(0, 3).map(lambda index: lambda line: line.accept(index))
LOSE = st.integers(0, 3).map(lambda index: lambda line: line.write(ClipDiscarded(0, index, "lost")))
REDO = st.tuples(st.integers(0, 3), st.sampled_from([3, 6])).map(
    lambda which: lambda line: line.write(ClipDiscarded(0, which[0], "to be spoken again", which[1]))
)
REWORD = st.tuples(st.integers(0, 3), st.sampled_from(["", "Other."])).map(
    lambda which: lambda line: line.write(SegmentReworded(0, *which), ClipDiscarded(0, which[0], "other words"))
)
FAIL = st.integers(0, 3).map(lambda index: lambda line: line.write(SegmentFailed(0, index, "w", "error", "")))
ASIDE = st.integers(0, 3).map(lambda index: lambda line: line.write(SegmentQuarantined(0, index, "error")))
STEPS = st.lists(st.one_of(ACCEPT, ACCEPT, ACCEPT, LOSE, REDO, REWORD, FAIL, ASIDE), max_size=8)


def parted(before: list[Step], one: list[Step], other: list[Step]) -> tuple[Line, Line]:
    """Return two journals of one job that parted, as after a take-over while the old coordinator went on."""
    old = Line().write(RunStarted(1, 0.0))
    for step in before:
        step(old)
    new = old.parts().write(RunStarted(RUNS, 1.0))
    for line, steps in ((old, one), (new, other)):
        for step in steps:
            step(line)
    return old, new


@given(STEPS, STEPS, STEPS)
def test_a_union_is_a_journal_and_the_same_from_either_side(
    before: list[Step], one: list[Step], other: list[Step]
) -> None:
    old, new = parted(before, one, other)
    united = unite(SPEC, old.records, new.records)
    assert united == unite(SPEC, new.records, old.records)
    assert unite(SPEC, united, old.records) == united
    assert unite(SPEC, new.records, united) == united
    state, written = JobState(SPEC), set()
    for record in united:
        if isinstance(record, ClipAccepted):
            place = (record.chapter, record.index)
            assert place not in state.accepted, "two clips accepted for one place"
            assert record.key == state.key(place, record.take)
            written.add(place)
        apply(state, record)
    assert state.epoch == RUNS
    assert set(state.accepted) <= written


@given(STEPS, STEPS, STEPS)
def test_a_union_has_every_clip_that_no_wish_of_the_user_refused(
    before: list[Step], one: list[Step], other: list[Step]
) -> None:
    old, new = parted(before, one, other)
    state = replayed(SPEC, unite(SPEC, old.records, new.records))
    for line in (old, new):
        for place, clip in line.state.accepted.items():
            refused = clip.take < state.first_takes.get(place, 0) or clip.key != state.key(place, clip.take)
            assert place in state.accepted or refused
