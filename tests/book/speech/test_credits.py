import pytest

from swarm.book.language.known import every_language
from swarm.book.model.book import ChapterText
from swarm.book.speech.script import credit_chapters, part_form


def said(chapter: ChapterText) -> list[str]:
    return [block.text for block in chapter.blocks]


def test_title_authors_and_narrator_are_named_at_both_ends() -> None:
    opening, closing = credit_chapters("Who Is It?", ("Ann A.", "Bob"), "Heart", "en")
    assert (opening.title, said(opening)) == ("Who Is It?", ["Who Is It?", "By Ann A., Bob.", "Read by Heart."])
    assert closing.title == "The End"
    assert said(closing) == ["The End", "Who Is It?", "By Ann A., Bob.", "Read by Heart."]


def test_who_is_not_known_is_not_named() -> None:
    opening, closing = credit_chapters("Emma", (), "", "en")
    assert (said(opening), said(closing)) == (["Emma"], ["The End", "Emma."])


@pytest.mark.parametrize("code", [language.code for language in every_language()])
def test_every_language_that_comes_with_the_program_has_its_own_words(code: str) -> None:
    opening, closing = credit_chapters("{T}", ("{A}",), "{N}", code)
    assert said(opening)[0] == "{T}"
    assert any("{A}" in line and line != "{A}." for line in said(opening))
    assert any("{N}" in line and line != "{N}." for line in said(opening))
    assert closing.title != "{T}"
    assert part_form(code).format(1, 3) not in ("1/3", part_form(code))


def test_a_language_without_words_has_the_names_alone() -> None:
    opening, closing = credit_chapters("Emma", ("Ann",), "Heart", "ja")
    assert said(opening) == said(closing) == ["Emma", "Ann.", "Heart."]
