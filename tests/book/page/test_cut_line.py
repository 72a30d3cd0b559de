import pytest

from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import join_cut_lines

PROSE = "He walked on for a long while along the river and thought of nothing at all, but when he came to the bridge "
PROSE += "he stopped, for Mary stood there in the rain and looked at the water. "


def lines(text: str, width: int) -> list[str]:
    cut = [""]
    for word in text.split():
        if len(cut[-1]) + len(word) >= width:
            cut.append("")
        cut[-1] = f"{cut[-1]} {word}".strip()
    return cut


def joined(texts: list[str]) -> list[str]:
    passages = [Passage("paragraph", text) for text in texts]
    join_cut_lines(passages)
    return [passage.text for passage in passages if passage.text]


def test_lines_of_prose_are_whole_paragraphs_also_before_a_name() -> None:
    text = " ".join(joined(lines(PROSE * 12, 70)))
    assert text == (PROSE * 12).strip()
    assert not [paragraph for paragraph in joined(lines(PROSE * 12, 70)) if not paragraph.endswith(".")]


@pytest.mark.parametrize(
    "texts",
    [
        lines(PROSE, 70),  # too few
        [line[: 46 + at * 7 % 40] for at, line in enumerate(lines(PROSE * 20, 90))],  # lines of verse differ in length
        lines(PROSE * 12, 35),  # and are short
        [PROSE.strip()] * 20,
    ],
)
def test_verse_and_whole_paragraphs_stay(texts: list[str]) -> None:
    assert joined(texts) == texts
