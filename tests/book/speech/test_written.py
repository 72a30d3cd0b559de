import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.book.speech.piece import cut_alike

MAX_S = 10  # half a second was measured


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


def test_a_sentence_that_would_take_long_to_compare_is_cut_in_proportion() -> None:
    words = ["5", *["a b"] * 300, "5"]
    parts = cut_alike(" ".join(words), [" ".join(["five", *["b a"] * 200]), " ".join([*["b a"] * 100, "five"])])
    assert len(parts[0].split()) == pytest.approx(2 * len(parts[1].split()), rel=0.01)


def test_nested_fractions_are_compared_in_little_time() -> None:
    written = "".join(f"1/({level % 7}+" for level in range(490)) + "x" + ")" * 490
    spoken = [word for level in range(490) for word in f"one over {level % 7} plus".split()]
    pieces = [" ".join(spoken[at : at + 40]) for at in range(0, len(spoken), 40)]
    started = time.process_time()
    for _ in range(40):
        assert len(cut_alike(written, pieces)) == len(pieces)
    assert time.process_time() - started < MAX_S
