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
def test_what_only_looks_like_a_measure_is_left(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        (
            "Boil 5 min. Add ½ tsp. salt, 2 Tbsp. oil.",
            "Boil five minutes. Add one half teaspoon salt, two tablespoons oil.",
        ),
        (
            "1½ lb. beef, 1/2 lb butter, 2 pt. milk, 4 tsp.",
            "one and one half pounds beef, one half pound butter, two pints milk, four teaspoons.",
        ),
        ("a 9×13-in. pan, 12″ × 8″", "a nine by thirteen-inch pan, twelve inches by eight inches"),
        ("1-lb. bags, a 5-min walk, 2–3 min", "one-pound bags, a five-minute walk, two to three minutes"),
        ("12 st. 7 lb., 2 doz. eggs", "twelve stone seven pounds, two dozen eggs"),
        ("5 GB, 3.2 GHz, 10 m/s, 5 V", "five gigabytes, three point two gigahertz, ten metres a second, five volts"),
        (
            "1 c. milk, 2 c. finely chopped onions, 1 1/2 c. flour",
            "one cup milk, two cups finely chopped onions, one and one half cups flour",
        ),
        ("13 st. 4 lb.", "thirteen stone four pounds."),
        ("45 deg. F. at 45 deg. F.", "forty-five degrees Fahrenheit at forty-five degrees Fahrenheit."),
        ("at ½ past 8 or ¼ to 9", "at half past eight or a quarter to nine"),
        ("a 90° angle", "a ninety-degree angle"),
        ("180°C/350°F", "one hundred and eighty degrees Celsius or three hundred and fifty degrees Fahrenheit"),
    ],
)
def test_units_are_said_with_their_numbers(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("He lives at 20 W. 5th Street.", "He lives at twenty West fifth Street."),
        ("a 5 c. stamp on a 12 c. chapel", "a five c. stamp on a twelve c. chapel"),
        ("It is 1 m² or 5 km².", "It is one square metre or five square kilometres."),
    ],
)
def test_what_only_looks_like_a_unit_is_left(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


def test_a_page_of_units_takes_no_long_time() -> None:
    assert said("1 lb. 2-3 x " * 5_000, "en")


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("It cost 7/6 then.", "It cost seven and six then."),
        ("He took the 7/6 and left. They were 12/6.", "He took the seven and six and left. They were twelve and six."),
        ("Tickets 3/6 each, 2/6 in those days", "Tickets three and six each, two and six in those days"),
        (
            "At 4/3 the dozen, 10/- a week, £1/2/6",
            "At four and three the dozen, ten shillings a week, one pound, two and six",
        ),
    ],
)
def test_sums_of_shillings_are_said(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("US$20, A$30 and C$5m", "twenty US dollars, thirty Australian dollars and five million Canadian dollars"),
        ("$3-4, $5B, $20–30 million", "three to four dollars, five billion dollars, twenty to thirty million dollars"),
        ("$0.99, £0.50 and $4.75", "ninety-nine cents, fifty pence and four dollars seventy-five"),
        ("a $20 on it, a $5 million house", "a twenty on it, a five million dollar house"),
    ],
)
def test_sums_in_dollars_are_said(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("On 7/6 he died, open 24/7.", "On July sixth he died, open twenty-four seven."),
        (
            "1/2 each, 6/8 time, 4/6 patients, 2/3 of it",
            "one half each, six eighths time, four sixths patients, two thirds of it",
        ),
    ],
)
def test_dates_and_fractions_are_no_sums(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "Dial 555 1234 or 0800 123 4567",
            "Dial five five five, one two three four or zero eight zero zero, one two three, four five six seven",
        ),
        (
            "at 0755 hours, by 1600 hours, 0600 hours",
            "at oh seven fifty-five hours, by sixteen hundred hours, oh six hundred hours",
        ),
        ("Table 4-1, Tables 4-6", "Table four one, Tables four to six"),
        ("a 50p coin, 1p", "a fifty pence coin, one penny"),
        ("the mid-19th century", "the mid-nineteenth century"),
        ("a 100-year-old man, a 1,000 miles", "a hundred-year-old man, a thousand miles"),
        ("Jan. 1–3 and May 5-6, 1920", "January first to third and May fifth to sixth, nineteen twenty"),
        ("2.3 bn people", "two point three billion people"),
    ],
)
def test_figures_are_said_as_people_say_them(written: str, words: str) -> None:
    assert said(written, "en") == words


@pytest.mark.parametrize("written", ["a 1080p film"])
def test_what_is_no_such_figure_is_left(written: str) -> None:
    assert said(written, "en") == written
