import pytest

from swarm.book.language.known import every_language, find_language
from swarm.book.speech.arithmetic import SIGNS, say_relations


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2 < 3 and x>y", "2 is less than 3 and x is greater than y"),
        ("if x ≥ 4, y≠2", "if x is at least 4, y is not 2"),
        ("±5 or √(2)", "plus or minus 5 or the square root of (2)"),
        ("to ∞", "to infinity"),
        ("a <b> tag, <<quoted>> and ->", "a <b> tag, <<quoted>> and ->"),
    ],
)
def test_signs_between_figures_and_variables_are_said(written: str, said: str) -> None:
    assert say_relations(written, find_language("en")) == said


def test_every_language_with_number_words_has_a_word_for_each_sign() -> None:
    words = {language.code: language.numbers.relations for language in every_language() if language.numbers}
    assert words
    assert all(set(each) == set(SIGNS) for each in words.values())
