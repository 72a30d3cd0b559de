"""The table beside this test has sentences, each with one of its words and the sound that the word has there."""

from pathlib import Path

import pytest

from swarm.book.language.languages.en.heteronym import Place, find_heteronyms
from swarm.book.speech.speech import Speech
from swarm.voice.espeak.engine import CARD as ESPEAK
from swarm.voice.hibari.engine import CARD as HIBARI

ROWS = [tuple(line.split("\t")) for line in (Path(__file__).parent / "heteronyms.tsv").read_text("utf-8").splitlines()]
MIN_DECIDED = 0.8  # a share of the table's sentences


def decided(sentence: str, word: str) -> str:
    """Return the phonemes that the rules put into a word of a sentence, "" if they leave it to the voice."""
    found = find_heteronyms(sentence)
    return next((ipa for start, end, ipa in found if sentence[start:end].lower() == word), "")


@pytest.mark.parametrize("word", sorted({word for word, _, _ in ROWS}))
def test_a_word_of_two_sounds_is_said_by_its_neighbours_or_left(word: str) -> None:
    for each, ipa, sentence in ROWS:
        if each == word:
            assert decided(sentence, word) in (ipa, ""), sentence


def test_most_of_them_are_decided() -> None:
    found = [bool(decided(sentence, word)) for word, _, sentence in ROWS]
    assert sum(found) >= MIN_DECIDED * len(ROWS)


def test_other_words_are_left_alone() -> None:
    sentence = "The leader of the contentment club, a well-read bow-legged man, objects: “Re-read it!”"
    assert not list(find_heteronyms(sentence))


@pytest.mark.parametrize(
    "sentence",
    [
        "The Polish officer had a good job. Job was his name.",
        "The objects that lay there were the subjects of two projects of the rebels.",
    ],
)
def test_where_the_voice_is_right_it_is_left_alone(sentence: str) -> None:
    assert not list(find_heteronyms(sentence))


@pytest.mark.parametrize(
    ("word", "sentence", "ipa"),
    [
        ("advocate", "Critics of the plan advocate a slower change.", "ˈædvəkeɪt"),
        ("delegate", "Every delegate from the north voted.", "ˈdɛləɡət"),
        ("reject", "Most readers reject the idea.", "ɹɪˈdʒɛkt"),
        ("lives", "His brother lives in Paris.", "lɪvz"),
        ("lives", "Nine lives were lost.", "laɪvz"),
        ("confines", "A dam confines the water.", "kənˈfaɪnz"),
        ("read", "Yesterday the whole class read it aloud.", "ɹɛd"),
        ("upset", "Mary, much upset, left.", "ʌpˈsɛt"),
    ],
)
def test_a_tagger_tells_what_neighbours_do_not(word: str, sentence: str, ipa: str) -> None:
    found = {sentence[start:end]: sound for start, end, sound in find_heteronyms(sentence, True)}
    assert found.get(word) == ipa


def test_an_engine_without_a_tagger_is_given_what_it_tells() -> None:
    assert Speech(ESPEAK).say("Critics advocate peace.", "en") == "Critics ⟦advocate|ˈædvəkeɪt⟧ peace."
    assert Speech(HIBARI).say("Critics advocate peace.", "en") == "Critics advocate peace."


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("He suffered a tear of the muscle.", ["tɛɹ"]),
        ("Ahab dropped a tear into the sea.", ["tɪɹ"]),
        ("A tear of joy fell. She wiped a tear to one side.", ["tɪɹ", "tɪɹ"]),
        ("Tourists frequent the square, and flowers perfume the air.", ["fɹɪˈkwɛnt", "pəɹˈfjum"]),
        ("a rise or decrease of energy", ["ˈdikɹis"]),
        ("The tribe refuse to move. They performed live at home.", ["ɹɪˈfjuz", "laɪv"]),
    ],
)
def test_verbs_have_objects_and_nouns_have_of_behind_them(sentence: str, said: list[str]) -> None:
    assert sounds(sentence) == said


def test_a_page_of_them_takes_no_long_time() -> None:
    assert len(list(find_heteronyms("I object to lead. " * 2_000))) >= 2_000


def test_voices_that_take_phonemes_are_given_them() -> None:
    assert Speech(ESPEAK).say("I object!", "en") == "I ⟦object|əbˈdʒɛkt⟧!"
    assert Speech(ESPEAK).say("Je suis content.", "fr") == "Je suis content."


def test_a_place_knows_the_words_around_it() -> None:
    place = Place("bow", False, ("he", "made", "a"), ("to", "her"))
    assert (place.previous(), place.previous(2), place.previous(3), place.next) == ("a", "he", "", "to")
    assert Place("bow", True, (), ()).next == ""


def sounds(sentence: str) -> list[str]:
    return [ipa for _, _, ipa in find_heteronyms(sentence)]


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        ("My learned friend was a most learned man.", ["ˈlɜɹnəd", "ˈlɜɹnəd"]),
        ("Not one blessed thing. Blessed are the meek.", ["ˈblɛsəd", "ˈblɛsəd"]),
        ("This cursed rain! He cursed it.", ["ˈkɜɹsəd", "kɜɹst"]),
        ("She kissed her aged mother with a dogged look.", ["ˈeɪdʒəd", "ˈdɔɡəd"]),
        ("Two ragged boys ran by.", ["ˈɹæɡəd"]),
    ],
)
def test_adjectives_have_a_syllable_more(sentence: str, said: list[str]) -> None:
    assert sounds(sentence) == said


@pytest.mark.parametrize(
    "sentence",
    [
        "They learned that a lesson learned is a lesson learned by heart.",
        "The girl, aged ten, and her sister aged nine came.",
        "God blessed them; the land was blessed with peace.",
        "They dogged his steps; the crowd cursed.",
    ],
)
def test_verbs_are_left_to_the_voice(sentence: str) -> None:
    assert sounds(sentence) == []
