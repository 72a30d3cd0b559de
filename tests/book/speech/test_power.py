import pytest

from swarm.book.language.known import find_language
from swarm.book.speech.arithmetic import say_powers


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "x² and (a + b)³", "x squared and (a + b) cubed"),
        ("en", "10⁶, 10⁻³, 2¹⁰", "10 to the power of 6, 10 to the power of -3, 2 to the power of 10"),
        ("en", "5 m² of 3km²", "5 square metres of 3 square kilometres"),
        ("fr", "40 m², x²", "40 mètres carrés, x au carré"),
        ("de", "40 km², x²", "40 Quadratkilometer, x hoch 2"),
        ("uk", "x²", "x²"),
        ("en", "¹ alone", "¹ alone"),
    ],
)
def test_exponents_are_said(language: str, written: str, said: str) -> None:
    assert say_powers(written, find_language(language)) == said


def test_a_page_of_exponents_takes_no_long_time() -> None:
    assert say_powers("x²" * 20_000, find_language("en")).endswith("x squared")
    assert say_powers("²" * 50_000, find_language("en"))
