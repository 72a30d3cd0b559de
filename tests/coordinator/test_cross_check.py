"""Sentences that this machine speaks again, with a real engine: who speaks otherwise is found."""

import asyncio
import io
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import soundfile
from msgspec import structs
from specs_for_tests import a_job

from swarm.book.model.book import Chapter, Pause, Segment
from swarm.commands.main import main
from swarm.commands.verify import respeaking
from swarm.coordinator.verification import choose_sample, find_alike, open_spoken
from swarm.job.record import ClipAccepted, ClipDoubted, RunStarted, WorkerSeen
from swarm.job.spec import Recipe, seeds_of
from swarm.job.state import JobState
from swarm.job.store.store import DiskStore
from swarm.lease.outcome import Comparison
from swarm.voice.host.takes import make_clip

TEXTS = tuple(f"This is sentence {word} of the book." for word in ("one", "two", "three", "four", "five", "six"))
LIARS = {1, 3, 5}  # the sentences of the worker that speaks badly
CHAPTER = Chapter("One", tuple(Segment(text, Pause.SENTENCE) for text in TEXTS))
SPEC = structs.replace(a_job(), recipe=Recipe("hibari", "heart", "en"), chapters=(CHAPTER,))


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """Yield a state folder with a job that an honest worker and a liar have spoken."""
    book, home = tmp_path / "moby.epub", tmp_path / "state"
    book.write_bytes(b"book")
    with closing(DiskStore(home)) as store:
        store.lock_job(SPEC.job)
        store.create_job(SPEC, book)
        seen = [WorkerSeen("w1", "attic", "cpu"), WorkerSeen("w2", "guest", "cpu")]
        store.commit([(SPEC.job, record, b"") for record in (RunStarted(1, 1.0), *seen)])
        frames = asyncio.run(spoken(tmp_path))
        for index, frame in enumerate(frames):
            sound, rate = soundfile.read(io.BytesIO(frame), dtype="int16")
            if index in LIARS:
                sound = np.random.default_rng(index).integers(-9000, 9000, sound.size, dtype=np.int16)
            clip = make_clip(sound, rate, TEXTS[index])
            worker, facts = "w2" if index in LIARS else "w1", {**structs.asdict(clip.info), "work_s": 0.1}
            key = JobState(SPEC).key((0, index), 0)
            record = ClipAccepted(0, index, 0, key, len(clip.frame), worker, 1.0, 1.5, **facts)
            store.commit([(SPEC.job, record, clip.frame)])
    return home


async def spoken(folder: Path) -> list[bytes]:
    async with respeaking(SPEC.recipe, {}, folder, folder) as respeak:
        return [await respeak(text, seeds_of(text, SPEC.recipe, 0)[0]) for text in TEXTS]


def test_a_worker_that_speaks_badly_is_found_and_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(DiskStore(home)) as store:
        state = open_spoken(store, SPEC.job)
        assert state
        assert len(choose_sample(state, 0.01, Random(1))) == len(TEXTS)  # three of each
    assert main(["verify", SPEC.job, "--cross-check", "1%", "--state-dir", str(home)]) == 0
    said = capsys.readouterr()
    assert "guest speaks otherwise than this machine: 3 of the 3 sentences of it that were compared" in said.err
    assert "attic" not in said.err
    assert "3 of 6 sentences may sound wrong" in said.out
    with closing(DiskStore(home)) as store:
        store.open_job(SPEC.job)
        doubted = {record.index for record in store.records(SPEC.job) if isinstance(record, ClipDoubted)}
    assert doubted == LIARS


def test_sounds_are_like_those_of_the_same_sentence_and_what_cannot_be_decoded_is_like_none(home: Path) -> None:
    true = asyncio.run(spoken(home / "log"))[0]
    noise = make_clip(np.full(48_000, 900, np.int16), 24_000, TEXTS[0]).frame
    broken = true[: len(true) // 2] + bytes(len(true) - len(true) // 2)
    with closing(DiskStore(home)) as store:
        state = open_spoken(store, SPEC.job)
        assert state
        honest, false = state.accepted[0, 0], state.accepted[0, 1]
        asked = Comparison(SPEC.job, 0, 0, honest.key, "w3/n", true, (noise, true, broken[:4000]))
        assert find_alike(store, honest, asked) == (0, 2)
        assert find_alike(store, honest, replace(asked, frame=b"no sound")) == ()
        assert 0 not in find_alike(store, false, asked)


@pytest.mark.parametrize("share", ["1", "0%", "200%", "many%"])
def test_a_share_that_is_none_is_refused(tmp_path: Path, share: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "x", "--cross-check", share, "--state-dir", str(tmp_path)]) == 64
    assert "--cross-check takes a share such as 1%" in capsys.readouterr().err
    assert main(["serve", "--cross-check", share, "--state-dir", str(tmp_path), "--web", "off"]) == 64
    assert "--cross-check takes a share such as 1%" in capsys.readouterr().err
