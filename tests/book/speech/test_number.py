import pytest
import regex

from swarm.book.language.known import every_language
from swarm.book.language.language import Language
from swarm.book.speech.arithmetic import SIGNS
from swarm.book.speech.semiotic import say_numbers


@pytest.mark.parametrize("language", every_language(), ids=lambda language: language.code)
def test_every_language_has_its_words(language: Language) -> None:
    said = say_numbers("12 345 678 901 234 567 890, 1/2, 5 %, 7 $, 2 kg, 3 € 0,5, 4 km/h, 6°, 7 £", language)
    assert not regex.search(r"[\d%$€£½°/]", said)


def test_every_language_with_number_words_has_a_word_for_each_sign() -> None:
    words = {language.code: language.numbers.relations for language in every_language() if language.numbers}
    assert words
    assert all(set(each) == set(SIGNS) for each in words.values())
