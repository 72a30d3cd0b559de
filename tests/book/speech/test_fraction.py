import pytest

from swarm.book.language.known import find_language
from swarm.book.speech.arithmetic import say_fractions


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "1/2, 3/4 and 2/3", "one half, three quarters and two thirds"),
        ("en", "2 1/2 and 7½", "2 and one half and 7 and one half"),
        ("en", "5/3, 24/7, 1/2/2020, 0.1/2", "5/3, 24/7, 1/2/2020, 0.1/2"),
        ("en", "2 2⁄3, ⅔ and 3⅓", "2 and two thirds, two thirds and 3 and one third"),
        ("fr", "1/3, 2/3, 5/8", "un tiers, deux tiers, cinq huitièmes"),
        ("de", "1/3, 3/8, 2½", "ein Drittel, drei Achtel, 2 einhalb"),
        ("es", "1/3, 2/3, 3/5", "un tercio, dos tercios, tres quintos"),
        ("it", "1/3, 2/5", "un terzo, due quinti"),
        ("pt", "2/3", "dois terços"),
        ("nl", "3/8", "drie achtste"),
    ],
)
def test_fractions_are_said(language: str, written: str, said: str) -> None:
    assert say_fractions(written, find_language(language)) == said
