from swarm.book.language.known import find_language
from swarm.book.model.book import Block, Book, ChapterText
from swarm.book.speech.capitals import NO_USAGE, Usage, lower_capitals, usage_of


def lowered(text: str, language: str = "en", usage: Usage = NO_USAGE, kept: frozenset[str] = frozenset()) -> str:
    return lower_capitals(text, find_language(language), usage, kept)


def usage(*paragraphs: str) -> Usage:
    return usage_of(book(*paragraphs))


def book(*paragraphs: str, language: str = "en", region: str = "") -> Book:
    chapter = ChapterText("", tuple(Block("paragraph", text) for text in paragraphs))
    return Book("", (), language, (chapter,), region=region)


def test_a_book_names_its_region_or_shows_it_by_its_words() -> None:
    portuguese = "O facto é que a rapariga viu o autocarro e o comboio."
    assert usage_of(book(portuguese, language="pt")).region == "PT"
    assert usage_of(book(portuguese, "você e vocês", language="pt")).region == ""
    assert usage_of(book("Nada.", language="pt")).region == ""
    assert usage_of(book(portuguese, language="pt", region="BR")).region == "BR"
    assert usage_of(book(portuguese)).region == ""


def test_a_word_that_the_book_writes_in_small_letters_is_one() -> None:
    known = usage("The wug ran, a wug, and Pym saw it.", "A WUG! said PYM to the UNI. He was at the UNI.")
    assert lowered("It was a WUG, said PYM at UNI.", usage=known) == "It was a wug, said Pym at UNI."
    rare = usage("The IRC and the IRC, irc.example.org or irc, is a RELEASE. A release.")
    assert lowered("By IRC it was a RELEASE.", usage=rare) == "By IRC it was a release."
    assert lowered("It was a WUG.") == "It was a WUG."
    assert usage("No capitals here.") == NO_USAGE


def test_initials_that_a_book_uses_stay_even_if_they_are_words() -> None:
    known = usage("He came to the US with us. In US hands it was lost.")
    assert lowered("He said that US law was hard.", usage=known) == "He said that US law was hard."
    assert lowered("THEY LEFT US ALONE.", usage=known) == "They left us alone."


def test_words_that_a_dictionary_names_are_kept() -> None:
    assert lowered("The ZORBAX hummed.", kept=frozenset(("ZORBAX",))) == "The ZORBAX hummed."
