import sys
from pathlib import Path

import epub_maker as maker
import pytest
from prose import PROSE

from swarm.book import kinds
from swarm.book.any_file import read_book
from swarm.errors import BookError, ReaderMissing

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for Calibre is a shell script")


@pytest.fixture
def mobi(tmp_path: Path) -> Path:
    path = tmp_path / "story.mobi"
    path.write_bytes(b"BOOKMOBI")
    return path


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    """Install a script in place of Calibre's program."""
    program = folder / "bin" / "ebook-convert"
    program.parent.mkdir()
    program.write_text("\n".join(("#!/bin/sh", *lines)) + "\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")


def test_calibre_makes_an_epub_of_it(tmp_path: Path, mobi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = maker.make(tmp_path, {"a.xhtml": maker.page("<p>Read through Calibre.</p>")})
    install(tmp_path, monkeypatch, f'test -f "$1" && cp "{made}" "$2"')
    assert read_book(mobi).chapters[0].blocks[0].text == "Read through Calibre."


def test_the_language_that_calibre_writes_into_it_counts_for_little(
    tmp_path: Path, mobi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = maker.make(tmp_path, {"a.xhtml": maker.page(f"<p>{PROSE['ru']}</p>")})
    install(tmp_path, monkeypatch, f'test -f "$1" && cp "{made}" "$2"')
    book = read_book(mobi)
    assert (book.language, book.language_doubt) == ("ru", "")


def test_where_there_is_no_calibre_it_is_said_what_to_do(
    tmp_path: Path, mobi: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(kinds, "USUAL_PLACES", ())
    with pytest.raises(ReaderMissing, match=r"story\.mobi: \.mobi files are read through Calibre, which is not"):
        read_book(mobi)


def test_what_calibre_cannot_read_is_no_book(tmp_path: Path, mobi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "echo 'This book has DRM' >&2", "exit 1")
    with pytest.raises(BookError, match="Calibre says This book has DRM"):
        read_book(mobi)


def test_calibre_is_not_waited_for_without_end(tmp_path: Path, mobi: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(kinds, "MAX_S", 0.2)
    with pytest.raises(BookError, match="was not done with it"):
        read_book(mobi)
