"""The table beside this test has sentences, each with one of its words and the sound that the word has there."""

from pathlib import Path

import pytest

from swarm.book.language.languages.en.english_heteronym import find_heteronyms
from swarm.book.speech.speech import Speech
from swarm.voice.espeak.engine import CARD as ESPEAK

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


def test_a_page_of_them_takes_no_long_time() -> None:
    assert len(list(find_heteronyms("I object to lead. " * 2_000))) >= 2_000


def test_voices_that_take_phonemes_are_given_them() -> None:
    assert Speech(ESPEAK).say("I object!", "en") == "I ⟦object|əbˈdʒɛkt⟧!"
    assert Speech(ESPEAK).say("Je suis content.", "fr") == "Je suis content."
