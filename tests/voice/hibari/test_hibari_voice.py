import numpy as np
import pytest
import regex
from hibari.g2p import G2P

from swarm.voice.engine import from_floats
from swarm.voice.hibari.engine import engine
from swarm.voice.hibari.voice import HibariVoice, cut, phonemes_of, readable, sounded
from swarm.voice.host.registry import choose_recipe


@pytest.fixture(scope="module")
def voice() -> HibariVoice:
    voice = engine.open(choose_recipe("en"), "cpu")
    assert isinstance(voice, HibariVoice)
    return voice


def test_a_usual_sentence_sounds_as_the_package_has_it(voice: HibariVoice) -> None:
    text = "It is very seldom that mere ordinary people secure ancestral halls for the summer."
    assert np.array_equal(voice.speak(text, 3), from_floats(voice._model(text, seed=3)))


@pytest.mark.parametrize("text", ["A footnote¹ and x² and ①.", "Pi is 3." + "1415926535" * 25, "½ of ⅔ is Ⅳ"])
def test_numbers_that_the_package_stumbles_over_are_spoken(voice: HibariVoice, text: str) -> None:
    assert len(voice.speak(text, 1)) > voice.sample_rate


def test_digits_stay_readable() -> None:
    assert readable("A footnote¹ of 1,234 and ٣") == "A footnote 1 of 1,234 and ٣"
    assert readable("9" * 30) == " ".join("9" * 30)


@pytest.mark.parametrize("word", ["This", "Colonel", "Don't", "Captain"])
def test_marks_beside_a_word_do_not_change_how_it_is_said(word: str) -> None:
    marked = ('"{}"', "“{}”", "“‘{}.’”", "[{}]", "—“{}”—", "«{}»", "({})", "{}”,", "the “{}")
    alone, *said = phonemes_of([f"Well, {marks.format(word)}" for marks in ("{}", *marked)])
    sound = regex.sub(r"[^\p{L}]", "", alone.split(" ")[-1])
    assert [
        marks for marks, one in zip(marked, said, strict=True) if sound not in regex.sub(r"[^\p{L}]", "", one)
    ] == []


def test_words_stay_apart_at_quotation_marks() -> None:
    assert readable("He said“No”to[her]") == "He said“No”to her"
    assert regex.sub("[ˈˌ]", "", phonemes_of(["He said“No”"])[0]) == "hi sɛd“noʊ”"


def test_what_has_no_letters_has_no_samples(voice: HibariVoice) -> None:
    assert len(voice.speak("😀\u200b", 1)) == 0


def test_phonemes_are_cut_between_words_and_none_is_lost() -> None:
    words = [f"word{n}" for n in range(300)]
    pieces = cut(" ".join(words))
    assert " ".join(pieces).split(" ") == words
    assert len(pieces) > 3
    assert max(map(len, pieces)) <= 400
    assert cut("one two") == ["one two"]


def test_a_long_list_of_numbers_takes_little_time_and_memory(voice: HibariVoice) -> None:
    longest = 0

    def from_ids(ids: list[int], *rest: object) -> np.ndarray:
        nonlocal longest
        longest = max(longest, len(ids))
        return voice._model.from_ids(ids, *rest)

    class Spy:
        sample_rate = voice.sample_rate

        def __getattr__(self, name: str) -> object:
            return getattr(voice._model, name)

    spy = Spy()
    spy.from_ids = from_ids  # type: ignore[attr-defined]
    sound = HibariVoice(spy, 1.0).speak("1,234,567 " * 30, 1)  # type: ignore[arg-type]
    assert len(sound) / voice.sample_rate > 60
    assert 300 < longest <= 402


@pytest.fixture(scope="module")
def g2p() -> G2P:
    return G2P()


@pytest.mark.parametrize(
    ("text", "letters"),
    [
        ("Shh! Hmph, grr, AAAARGH, ooooh, tsk, brrr.", "ʃʃ! hˈʌmf, ɡˈɜɹ, ˈɑɹɡ, ˈu, tˈɪsk, bˈɜɹ."),
        ("Nooo! Whaaat? Pleeease, sooo goood, seee.", "nˈO! wˌʌt? plˈiz, sˌO ɡˈʊd, sˈi."),
        ("N-no, th-think, th-the, d-don't", "n nˈO, θ θˈɪŋk, ð ðə, də dˈOnt"),
        ("'ead, 'Arry, ’aven’t, 'im, 'ouse", "ˈɛd, ˈɛɹi, ˈævᵊnt, ˌɪm, ˈWs"),
        ("th' lads doin' nothin’", "ðə lˈædz dˈuɪn nˈʌθɪn"),
        ("She said no. “Whale—no.” I ate a fig. He left.", "ʃˌi sˈɛd nˈO. “wˈAl—nˈO.” ˌI ˈAt ɐ fˈɪɡ. hˌi lˈɛft."),
        ("CO₂, α ≤ 5", "sˈi ˈO tˈu, ˈælfə ɪz æt mˈOst fˈIv"),
    ],
)
def test_what_is_in_no_dictionary_has_its_sound(g2p: G2P, text: str, letters: str) -> None:
    assert g2p(sounded(text, (), g2p)) == letters


@pytest.mark.parametrize(
    "text", ["re-read, co-coordinate, I-I", "‘within’ ‘basin’ ‘Are you’ ‘I’m’", "T-shirt, well-known, no man, o'clock"]
)
def test_words_of_the_dictionary_stay_as_they_are(g2p: G2P, text: str) -> None:
    assert sounded(text, (), g2p) == text


def test_long_runs_of_letters_and_hyphens_take_no_long_time(g2p: G2P) -> None:
    for text in ("a" * 20_000, "b-" * 10_000, "'a" * 10_000, "sh" * 10_000, "n-" * 10_000 + "no"):
        assert sounded(text, (), g2p)
