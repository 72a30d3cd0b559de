"""Vocabularies of XTTS models, sound and hostile."""

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from swarm.voice.coqui.model_config import (
    MAX_VOCABULARY_BYTES,
    ConfigRefused,
    check_vocabulary,
    expect_no_statistics,
    read_config,
    rebuild,
)

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


class Exploit:
    """Unpickled, it leaves a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


@pytest.mark.coqui
def test_whoever_asks_torch_and_numpy_for_more_gets_no_more(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    load = pytest.importorskip("swarm.voice.coqui.load", exc_type=ImportError)
    mark, weights, statistics = tmp_path / "ran", tmp_path / "model.pt", tmp_path / "stats.npy"
    torch.save({"model": Exploit(mark)}, weights)
    np.save(statistics, np.array(Exploit(mark), dtype=object), allow_pickle=True)
    with load.only_read():
        with pytest.raises(pickle.UnpicklingError):
            torch.load(weights, weights_only=False)
        with pytest.raises(ConfigRefused, match="no pickle is opened"):
            np.load(statistics, allow_pickle=True)
        with pytest.raises(ConfigRefused, match="no pickle is opened"):
            np.load(statistics, None, True)
    assert not mark.exists()
    torch.load(weights, weights_only=False)
    assert mark.exists()


SOUND = {
    "added_tokens": [{"id": 0, "content": "[STOP]"}],
    "normalizer": None,
    "pre_tokenizer": {"type": "Whitespace"},
    "post_processor": None,
    "decoder": None,
    "model": {"type": "BPE", "vocab": {"[STOP]": 0, "Regex": 1}, "merges": []},
}
EXPONENTIAL = {"type": "Split", "pattern": {"Regex": "(a+)+$"}, "behavior": "Isolated", "invert": False}


def written(folder: Path, said: object) -> Path:
    path = folder / "vocab.json"
    path.write_text(json.dumps(said))
    return path


def test_a_vocabulary_as_xtts_has_it_passes(tmp_path: Path) -> None:
    check_vocabulary(written(tmp_path, SOUND))


@pytest.mark.parametrize("step", ["normalizer", "pre_tokenizer", "decoder", "post_processor"])
@pytest.mark.parametrize("depth", [0, 1, 50])
def test_a_pattern_of_its_own_is_refused_wherever_it_is(tmp_path: Path, step: str, depth: int) -> None:
    part: object = EXPONENTIAL
    for _ in range(depth):
        part = {"type": "Sequence", "steps": [part]}
    with pytest.raises(ConfigRefused, match="regular expressions"):
        check_vocabulary(written(tmp_path, {**SOUND, step: part}))


def test_what_is_no_vocabulary_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigRefused, match="cannot be read"):
        check_vocabulary(tmp_path / "vocab.json")
    with pytest.raises(ConfigRefused, match="not the vocabulary"):
        check_vocabulary(written(tmp_path, []))
    with (tmp_path / "vocab.json").open("wb") as file:
        file.truncate(MAX_VOCABULARY_BYTES + 1)
    with pytest.raises(ConfigRefused, match="larger than"):
        check_vocabulary(tmp_path / "vocab.json")
