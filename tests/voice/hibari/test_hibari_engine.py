"""Tests of hibari's voices, with a stand-in on this machine for the address that they are downloaded from."""

import hashlib
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import pytest
from stand_in_hub import StandInHub, stand_in_hub

from swarm.errors import UsageError
from swarm.job.spec import Recipe
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.hibari import engine as voices
from swarm.voice.hibari.engine import engine
from swarm.voice.host.choice import downloads
from swarm.voice.host.registry import choose_recipe, find_model, pace_line

HEART = Path(str(distribution("hibari-tts").locate_file("hibari/assets/hibari.onnx")))  # to import it takes a second
TEXT = "He was not out."


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """Serve the package's own voice in place of another, and pin its digest in place of the real one."""
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    heart = HEART.read_bytes()
    with stand_in_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        pinned = ("bf_emma.int8.onnx", len(heart), hashlib.sha256(heart).hexdigest())
        monkeypatch.setitem(voices._FILES, "emma", pinned)
        hub.put("maureesewilliams/hibari/resolve/main/voices/bf_emma.int8.onnx", heart)
        yield hub


def test_the_table_is_that_of_the_package() -> None:
    from hibari.voices import BASE_URL, VOICES

    assert {voice.name: (voice.gender, voice.about) for voice in voices.VOICES} == {
        name: (known["gender"], known["accent"]) for name, known in VOICES.items()
    }
    for name, (file, size, digest) in voices._FILES.items():
        assert (file, size, digest) == (VOICES[name]["file"], VOICES[name]["bytes"], VOICES[name]["sha256"])
        assert voices.models()[f"hibari-{name}"].url == BASE_URL + file


def test_a_voice_is_downloaded_when_it_is_first_needed(hub: StandInHub) -> None:
    assert engine.kept_models() == ()
    recipe = choose_recipe("en", engine="hibari", voice="Emma")
    assert (recipe.voice, recipe.model) == ("emma", "hibari-emma")
    british = engine.open(recipe, "cpu:0").speak(TEXT, 1)
    assert engine.kept_models() == ("hibari-emma",)
    assert not np.array_equal(british, engine.open(choose_recipe("en"), "cpu:0").speak(TEXT, 1))  # other phonemes
    engine.remove("hibari-emma")
    assert engine.kept_models() == ()


def test_a_voice_that_is_not_here_is_unavailable_offline(hub: StandInHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert engine.offered_models() == ()
    with pytest.raises(EngineFault, match="hibari's voice emma is not on this machine, which downloads none") as fault:
        engine.open(Recipe("hibari", "emma", "en", "hibari-emma"), "cpu:0")
    assert fault.value.kind is FaultKind.UNAVAILABLE


def test_the_voice_of_the_package_has_no_model_so_that_its_clips_keep_their_keys() -> None:
    assert choose_recipe("en") == Recipe("hibari", "heart", "en", "", (("speed", 1.0),))
    assert choose_recipe("en", engine="hibari", voice="heart") == choose_recipe("en")
    assert pace_line(engine.card, "en") == ""


def test_voices_have_words_of_their_own() -> None:
    assert choose_recipe("en", engine="hibari:fenrir").model == "hibari-fenrir"
    assert choose_recipe("en", model="hibari-kore").voice == "kore"
    assert find_model("hibari:fable", "") == (engine, "hibari-fable")
    with pytest.raises(UsageError, match="no voice 'anna'"):
        choose_recipe("en", engine="hibari", voice="anna")


def test_workers_share_the_file_of_a_voice_that_does_not_come_with_the_package() -> None:
    model = engine.remote_model(Recipe("hibari", "emma", "en", "hibari-emma"))
    assert model is not None and model.files == (voices.models()["hibari-emma"],)
    assert engine.remote_model(Recipe("hibari", "heart", "en")) is None


def test_the_voices_that_are_not_here_are_told_with_what_has_to_be_fetched(hub: StandInHub) -> None:
    names = [voice.name for voice in engine.card.voices]
    lacking = downloads(engine, names, "en")
    assert sorted(lacking) == sorted(set(names) - {"heart"})
    assert (lacking["emma"].name, lacking["emma"].licence, lacking["emma"].size) == (
        "hibari-emma",
        "Apache-2.0",
        HEART.stat().st_size,
    )
    engine.fetch("hibari-emma", lambda words: None)
    assert "emma" not in downloads(engine, names, "en")
