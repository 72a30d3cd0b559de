import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.book.speech.written import MAX_COMPARED_WORDS, cut_alike


@pytest.mark.parametrize(
    ("written", "pieces", "parts"),
    [
        ("It rained, and we left.", ["It rained,", "and we left."], ["It rained,", "and we left."]),
        (
            "In 1921, at 3 p.m., he paid £3 10s. for it.",
            ["In nineteen twenty-one, at three p m,", "he paid three pounds ten shillings for it."],
            ["In 1921, at 3 p.m.,", "he paid £3 10s. for it."],
        ),
        ("It was 1234567, he said.", ["It was one million", "two hundred", "and more, he said."], None),
        ("aaaaaaaaaa bb", ["aaaa", "aaaaaa", "bb"], ["aaaa", "aaaaaa", "bb"]),
        ("雨が3日降った。風も吹いた。", ["雨が三日降った。", "風も吹いた。"], ["雨が3日降った。", "風も吹いた。"]),
        ("One.", ["One."], ["One."]),
    ],
)
def test_a_sentence_is_cut_where_its_spoken_form_is(written: str, pieces: list[str], parts: list[str] | None) -> None:
    assert cut_alike(written, pieces) == (parts or ["It was 1234567", "", ", he said."])


@given(st.text(max_size=60), st.lists(st.text(max_size=30), min_size=1, max_size=4))
def test_nothing_of_the_sentence_is_lost_whatever_is_spoken(written: str, pieces: list[str]) -> None:
    parts = cut_alike(written, pieces)
    assert len(parts) == len(pieces)
    assert "".join("".join(parts).split()) == "".join(written.split())


def test_a_sentence_without_end_is_cut_in_proportion() -> None:
    words = [f"{number} a" for number in range(MAX_COMPARED_WORDS)]
    parts = cut_alike(" ".join(words), [" ".join(["x"] * 2 * MAX_COMPARED_WORDS), " ".join(["y"] * MAX_COMPARED_WORDS)])
    assert len(parts[0].split()) == pytest.approx(2 * len(parts[1].split()), rel=0.01)
