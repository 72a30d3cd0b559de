"""The books as one finds them when one reads them: chapters, their first and last words, what is left out."""

from pathlib import Path

import pytest
from msgspec import Struct

from swarm.book.epub import read_book
from swarm.book.model import ChapterText


class Golden(Struct):
    """What a reader finds: how many chapters, some of them in full detail, what is not the story."""

    chapters: int
    some: dict[int, tuple[str, int, str, str]]  # by number: title, words, the first and the last words
    left_out: set[tuple[str, str]]


SE = {("Imprint", "imprint"), ("Colophon", "colophon"), ("Uncopyright", "copyright page")}
WASTE_LAND = Golden(
    5,
    {
        1: ("I. THE BURIAL OF THE DEAD", 628, '"Nam Sibyllam quidem Cumis', 'mon semblable, - mon frere !"'),
        4: ("IV. DEATH BY WATER", 74, "IV. DEATH BY WATER Phlebas the Phoenician,", "handsome and tall as you."),
        5: ("V. WHAT THE THUNDER SAID", 732, "V. WHAT THE THUNDER SAID", "Shantih shantih shantih"),
    },
    {("Title page", "title page"), ('NOTES ON "THE WASTE LAND"', "notes")},
)
GOLDEN = {
    "alice-illustrated": Golden(
        13,
        {
            1: ("All in the Golden Afternoon", 229, "All in the golden afternoon", "Pluck’d in a far-off land."),
            2: ("I: Down the Rabbit-Hole", 2144, "I Down the Rabbit-Hole Alice was", "finished off the cake."),
            13: ("XII: Alice’s Evidence", 2104, "XII Alice’s Evidence “Here!” cried Alice,", "the happy summer days."),
        },
        SE
        | {
            ("Alice’s Adventures in Wonderland", "title page"),
            ("List of Illustrations", "list of illustrations"),
        },
    ),
    "jekyll-and-hyde": Golden(
        10,
        {
            1: ("Story of the Door", 2401, "Story of the Door Mr. Utterson the lawyer", "hands on that, Richard.”"),
            10: ("Henry Jekyll’s Full Statement of the Case", 6941, "Henry Jekyll’s Full", "Henry Jekyll to an end."),
        },
        SE | {("Titlepage", "title page")},
    ),
    "moby-dick": Golden(
        139,
        {
            1: ("Dedication", 15, "In token Of my admiration", "To Nathaniel Hawthorne."),
            4: ("I: Loomings", 2188, "I Loomings Call me Ishmael.", "like a snow hill in the air."),
            139: ("Epilogue", 266, "Epilogue “And I only am escaped alone", "only found another orphan."),
        },
        SE | {("Titlepage", "title page"), ("Moby Dick", "title page"), ("Endnotes", "notes")},
    ),
    "vingt-mille-lieues-fr": Golden(
        47,
        {
            1: ("CHAPITRE PREMIER UN ÉCUEIL FUYANT.", 2296, "CHAPITRE PREMIER UN ÉCUEIL", "la visite du Scotia."),
            24: ("CHAPITRE XXIV LE ROYAUME DU CORAIL.", 2724, "CHAPITRE XXIV LE ROYAUME", "DE LA PREMIÈRE PARTIE."),
            25: ("CHAPITRE PREMIER L'OCÉAN INDIEN.", 3571, "DEUXIEME PARTIE CHAPITRE PREMIER", "une aurore boréale."),
            47: ("CHAPITRE XXIII CONCLUSION.", 457, "CHAPITRE XXIII CONCLUSION.", "FIN DE LA SECONDE PARTIE."),
        },
        {
            ("Licence", "licence"),
            ("VINGT MILLE LIEUES SOUS LES MERS", "title page"),
            ("Notes", "notes"),
            ("TABLE DES MATIÈRES.", "table of contents"),
            ("Au lecteur.", "transcriber's note"),
            ("Transcriber's note", "transcriber's note"),
        },
    ),
    "yellow-wallpaper": Golden(
        1, {1: ("The Yellow Wallpaper", 6080, "The Yellow Wallpaper It is very seldom", "over him every time!")}, SE
    ),
    "odd/arabic-rtl": Golden(
        6,
        {6: ("تأثيرات المكوِّنات الحيويّة الغذائيّة", 772, "تأثيرات المكوِّنات", "إلى كلّ أغذيتنا.")},
        {("Notes", "notes")},
    ),
    "odd/epub2-ncx-only": Golden(1, {1: ("Loomings", 4, "Loomings Call", "me Ishmael.")}, set()),
    "odd/fixed-layout": Golden(2, {2: ("Lorem Ipsum", 760, "Lorem Ipsum Lorem", "arcu vitae.")}, set()),
    "odd/font-obfuscation-woff": WASTE_LAND,
    "odd/foreign-xml-spine-fallback": Golden(
        1, {1: ("Test passes if you see this text.", 7, "Test passes", "this text.")}, set()
    ),
    "odd/japanese-vertical-ruby-preview": Golden(
        1, {1: ("一", 66, "一 山路を登りながら、こう考えた。", "非人情がちと強過ぎたようだ。")},
        {("草枕", "cover page")},
    ),
    "odd/mathml": Golden(1, {1: ("Link to main page", 27, "Test passes if", "to the power of 2")}, set()),
    "odd/media-overlay": Golden(
        2, {2: ("Content with Media Overlay", 379, "Call me Ishmael.", "What do they here?")}, set()
    ),
    "odd/mimetype-missing": Golden(1, {1: ("content 001", 4, "Loomings Call", "me Ishmael.")}, set()),
    "odd/multiple-opf": Golden(1, {1: ("Link to main page", 6, "Test passes", "you see this.")}, set()),
    "odd/nested-nav-and-ncx": Golden(
        21,
        {
            2: ("INTRODUCTORY", 1547, "INTRODUCTORY The difficulties of", "by Sir Arthur Quiller-Couch."),
            21: (
                "204 THE KING OF THE GOLDEN RIVER OR THE BLACK BROTHERS", 9369, "204 John Ruskin (1819-1900),",
                "The Black Brothers.",
            ),
        },
        {("THE CONTENTS", "table of contents"), ("BIBLIOGRAPHY", "bibliography")},
    ),
    "odd/percent-encoded-href": Golden(1, {1: ("content 001", 4, "Loomings Call", "me Ishmael.")}, set()),
    "odd/pls-lexicon-and-ssml": Golden(
        10,
        {
            1: ("GEORGIA", 810, "GEORGIA GEORGIA, a southern state", "(See United States.)"),
            10: ("History", 4581, "History. Georgia derives its name", "Historical Association for 1905)."),
        },
        {("Notes", "notes")},
    ),
    "odd/poem-noteref-single-file": WASTE_LAND,
    "odd/spine-nonlinear": Golden(1, {1: ("Link to main page", 12, "Test passes", "the next document.")}, set()),
    "odd/svg-spine-items": Golden(4, {4: ("Page 4", 2, "Page", "4")}, set()),
}  # fmt: skip


def words(chapter: ChapterText) -> list[str]:
    return " ".join(block.text for block in chapter.blocks).split()


@pytest.mark.parametrize("name", GOLDEN)
def test_a_book_is_what_a_reader_finds(books: Path, name: str) -> None:
    golden, chapters = GOLDEN[name], read_book(books / f"{name}.epub").chapters
    spoken = [chapter for chapter in chapters if not chapter.left_out]
    assert len(spoken) == golden.chapters
    assert {(chapter.title, chapter.left_out) for chapter in chapters if chapter.left_out} == golden.left_out
    for number, (title, count, first, last) in golden.some.items():
        found = words(spoken[number - 1])
        assert (spoken[number - 1].title, len(found)) == (title, count)
        assert found[: len(first.split())] == first.split()
        assert " ".join(found).endswith(last)


def test_every_book_has_its_golden(books: Path) -> None:
    assert {path.relative_to(books).with_suffix("").as_posix() for path in books.rglob("*.epub")} == set(GOLDEN)
