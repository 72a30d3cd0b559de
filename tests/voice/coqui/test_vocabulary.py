"""Vocabularies of XTTS models, sound and hostile."""

import json
from pathlib import Path

import pytest

from swarm.voice.coqui.model_config import MAX_VOCABULARY_BYTES, ConfigRefused, check_vocabulary

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
