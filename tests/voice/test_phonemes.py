import numpy as np
import pytest

from swarm.book.model.engine_text import Phonemes, read_engine_text
from swarm.voice.engine import SpokenLine
from swarm.voice.espeak.engine import engine as espeak
from swarm.voice.espeak.voice import EspeakVoice, espeak_names, for_espeak
from swarm.voice.hibari.engine import engine as hibari
from swarm.voice.hibari.voice import for_hibari, sounded
from swarm.voice.host.registry import choose_recipe


def voice(language: str) -> EspeakVoice:
    found = espeak.open(choose_recipe(language, engine="espeak"), "cpu")
    assert isinstance(found, EspeakVoice)
    return found


@pytest.mark.parametrize(
    ("phonemes", "letters"),
    [
        ("ˌæpəˌlætʃəˈkoʊlə", "ˌæpəˌlæʧəˈkOlə"),
        ("ˈt͡ʃɛrəˌki", "ˈʧɛɹəˌki"),
        ("bɑːθ.rʊm", "bɑθɹʊm"),
        ("ʒɑ̃", "ʒɑ"),
        ("dʒoʊ kæt", "ʤO kæt"),
        ("ǃxɔ", ""),
        ("", ""),
    ],
)
def test_hibaris_letters(phonemes: str, letters: str) -> None:
    assert for_hibari(phonemes) == letters


@pytest.mark.parametrize(
    ("language", "text", "words"),
    [
        ("en", "The ⟦Oconee|əˈkoʊni⟧, [[x]].", "The [[@'koUni]], [ [x]]."),
        ("en", "⟦ship|ʃɪp⟧ ⟦thirty|ˈθɜrti⟧", "[[SIp]] [['T3:ti]]"),
        ("fr", "⟦Oui|ˈwi⟧, ⟦vin|vɛ̃⟧ ⟦lune|lyn⟧", "[['wi]], [[vE~]] [[lyn]]"),
        ("de", "⟦ich|ɪç⟧ ⟦Buch|buːx⟧", "[[IC]] [[bu:x]]"),
        ("en", "⟦click|ǃǃ⟧ here", "click here"),
        ("en", "no [[marks]] at all", "no [[marks]] at all"),
    ],
)
def test_espeak_is_given_the_names_of_its_phonemes(language: str, text: str, words: str) -> None:
    assert voice(language)._words(*read_engine_text(text))[0].decode() == words


def test_espeak_says_a_word_as_its_phonemes_are_and_the_rest_as_ever() -> None:
    speaker = voice("en")
    plain = speaker.speak("She will read it.", 1)
    assert np.array_equal(speaker.speak("She will read it.", 1), plain)
    text, phonemes = read_engine_text("She will ⟦read|rɛd⟧ it.")
    assert not np.array_equal(speaker.speak_timed(SpokenLine(text, 1, phonemes)).pcm, plain)
    assert np.array_equal(speaker.speak("She will read it.", 1), plain)


def test_every_voice_of_espeak_names_the_commonest_sounds() -> None:
    for language in ("en", "fr", "de", "es", "it", "pt", "nl", "ru", "pl"):
        speaker = voice(language)
        speaker._words("a", (Phonemes(0, 1, "a"),))
        assert all(for_espeak(sound, speaker._names) for sound in "ptkbdmnsflaiu"), language


def test_names_that_a_voice_does_not_know_are_none() -> None:
    assert espeak_names(lambda _name: ("", "")) == {}
    assert for_espeak("ta", {"t": "t"}) == ""


def test_hibari_is_given_phonemes_in_its_own_form() -> None:
    assert sounded(*read_engine_text("At ⟦Oconee|əˈkoʊni⟧, x²")) == "At [Oconee](/əˈkOni/), x 2"
    assert sounded(*read_engine_text("⟦click|ǃ⟧ [a](/b/)")) == "click a(/b/)"
    voice = hibari.open(choose_recipe("en"), "cpu")
    text = sounded(*read_engine_text("The ⟦Oconee|əˈkoʊni⟧ river."))
    said = voice._model.phonemize(text)  # type: ignore[attr-defined]
    assert "əˈkOni" in said[0]
