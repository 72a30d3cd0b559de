import hashlib
import io
import json
from pathlib import Path

import pytest
from stand_in_hub import stand_in_hub

from swarm.commands.main import main
from swarm.commands.output import show_progress
from swarm.errors import EXIT_ENVIRONMENT, EXIT_USAGE, UsageError
from swarm.voice.coqui.card import INSTALL
from swarm.voice.host.registry import find_model
from swarm.voice.kokoro import voices

FRENCH = "tts_models/fr/css10/vits"


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of models with a French VITS."""
    monkeypatch.setenv("TTS_HOME", "")  # monkeypatch then undoes what --models-dir sets
    monkeypatch.setenv("HF_HUB_CACHE", "")
    monkeypatch.setenv("E2A_SWARM_MODELS", "")
    monkeypatch.setenv("COQUI_TOS_AGREED", "")
    folder = tmp_path / "models" / "tts" / "tts_models--fr--css10--vits"
    folder.mkdir(parents=True)
    (folder / "model_file.pth").write_bytes(bytes(2_000_000))
    (folder / "config.json").write_text("{}")
    return tmp_path / "models"


def test_what_is_here_stands_first_with_size_licence_and_place(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "--all", "--models-dir", str(models)]) == 0
    lines = capsys.readouterr().out.splitlines()
    place = models / "tts" / "tts_models--fr--css10--vits"
    assert lines[:2] == ["1 here:", f"  vits --language fr: {FRENCH} (BSD 3-clause), 2.0 MB in {place}"]
    assert "  xtts: tts_models/multilingual/multi-dataset/xtts_v2 (CPML)" in lines[3:]
    assert sum(FRENCH in line for line in lines) == 1


def test_what_is_not_here_has_a_line_for_each_engine(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--models-dir", str(models)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) < 24
    assert lines[4] == ("  hibari (4 models, 7.9 MB to 8.0 MB): hibari:emma, hibari:fenrir, hibari:fable, hibari:kore")
    assert "  piper (130 models, 21 MB to 137 MB): piper --language CODE" in lines
    assert [line for line in lines if line.startswith("  coqui (")]
    assert ", ," not in "".join(lines)


def test_a_voice_is_a_name_of_its_model() -> None:
    assert find_model("emma", "") == find_model("hibari:emma", "")
    with pytest.raises(UsageError, match=r"did you mean kokoro\?"):
        find_model("kokro", "")


def test_json_has_every_model(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json", "--models-dir", str(models)]) == 0
    first, *others = json.loads(capsys.readouterr().out)["models"]
    assert (first["model"], first["engine"], first["language"]) == (FRENCH, "vits", "fr")
    assert (first["here"], first["bytes"], first["licence"]) == (True, 2_000_002, "BSD 3-clause")
    facts = {(other["model"], other["engine"], other["here"], other["folder"]) for other in others}
    assert ("kokoro-v1.0-int8", "kokoro", False, "") in facts
    assert ("de_DE-thorsten-medium", "piper", False, "") in facts
    assert ("hibari-emma", "hibari:emma", False, "") in facts
    assert any(engine == "xtts" and not here for _, engine, here, _ in facts)
    assert len(facts) == len(others) > 190


@pytest.mark.parametrize("name", [["vits", "--language", "fra"], ["fr/css10/vits"], [FRENCH]])
def test_a_model_is_removed_by_any_of_its_names(
    name: list[str], models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "remove", *name, "--models-dir", str(models)]) == 0
    assert capsys.readouterr().out == f"{FRENCH} is removed: 2.0 MB are free again\n"
    assert list((models / "tts").iterdir()) == []


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["remove", "xtts"], "xtts_v2 is not on this machine"),
        (["remove", "vits"], "vits has a model for each language: choose one, as in --language fr."),
        (["fetch", "xtts3"], "No engine here has a model 'xtts3'"),
    ],
)
def test_a_name_that_means_no_model_is_said(
    words: list[str], why: str, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", *words, "--models-dir", str(models)]) == EXIT_USAGE
    assert why in capsys.readouterr().err


def test_what_is_here_is_not_fetched_again(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", FRENCH, "--models-dir", str(models)]) == 0
    assert "is here already" in capsys.readouterr().out


def test_without_coqui_the_line_is_named_that_installs_it(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("swarm.voice.coqui.engine.is_installed", lambda: False)
    line = "Coqui is not installed on this machine"
    assert main(["models", "--models-dir", str(models)]) == 0
    assert line in capsys.readouterr().out
    assert main(["models", "fetch", "xtts", "--models-dir", str(models)]) == EXIT_ENVIRONMENT
    assert capsys.readouterr().err == f"e2a-swarm: {line}: {INSTALL}\n"


@pytest.mark.coqui
def test_a_licence_is_agreed_to_before_anything_is_fetched(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "fetch", "xtts", "--models-dir", str(models)]) == EXIT_ENVIRONMENT
    assert "--accept-coqui-license" in capsys.readouterr().err


@pytest.mark.coqui
def test_what_cannot_be_fetched_is_one_sentence(
    models: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import requests

    def unplugged(*args: object, **words: object) -> object:
        raise requests.ConnectionError("no route to host")

    monkeypatch.setattr(requests, "get", unplugged)
    assert main(["models", "fetch", "vits", "--language", "es", "--models-dir", str(models)]) == EXIT_ENVIRONMENT
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "e2a-swarm: The model tts_models/es/css10/vits is not on this machine and cannot be downloaded"
    )


def test_the_list_can_be_narrowed_to_a_language_and_names_engines_that_need_no_download(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["models", "--language", "Swedish"]) == 0
    text = capsys.readouterr().out
    assert "tts_models/sv/cv/vits" in text
    assert "tts_models/fr" not in text
    assert "kokoro" not in text
    assert "espeak needs no download" in text
    assert main(["models", "fetch", "hibari"]) == EXIT_USAGE
    assert "hibari needs no download: its first voice comes with it; others: hibari:emma" in capsys.readouterr().err
    assert main(["models", "fetch", "espeak"]) == EXIT_USAGE
    assert "espeak needs no download: its voices come with it" in capsys.readouterr().err
    assert main(["models", "--language", "fr"]) == 0
    assert "kokoro: kokoro-v1.0-int8 (Apache-2.0, 121 MB)" in capsys.readouterr().out


def test_a_single_voice_of_a_model_is_fetched_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    style = bytes(1000)
    monkeypatch.setattr(voices, "_has_parts", lambda model: True)
    monkeypatch.setitem(voices._DIGESTS, "ff_siwis", hashlib.sha256(style).hexdigest())
    monkeypatch.setattr(voices, "_STYLE_BYTES", len(style))
    with stand_in_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put(f"{voices._STYLES}/ff_siwis.bin", style)
        assert main(["models", "fetch", "ff-siwis"]) == 0
        assert capsys.readouterr().out.splitlines()[0] == "fetching ff-siwis of Kokoro (1.0 kB)"
        assert main(["models", "fetch", "ff_siwis"]) == 0
        assert len(hub.handler.asked) == 1
    folder = tmp_path / "models" / "kokoro-v1.0-int8"
    assert capsys.readouterr().out.splitlines() == [f"ff_siwis is here: {folder}"]
    assert (folder / "voices" / "ff_siwis.bin").read_bytes() == style


def test_a_download_has_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", screen)
    for words in ("downloading Kokoro, 37 %", "waiting for the download of Kokoro", ""):
        show_progress(words)
    bar, waits, end = screen.getvalue().split("\r\x1b[K")[1:]
    assert bar == "[#######-------------] downloading Kokoro, 37 %"
    assert (waits, end) == ("waiting for the download of Kokoro", "")
