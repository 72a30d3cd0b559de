import json
from pathlib import Path

import pytest

from swarm.voice.coqui.model_config import ConfigRefused, expect_no_statistics, read_config, rebuild

HOSTILE = {
    "model": "vits",
    "output_path": "/etc",
    "audio": {"sample_rate": 16000, "stats_path": "/tmp/evil.npy", "log_func": "os.system", "stft_pad_mode": "reflect"},
    "characters": {"characters_class": "subprocess.Popen", "characters": "abc/..", "pad": "_"},
    "text_cleaner": "__class__",
    "phonemizer": "espeak; rm",
    "use_phonemes": False,
    "speakers": ["ada", {"name": "/x"}],
    "languages": ["en"],
    "model_args": {
        "speaker_encoder_model_path": "/tmp/evil.pth",
        "d_vector_file": ["/tmp/evil.pth"],
        "hidden_channels": 16,
        "resblock_dilation_sizes_decoder": [[1, 3]],
        "tokenizer_file": "s3://evil/vocab.json",
        "width": float("inf"),
        "gpt_checkpoint": None,
    },
    "test_sentences": ["Hello"],
    "datasets": [{"language": "en", "path": "/data", "meta_file_train": "x"}],
}


def test_numbers_pass_and_words_only_where_they_can_do_no_harm() -> None:
    assert rebuild(HOSTILE) == {
        "model": "vits",
        "audio": {"sample_rate": 16000, "stft_pad_mode": "reflect"},
        "characters": {"characters": "abc/..", "pad": "_"},
        "use_phonemes": False,
        "speakers": ["ada", {}],
        "languages": ["en"],
        "model_args": {
            "d_vector_file": [],
            "hidden_channels": 16,
            "resblock_dilation_sizes_decoder": [[1, 3]],
            "gpt_checkpoint": None,
        },
        "datasets": [{"language": "en"}],
    }


@pytest.mark.parametrize("kind", ["bark", "tortoise", "../vits", "", None, 3])
def test_a_model_of_another_kind_is_refused(kind: object) -> None:
    with pytest.raises(ConfigRefused, match="cannot be loaded from files"):
        rebuild({"model": kind})


def test_a_model_that_needs_pickled_statistics_is_refused() -> None:
    said = {"model": "tacotron2", "audio": {"stats_path": "/tmp/evil.npy", "fft_size": 1024}}
    with pytest.raises(ConfigRefused, match="no pickle is opened: use xtts, vits or fairseq"):
        expect_no_statistics(said)
    assert rebuild(said)["audio"] == {"fft_size": 1024}
    expect_no_statistics({"model": "vits", "audio": {"stats_path": "scale_stats.npy"}})
    expect_no_statistics({"model": "tacotron2", "audio": {"stats_path": None}})
    expect_no_statistics({"model": "tacotron2", "audio": {"stats_path": "x", "signal_norm": False}})


@pytest.mark.parametrize("text", ["", "[]", "null", "[" * 100_000, '{"model":', "\0"])
def test_what_is_no_config_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(text)
    with pytest.raises(ConfigRefused, match=r"config\.json"):
        read_config(tmp_path / "config.json")


def test_a_config_is_bounded(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"model": "vits", "speakers": ["x" * 1000] * 5000}))
    with pytest.raises(ConfigRefused, match="larger than 4 MiB"):
        read_config(path)
    deep: object = 1
    for _ in range(50):
        deep = {"a": deep}
    assert "1" not in json.dumps(rebuild({"model": "vits", "audio": deep}))


@pytest.mark.parametrize("name", ["gpt_layers", "num_layers_text_encoder", "num_flow_blocks_dec", "hidden_channels"])
def test_a_network_that_would_take_hours_to_build_is_refused(name: str) -> None:
    assert rebuild({"model": "vits", "model_args": {name: 30}})["model_args"][name] == 30
    with pytest.raises(ConfigRefused, match=name):
        rebuild({"model": "vits", "model_args": {name: 1_000_000}})
