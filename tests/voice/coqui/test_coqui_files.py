"""Tests of models as files: damaged ones, hostile ones, and those in Coqui's own cache."""

import json
import pickle
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from coqui_bench import copy_of, digest, edit_config, open_voice, recipe_for, why_unavailable
from msgspec import structs
from tiny_models import RATE, recording, tiny_yourtts

from swarm.job.spec import Recipe
from swarm.voice.coqui.engine import engine
from swarm.voice.coqui.files import find_model, folder_of
from swarm.voice.host.registry import choose_recipe

pytestmark = pytest.mark.coqui


# --- models that are damaged or hostile


class Exploit:
    """An object that creates a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_weights_that_carry_code_are_refused_and_it_does_not_run(models: Path, tmp_path: Path) -> None:
    import torch

    mark = tmp_path / "ran"
    for name, victim in (("vits", "model.pth"), ("xtts", "model.pth"), ("xtts", "speakers_xtts.pth")):
        folder = tmp_path / f"{name}-{victim}"
        (folder / "model").mkdir(parents=True)
        for file in (models / name / "model").iterdir():
            (folder / "model" / file.name).symlink_to(file)
        (folder / "model" / victim).unlink()
        torch.save({"model": {"x": Exploit(mark)}, "narrator": Exploit(mark)}, folder / "model" / victim)
        why = why_unavailable(folder, recipe_for(folder))
        assert "does not load: its files carry code besides numbers (" in why
        assert "weights_only" not in why  # torch recommends to turn it off
    assert not mark.exists()


def test_a_config_cannot_have_a_pickle_loaded(models: Path, tmp_path: Path) -> None:
    mark, statistics = tmp_path / "ran", tmp_path / "stats.npy"
    np.save(statistics, np.array(Exploit(mark), dtype=object), allow_pickle=True)
    folder = copy_of(models / "vits", tmp_path / "job")
    audio = json.loads((folder / "model" / "config.json").read_text())["audio"]
    edit_config(folder, audio={**audio, "stats_path": str(statistics), "signal_norm": True})
    assert digest(engine.open(recipe_for(folder), "cpu:0", folder)) == digest(open_voice(models / "vits"))
    assert not mark.exists()
    with pytest.raises(FileNotFoundError):  # raised by the exploit itself, which proves that it works without our guard
        pickle.loads(pickle.dumps(Exploit(tmp_path / "no such folder" / "ran")))


@pytest.mark.parametrize("kind", ["bark", "tortoise", "os.path", "xtts_trainer", ""])
def test_only_models_that_are_read_safely_come_from_files(kind: str, models: Path, tmp_path: Path) -> None:
    folder = copy_of(models / "vits", tmp_path / "job")
    edit_config(folder, model=kind)
    assert "cannot be loaded from files" in why_unavailable(folder, recipe_for(models / "vits"))


def test_truncated_and_missing_files_are_named(models: Path, tmp_path: Path) -> None:
    import torch

    folder = copy_of(models / "vits", tmp_path / "job")
    recipe = recipe_for(folder)
    weights = folder / "model" / "model.pth"
    whole = weights.read_bytes()
    for damaged in (whole[:500_000], b"", b"no weights", b"hello"):
        weights.write_bytes(damaged)
        assert "does not load: its weights are damaged, cut off or missing" in why_unavailable(folder, recipe)
    torch.save({"weights": {}}, weights)
    assert "not as Coqui saves them" in why_unavailable(folder, recipe)
    weights.write_bytes(whole)
    config = folder / "model" / "config.json"
    said = config.read_text()
    edit_config(folder, model_args=json.loads(said)["model_args"] | {"hidden_channels": 20})
    assert "do not belong to the model that its config.json describes" in why_unavailable(folder, recipe)
    weights.unlink()
    assert "lacks its weights" in why_unavailable(folder, recipe)
    config.write_text("{" * 5000)
    weights.touch()
    assert "config.json cannot be read" in why_unavailable(folder, recipe)


def test_xtts_as_it_was_first_published_is_read_and_not_written_anew(models: Path, tmp_path: Path) -> None:
    import torch
    from TTS.tts.configs.xtts_config import XttsConfig
    from TTS.tts.models.xtts import _legacy_safe_globals

    folder = copy_of(models / "xtts", tmp_path / "job")
    weights, config = folder / "model" / "model.pth", XttsConfig()
    config.load_json(str(folder / "model" / "config.json"))
    with _legacy_safe_globals():  # the weights contain their config as an object of Coqui's
        torch.save({"config": config, "model": torch.load(weights, weights_only=True)["model"]}, weights)
    (tmp_path / "as-published").hardlink_to(weights)  # a worker keeps the file by its digest, so it must not change
    before = weights.read_bytes()
    assert digest(open_voice(folder)) == digest(open_voice(models / "xtts"))
    assert (tmp_path / "as-published").read_bytes() == before


# --- recipes of a hostile coordinator


def test_settings_that_a_model_does_not_have_never_reach_coqui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    tiny_yourtts(tmp_path / "tts" / "tts_models--multilingual--multi-dataset--your_tts")
    recording(tmp_path / "private.wav")
    hostile = {"speaker_wav": str(tmp_path / "private.wav"), "voice_dir": str(tmp_path / "written"), "speaker_id": "x"}
    recipe = structs.replace(choose_recipe("fr", engine="yourtts"), settings=tuple(sorted(hostile.items())))
    assert "no setting 'speaker_id'" in why_unavailable(tmp_path, recipe)
    assert not (tmp_path / "written").exists()
    voice: Any = engine.open(choose_recipe("fr", engine="yourtts"), "cpu:0")
    # The settings would do harm if they were passed on.
    voice._model.synthesize("Bonjour.", language="fr-fr", **hostile)
    assert (tmp_path / "written" / "x.pth").exists()


@pytest.mark.parametrize(("name", "value"), [("speed", 0), ("speed", "fast"), ("num_beams", 10**6), ("half", "maybe")])
def test_settings_out_of_bounds_are_refused_by_the_worker_too(name: str, value: Any, models: Path) -> None:
    recipe = structs.replace(recipe_for(models / "xtts"), settings=((name, value),))
    assert f"The setting {name} must be" in why_unavailable(models / "xtts", recipe)


# --- models by name, in Coqui's own cache


def test_a_model_of_coquis_list_is_found_in_its_cache(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    shutil.copytree(models / "vits" / "model", tmp_path / "tts" / "tts_models--fr--css10--vits")
    recipe = choose_recipe("fr", engine="vits")
    voice = engine.open(recipe, "cpu:0")
    assert len(voice.speak("Bonjour.", 1)) > RATE / 2


def test_xtts_is_found_in_the_hubs_cache_once_its_licence_is_accepted(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.delenv("COQUI_TOS_AGREED", raising=False)
    repository = tmp_path / "models--tts-hub--XTTS-v2"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    shutil.copytree(models / "xtts" / "model", repository / "snapshots" / ("0" * 40))
    recipe = Recipe("coqui", "narrator", "en", choose_recipe("en", engine="xtts").model)
    assert "--accept-coqui-license" in why_unavailable(tmp_path, recipe)
    monkeypatch.setenv("COQUI_TOS_AGREED", "1")
    assert len(engine.open(recipe, "cpu:0").speak("Hello.", 1)) > 12_000


@pytest.mark.parametrize("kind", ["vits", "xtts"])
def test_a_model_from_another_machine_is_loaded_as_strictly_as_a_custom_one(
    kind: str, models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = choose_recipe("fr", engine=kind)
    recipe = structs.replace(recipe, voice="narrator") if kind == "xtts" else recipe
    monkeypatch.setenv("COQUI_TOS_AGREED", "1")
    _move_in(tmp_path / "attic", monkeypatch)
    place = folder_of(recipe.model)
    if kind == "xtts":
        (place / "refs").mkdir(parents=True)
        (place / "refs" / "main").write_text("0" * 40)
        place = place / "snapshots" / ("0" * 40)
    shutil.copytree(models / kind / "model", place)
    model = engine.remote_model(recipe)
    assert model is not None and model.listed is not None and model.listed.write()
    data, attic = model.listed.place.read_bytes(), model.folder
    _move_in(tmp_path / "barn", monkeypatch)
    model = engine.remote_model(recipe)
    assert model is not None and model.listed is not None and not model.listed.names()
    model.listed.place.parent.mkdir(parents=True)
    model.listed.place.write_bytes(data)
    model.listed.place_files(model.listed.read(data), attic)  # these files count as fetched
    assert model.listed.names() and find_model(recipe, None).custom
    assert len(engine.open(recipe, "cpu:0").speak("Bonjour.", 1)) > 1_000


def _move_in(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(home))
    monkeypatch.setenv("HF_HUB_CACHE", str(home / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(home / "hub"))


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("unplugged", "its server is out of reach"),
        ("full", "the disk is full"),
        ("damaged", "BadZipFile"),
    ],
)
def test_a_model_that_cannot_be_downloaded_is_unavailable_and_why_is_said(
    fault: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import requests

    faults = {
        "unplugged": requests.ConnectionError("no route to host"),
        "full": OSError(28, "No space left on device"),
        "damaged": zipfile.BadZipFile("no zip file"),
    }

    def failing(*args: Any, **kwargs: Any) -> Any:
        raise faults[fault]

    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    monkeypatch.setattr(requests, "get", failing)
    recipe = choose_recipe("fr", engine="vits")
    assert f"cannot be downloaded ({why}): copy it to" in why_unavailable(tmp_path, recipe)


def test_a_machine_that_downloads_nothing_does_not_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    why = why_unavailable(tmp_path, choose_recipe("fr", engine="vits"))
    assert "downloads none (--offline)" in why
    assert "e2a-swarm models fetch tts_models/fr/css10/vits" in why
