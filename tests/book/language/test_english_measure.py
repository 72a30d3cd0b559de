import pytest
from said import said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("There fell 5 in. of rain, 1 in. by noon.", "There fell five inches of rain, one inch by noon."),
        ("He is 6 ft. 3 in. tall. He is 6 ft. 3 in.", "He is six feet three inches tall. He is six feet three inches."),
        ("It is 20 sq. m. large, 2 cu. ft.", "It is twenty square miles large, two cubic feet."),
        ("It is 20 m. from here, and 5 m long.", "It is twenty miles from here, and five metres long."),
        ("Weight, lbs. or oz.", "Weight, pounds or ounces."),
        (
            "At lat. 45° N., long. 12° 30' W. of it.",
            "At latitude forty-five degrees north, longitude twelve degrees thirty minutes west of it.",
        ),
        ("at 31° N. lat.", "at thirty-one degrees north latitude."),
        ("Dr. Ross saw it at some degrees north lat.", "Doctor Ross saw it at some degrees north latitude."),
        ("Dr. Ross took ½ tsp. of it.", "Doctor Ross took one half teaspoon of it."),
        ("He took the 5.15 from London.", "He took the five fifteen from London."),
        ("We caught the 5.05.", "We caught the five oh five."),
        ("A $5 bill and two £10 notes", "A five dollar bill and two ten pound notes"),
        ("It took 2 h. 20 m. It lasted 50 s.", "It took two hours and twenty minutes. It lasted fifty seconds."),
        ("20 m. of rope, a wall 5 m. high", "twenty metres of rope, a wall five metres high"),
        ("They rode to a village. The road is 3 m.", "They rode to a village. The road is three miles."),
        ("He ran the 100 m. in 11 s.", "He ran the one hundred metres in eleven seconds."),
        (
            "He earned 3 500 francs. There were 4 250 men, some 1 200.",
            "He earned three thousand, five hundred francs. There were four thousand, two hundred and fifty men, "
            "some one thousand, two hundred.",
        ),
        ("In A.D. 1066, in 1066 A.D.", "In A.D. ten sixty-six, in ten sixty-six A.D."),
        ("1 000 000 and 250 000 men", "one million and two hundred and fifty thousand men"),
    ],
)
def test_measures_prices_and_positions_are_said(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("He came at 5 in the morning.", "He came at five in the morning."),
        ("At 5 in. he said", "At five in. he said"),
        (
            "The 3.14 is pi, the 5.15 per cent rate.",
            "The three point one four is pi, the five point one five per cent rate.",
        ),
        ("6 ft 3 in the shade", "six feet three in the shade"),
        ("for 1/2 an hour, at 9/11", "for one half an hour, at nine eleven"),
        (
            "page 5 200 men, in 1914 250 men",
            "page five two hundred men, in nineteen fourteen two hundred and fifty men",
        ),
        ("It cost $5 and £5 million.", "It cost five dollars and five million pounds."),
    ],
)
def test_what_only_looks_like_them_is_left(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken
