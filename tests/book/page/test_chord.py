import pytest

from swarm.book.page.document import without_chords


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Am        G         C7\nHello my river", "Hello my river"),
        ("G  D/F#  Em\nHello\nCmaj7 | D | Bb\nGood night", "Hello\nGood night"),
        ("[Am]Over the [G]water we go", "Over the water we go"),
        ("Am G C", ""),
        ("A B C", "A B C"),
        ("B+ A- C+", "B+ A- C+"),
        ("A4 B5", "A4 B5"),
        ("Am I?", "Am I?"),
        ("House[A] and boat[B].", "House[A] and boat[B]."),
        ("Grade A", "Grade A"),
    ],
)
def test_chords_are_not_said(written: str, said: str) -> None:
    assert without_chords(written) == said
