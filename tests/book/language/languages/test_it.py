import pytest
from said import said

from swarm.book.language.known import find_language

LANGUAGE = find_language("it")


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [("uno", "sterlina", "una"), ("uno", "chilometro", "un")],
)
def test_numbers_agree_with_what_they_count(number: str, noun: str, expected: str) -> None:
    assert LANGUAGE.numbers
    assert LANGUAGE.numbers.agree(number, noun) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("1 ft, 2 ft, 1 lbs, 5 km/h", "un piede, due piedi, una libbra, cinque chilometri all'ora"),
        ("V sec. a.C., secc. XV e XVI", "quinto secolo avanti Cristo, secoli quindicesimo e sedicesimo"),
        ("Il 1° gennaio", "Il primo gennaio"),
        ("5 km²", "cinque chilometri quadrati"),
        ("alle 1:15, il 1/4/1921", "alle una e quindici, il primo aprile millenovecentoventuno"),
        ("2 1/2 ore e 2 1/2 anni", "due ore e mezza e due anni e mezzo"),
        ("negli anni '80, nel '900", "negli anni ottanta, nel novecento"),
        (
            "1.000.000 uomini, 3 x 4 = 12, P.za Dante",
            "un milione di uomini, tre per quattro è uguale a dodici, Piazza Dante",
        ),
        ("₩5000, 3 5/2", "cinquemila won, tre e cinque mezzi"),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "it") == words
