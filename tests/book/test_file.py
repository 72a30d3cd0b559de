from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.any_file import read_book, read_name


def test_the_kind_of_a_file_is_its_ending_else_it_is_an_epub(tmp_path: Path) -> None:
    epub = maker.make(tmp_path, {"a.xhtml": maker.page("<p>An EPUB.</p>")})
    other = epub.rename(tmp_path / "book.zip")
    assert read_book(other).title == "A Test"
    text = tmp_path / "Story.TXT"
    text.write_text("Once.\n\nTwice.")
    assert [block.text for block in read_book(text).chapters[0].blocks] == ["Once.", "Twice."]


@pytest.mark.parametrize("languages", ["<dc:language>fr-FR</dc:language>", "<dc:language>und</dc:language>", ""])
def test_a_books_name_is_told_before_its_text_where_it_names_its_language(tmp_path: Path, languages: str) -> None:
    page = maker.page("<p>Un.</p>").replace("<html ", '<html lang="fr" ')
    metadata = maker.METADATA.replace("<dc:language>en-GB</dc:language>", languages)
    epub = maker.make(tmp_path, {"a.xhtml": page}, metadata=metadata)
    book = read_book(epub)
    assert book.language == "fr"
    assert read_name(epub) == ((book.title, "fr") if "FR" in languages else None)


@pytest.mark.parametrize("name", ["story.txt", "story.html", "story.md", "story.mobi"])
def test_the_name_of_another_kind_of_file_is_only_in_its_text(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("Once.")
    assert read_name(tmp_path / name) is None
