import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import piper_bench
import pytest
from stand_in_hub import StandInHub, stand_in_hub

from swarm.errors import EnvironmentFault
from swarm.job.spec import Recipe
from swarm.voice.piper import voices
from swarm.voice.piper.engine import engine
from swarm.voice.piper.voices import ListedVoice, find_listed, folder_of, licence_of, listed_voices, parse_config

THORSTEN = "de_DE-thorsten-medium"
WEIGHTS, CONFIG = piper_bench.tiny_network(), b'{"config": 1}'


def test_a_voices_folder_has_a_name_for_any_locale() -> None:
    folders = [folder_of(name).name for name in listed_voices()]
    assert all(map(str.isascii, folders))
    assert len(set(folders)) == 130


def test_the_table_has_130_voices_in_37_languages() -> None:
    table = listed_voices()
    assert len(table) == 130
    assert len({voice.language for voice in table.values()}) == 37
    assert {"de", "pl", "ru", "nl", "cs", "tr", "uk", "nb"} <= {voice.language for voice in table.values()}
    assert all(len(voice.weights[1]) == 32 and voice.weights[0] > 5_000_000 for voice in table.values())
    assert find_listed("piper", "de").name == THORSTEN
    assert table["de_DE-thorsten_emotional-medium"].about == "DE, medium, 8 speakers"


def test_each_voice_has_an_address_that_is_pinned() -> None:
    urls = [file.url for voice in listed_voices().values() for file in voice.files]
    assert len(set(urls)) == 3 * 130
    assert all("/resolve/v1.0.0/" in url or f"/resolve/{voices._COMMIT}/" in url for url in urls)
    assert listed_voices()[THORSTEN].files[-1].url.endswith(f"/de/de_DE/thorsten/medium/{THORSTEN}.onnx")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandInHub]:
    """Serve tiny files under the addresses of a voice, and pin their digests in place of the real ones."""
    monkeypatch.setenv("E2A_SWARM_MODELS", str(tmp_path / "models"))
    with stand_in_hub(tmp_path / "hub") as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        weights, config = ((len(each), hashlib.md5(each).hexdigest()) for each in (WEIGHTS, CONFIG))
        voice = ListedVoice(THORSTEN, 1, "male", "", weights, config)
        monkeypatch.setattr(voices, "listed_voices", lambda: {THORSTEN: voice})
        monkeypatch.setattr("swarm.voice.piper.engine.listed_voices", lambda: {THORSTEN: voice})
        content = (b"# Model card\n\n* License: CC0, see the address\n", CONFIG, WEIGHTS)
        for file, each in zip(voice.files, content, strict=True):
            hub.put(file.url.removeprefix(f"{hub.url}/"), each)
        yield hub


def test_a_voice_is_fetched_with_its_licence_and_removed(hub: StandInHub) -> None:
    voice = voices.listed_voices()[THORSTEN]
    assert licence_of(voice) == "see its card"
    engine.fetch(THORSTEN, print)
    assert engine.kept_models() == (THORSTEN,)
    assert licence_of(voice) == "CC0, see the address"
    assert (engine.model_folder(THORSTEN) / "config.json").read_bytes() == CONFIG
    engine.remove(THORSTEN)
    assert engine.kept_models() == ()


@pytest.mark.parametrize("name", ["model.onnx", "config.json"])
def test_another_file_than_the_pinned_one_is_refused(hub: StandInHub, name: str) -> None:
    file = next(file for file in voices.listed_voices()[THORSTEN].files if file.name == name)
    hub.put(file.url.removeprefix(f"{hub.url}/"), bytes(file.size))
    with pytest.raises(EnvironmentFault, match="known by its digest"):
        engine.fetch(THORSTEN, print)
    assert engine.kept_models() == ()


def test_workers_share_all_files_of_a_voice_and_none_of_a_custom_one() -> None:
    model = engine.remote_model(Recipe("piper", "de_DE-thorsten-medium", "de", "de_DE-thorsten-medium"))
    assert model is not None and model.folder == folder_of("de_DE-thorsten-medium")
    assert [file.name for file in model.files] == ["MODEL_CARD", "config.json", "model.onnx"]
    assert engine.remote_model(Recipe("piper", "default", "de", "custom:" + "0" * 64)) is None


@piper_bench.needs_joe
def test_the_config_of_a_real_voice_is_read() -> None:
    config = parse_config(piper_bench.joe(".onnx.json").read_bytes())
    assert config.audio.sample_rate == 22_050
    assert config.espeak_identifier == "gmw/en-US"
    assert config.inference.noise_w == 0.8


@pytest.mark.parametrize(
    ("voice", "identifier"), [("de", "gmw/de"), ("no", "gmq/nb"), ("zh", "sit/cmn"), ("EN-US", "gmw/en-US"), ("x", "")]
)
def test_espeaks_voice_is_found_by_its_usual_names(voice: str, identifier: str) -> None:
    config = parse_config(piper_bench.tiny_config(espeak={"voice": voice}))
    assert config.espeak_identifier == identifier


@pytest.mark.parametrize(
    "changes",
    [
        {"audio": {"sample_rate": 10**9}},
        {"audio": {"sample_rate": "22050"}},
        {"inference": {"length_scale": 0}},
        {"inference": {"noise_scale": 1e300}},
        {"num_speakers": 10**6},
        {"phoneme_type": "pickle"},
        {"phoneme_id_map": {"_": [0]}},
        {"phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": [-1]}},
        {"phoneme_id_map": {"_": [0], "^": [1], "$": [], "a": [2]}},
        {"phoneme_id_map": {"_": [0], "^": [1], "$": [2], "a": list(range(100))}},
        {"phoneme_id_map": {str(number): [1] for number in range(3000)}},
        {"espeak": {"voice": "/etc/passwd"}, "phoneme_type": "espeak"},
        {"speaker_id_map": [1]},
    ],
)
def test_numbers_out_of_bounds_and_unknown_words_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_config(json.dumps(piper_bench.tiny_config(**changes)).encode())


@pytest.mark.parametrize("content", [b"", b"[" * 100_000, b"[]", b"\xff", b"{}", b'{"audio": 3}'])
def test_what_is_no_config_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_config(content)
