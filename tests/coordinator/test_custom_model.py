"""Models of the user's own: which files are taken, and which never."""

import json
import os
import zipfile
from pathlib import Path

import piper_bench
import pytest

from swarm.coordinator import brought_files
from swarm.coordinator.brought_files import read_custom_model
from swarm.errors import UsageError

FILES = {"config.json": json.dumps({"model": "xtts"}).encode(), "model.pth": b"weights", "vocab.json": b"{}"}


def folder(tmp_path: Path, **more: bytes) -> Path:
    path = tmp_path / "model"
    path.mkdir(exist_ok=True)
    for name, data in (FILES | {name.replace("_", "."): data for name, data in more.items()}).items():
        (path / name).write_bytes(data)
    return path


def packed(tmp_path: Path, files: dict[str, bytes]) -> Path:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def test_a_folder_and_a_zip_of_the_same_files_are_the_same_model(tmp_path: Path) -> None:
    model = read_custom_model(folder(tmp_path, notes_txt=b"mine"))
    assert [info.name for info in model.job_files] == ["model/config.json", "model/model.pth", "model/vocab.json"]
    assert model.config == {"model": "xtts"}
    assert model.ignored == ("notes.txt",)
    for files in (FILES, {f"deep/{name}": data for name, data in FILES.items()}):
        again = read_custom_model(packed(tmp_path, files))
        assert (again.name, again.job_files) == (model.name, model.job_files)
        contents = again.contents(tmp_path)
        assert sorted(Path(str(path)).read_bytes() for path in contents.values()) == sorted(FILES.values())


def test_another_content_is_another_model(tmp_path: Path) -> None:
    one = read_custom_model(folder(tmp_path)).name
    assert one != read_custom_model(folder(tmp_path, model_pth=b"WEIGHTS")).name


def test_the_only_weights_are_taken_whatever_they_are_called_and_of_two_none(tmp_path: Path) -> None:
    files = {"config.json": b"{}", "best_model_12.pth": b"weights", "speakers.pth": b"s"}
    model = read_custom_model(packed(tmp_path, files))
    assert [info.name for info in model.job_files] == ["model/config.json", "model/model.pth", "model/speakers.pth"]
    with pytest.raises(UsageError, match="name the right one"):
        read_custom_model(packed(tmp_path, files | {"other.pth": b"x"}))


def test_the_recording_that_came_with_it_is_no_file_of_the_model(tmp_path: Path) -> None:
    model = read_custom_model(folder(tmp_path, ref_wav=b"RIFF"))
    assert model.reference is not None
    assert "model/ref.wav" not in [info.name for info in model.job_files]


@pytest.mark.parametrize("name", ["../config.json", "/config.json", "a/b/config.json", "a/../config.json"])
def test_a_path_that_leads_elsewhere_is_not_read(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=r"no config\.json"):
        read_custom_model(packed(tmp_path, {name: b"{}", "model.pth": b"w"}))


def test_a_link_in_a_zip_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "model.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("model.pth")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("config.json", "{}")
    with pytest.raises(UsageError, match=r"no model\.pth"):
        read_custom_model(path)


def test_what_is_too_large_once_unpacked_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(brought_files, "MAX_BYTES", 1000)
    with pytest.raises(UsageError, match="too large"):
        read_custom_model(packed(tmp_path, FILES | {"model.pth": bytes(2000)}))


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.zip"
    path.write_bytes(data)
    with pytest.raises(UsageError, match="device: name a folder or a zip"):
        read_custom_model(Path(os.devnull))
    with pytest.raises(UsageError, match="neither a folder nor a whole zip"):
        read_custom_model(path)


def test_a_config_with_infinities_is_read_as_coqui_writes_it(tmp_path: Path) -> None:
    config = b'{"model": "vits", "max_audio_len": Infinity, "x": NaN}'
    assert read_custom_model(packed(tmp_path, FILES | {"config.json": config})).config["model"] == "vits"


@pytest.mark.parametrize("config", [b"", b"[]", b"{" * 10_000, b"\xff"])
def test_a_config_that_is_none_is_refused(tmp_path: Path, config: bytes) -> None:
    with pytest.raises(UsageError, match=r"config\.json"):
        read_custom_model(packed(tmp_path, FILES | {"config.json": config}))


def test_xtts_without_its_vocabulary_is_refused_at_once(tmp_path: Path) -> None:
    files = {name: data for name, data in FILES.items() if name != "vocab.json"}
    with pytest.raises(UsageError, match=r"there is no vocab\.json in it"):
        read_custom_model(packed(tmp_path, files))
    assert read_custom_model(packed(tmp_path, files | {"config.json": b'{"model": "vits"}'})).config["model"] == "vits"


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is empty"):
        read_custom_model(folder(tmp_path, model_pth=b""))


def test_a_network_and_the_config_of_its_name_are_a_model(tmp_path: Path) -> None:
    (tmp_path / "anna.onnx").write_bytes(b"network")
    with pytest.raises(UsageError, match=r"there is no anna\.onnx\.json beside it"):
        read_custom_model(tmp_path / "anna.onnx")
    config = piper_bench.tiny_config()
    (tmp_path / "anna.onnx.json").write_text(json.dumps(config))
    alone, folder = read_custom_model(tmp_path / "anna.onnx"), read_custom_model(tmp_path)
    assert [info.name for info in alone.job_files] == ["model/config.json", "model/model.onnx"]
    assert (folder.name, folder.ignored, folder.config) == (alone.name, (), config)
    (tmp_path / "bert.onnx.json").write_text("{}")
    with pytest.raises(UsageError, match=r"there is no config\.json in it"):
        read_custom_model(tmp_path)


def test_a_config_that_its_engine_cannot_use_is_refused_at_once(tmp_path: Path) -> None:
    files = {"model.onnx": b"w", "config.json": json.dumps(piper_bench.tiny_config(audio={"sample_rate": 1})).encode()}
    with pytest.raises(UsageError, match="the config of this Piper voice cannot be used"):
        read_custom_model(packed(tmp_path, files))
