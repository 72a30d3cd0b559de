"""The voice that is downloaded before a first book, from a stand-in of the hub on this machine."""

import hashlib
import json
from collections.abc import Collection, Iterator
from dataclasses import replace
from pathlib import Path

import piper_bench
import pytest
from stand_in_hub import StandInHub, stand_in_hub

from swarm.book.model.reading_choice import CastVoice
from swarm.errors import EnvironmentFault
from swarm.job.spec import Recipe
from swarm.voice.host import default_voice
from swarm.voice.host.choice import is_free, obtainable, recommendations
from swarm.voice.host.default_voice import (
    FetchedHere,
    WorkerAwaited,
    better_voices,
    reach_for_workers,
    unfetched_line,
    voices_to_be_had,
)
from swarm.voice.host.registry import all_engines, find_engine
from swarm.voice.piper.voices import CARD_FILE, folder_of, listed_voices

THORSTEN = "de_DE-thorsten-medium"


class Seen:
    """Workers that could download what is named."""

    def __init__(self, *fetchable: str, is_met: bool = True) -> None:
        self._fetchable, self._is_met = fetchable, is_met

    def words(self, language: str) -> Collection[str]:
        return ()

    def fetchable(self, language: str) -> Collection[str] | None:
        return self._fetchable if self._is_met else None

    def why_given_up(self, recipe: Recipe) -> str:
        return ""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(default_voice, "_machine_factor", lambda: 1.0)
    return tmp_path / "models"


@pytest.fixture
def hub(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """Serve a small network in place of Thorsten's, and pin its digest."""
    weights, config = b"weights" * 1000, json.dumps(piper_bench.tiny_config()).encode()
    known = {"weights": weights, "config": config}
    sizes = {name: (len(each), hashlib.md5(each).hexdigest()) for name, each in known.items()}
    voice = replace(listed_voices()[THORSTEN], weights=sizes["weights"], config=sizes["config"])
    monkeypatch.setitem(listed_voices(), THORSTEN, voice)
    with stand_in_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        contents = {CARD_FILE: b"* License: CC0\n", "config.json": config, "model.onnx": weights}
        for file in voice.files:
            hub.put(file.url.removeprefix(hub.url).strip("/"), contents[file.name])
        yield hub


def german() -> Recipe:
    return Recipe("piper", THORSTEN, "de", THORSTEN)


def fetch(said: list[str]) -> None:
    [found] = better_voices("de", "espeak", None)
    FetchedHere(said.append, said.append)(found, german())


def test_the_best_voice_is_announced_once_fetched_and_kept(hub: StandInHub, models: Path) -> None:
    said: list[str] = []
    fetch(said)
    assert said[0] == (
        "fetching piper, which speaks German with a clear voice, de_DE-thorsten-medium (CC0 1.0): 7.5 kB from "
        "127.0.0.1, once; --offline fetches nothing"
    )
    assert "downloading the voice de_DE-thorsten-medium, 99 %" in said
    assert said[-1] == ""  # the progress goes away
    assert find_engine("piper").is_ready("de")
    asked = len(hub.handler.asked)
    FetchedHere(said.append, said.append)(recommendations([find_engine("piper")], "de")[0], german())
    assert len(hub.handler.asked) == asked


def test_nothing_is_fetched_that_is_no_better_or_not_allowed(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.word for each in better_voices("fr", "espeak", None)] == ["kokoro", "piper"]
    assert better_voices("en", "hibari", None) == []
    assert better_voices("de", "piper", None) == better_voices("tr", "espeak", None) == []
    for name in ("E2A_SWARM_OFFLINE", "HF_HUB_OFFLINE"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "1")
            assert better_voices("de", "espeak", None) == []


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        *(("CC0 1.0", True), ("CC BY 4.0", True), ("Apache-2.0", True), ("Public domain", True), ("MIT", True)),
        *(("CC BY-NC-SA 4.0", False), ("CPML", False), ("see its card", False), ("", False), ("research only", False)),
        *(("CC BY 4.0, non-commercial", False), ("MITRE", False)),
    ],
)
def test_only_licences_that_allow_any_use_are_taken_unasked(licence: str, free: bool) -> None:
    assert is_free(licence) is free


def test_all_that_is_fetched_unasked_is_free_and_needs_no_gpu() -> None:
    for language in ("cs", "de", "es", "fr", "hi", "it", "nl", "pl", "pt", "ro", "ru", "sv", "uk", "tr", "zh"):
        for each in obtainable(all_engines(), language):
            assert is_free(each.card.licence), (language, each.word)
            assert each.engine.card.name in ("kokoro", "piper"), language
            assert each.download(language) > 0


def no_hub(hub: StandInHub, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")


def html(hub: StandInHub, patch: pytest.MonkeyPatch) -> None:
    for path in hub.folder.rglob("*"):
        if path.is_file():
            path.write_bytes(b"<html>Sign in to this network</html>")


def gone(hub: StandInHub, patch: pytest.MonkeyPatch) -> None:
    for path in hub.folder.rglob("*.onnx*"):
        path.unlink()


def replaced(hub: StandInHub, patch: pytest.MonkeyPatch) -> None:
    for path in hub.folder.rglob("*.onnx"):
        path.write_bytes(b"Weights" * 1000)


def full(hub: StandInHub, patch: pytest.MonkeyPatch) -> None:
    patch.setattr("swarm.voice.model_download.free_bytes", lambda folder: 100)


def slow(hub: StandInHub, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(default_voice, "_machine_factor", lambda: 0.001)
    patch.setattr(default_voice, "SURELY", 1e9)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (no_hub, "cannot be downloaded from 127.0.0.1:9: its server is out of reach"),
        (html, "its server has another file there"),
        (gone, "its server answered 404"),
        (replaced, "sent another file than the one that is known by its digest"),
        (full, "it takes 7.5 kB, and 100 bytes are free"),
        (slow, "x real time on this machine"),
    ],
)
def test_a_voice_that_is_not_to_be_had_is_told_in_a_sentence_and_leaves_nothing(
    hub: StandInHub, models: Path, monkeypatch: pytest.MonkeyPatch, spoil: object, why: str
) -> None:
    spoil(hub, monkeypatch)  # type: ignore[operator]
    with pytest.raises(EnvironmentFault) as fault:
        fetch([])
    [found] = better_voices("de", "espeak", None)
    line = unfetched_line("de", "espeak", [(found, fault.value)])
    assert line.startswith("German is spoken by espeak, robotic, since a better voice could not be fetched: ")
    assert why in line
    assert line.endswith("Later: e2a-swarm models fetch piper --language de, then --tts-engine piper.")
    assert "http" not in line
    assert not find_engine("piper").is_ready("de")
    assert not (folder_of(THORSTEN) / "model.onnx").exists()


def test_a_coordinator_goes_by_what_its_workers_could_have(hub: StandInHub, models: Path) -> None:
    with pytest.raises(WorkerAwaited, match="what it has decides which voice speaks German"):
        better_voices("de", "espeak", Seen(is_met=False))
    assert better_voices("de", "espeak", Seen("kokoro")) == []
    assert better_voices("en", "hibari", Seen(is_met=False)) == []  # nothing is better, so nobody is waited for
    [found] = better_voices("de", "espeak", Seen("piper"))
    reach_for_workers(found, german())
    assert hub.handler.asked[-1].endswith("bytes=0-0")
    assert not models.exists()  # the workers download it


def test_the_pace_of_this_machine_is_measured_by_the_voice_of_the_base() -> None:
    assert 0.01 < default_voice.probe_pace() < 50


def test_a_cast_by_itself_has_only_voices_that_are_here_or_can_be_fetched(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = Recipe("hibari", "heart", "en")
    voices = [CastVoice("heart", "f"), CastVoice("emma", "f"), CastVoice("fenrir", "m")]
    monkeypatch.setenv("E2A_SWARM_OFFLINE", "1")
    had, why = voices_to_be_had(recipe, voices)
    assert had == voices[:1] and why.startswith("hibari's voice emma is not on this machine")
    assert "https://" not in why

    monkeypatch.setattr(default_voice, "check_reach", lambda model: None)
    assert voices_to_be_had(recipe, voices) == (voices, "")


def test_a_cast_of_a_model_that_workers_have_is_not_judged_by_what_is_here(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_OFFLINE", "1")
    voices = [CastVoice("emma", "f"), CastVoice("fenrir", "m")]
    assert voices_to_be_had(Recipe("hibari", "emma", "en"), voices) == (voices, "")
