import pytest
from said import said


@pytest.mark.parametrize(
    ("code", "written", "spoken"),
    [
        ("en", "Ezekiel 2:1 says so.", "Ezekiel two one says so."),
        ("en", "See Matthew 5:3-12.", "See Matthew five, three to twelve."),
        (
            "en",
            "See 1 Cor. 13:4 and I Cor. xiii.",
            "See First Corinthians thirteen four and First Corinthians thirteen.",
        ),
        ("en", "Gen. 1:1; Ps. 119:105", "Genesis one one; Psalm one hundred and nineteen, one hundred and five"),
        ("en", "John iii. 16 and Rom. viii. 28.", "John three sixteen and Romans eight twenty-eight."),
        ("en", "Matt. v. 3, 4", "Matthew five, three, four"),
        ("fr", "Jean 3:16 et Mt 5,3", "Jean trois, seize et Matthieu cinq, trois"),
        ("de", "Joh. 3,16 und 1. Mose 2,4", "Johannes drei, sechzehn und Erster Mose zwei, vier"),
        ("es", "Juan 3:16", "Juan tres, dieciséis"),
        ("it", "Giovanni 3,16", "Giovanni tre, sedici"),
        ("nl", "Johannes 3:16", "Johannes drie vers zestien"),
        ("pt", "João 3:16", "João três, dezesseis"),
        ("pl", "Mt 5,3", "Mateusz pięć, trzy"),
        ("ru", "Ин. 3:16", "от Иоанна три, шестнадцать"),
    ],
)
def test_chapter_and_verse_are_said_as_people_do(code: str, written: str, spoken: str) -> None:
    assert said(written, code) == spoken


@pytest.mark.parametrize(
    ("code", "written", "spoken"),
    [
        ("en", "John 3:30 p.m. suits me.", "John three thirty p.m. suits me."),
        ("en", "Is 5:30 good? Won 3:2.", "Is five thirty good? Won three to two."),
        ("en", "I met Mark 200 times, and Dan 5 times.", "I met Mark two hundred times, and Dan five times."),
        ("de", "Daniel 1,80 Meter", "Daniel eins Komma acht null Meter"),
        ("fr", "Marc a 3,5 %", "Marc a trois virgule cinq pour cent"),
        ("xx", "Johannes 3:16", "Johannes 3:16"),
    ],
)
def test_times_scores_and_decimals_are_no_verses(code: str, written: str, spoken: str) -> None:
    assert said(written, code) == spoken
