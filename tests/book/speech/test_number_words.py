import pytest

from swarm.book.speech.number_words import spelled


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
    assert spelled(figures, language, kind) == said


def test_what_is_longer_than_a_number_is_said_digit_by_digit() -> None:
    assert spelled("9" * 16, "en") == " ".join(["nine"] * 16)
