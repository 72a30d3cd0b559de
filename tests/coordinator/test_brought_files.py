"""Files that a user brings: their content decides, not their path, and lost originals are found with the job."""

import dataclasses
import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import epub_maker
import numpy as np
import pytest
import soundfile

from swarm.config import RenderConfig
from swarm.coordinator.brought_files import BroughtFiles, find_brought_files, put_back, restore_job_files
from swarm.coordinator.prepare import Prepared, prepare
from swarm.errors import StoreError, UsageError
from swarm.job.record import LatentsKept, LatentsLost
from swarm.job.state import JobState
from swarm.job.store.store import DiskStore
from swarm.voice.coqui import card as coqui_card
from swarm.voice.metronome.engine import CARD as METRONOME


@pytest.fixture
def config(tmp_path: Path) -> RenderConfig:
    soundfile.write(tmp_path / "narrator.wav", np.sin(np.arange(48_000) / 20) / 3, 24_000)
    model = tmp_path / "model"
    model.mkdir()
    (model / "config.json").write_text(json.dumps({"model": "xtts", "languages": ["en"]}))
    (model / "model.pth").write_bytes(b"weights" * 1000)
    (model / "vocab.json").write_text("{}")
    book = epub_maker.make(tmp_path, {"c1.xhtml": epub_maker.page("<h1>One</h1><p>She read it twice.</p>")})
    return RenderConfig(
        books=(book,),
        output_dir=tmp_path,
        state_dir=tmp_path / "state",
        voice_file=tmp_path / "narrator.wav",
        custom_model=model,
    )


def open_job(config: RenderConfig) -> Prepared:
    store = DiskStore(config.state_dir)
    try:
        return prepare(config, config.books[0], store, 0.0, find_brought_files(config, store))
    finally:
        store.close()


def test_a_recording_and_a_model_are_kept_with_the_job_and_named_by_content(config: RenderConfig) -> None:
    state = open_job(config).state
    recipe = state.spec.recipe
    assert (recipe.engine, recipe.voice[:6], recipe.model[:7]) == (coqui_card.COQUI.name, "clone:", "custom:")
    assert [job_file.name for job_file in state.job_files] == [
        "model/config.json",
        "model/model.pth",
        "model/vocab.json",
        "voice.wav",
    ]
    folder = config.state_dir / "jobs" / state.job / "assets"
    assert {path.name: path.stat().st_size for path in folder.iterdir()} == {a.digest: a.size for a in state.job_files}
    assert state.awaits_latents
    assert state.spec.voice_name == "narrator"


def test_a_job_is_found_again_wherever_its_files_were_moved(config: RenderConfig, tmp_path: Path) -> None:
    job = open_job(config).state.job
    (tmp_path / "model").rename(tmp_path / "moved")
    (tmp_path / "narrator.wav").rename(tmp_path / "other.wav")
    moved = dataclasses.replace(config, voice_file=tmp_path / "other.wav", custom_model=tmp_path / "moved")
    assert open_job(moved).state.job == job


def test_a_job_resumes_where_the_originals_are_gone(config: RenderConfig, tmp_path: Path) -> None:
    job = open_job(config).state.job
    (tmp_path / "narrator.wav").unlink()
    (tmp_path / "model" / "model.pth").unlink()
    (tmp_path / "model").rename(tmp_path / "gone")
    assert open_job(config).state.job == job


def test_another_recording_under_the_same_path_is_another_job(config: RenderConfig, tmp_path: Path) -> None:
    job = open_job(config).state.job
    soundfile.write(tmp_path / "narrator.wav", np.sin(np.arange(48_000) / 30) / 3, 24_000)
    assert open_job(config).state.job != job


def test_what_is_not_there_and_never_was_is_refused(config: RenderConfig, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is not there, and no job"):
        open_job(dataclasses.replace(config, voice_file=tmp_path / "nobody.mp3"))
    with pytest.raises(UsageError, match="is not there, and no job"):
        open_job(dataclasses.replace(config, custom_model=tmp_path / "nothing.zip"))


def kept(config: RenderConfig, state: JobState, name: str) -> Path:
    digest = next(job_file.digest for job_file in state.job_files if job_file.name == name)
    return config.state_dir / "jobs" / state.job / "assets" / digest


def test_a_file_that_is_gone_from_the_job_is_put_back_as_long_as_somebody_has_it(
    config: RenderConfig, tmp_path: Path
) -> None:
    state = open_job(config).state
    weights = kept(config, state, "model/model.pth")
    for damage in (lambda: weights.write_bytes(bytes(7000)), weights.unlink):
        damage()
        open_job(config)
        assert weights.read_bytes() == b"weights" * 1000
    voice = kept(config, state, "voice.wav")
    whole = voice.read_bytes()
    voice.write_bytes(bytes(len(whole)))  # rotten
    open_job(config)
    assert voice.read_bytes() == whole
    voice.unlink()
    (tmp_path / "narrator.wav").unlink()
    with pytest.raises(UsageError, match="is not there, and no job"):
        open_job(config)


@pytest.mark.parametrize("packed", [False, True])
def test_a_file_that_a_job_loses_while_it_is_served_comes_back_from_what_the_user_brought(
    config: RenderConfig, tmp_path: Path, packed: bool
) -> None:
    original = tmp_path / "model" / "model.pth"
    if packed:
        shutil.make_archive(str(tmp_path / "model"), "zip", tmp_path / "model")
        original = tmp_path / "model.zip"
        config = dataclasses.replace(config, custom_model=original)
    store = DiskStore(config.state_dir)
    brought = find_brought_files(config, store)
    state = prepare(config, config.books[0], store, 0.0, brought).state
    lost = [kept(config, state, name) for name in ("model/model.pth", "voice.wav")]
    for file in lost:
        before = file.read_bytes()
        for damage in (lambda file=file: file.write_bytes(b"rotten"), file.unlink):
            damage()
            assert put_back(brought, store, state.job, file.name)
            assert file.read_bytes() == before
    lost[0].unlink()
    original.write_bytes(b"another file by now")
    assert not put_back(brought, store, state.job, lost[0].name)
    original.unlink()
    assert not put_back(brought, store, state.job, lost[0].name)
    assert not put_back(brought, store, state.job, "f" * 64)
    assert not lost[0].exists()
    store.close()


def test_latents_that_are_gone_or_damaged_are_computed_anew_and_that_is_said(config: RenderConfig) -> None:
    state = open_job(config).state
    store, digest = DiskStore(config.state_dir), hashlib.sha256(b"bytes").hexdigest()
    store.commit([(state.job, LatentsKept(digest, 5, "w"), b"bytes")])
    store.close()
    assert open_job(config).state.latents is not None
    file = config.state_dir / "jobs" / state.job / "assets" / digest
    for damage in (lambda: file.write_bytes(b"BYTES"), file.unlink):
        damage()
        prepared = open_job(config)
        assert prepared.state.awaits_latents
        assert prepared.records[-1] == LatentsLost(digest)
        assert any("computes them again" in note for note in prepared.notes)


def test_a_file_that_nobody_has_any_more_is_named(config: RenderConfig, tmp_path: Path) -> None:
    state = open_job(config).state
    kept(config, state, "voice.wav").unlink()
    store = DiskStore(config.state_dir)
    with pytest.raises(StoreError, match=r"is gone or damaged.*e2a-swarm jobs remove"):
        restore_job_files(state, BroughtFiles(), store)
    store.close()


def test_the_recording_that_comes_with_a_model_is_its_voice(config: RenderConfig, tmp_path: Path) -> None:
    (tmp_path / "narrator.wav").rename(tmp_path / "model" / "ref.wav")
    state = open_job(dataclasses.replace(config, voice_file=None)).state
    assert state.spec.recipe.voice.startswith("clone:")


def test_an_engine_that_cannot_speak_like_a_recording_says_which_can(config: RenderConfig) -> None:
    assert METRONOME.clones is False
    with pytest.raises(UsageError, match="cannot speak like a recording: use --tts-engine xtts"):
        open_job(dataclasses.replace(config, engine="metronome", custom_model=None))
    with pytest.raises(UsageError, match="leave out --custom-model"):
        open_job(dataclasses.replace(config, engine="metronome"))


def test_two_books_share_one_copy_of_a_model(config: RenderConfig, tmp_path: Path) -> None:
    states = [open_job(config).state, open_job(dataclasses.replace(config, chapters="1")).state]
    one, two = (kept(config, state, "model/model.pth").stat() for state in states)
    assert one.st_ino == two.st_ino


def test_neither_coordinator_nor_worker_loads_ffmpeg_or_numpy_before_a_link_is_slow() -> None:
    program = (
        "import sys, swarm.coordinator.coordination, swarm.worker.lifetime; print(*{'av', 'numpy'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "\n"
