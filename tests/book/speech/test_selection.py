import pytest

from swarm.book.speech.script import parse_selection
from swarm.errors import UsageError


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", (0, 1, 2, 3)),
        (" ", (0, 1, 2, 3)),
        ("2", (1,)),
        ("1-3", (0, 1, 2)),
        ("4, 1 - 2,2", (0, 1, 3)),
        ("1-4", (0, 1, 2, 3)),
    ],
)
def test_numbers_and_ranges(text: str, numbers: tuple[int, ...]) -> None:
    assert parse_selection(text, 4) == numbers


@pytest.mark.parametrize(
    "text", ["0", "3-1", "a", "1,", ",", "1--2", "-1", "1-", "1;2", "٣", "5", "2-5", "99999999999"]
)
def test_nonsense_is_refused_with_its_own_words(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_selection(text, 4)
    assert text in str(caught.value)


def test_a_chapter_that_is_not_there_is_named_with_how_many_there_are() -> None:
    with pytest.raises(UsageError, match="no chapter 5; the book has 4 chapters"):
        parse_selection("2-5", 4)
    with pytest.raises(UsageError, match="only 1 chapter"):
        parse_selection("2", 1)
