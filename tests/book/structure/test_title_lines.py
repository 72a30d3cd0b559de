from swarm.book.page.front_matter import TITLE_PAGE
from swarm.book.page.passage import Passage
from swarm.book.structure.composition import mark_title_lines


def left_out(*headings: str, title: str = "The Ferry") -> list[str]:
    """Return the headings that are left out before a paragraph."""
    passages = [Passage("heading", text, 2) for text in headings] + [Passage("paragraph", "He sat there.")]
    mark_title_lines(passages, title)
    assert all(passage.level or passage.left_out == TITLE_PAGE for passage in passages[:-1])
    return [passage.text for passage in passages if passage.left_out]


def test_the_headings_of_a_title_page_are_left_out() -> None:
    for headings, count in [
        (("THE FERRY", "A Romance", "By A. B. Smith", "London, 1890", "CHAPTER I"), 4),
        (("The Ferry", "von Anna Schmidt", "BOOK ONE", "CHAPTER I"), 2),
        (("The Ferry", "by the Rev. John van Dyke", "The River"), 2),
        (("The Ferry", "By the River", "The Boat"), 0),  # no author
        (("The Ferry", "By A. B. Smith"), 0),  # nothing would be left for the chapter
        (("The Mill", "By A. B. Smith", "CHAPTER I"), 0),  # another title
        (("The Ferry", "CHAPTER I", "By A. B. Smith", "He Comes"), 0),
        (("The Ferry", "London, 1890", "CHAPTER I"), 0),
        (("CHAPTER I",), 0),
    ]:
        assert left_out(*headings) == list(headings[:count])


def test_a_book_without_a_title_or_with_a_long_row_of_headings_is_left_alone() -> None:
    assert left_out("The Ferry", "By A. B. Smith", "CHAPTER I", title="") == []
    assert left_out("The Ferry", "By A. B. Smith", *["More"] * 20) == []


def test_short_paragraphs_are_lines_of_a_title_page_too() -> None:
    lines = (
        "DIE FÄHRE",
        "Roman von Anna Schmidt",
        "Berlin, S. Fischer, Verlag 1912",
        "[All rights reserved]",
        "Der Fluss",
    )
    passages = [Passage("paragraph", text) for text in lines] + [Passage("paragraph", "Er saß dort.")]
    mark_title_lines(passages, "Die Fähre")
    assert [passage.text for passage in passages if passage.left_out] == list(lines[:4])
    assert passages[0].grounds == "DIE FÄHRE"
