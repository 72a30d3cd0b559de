import pytest
from said import said

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


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Call 555-1234 in the '80s.", "Call five five five, one two three four in the eighties."),
        (
            "He ran 1 ft. at 1 mph, 1 km and 5 lbs.",
            "He ran one foot at one mile an hour, one kilometre and five pounds.",
        ),
        ("1,500 men died in 1066.", "one thousand, five hundred men died in ten sixty-six."),
        ("It has 1 m² or 5 km².", "It has one square metre or five square kilometres."),
        (
            "a 401(k) plan, docket no. 09-1234, 10.02.2012",
            "a four oh one k plan, docket number zero nine twelve thirty-four, February tenth, twenty twelve",
        ),
        (
            "At 221 Baker Street; 123 Laguna Ct, Salem, OR 97301",
            "At two twenty-one Baker Street; one twenty-three Laguna Court, Salem, Oregon nine seven three zero one",
        ),
        (
            "B2A23C, 3 5/2 cups, a-b@c.com/1-a",
            "B two A twenty-three C, three and five halves cups, a dash b at c dot com slash one dash a",
        ),
        ("21ST CENTURY, the 11TH, two 5ths", "twenty-first century, the eleventh, two fifths"),
        ("Call 1-800-GO-FEDEX or 1-888-FLOWERS", "Call one eight hundred go-fedex or one eight eight eight Flowers"),
        ("1950s-60s, 1905-06, '05", "nineteen fifties to sixties, nineteen oh-five to oh six, oh five"),
        ("10:30-11:45, 0:00, 2:00PM", "ten thirty to eleven forty-five, midnight, two PM"),
        (
            "It took 1:59:40; at 21:51:31 or 12:30:00; in 2005 14:15:06",
            "It took one hour, fifty-nine minutes and forty seconds; "
            "at twenty-one fifty-one and thirty-one seconds or twelve thirty; "
            "in two thousand and five fourteen fifteen and six seconds",
        ),
        (
            "350 5th Ave; 15 N. Main St, Boston; 1600 Pennsylvania Ave NW, Washington",
            "three fifty fifth Avenue; fifteen North Main Street, Boston; "
            "sixteen hundred Pennsylvania Avenue Northwest, Washington",
        ),
        ("Paris TX 75460, Ste 12", "Paris Texas seven five four six zero, Suite twelve"),
        ("He met St. John in 1850, 5 Dr Smiths", "He met Saint John in eighteen fifty, five Doctor Smiths"),
        ("lost -$5, ~50, <5 or >10", "lost minus five dollars, about fifty, less than five or more than ten"),
        ("1:1000, a 10x lens, 2x + 3", "one to one thousand, a ten times lens, 2x + three"),
        ("3 * 4 = 12; 12 / 4 = 3", "three times four equals twelve; twelve divided by four equals three"),
        ("5 km2, 5 cm x 3 cm", "five square kilometres, five centimetres by three centimetres"),
        ("jan 1990, may 5 2011, E = m²", "January nineteen ninety, May fifth twenty eleven, E equals m squared"),
    ],
)
def test_what_english_alone_has_is_said(written: str, words: str) -> None:
    assert said(written, "en") == words
