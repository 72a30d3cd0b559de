import json

import piper_bench
import pytest

from swarm.voice.piper.voices import parse_config


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
