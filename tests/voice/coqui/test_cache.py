from pathlib import Path

import pytest

from swarm.errors import EnvironmentFault
from swarm.voice.coqui.files import (
    folder_of,
    hub_folder,
    is_complete,
    is_here,
    kept_models,
    models_folder,
    remove,
    size_of,
)
from swarm.voice.coqui.models import XTTS

VITS = "tts_models/fr/css10/vits"
EK1 = "tts_models/en/ek1/tacotron2"
TACOTRON, OVERFLOW = "tts_models/en/ljspeech/tacotron2-DDC", "tts_models/en/ljspeech/overflow"
HIFIGAN = "vocoder_models/en/ljspeech/hifigan_v2"


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TTS_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path


def put(model: str, *names: str) -> Path:
    return fill(folder_of(model), *names or ("model_file.pth", "config.json"))


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(bytes(1000))
    return folder


def put_in_hub(model: str, *names: str) -> None:
    repository = folder_of(model)
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("0" * 40)
    fill(repository / "snapshots" / ("0" * 40), *names)


def test_models_lie_where_coqui_and_the_hub_look(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (models_folder(), hub_folder()) == (tmp_path / "tts", tmp_path / "hub")
    for variable in ("TTS_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert (models_folder(), hub_folder()) == (Path("/data/tts"), Path("/cache/huggingface/hub"))
    monkeypatch.setenv("HF_HOME", "/hf")
    assert hub_folder() == Path("/hf/hub")


def test_what_is_here_is_found_by_its_folder() -> None:
    assert kept_models() == ()
    put(VITS)
    put("tts_models/deu/fairseq/vits", "G_100000.pth", "config.json", "vocab.txt")
    put_in_hub(XTTS, "model.pth", "config.json", "vocab.json")
    assert kept_models() == (XTTS, VITS, "tts_models/deu/fairseq/vits")
    assert size_of(VITS) == 2000


@pytest.mark.parametrize(
    "names", [("model_file.pth.zip",), ("x/model_file.pth", "x/config.json", "y.zip"), ("config.json",), ("model.pth",)]
)
def test_half_a_download_is_no_model(names: tuple[str, ...]) -> None:
    put(VITS, *names)
    assert not is_here(VITS)


def test_a_model_that_only_began_in_the_hubs_cache_is_not_here() -> None:
    folder_of(XTTS).mkdir(parents=True)
    assert not is_here(XTTS)
    put_in_hub(XTTS, "config.json", "vocab.json")
    assert not is_here(XTTS)


def test_a_model_of_the_hub_is_not_here_while_a_file_of_it_is_on_its_way() -> None:
    put_in_hub(XTTS, "config.json", "vocab.json", "speakers_xtts.pth")
    assert not is_here(XTTS)
    put_in_hub(EK1, "model.pth", "config.json")
    part = fill(folder_of(EK1) / "blobs", "0123.incomplete") / "0123.incomplete"
    assert not is_complete(EK1)
    part.unlink()
    assert is_complete(EK1)


def test_a_model_is_not_here_without_its_vocoder_and_leaves_it_to_those_that_need_it() -> None:
    put(TACOTRON)
    assert not is_here(TACOTRON)
    put(HIFIGAN)
    put(OVERFLOW)
    assert (is_here(TACOTRON), is_here(OVERFLOW), size_of(TACOTRON)) == (True, True, 4000)
    remove(TACOTRON)
    assert (is_here(TACOTRON), is_here(OVERFLOW)) == (False, True)
    remove(OVERFLOW)
    assert not folder_of(HIFIGAN).exists()


def test_what_cannot_be_removed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(place: Path) -> None:
        raise PermissionError(13, "Permission denied", str(place))

    put(VITS)
    monkeypatch.setattr("shutil.rmtree", refuse)
    with pytest.raises(EnvironmentFault, match=r"css10--vits cannot be removed: Permission denied\."):
        remove(VITS)
