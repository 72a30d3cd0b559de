from swarm.book.model.book import Block, ChapterText
from swarm.book.speech.capitals import book_names


def names(*paragraphs: str) -> list[tuple[str, int]]:
    return book_names([ChapterText("", tuple(Block("paragraph", text) for text in paragraphs))])


def test_names_are_counted_the_most_frequent_first() -> None:
    text = "Ishmael saw Queequeg. He and Queequeg met old O’Hara of New Bedford, and Queequeg smiled."
    assert names(text) == [("Queequeg", 3), ("Bedford", 1), ("New", 1), ("O’Hara", 1)]


def test_words_that_also_have_small_letters_are_no_names() -> None:
    assert names("I saw Will there. He will go, and she will, and Mark will.") == [("Mark", 1)]


def test_nouns_behind_articles_are_no_names() -> None:
    assert names("Er sah das Haus und die Frau, und dann sah er Effi.") == [("Effi", 1)]
    assert names("Nothing here.") == []


def test_a_long_book_takes_no_long_time() -> None:
    assert names("and Ahab " * 30_000) == [("Ahab", 30_000)]
