import pytest

from swarm.book.model.book import Block, ChapterText
from swarm.book.model.reading_choice import Reading
from swarm.book.page.passage import Passage
from swarm.book.structure.division import Part
from swarm.book.structure.inclusion import caution, chosen, decide, mark_licence
from swarm.errors import UsageError


def part(title: str, *texts: str, name: str = "a.xhtml") -> Part:
    return Part(title, [Passage("paragraph", text) for text in texts], name, whole=True)


def fates(*parts: Part, title: str = "The Ship") -> list[tuple[str, str]]:
    return [(chapter.left_out, chapter.grounds) for chapter in decide(list(parts), title).chapters]


STORY = part("I", "A long story. " * 40)


def test_each_decision_has_its_grounds() -> None:
    page = part("x", "A", name="colophon.xhtml")
    marked = Part("y", [Passage("paragraph", "z", left_out="imprint")], "b.xhtml")
    assert fates(part("Copyright", "All rights."), page, marked, STORY) == [
        ("copyright page", "by its title"), ("colophon", "by its file name"), ("imprint", "marked so in the book"),
        ("", ""),
    ]  # fmt: skip


def test_a_title_page_is_told_by_its_words() -> None:
    names = part("", "THE SHIP", "A NOVEL", "by Ann Author", "LONDON")
    assert fates(names, STORY) == [("title page", "by its words “The Ship”"), ("", "")]
    told = part("", "The Ship", "It was a dark night, and nobody on board of her had slept for three whole days.")
    assert fates(told, STORY) == [("", ""), ("", "")]
    verse = part("", "The Ship", "The ship went down,\nthe sea was calm.")
    assert fates(verse, STORY) == [("", ""), ("", "")]
    assert fates(STORY, names) == [("", ""), ("", "")], "only the first page is one"


def test_what_the_transcriber_says_is_not_the_book() -> None:
    assert fates(STORY, part("Au lecteur", "Ce livre électronique reproduit la version originale."))[1] == (
        "transcriber's note", "by its words “livre électronique reproduit”",
    )  # fmt: skip
    assert fates(STORY, part("Au lecteur", "C'est ici un livre de bonne foi, lecteur."))[1] == ("", "")


def test_who_made_the_file_belongs_to_the_licence() -> None:
    texts = (
        "*** START OF THE PROJECT GUTENBERG EBOOK X ***",
        "Produced by Ann Other",
        "X",
        "He produced by magic a hat",
    )
    passages = [Passage("paragraph", text) for text in texts]
    mark_licence(passages)
    assert [passage.left_out for passage in passages] == ["licence", "licence", "", ""]


CHAPTERS = (
    ChapterText("Preface", (Block("paragraph", "a"),)),
    ChapterText("I", (Block("paragraph", "b"),)),
    ChapterText("Notes", (Block("paragraph", "c"),), "notes", "by its title"),
    ChapterText("The Making of", (Block("paragraph", "d"),), "colophon", "by its file name"),
)


def test_decisions_can_be_reversed_by_title_or_reason() -> None:
    found = chosen(CHAPTERS, Reading(include=("NOTES", "colophon"), exclude=("pre*",)))
    assert [chapter.left_out for chapter in found] == ["not wanted", "", "", ""]
    assert chosen(CHAPTERS, Reading()) == list(CHAPTERS)


def test_a_name_that_fits_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match="--include 'index' names nothing that is left out"):
        chosen(CHAPTERS, Reading(include=("index",)))
    with pytest.raises(UsageError, match="--exclude 'Chapter 9' names no chapter"):
        chosen(CHAPTERS, Reading(exclude=("Chapter 9",)))


TITLES = ("List of Illustrations by the Author of this Book", "List of Plates", "[Verso]", "List of Plates", "Index")
LISTS = tuple(ChapterText(title, (Block("paragraph", "e"),), "lists", "by its title") for title in TITLES)


def test_a_beginning_that_fits_one_title_names_it() -> None:
    for name, wanted in [
        ("list of illustratio…", [0]),
        ("List of Ill...", [0]),
        ("list of ill", [0]),
        ("List of\n    Ill", [0]),
        ("List of P…", [1, 3]),
        ("[Verso]", [2]),
        ("Index", [4]),
        ("*plates", [1, 3]),
    ]:
        found = chosen((*LISTS, CHAPTERS[0]), Reading(include=(name,)))
        assert [at for at, chapter in enumerate(found[:5]) if not chapter.left_out] == wanted
        spoken = tuple(ChapterText(chapter.title, chapter.blocks) for chapter in LISTS)
        assert [at for at, chapter in enumerate(chosen(spoken, Reading(exclude=(name,)))) if chapter.left_out] == wanted


def test_a_beginning_that_fits_several_titles_is_refused_and_they_are_named() -> None:
    with pytest.raises(UsageError, match=r"--include 'List…' is .*“List of Illustrations by .*“List of Plates”. Say m"):
        chosen(LISTS, Reading(include=("List…",)))
    with pytest.raises(UsageError, match="names nothing"):
        chosen(LISTS, Reading(include=("…",)))


def test_a_whole_title_comes_before_what_begins_with_it() -> None:
    found = chosen((*CHAPTERS, ChapterText("I am", CHAPTERS[1].blocks)), Reading(exclude=("i",)))
    assert [chapter.title for chapter in found if chapter.left_out == "not wanted"] == ["I"]


def test_the_page_that_the_law_asks_for_is_told_by_its_words() -> None:
    page = part("", "Copyright © 2019 by Ann Author", "All rights reserved. No part of this book may be copied.")
    assert fates(page, STORY)[0] == ("copyright page", "by its words “Copyright”, “All rights reserved”")
    told = part("", "Published by chance, the letter began: all rights are wrong.")
    assert fates(told, STORY)[0] == ("", "")
    assert fates(STORY, STORY, page, STORY, STORY)[2] == ("", ""), "only near either end of a book"


def test_a_page_of_titles_is_a_table_of_contents() -> None:
    chapters = [part(f"Chapter {number}", "A long story. " * 40) for number in range(5)]
    page = part("Chapter 0", *(f"Chapter {number}." for number in range(5)))
    assert fates(page, *chapters)[0] == ("table of contents", "by its words, which are titles of chapters")
    assert fates(*chapters) == [("", "")] * 5


def test_other_books_by_the_author_are_advertisements() -> None:
    assert fates(STORY, part("Also by Ann Author", "The Boat", "The Sea"))[1] == ("advertisement", "by its title")
    assert fates(STORY, part("Also by boat", "A long story. " * 40))[1] == ("", "")


def test_where_nothing_would_be_left_what_was_only_guessed_is_the_book() -> None:
    assert fates(part("One", "One", "This is the book called One. It is short."), title="One") == [("", "")]
    marked = Part("y", [Passage("paragraph", "z", left_out="imprint")], "b.xhtml")
    assert fates(marked) == [("imprint", "marked so in the book")]


def test_an_ordinary_file_called_index_is_text() -> None:
    told = "It is the second page of the handbook, and says how the tool is put together and where its parts are kept."
    assert fates(part("Setup", told, told, name="index1.html"), STORY)[0] == ("", "")
    entries = [f"entry {letter}, {number}, {number + 9}" for number, letter in enumerate("abcdefgh", 3)]
    assert fates(STORY, part("", *entries, name="index.html"))[1] == ("index", "by its file name")
    assert fates(STORY, part("Index", *[f"{letter}lpha" for letter in "abcdefghijkl"]))[1] == ("index", "by its title")
    assert fates(STORY, part("Index", told * 3))[1] == ("", "")


def test_a_chapter_about_licences_is_no_legal_page() -> None:
    about = part(
        "How to apply it",
        "Once you have chosen one, you should state it on the front page of the project, and who has the copyright. "
        "Most people begin with a line such as this one, and go on to explain what they mean by it in their own words.",
        "Copyright (C) <year> <name of author>",
        "A book about it was published by a press in 2004. Its ISBN: 0-596-00581-4 helps to find it in a shop, where "
        "it stands among many others that say the same, so that nobody has to buy it only to look something up in it.",
        "All of this is explained at length in the next chapter, which you may well leave out if you are in a hurry.",
    )
    assert fates(about, STORY)[0] == ("", "")


def test_a_section_called_footnotes_that_is_text_is_kept() -> None:
    told = "The tool writes them below the page, in small letters, so that a reader may pass over them without harm."
    assert fates(STORY, part("Footnotes", told, told, told))[1] == ("", "")


def marks(*texts: str) -> list[str]:
    passages = [Passage("paragraph", text) for text in texts]
    mark_licence(passages)
    return [passage.left_out for passage in passages]


def test_a_start_line_behind_the_book_does_not_make_it_a_header() -> None:
    start, story = "*** START OF THE PROJECT GUTENBERG EBOOK X ***", "A long story. " * 40
    assert marks(*[story] * 20, start, "The licence.") == [""] * 20 + ["licence", ""]
    assert marks(story, start) == ["", ""], "nothing would be left"
    assert marks("Header", start, *[story] * 20) == ["licence", "licence"] + [""] * 20


def test_the_user_is_told_of_much_that_is_left_out_by_a_guess() -> None:
    spoken = ChapterText("I", (Block("paragraph", "word " * 90),))
    guessed = ChapterText("Tips", (Block("paragraph", "word " * 10),), "index", "by its file name")
    assert caution((spoken, guessed)) == (
        "10 % of its text is left out though the book does not mark it so, such as “Tips” (index by its file name): "
        "--include reads it"
    )
    assert caution((spoken, ChapterText("Notes", guessed.blocks, "notes", "marked so in the book"))) == ""


def test_contents_that_list_the_second_halves_of_titles_are_contents() -> None:
    chapters = [part(f"Chapter {n}. How the {name} came home", "A long story. " * 40) for n, name in enumerate(NAMES)]
    page = part("by Ann Author", *(f"How the {name} came home ..... {n}" for n, name in enumerate(NAMES)))
    assert fates(page, *chapters)[0][0] == "table of contents"


NAMES = ("ferryman", "stranger", "captain", "boy", "widow")


def test_a_part_that_lists_its_chapters_keeps_its_name() -> None:
    chapters = [part(f"The {name} soup", "A long recipe. " * 40) for name in NAMES]
    page = part("Soups", *(f"The {name} soup" for name in NAMES))
    page.passages.insert(0, Passage("heading", "Soups", 1))
    found = decide([STORY, page, *chapters], "The Ship").chapters
    assert [(chapter.title, chapter.left_out) for chapter in found[1:3]] == [
        ("Soups", "table of contents"),
        ("Soups. The ferryman soup", ""),
    ]
    assert [block.text for block in found[2].blocks][:2] == ["Soups", "The ferryman soup"]
