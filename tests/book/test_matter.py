import pytest

from swarm.book import matter


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Title Page", matter.TITLE_PAGE),
        ("TABLE DES MATIÈRES.", matter.CONTENTS),
        ("titlepage", matter.TITLE_PAGE),
        ("copyright-page", matter.COPYRIGHT),
        ("Inhaltsverzeichnis", matter.CONTENTS),
        ("Endnotes", matter.NOTES),
        ("Coming soon!", matter.ADVERTISEMENT),
        ("Índice", matter.CONTENTS),
        ("À propos de cette édition électronique", "colophon"),
    ],
)
def test_names_promise(name: str, reason: str) -> None:
    assert matter.named(name) == reason


@pytest.mark.parametrize(
    "name", ["Success", "Cover Me", "Notes from Underground", "Introduction", "Epilogue", "", "12"]
)
def test_names_of_chapters_promise_nothing(name: str) -> None:
    assert matter.named(name) == ""


def test_a_chapter_that_is_only_called_so_is_kept() -> None:
    story = ["A long paragraph of a story. " * 20] * 30
    assert not matter.plausible(matter.COVER, story, 0.3)
    assert not matter.plausible(matter.CONTENTS, story, 0.3)
    assert not matter.plausible(matter.NOTES, story, 0.3)
    assert matter.plausible(matter.COVER, ["A Book"], 0.0)
    assert matter.plausible(matter.CONTENTS, ["Chapter the first"] * 400, 0.0)
    assert not matter.plausible(matter.NOTES, story, 1.0)
    assert not matter.plausible(matter.NOTES, ["The author's thanks go to many, and this is how it was."], 0.1)
    assert matter.plausible(matter.NOTES, ["Notes", "1. See above.", "2 Ibid.", "* Nobody."], 0.2)
    assert matter.plausible(matter.NOTES, ["See Smith, A Life, for all of this."] * 9, 1.0)


def test_types_and_classes_mark() -> None:
    assert matter.marked({"backmatter", "colophon"}) == matter.COLOPHON
    assert matter.marked({"chapter", "bodymatter", "preface"}) == ""
    assert matter.marked((), {"left", "pg-boilerplate"}) == matter.LICENCE


def test_the_lines_of_project_gutenberg() -> None:
    assert matter.gutenberg_starts("*** START OF THE PROJECT GUTENBERG EBOOK EMMA ***")
    assert matter.gutenberg_ends("*** END OF THIS PROJECT GUTENBERG EBOOK EMMA ***")
    assert matter.gutenberg_ends("End of Project Gutenberg's Emma, by Jane Austen")
    assert not matter.gutenberg_ends("At the end of Project Gutenberg Street he stopped.")
