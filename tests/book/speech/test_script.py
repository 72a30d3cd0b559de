import pytest

from swarm.book.model.book import Block, Book, Chapter, ChapterText, Pause, Segment, Unspoken
from swarm.book.speech.script import make_script, opening, parse_selection, spoken_chapters
from swarm.errors import BookError, UsageError
from swarm.job.card import EngineCard

LATIN = EngineCard("tester", "", ("en",), ("Latin",), (("", 300),), ())


def book(*chapters: tuple[str, str, str]) -> Book:
    made = (
        ChapterText(title, (Block("heading", title), Block("paragraph", text)), why) for title, text, why in chapters
    )
    return Book("A Test", (), "en", tuple(made))


def test_only_what_is_not_left_out_counts() -> None:
    found = book(("Title", "x", "title page"), ("One", "1.", ""), ("Two", "2.", ""))
    assert [chapter.title for chapter in spoken_chapters(found)] == ["One", "Two"]
    assert [chapter.title for chapter in make_script(found, LATIN, "en")] == ["One", "Two"]
    assert [chapter.title for chapter in make_script(found, LATIN, "en", "2")] == ["Two"]
    with pytest.raises(UsageError, match="no chapter 3: “A Test” has 2 chapters"):
        make_script(found, LATIN, "en", "3")


def test_chapters_without_a_segment_are_dropped_but_not_what_is_unspoken_in_them() -> None:
    script = make_script(book(("一", "二", ""), ("One", "1.", ""), ("三", "…", ""), ("* *", "!", "")), LATIN, "en")
    assert [chapter.title for chapter in script] == ["One"]
    why = "tester cannot read Han letters"
    assert script[0].unspoken == (Unspoken(-1, "一", why), Unspoken(-1, "二", why), Unspoken(1, "三", why))


def test_a_book_of_which_nothing_is_left_is_refused_with_the_reason() -> None:
    with pytest.raises(BookError, match="tester cannot read Han letters; choose another engine"):
        make_script(book(("一", "二", "")), LATIN, "en")
    with pytest.raises(BookError, match="inspect shows what is left out"):
        make_script(book(("One", "1.", "imprint")), LATIN, "en")


def test_an_opening_is_as_long_as_one_asks_for_and_never_empty() -> None:
    segments = tuple(Segment("x" * 10, Pause.SENTENCE) for _ in range(5))
    script = (Chapter("One", segments, (Unspoken(1, "漢", "a"), Unspoken(4, "字", "b"))), Chapter("Two", segments))
    assert opening(script, 28) == (Chapter("One", segments[:3], (Unspoken(1, "漢", "a"),)),)
    assert opening(script, 0) == (Chapter("One", segments[:1]),)
    assert opening(script, 1000) == script[:1]


def test_an_opening_has_a_sentence_behind_the_heading() -> None:
    segments = (Segment("Chapter I", Pause.HEADING), *(Segment("x" * 100, Pause.SENTENCE) for _ in range(3)))
    assert opening((Chapter("One", segments),), 20) == (Chapter("One", segments[:2]),)
    headings = (Segment("Part One", Pause.HEADING), Segment("I", Pause.HEADING))
    assert opening((Chapter("One", headings),), 0) == (Chapter("One", headings),)


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


@pytest.mark.parametrize("text", ["0", "3-1", "a", "1,", ",", "1--2", "-1", "1-", "1;2", "٣", "5", "99999999999"])
def test_nonsense_is_refused_with_its_own_words(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_selection(text, 4)
    assert text in str(caught.value)


def test_a_chapter_that_is_not_there_is_named_with_how_many_there_are() -> None:
    with pytest.raises(UsageError, match="no chapter 5: the book has 4 chapters"):
        parse_selection("2-5", 4)
    with pytest.raises(UsageError, match="only 1 chapter"):
        parse_selection("2", 1)
