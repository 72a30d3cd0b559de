import pytest

from swarm.book.language.pattern import value


@pytest.mark.parametrize(("numeral", "worth"), [("I", 1), ("IV", 4), ("xii", 12), ("XCIX", 99), ("MDCCCLXVI", 1866)])
def test_values(numeral: str, worth: int) -> None:
    assert value(numeral) == worth
