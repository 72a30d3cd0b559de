from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.audiobook.sound.subtitle import MAX_CAPTION_S, MAX_COLUMNS, MAX_LINES, SubtitleLine, cut_captions

SPEECH = (
    "“I went to the harbour at nine. The boat was gone! Nobody had seen Mr. Hawkins, nor the chest, nor the men who "
    "carried it; and when I asked the landlord, he laughed at me. Then I came home.”"
)


def texts(text: str, length_s: float = 6.0) -> list[list[str]]:
    return [caption.text.split("\n") for caption in cut_captions(SubtitleLine(0.0, length_s, text))]


def test_a_sentence_that_fits_is_one_caption() -> None:
    line = SubtitleLine(1.0, 3.0, "It rained.")
    assert cut_captions(line) == [line]


def test_a_quoted_speech_is_cut_at_its_sentences_and_clauses_but_not_behind_an_abbreviation() -> None:
    assert texts(SPEECH, 12.0) == [
        ["“I went to the harbour at nine.", "The boat was gone!"],
        ["Nobody had seen Mr. Hawkins,", "nor the chest, nor the men who carried it;"],
        ["and when I asked the landlord,", "he laughed at me. Then I came home.”"],
    ]


def test_what_takes_long_is_cut_although_it_would_fit() -> None:
    assert texts("He waited, and waited, and waited for her.", 6.9) == [["He waited, and waited, and waited for her."]]
    assert texts("He waited, and waited, and waited for her.", 13.0) == [
        ["He waited, and waited,"], ["and waited for her."]
    ]  # fmt: skip
    assert texts("Nevermore.", 60.0) == [["Nevermore."]]


def test_scripts_without_spaces_are_cut_too_and_no_mark_begins_a_line() -> None:
    found = texts(
        "昔々、あるところに、おじいさんとおばあさんが住んでいました。おじいさんは山へ柴刈りに、行きました。" * 2, 20.0
    )
    assert all(len(line) <= MAX_COLUMNS // 2 for lines in found for line in lines)
    assert not [line for lines in found for line in lines if line[0] in "、。ー"]


def test_times_that_are_known_inside_a_sentence_are_kept_to() -> None:
    text = "One two three four five six seven; eight nine ten eleven twelve thirteen fourteen fifteen sixteen."
    first, second = cut_captions(SubtitleLine(0.0, 10.0, text, moments=((text.index("eight") / len(text), 7.5),)))
    assert (first.start_s, second.start_s, second.end_s) == pytest.approx((0.0, 7.5, 10.0))
    assert 6.5 < first.end_s < 7.5


def test_a_text_that_only_a_short_line_makes_fit_is_cut_there() -> None:
    assert texts("a bb cccc ddddddddddddddddddddd ee ff ggggg") == [["a bb cccc ddddddddddddddddddddd", "ee ff ggggg"]]


WORDS = st.lists(st.text("abcdefgh’é.,;?", min_size=1, max_size=MAX_COLUMNS), min_size=1, max_size=60)


@pytest.mark.parametrize("pace_s", [0.05, 0.1])
@given(words=WORDS)
def test_every_caption_fits_and_together_they_are_the_sentence(pace_s: float, words: list[str]) -> None:
    line = SubtitleLine(5.0, 5.0 + pace_s * len(" ".join(words)), " ".join(words))
    found = cut_captions(line)
    assert " ".join(caption.text for caption in found).split() == words
    assert (found[0].start_s, found[-1].end_s) == (line.start_s, line.end_s)
    assert all(one.start_s <= one.end_s <= two.start_s for one, two in pairwise(found))
    if max(map(len, words)) <= MAX_COLUMNS // 2:
        for caption in found:
            lines = caption.text.split("\n")
            assert len(lines) <= MAX_LINES
            assert max(map(len, lines)) <= MAX_COLUMNS
            assert caption.end_s - caption.start_s <= MAX_CAPTION_S * 1.5
