from pathlib import Path

import epub_maker as maker
from prose import PROSE

from swarm.book.any_file import read_book, read_name
from swarm.book.page.markup import parse
from swarm.book.structure.book_language import prose


def book(folder: Path, *texts: str, language: str = "en") -> Path:
    pages = {f"{number}.xhtml": maker.page(f"<p>{text}</p>") for number, text in enumerate(texts)}
    return maker.make(folder, pages, metadata=maker.METADATA.replace("en-GB", language))


def test_a_book_is_read_and_recognised_in_the_language_of_its_text(tmp_path: Path) -> None:
    path = book(tmp_path, *[PROSE["es"]] * 4)
    read = read_book(path)
    assert (read.language, read_name(path)) == ("es", ("A Test", "es"))
    assert "its text is Spanish" in read.language_doubt


def test_an_english_licence_behind_a_short_book_decides_nothing(tmp_path: Path) -> None:
    licence = f"The Project Gutenberg licence. {PROSE['en']}"
    path = book(tmp_path, PROSE["pl"], PROSE["pl"], licence, language="pl")
    assert read_book(path).language == "pl"


def test_a_page_that_cannot_be_read_is_passed_over(tmp_path: Path) -> None:
    path = book(tmp_path, *[PROSE["ru"]] * 3)
    (tmp_path / "more").mkdir()
    pages = {"a.xhtml": maker.page(f"<p>{PROSE['ru']}</p>"), "gone.xhtml": ""}
    more = maker.make(tmp_path / "more", pages, without=("OEBPS/gone.xhtml",))
    assert read_name(path) == ("A Test", "ru")
    assert read_name(more) == ("A Test", "ru")


def test_code_and_formulas_are_no_prose() -> None:
    root = parse(maker.page("<p>One <code>if x</code>two</p><pre>for i in range(9)</pre><p>three</p>").encode(), "a")
    assert prose(root) == "One two three"
