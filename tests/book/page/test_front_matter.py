from swarm.book.page import front_matter
from swarm.book.page.likeness import is_legal_page, is_sentence


def test_names_promise() -> None:
    for name, reason in [
        ("Title Page", front_matter.TITLE_PAGE),
        ("TABLE DES MATIÈRES.", front_matter.CONTENTS),
        ("titlepage", front_matter.TITLE_PAGE),
        ("copyright-page", front_matter.COPYRIGHT),
        ("Inhaltsverzeichnis", front_matter.CONTENTS),
        ("Endnotes", front_matter.NOTES),
        ("Coming soon!", front_matter.ADVERTISEMENT),
        ("Índice", front_matter.CONTENTS),
        ("À propos de cette édition électronique", "colophon"),
        ("Spis treści", front_matter.CONTENTS),
        ("STRONA TYTUŁOWA", front_matter.TITLE_PAGE),
        ("Przypisy", front_matter.NOTES),
        ("Inne powieści tego autora", front_matter.ADVERTISEMENT),
        ("Inhoudsopgave", front_matter.CONTENTS),
        ("Voetnoten", front_matter.NOTES),
        ("Eerder verschenen van Louis Couperus", front_matter.ADVERTISEMENT),
    ]:
        assert front_matter.named(name) == reason


def test_names_of_chapters_promise_nothing() -> None:
    for name in ["Success", "Cover Me", "Notes from Underground", "Introduction", "Epilogue", "", "12"]:
        assert front_matter.named(name) == ""


def test_a_chapter_that_is_only_called_so_is_kept() -> None:
    story = ["A long paragraph of a story. " * 20] * 30
    assert not front_matter.plausible(front_matter.COVER, story, 0.3)
    assert not front_matter.plausible(front_matter.CONTENTS, story, 0.3)
    assert not front_matter.plausible(front_matter.NOTES, story, 0.3)
    assert front_matter.plausible(front_matter.COVER, ["A Book"], 0.0)
    assert front_matter.plausible(front_matter.CONTENTS, ["Chapter the first"] * 400, 0.0)
    assert not front_matter.plausible(front_matter.NOTES, story, 1.0)
    thanks = ["The author's thanks go to many, and this is how it was."]
    assert not front_matter.plausible(front_matter.NOTES, thanks, 0.1)
    assert front_matter.plausible(front_matter.NOTES, ["Notes", "1. See above.", "2 Ibid.", "* Nobody."], 0.2)
    assert front_matter.plausible(front_matter.NOTES, ["See Smith, A Life, for all of this."] * 9, 1.0)


def test_types_and_classes_mark() -> None:
    assert front_matter.marked({"backmatter", "colophon"}) == front_matter.COLOPHON
    assert front_matter.marked({"chapter", "bodymatter", "preface"}) == ""
    assert front_matter.marked((), {"left", "pg-boilerplate"}) == front_matter.LICENCE


def test_the_lines_of_project_gutenberg() -> None:
    assert front_matter.ends_gutenberg_header("*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***")
    assert front_matter.begins_gutenberg_footer("*** END OF THIS PROJECT GUTENBERG EBOOK EMMA ***")
    assert front_matter.begins_gutenberg_footer("End of Project Gutenberg's Emma, by Jane Austen")
    assert not front_matter.begins_gutenberg_footer("At the end of Project Gutenberg Street he stopped.")


def test_a_page_that_the_law_asks_for_is_known_in_each_language() -> None:
    for page in [
        ["© 1921 Jan Kowalski", "Wszelkie prawa zastrzeżone."],
        ["© 1921 Jan de Vries", "Niets uit deze uitgave mag worden verveelvoudigd."],
        ["Urheberrecht 1921", "Alle Rechte vorbehalten."],
    ]:
        assert is_legal_page(page, 0.0)
        assert not is_legal_page(page[1:], 0.0)


def test_a_page_of_prose_above_a_list_of_its_sections_is_no_contents() -> None:
    titles = front_matter.count_titles(["Archetype A", "Archetype B", "Archetype C", "Archetype D", "Archetype E", "F"])
    lines = [f"Archetype {letter}" for letter in "ABCDE"] * 2
    assert front_matter.is_contents("F", [*lines, "See below."], titles)
    prose = "Our archetypes are typical examples of systems of equations, of matrices and of linear transformations. "
    assert not front_matter.is_contents("F", [prose * 2, *lines, prose * 2], titles)


def test_sentences_end_with_the_full_stop_of_their_script() -> None:
    for line, expected in [
        ("It rained all night.", True),
        ("Smith, Elder & Co.", False),
        ("London, 1890.", False),
        ("名前はまだ無い。", True),
        ("「名前はまだ無い。」", True),
        ("吾輩は猫である", False),
        ("यह एक कहानी है।", True),
        ("זה היה לילה שקט.", True),
    ]:
        assert is_sentence(line) is expected
