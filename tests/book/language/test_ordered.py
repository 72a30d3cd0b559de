import pytest

from swarm.book.language.spelling import ordered_nouns, say_ordered

NOUNS = ordered_nouns("Congresso", "Repubblica")


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("il XX Congresso", "il 20º Congresso"),
        ("la I repubblica", "la 1ª repubblica"),
        ("il XXV Congresso", "il 25 Congresso"),
        ("Malcolm X Congressi e V amici", "Malcolm X Congressi e V amici"),
    ],
)
def test_a_numeral_before_a_counted_noun_is_its_ordinal(written: str, said: str) -> None:
    assert say_ordered(written, NOUNS) == said
