import pytest
from said import said


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
