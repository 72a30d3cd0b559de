import pytest
from said import said


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
        ("He lives at 20 W. 5th Street.", "He lives at twenty W. fifth Street."),
        ("a 5 c. stamp on a 12 c. chapel", "a five c. stamp on a twelve c. chapel"),
        ("It is 1 m² or 5 km².", "It is one square metre or five square kilometres."),
    ],
)
def test_what_only_looks_like_a_unit_is_left(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken


def test_a_page_of_units_takes_no_long_time() -> None:
    assert said("1 lb. 2-3 x " * 5_000, "en")
