from decimal import Decimal

import pytest

from swarm.book.language.known import find_language
from swarm.book.language.spelling import amount, spelled


@pytest.mark.parametrize(
    ("figures", "language", "kind", "said"),
    [
        ("21", "en", "cardinal", "twenty-one"),
        ("1,500", "en", "cardinal", "one thousand, five hundred"),
        ("1.500", "de", "cardinal", "eintausendfünfhundert"),
        ("1866", "en", "year", "eighteen sixty-six"),
        ("3", "fr", "ordinal", "troisième"),
        ("3.14", "en", "cardinal", "three point one four"),
        ("3,14", "fr", "cardinal", "trois virgule quatorze"),
        ("007", "en", "cardinal", "zero zero seven"),
    ],
)
def test_a_number_in_words(figures: str, language: str, kind: str, said: str) -> None:
    assert spelled(figures, find_language(language), kind) == said


def test_what_is_longer_than_a_number_is_said_digit_by_digit() -> None:
    assert spelled("9" * 16, find_language("en")) == " ".join(["nine"] * 16)


@pytest.mark.parametrize(("figures", "language", "number"), [("1.234,5", "de", "1234.5"), ("1,234.5", "en", "1234.5")])
def test_figures_stand_for_a_number(figures: str, language: str, number: str) -> None:
    assert amount(figures, find_language(language)) == Decimal(number)
