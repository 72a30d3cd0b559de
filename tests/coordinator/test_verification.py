"""Listening to what is spoken already: what is doubted is in the journal, for `redo` and the report."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.config import RedoConfig
from swarm.coordinator.mending import mend
from swarm.coordinator.verification import listen, open_spoken
from swarm.job.record import ClipAccepted, ClipDiscarded, ClipDoubted, RunStarted
from swarm.job.state import JobState, apply
from swarm.job.store.store import DiskStore
from swarm.voice.engine import Pcm
from swarm.voice.host.clip_check import Judgement
from swarm.voice.host.takes import make_clip
from swarm.watch.history import History

RATE = 24_000
TEXTS = ("Call me Ishmael, if you like.", "So it began upon the shore.", "Guten Tag, sagte er zu mir.")
SPEC = structs.replace(
    a_job(),
    chapters=(
        Chapter(
            "1. Loomings",
            tuple(Segment(text, Pause.SENTENCE, language="de" if "Guten" in text else "") for text in TEXTS),
        ),
    ),
)


def tone(seconds: float) -> Pcm:
    return (np.sin(np.arange(round(seconds * RATE)) / 20) * 8000).astype(np.int16)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[DiskStore]:
    book = tmp_path / "moby.epub"
    book.write_bytes(b"book")
    with closing(DiskStore(tmp_path / "state")) as store:
        store.lock_job(SPEC.job)
        store.create_job(SPEC, book)
        store.commit([(SPEC.job, RunStarted(1, 1.0), b"")])
        yield store


def speak(store: DiskStore, index: int, sound: Pcm) -> ClipAccepted:
    """Put a clip of a sentence into a store."""
    clip = make_clip(sound, RATE, TEXTS[index])
    key = JobState(SPEC).key((0, index), 0)
    facts = {**structs.asdict(clip.info), "work_s": 0.1}
    record = ClipAccepted(0, index, 0, key, len(clip.frame), "w1", 1.0, 1.5, **facts)
    store.commit([(SPEC.job, record, clip.frame)])
    return record


class Ear:
    """A recogniser that hears everything but some words."""

    def __init__(self, *deaf: str) -> None:
        self.deaf, self.heard = deaf, list[str]()

    def __call__(self, text: str, sound: Pcm, rate: int) -> Judgement:
        assert sound.dtype == np.int16 and rate == RATE
        self.heard.append(text)
        wrong = any(word in text for word in self.deaf)
        return Judgement("12 letters are not heard at its end" if wrong else "", 2.0 if wrong else 0.0)


def spoken(store: DiskStore) -> JobState:
    state = open_spoken(store, SPEC.job)
    assert state
    return state


def test_what_is_doubtful_is_journaled_and_spoken_again_by_redo(store: DiskStore) -> None:
    for index in range(2):
        speak(store, index, tone(1.5))
    state = spoken(store)
    found = [*listen(state, store, Ear("shore"))]
    assert [(finding.place, finding.doubt) for finding in found] == [
        ((0, 0), ""),
        ((0, 1), "12 letters are not heard at its end"),
    ]
    assert found[1].line(state) == (
        '1:2, 1. Loomings: "So it began upon the shore.": 12 letters are not heard at its end'
    )
    again = spoken(store)  # from the journal
    assert [clip.doubt for clip in again.accepted.values()] == ["", "12 letters are not heard at its end"]
    records = mend(again, RedoConfig(doubtful=True), lambda segment, say: say).records
    assert [(record.chapter, record.index) for record in records if isinstance(record, ClipDiscarded)] == [(0, 1)]
    history = History.of(SPEC, store.records(SPEC.job))
    assert history.accepted[0, 1].doubt == "12 letters are not heard at its end"


def test_a_doubt_is_journaled_once(store: DiskStore) -> None:
    speak(store, 0, tone(1.5))
    for _ in range(2):
        assert [finding.doubt for finding in listen(spoken(store), store, Ear("Ishmael"))]
    assert sum(isinstance(record, ClipDoubted) for record in store.records(SPEC.job)) == 1


def test_silence_inside_is_found_without_a_recogniser(store: DiskStore) -> None:
    speak(store, 0, np.concatenate([tone(1.0), np.zeros(3 * RATE, np.int16), tone(1.0)]))
    (finding,) = listen(spoken(store), store, Ear())
    assert finding.doubt == "3.0 s of silence inside"


def test_a_sentence_in_another_language_is_measured_only(store: DiskStore) -> None:
    speak(store, 2, tone(1.5))
    ear = Ear("Guten")
    assert [finding.doubt for finding in listen(spoken(store), store, ear)] == [""]
    assert ear.heard == []


def test_a_sound_that_is_gone_is_named(store: DiskStore) -> None:
    clip = speak(store, 0, tone(1.5))
    path = store.find_clip(clip.key)
    assert path
    path.write_bytes(path.read_bytes()[::-1])
    (finding,) = listen(spoken(store), store, Ear())
    assert "gone or damaged" in finding.doubt


def test_a_doubt_is_none_of_a_later_clip() -> None:
    state = JobState(SPEC)
    clip = ClipAccepted(0, 0, 0, "a" * 32, 9, "w", 1.0, 1.5, samples=100, sample_rate=RATE, digest="b" * 64, work_s=0.1)
    apply(state, clip)
    apply(state, ClipDoubted(0, 0, "c" * 32, "too late"))
    apply(state, ClipDoubted(0, 1, "a" * 32, "elsewhere"))
    assert state.accepted == {(0, 0): clip}


def test_a_job_that_does_not_exist_has_nothing_to_listen_to(store: DiskStore) -> None:
    assert open_spoken(store, "another-0123456789") is None
