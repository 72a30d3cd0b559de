from pathlib import Path

import epub_maker as maker

from swarm.book.file import read_book


def test_the_kind_of_a_file_is_its_ending_else_it_is_an_epub(tmp_path: Path) -> None:
    epub = maker.make(tmp_path, {"a.xhtml": maker.page("<p>An EPUB.</p>")})
    other = epub.rename(tmp_path / "book.zip")
    assert read_book(other).title == "A Test"
    text = tmp_path / "Story.TXT"
    text.write_text("Once.\n\nTwice.")
    assert [block.text for block in read_book(text).chapters[0].blocks] == ["Once.", "Twice."]
