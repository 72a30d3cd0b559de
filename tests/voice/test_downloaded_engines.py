"""Engines that come by a download alone, and that nobody has heard here: Chatterbox and Qwen3-TTS."""

from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault
from swarm.job.spec import Recipe
from swarm.voice.chatterbox import engine as chatterbox
from swarm.voice.engine import Engine
from swarm.voice.host.registry import find_model
from swarm.voice.model_download import RemoteFile
from swarm.voice.qwen.card import CLONING, DESIGN, SPEAKERS, files_of
from swarm.voice.qwen.engine import engine as qwen

RECORDING = "clone:" + "0" * 64
MODELS = [(chatterbox.engine, chatterbox.MODEL, chatterbox.FILES)]
MODELS += [(qwen, model, files_of(model)) for model in (SPEAKERS, CLONING, DESIGN)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


@pytest.mark.parametrize(("engine", "model"), [(chatterbox.engine, chatterbox.MODEL), (qwen, SPEAKERS)])
def test_nobody_is_sent_to_it_since_nobody_has_heard_it_here(engine: Engine, model: str) -> None:
    assert engine.words_for("en") == ()
    assert find_model(engine.card.name, "") == (engine, model)


@pytest.mark.parametrize(("engine", "model", "files"), MODELS)
def test_its_files_are_of_one_commit_and_kept_when_all_are_here(
    engine: Engine, model: str, files: tuple[RemoteFile, ...]
) -> None:
    assert len({file.url.partition("/resolve/")[2].partition("/")[0] for file in files}) == 1
    assert all(len(file.digest) == 64 for file in files)
    for file in files:
        assert engine.kept_models() == ()
        (engine.model_folder(model) / file.name).parent.mkdir(parents=True, exist_ok=True)
        with (engine.model_folder(model) / file.name).open("wb") as output:
            output.truncate(file.size)  # without taking room
    assert engine.kept_models() == (model,)


@pytest.mark.parametrize(
    ("engine", "model", "name"),
    [(chatterbox.engine, chatterbox.MODEL, "chatterbox-multi"), (qwen, CLONING, "qwen3-tts-base")],
)
def test_offline_the_folder_is_named(engine: Engine, model: str, name: str) -> None:
    with pytest.raises(EnvironmentFault, match=f"copy its files to .*{name}"):
        engine.fetch(model, print)


@pytest.mark.parametrize(
    ("engine", "recipe", "model", "files"),
    [
        (chatterbox.engine, Recipe("chatterbox", "default", "de"), chatterbox.MODEL, chatterbox.FILES),
        (qwen, Recipe("qwen", RECORDING, "de"), CLONING, files_of(CLONING)),
    ],
)
def test_workers_share_the_files_of_the_model_that_a_voice_needs(
    engine: Engine, recipe: Recipe, model: str, files: tuple[RemoteFile, ...]
) -> None:
    shared = engine.remote_model(recipe)
    assert shared is not None
    assert (shared.folder, shared.files) == (engine.model_folder(model), files)
