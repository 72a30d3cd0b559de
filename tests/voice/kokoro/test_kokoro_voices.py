from collections import Counter

import pytest

from swarm.errors import UsageError
from swarm.voice.kokoro.voices import VOICES, blend_name, is_british, read_blend

COUNTS = {"en": 28, "es": 3, "fr": 1, "hi": 4, "it": 2, "ja": 5, "pt": 3, "zh": 8}


def test_there_are_54_voices_and_28_of_them_speak_english() -> None:
    assert Counter(voice.language for voice in VOICES) == COUNTS
    assert Counter(voice.gender for voice in VOICES if voice.language == "en") == {"female": 15, "male": 13}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("af_heart", "af_heart"),
        (" AF-Heart:3 ", "af_heart"),
        ("af_heart:0.6+am_adam:0.4", "af_heart:0.6+am_adam:0.4"),
        ("af_heart:6 + am_adam:4", "af_heart:0.6+am_adam:0.4"),
        ("af_heart+am_adam", "af_heart:0.5+am_adam:0.5"),
        ("af_heart:1+am_adam:0", "af_heart"),
    ],
)
def test_equal_blends_have_one_name(written: str, name: str) -> None:
    assert blend_name(read_blend(written)) == name


@pytest.mark.parametrize(
    "written",
    [
        *("", "+", "heart", "af_nobody", "af_heart:", "af_heart:x", "af_heart:-1", "af_heart:0", "af_heart:inf"),
        "+".join(["af_heart"] * 9),
        "af_heart:" + "9" * 10_000,
    ],
)
def test_a_voice_that_does_not_exist_is_refused_in_words(written: str) -> None:
    with pytest.raises(UsageError, match="has no voice") as fault:
        read_blend(written)
    assert len(str(fault.value)) < 400


def test_the_first_voice_of_a_blend_decides_which_english_it_speaks() -> None:
    assert is_british("bm_george")
    assert not is_british("am_adam")
