import pytest

from swarm.book.language.languages.en import LANGUAGE
from swarm.book.speech.speech import Speech
from swarm.voice.metronome.engine import CARD as METRONOME


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("It cost £3 10s. 6d. then", "It cost 3 pounds 10 shillings and 6 pence then"),
        ("He had £1 1s.", "He had 1 pound 1 shilling."),
        ("for 5s. 6½d., 2s. 1d.", "for 5 shillings and 6½ pence, 2 shillings and 1 penny."),
        ("only 6d. a day, and 5s. for it", "only 6 pence a day, and 5 shillings for it"),
        ("in his 20s. The 1840s. The 3d. of May", "in his 20s. The 1840s. The 3d. of May"),
        ("He is 5'10\" and she 6’ 1”", "He is 5 feet 10 and she 6 feet 1"),
        ("the '60s and 3D films, £300 said", "the '60s and 3D films, £300 said"),
    ],
)
def test_old_money_and_measures_are_said(written: str, said: str) -> None:
    assert LANGUAGE.old_units(written) == said


def test_engines_that_know_numbers_are_told_what_the_letters_mean() -> None:
    assert Speech(METRONOME).say("It cost £3 10s.", "en") == "It cost 3 pounds 10 shillings."


def test_a_page_of_sums_takes_no_long_time() -> None:
    assert LANGUAGE.old_units("5s. 6d. " * 20_000).startswith("5 shillings and 6 pence")
    assert LANGUAGE.old_units("1 " * 50_000 + "s d")
