import pytest

from swarm.book.page.document import without_verse_numbers


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1:1 In the beginning", "In the beginning"),
        ("3 And he said, 4:2 Let it be.", "And he said, Let it be."),
        ("[2] “And so,” he said. {1:3} Then", "“And so,” he said. Then"),
        ("12 And\n13 Or", "And\nOr"),
        ("He came at 8:30 in the morning.", "He came at 8:30 in the morning."),
        ("1984", "1984"),
    ],
)
def test_numbers_of_verses_are_taken_off(text: str, said: str) -> None:
    assert without_verse_numbers(text) == said
