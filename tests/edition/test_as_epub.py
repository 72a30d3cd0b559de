import zipfile
from pathlib import Path

import epub_maker as maker
import pytest
from msgspec import structs
from specs_for_tests import a_job

from swarm.audio.tags import Tags
from swarm.edition import as_epub as under_test
from swarm.edition.as_epub import as_epub
from swarm.edition.style import Style
from swarm.job.reading import Wording

PNG = b"\x89PNG\r\n\x1a\nand so on"


def test_an_epub_is_taken_as_it_is(tmp_path: Path) -> None:
    copy = maker.make(tmp_path, {"a.xhtml": maker.page("<p>It rained.</p>")})
    with as_epub(copy, tmp_path / "room", a_job(), Wording(), Style(Tags("T"))) as (file, book):
        assert file == copy
        assert book.chapters[0].blocks[0].origin
    assert not (tmp_path / "room").exists()


def test_of_a_text_one_is_made_with_the_names_and_the_cover_that_were_asked_for(tmp_path: Path) -> None:
    copy = tmp_path / "book.epub"  # as jobs keep whatever they are given
    copy.write_text("It rained.")
    spec = structs.replace(a_job(), source="/books/Rain.txt")
    with as_epub(copy, tmp_path / "room", spec, Wording(), Style(Tags("T", ("A",)), PNG)) as (file, book):
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist()[0] == "mimetype"
            assert archive.read("cover.png") == PNG
            assert b">T<" in archive.read("book.opf")
        assert book.title == "Rain"
        assert book.chapters[0].blocks[0].origin


def test_where_no_picture_is_given_one_is_drawn(tmp_path: Path) -> None:
    copy = tmp_path / "book.epub"
    copy.write_text("It rained.")
    spec = structs.replace(a_job(), source="/books/Rain.txt")
    room = tmp_path / "room"
    with as_epub(copy, room, spec, Wording(), Style(Tags("T"))) as (file, _), zipfile.ZipFile(file) as archive:
        assert archive.read("cover.jpg").startswith(b"\xff\xd8\xff")


def test_what_calibre_reads_is_converted_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = maker.make(tmp_path, {"a.xhtml": maker.page("<p>It rained.</p>")})
    copy = tmp_path / "copy"
    copy.write_bytes(b"BOOKMOBI")
    named: list[Path] = []

    class StandIn:
        """In the place of Calibre, which is not here."""

        def __init__(self, path: Path) -> None:
            named.append(path)

        def __enter__(self) -> Path:
            return made

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(under_test, "converted", StandIn)
    spec = structs.replace(a_job(), source="/books/Rain.mobi")
    with as_epub(copy, tmp_path / "room", spec, Wording(), Style(Tags("T"))) as (file, book):
        assert file == made
        assert book.chapters[0].blocks[0].origin
    assert [path.name for path in named] == ["Rain.mobi"]
