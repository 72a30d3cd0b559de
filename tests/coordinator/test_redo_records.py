import pytest
from msgspec import structs
from specs_for_tests import a_clip, a_job

from swarm.config import RedoConfig
from swarm.coordinator.prepare import redo_records
from swarm.errors import UsageError
from swarm.job.record import ClipDiscarded
from swarm.job.state import JobState, apply
from swarm.lease.coordinator.ledger import Ledger
from swarm.lease.coordinator.served_job import ServedJob


@pytest.fixture
def state() -> JobState:
    made = JobState(a_job())
    for index, doubt in enumerate(("too long", "")):
        clip = structs.replace(a_clip(index, b"x", key=made.key((0, index), 0)), doubt=doubt)
        apply(made, clip)
    return made


def chosen(state: JobState, **wish: object) -> list[tuple[int, int]]:
    return [(record.chapter, record.index) for record in redo_records(state, RedoConfig(**wish))]


def test_doubtful_ones_a_chapter_or_some_by_name(state: JobState) -> None:
    assert chosen(state, doubtful=True) == [(0, 0)]
    assert chosen(state, chapters=(1,)) == [(0, 0), (0, 1)]
    assert chosen(state, segments=((1, 2, 2),)) == [(0, 1)]


def test_takes_that_were_heard_are_not_wanted_again(state: JobState) -> None:
    place, old_key = (0, 0), state.key((0, 0), 0)
    for _ in range(2):
        (record,) = redo_records(state, RedoConfig(segments=((1, 1, 1),)))
        apply(state, record)
        assert place not in state.accepted
        assert not ServedJob(state, Ledger(state)).is_wanted(place, old_key)
        assert ServedJob(state, Ledger(state)).is_wanted(place, state.key(place, state.take(place)))
        apply(state, structs.replace(a_clip(0, b"x", key="k" * 32), take=state.take(place)))
    assert state.take(place) == 6
    apply(state, ClipDiscarded(0, 0, "its file is gone"))
    assert state.take(place) == 6


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"chapters": (2,)}, "no chapter 2"),
        ({"segments": ((1, 2, 3),)}, "sentences 1 to 2"),
        ({"segments": ((1, 0, 1),)}, "sentences 1 to 2"),
    ],
)
def test_places_that_are_not_there_are_named(state: JobState, wish: dict[str, object], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        chosen(state, **wish)


def test_nothing_to_do_is_no_mistake_but_a_choice_without_sound_is_one(state: JobState) -> None:
    apply(state, ClipDiscarded(0, 0, "gone"))
    assert chosen(state, doubtful=True) == []
    with pytest.raises(UsageError, match="has no sound"):
        chosen(state, segments=((1, 1, 1),))
