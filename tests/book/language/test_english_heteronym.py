"""The table beside this test has sentences, each with one of its words and the sound that the word has there."""

from pathlib import Path

import pytest

from swarm.book.language.english_heteronym import say_heteronyms
from swarm.job.engine_text import read_engine_text

ROWS = [tuple(line.split("\t")) for line in (Path(__file__).parent / "heteronyms.tsv").read_text("utf-8").splitlines()]
MIN_DECIDED = 0.8  # of the table's sentences


def decided(sentence: str, word: str) -> str:
    """Return the phonemes that the rules put into a word of a sentence, "" if they leave it to the voice."""
    spoken, phonemes = read_engine_text(say_heteronyms(sentence))
    assert spoken == sentence
    return next((each.ipa for each in phonemes if spoken[each.start : each.end].lower() == word), "")


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
    assert say_heteronyms(sentence) == sentence


def test_a_page_of_them_takes_no_long_time() -> None:
    assert say_heteronyms("I object to lead. " * 2_000).count("⟦") >= 2_000
