import pytest
from said import said


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
        ("On 7/6 he died, open 24/7.", "On seven six he died, open twenty-four seven."),
        (
            "1/2 each, 6/8 time, 4/6 patients, 2/3 of it",
            "one half each, six eighths time, four sixths patients, two thirds of it",
        ),
    ],
)
def test_dates_and_fractions_are_no_sums(written: str, spoken: str) -> None:
    assert said(written, "en") == spoken
