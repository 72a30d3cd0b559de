"""Which models of Coqui's list machines have from each other, and which files. Needs neither Coqui nor torch."""

from pathlib import Path

import pytest

from swarm.voice.coqui.files import MARK, came_from_neighbour, folder_of, may_have, names, place_of, remote_model
from swarm.voice.coqui.models import XTTS, YOUR_TTS

VITS, TACOTRON = "tts_models/fr/css10/vits", "tts_models/en/ljspeech/tacotron2-DDC"
COMMIT = "0" * 40


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("COQUI_TOS_AGREED", "1")


def fill(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"0" * 40)


def test_models_whose_configs_coqui_itself_would_read_are_not_shared() -> None:
    assert remote_model(VITS) and remote_model(XTTS)
    for model in (YOUR_TTS, TACOTRON, "tts_models/deu/fairseq/vits", "custom:" + "0" * 64, ""):
        assert remote_model(model) is None
    fill(folder_of(VITS), "model_file.pth", "config.json")
    assert names(VITS) == ("model_file.pth", "config.json")
    fill(folder_of(VITS), "config_se.json")
    assert names(VITS) == () and remote_model(VITS) is None


def test_xtts_is_had_from_others_only_once_its_licence_is_accepted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("COQUI_TOS_AGREED")
    assert remote_model(XTTS) is None
    fill(tmp_path / "tts" / XTTS.replace("/", "--"), "tos_agreed.txt")
    assert remote_model(XTTS) is not None


def test_of_a_model_in_the_hubs_cache_the_word_which_commit_it_is_comes_last() -> None:
    fill(folder_of(XTTS), "refs/main", *(f"snapshots/{COMMIT}/{name}" for name in ("model.pth", "config.json", "x.py")))
    assert names(XTTS) == (f"snapshots/{COMMIT}/config.json", f"snapshots/{COMMIT}/model.pth", "refs/main")
    assert all(map(may_have, names(XTTS)))
    assert not came_from_neighbour(XTTS)
    fill(folder_of(XTTS), MARK)
    assert came_from_neighbour(XTTS)


@pytest.mark.parametrize("name", ["x.py", "config_se.json", "a/model.pth", MARK, "snapshots/../model.pth", ".env.json"])
def test_names_that_no_model_has_are_refused(name: str) -> None:
    assert not may_have(name)


def test_the_word_which_commit_it_is_leads_nowhere_else() -> None:
    fill(folder_of(XTTS), "refs/main")
    (folder_of(XTTS) / "refs/main").write_text("../../../elsewhere")
    assert place_of(XTTS) == folder_of(XTTS) / "snapshots" / "none"
