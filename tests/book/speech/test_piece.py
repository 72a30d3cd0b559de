import pytest
from hypothesis import given
from hypothesis import strategies as st
from steps import steps_of

from swarm.book.speech.piece import cut, cut_alike


@pytest.mark.parametrize(
    ("limit", "pieces"),
    [
        (100, ["short enough"]),
        (40, ["The rain had stopped at last;", "he went out, and he did not look back."]),
        (40, ["The rain, which had stopped at last—", "or so, he thought, it had—was cold."]),
        (40, ["The rain had stopped by then at last,", "he went out without his hat again."]),
        (40, ["The rain had stopped by then at last", "and he went out without his hat again."]),
        (30, ["Nothing here that one could", "pause at for a single breath."]),
        (46, ["In that year, he purchased it", "from Messrs. Maw and he left it so."]),
        (30, ["“I know Mr. Utterson is here,", "but Mr. Hyde is not he.”"]),
        (10, ["あらゆる俗界の——", "千金の子よりも。"]),
        (12, ["山路を登りながら、", "こう考えた。"]),
        (6, ["山路を登り", "ながらこう", "考えた日本"]),
    ],
)
def test_sentences_are_cut_where_one_draws_breath(limit: int, pieces: list[str]) -> None:
    joint = "" if "山" in pieces[0] or pieces[0].endswith("—") else " "
    assert cut(joint.join(pieces), limit) == pieces


def test_a_word_longer_than_the_limit_is_cut_between_letters() -> None:
    pieces = cut("a " + "e\u0301" * 30, 16)
    assert all(len(piece) <= 16 and not piece.startswith("\u0301") for piece in pieces)
    assert "".join(pieces) == "a" + "e\u0301" * 30


@given(st.text(alphabet="ab ,;.—-'\u0301漢", max_size=400), st.integers(1, 60))
def test_pieces_fit_and_nothing_is_lost(text: str, limit: int) -> None:
    pieces = cut(text, limit)
    assert all(0 < len(piece) <= limit for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@given(st.lists(st.text(alphabet="abc,.;é", min_size=1, max_size=20), min_size=1, max_size=60))
def test_words_that_fit_are_never_cut(words: list[str]) -> None:
    text = " ".join(words)
    assert " ".join(cut(text, 40)).split() == words


def test_a_question_that_a_sentence_goes_on_behind_is_no_better_place_than_another() -> None:
    assert cut("“Is it so, my dear?” said the old man; he left.", 40) == [
        "“Is it so, my dear?” said the old man;",
        "he left.",
    ]


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


def test_nested_fractions_are_compared_in_few_steps() -> None:
    written = "".join(f"1/({level % 7}+" for level in range(490)) + "x" + ")" * 490
    spoken = [word for level in range(490) for word in f"one over {level % 7} plus".split()]
    pieces = [" ".join(spoken[at : at + 40]) for at in range(0, len(spoken), 40)]
    assert len(cut_alike(written, pieces)) == len(pieces)
    assert steps_of(lambda: cut_alike(written, pieces)) < 100_000  # of four million without a bound
