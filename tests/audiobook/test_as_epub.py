import zipfile
from pathlib import Path

import epub_maker as maker
import pytest
from msgspec import structs
from pictures import picture
from specs_for_tests import a_job

from swarm.audiobook import as_epub as under_test
from swarm.audiobook.as_epub import as_epub
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.model.book import Chapter, Origin, Pause, Segment
from swarm.book.model.reading_choice import Wording
from swarm.job.spec import JobSpec

PNG = picture("png", "rgb24")


RAIN = Segment("It rained.", Pause.CHAPTER)


def a_rainy_job(source: str, *, origin: Origin | None = None) -> JobSpec:
    segments = (structs.replace(RAIN, origin=origin),)
    chapter = Chapter("It rained.", segments, documents=("OEBPS/a.xhtml",) if origin else ())
    return structs.replace(a_job(), source=source, chapters=(chapter,))


def test_an_epub_is_taken_as_it_is_and_not_read_again(tmp_path: Path) -> None:
    copy = tmp_path / "book.epub"
    copy.write_bytes(b"not looked at")
    spec = a_rainy_job("/books/Rain.epub", origin=Origin(0, 3, 12))
    with as_epub(copy, tmp_path / "room", spec, Wording(), Style(Tags("T"))) as (file, script):
        assert (file, script) == (copy, spec.chapters)
    assert not (tmp_path / "room").exists()


def test_of_a_text_one_is_made_with_the_names_and_the_cover_that_were_asked_for(tmp_path: Path) -> None:
    copy = tmp_path / "book.epub"  # jobs keep any book under this name
    copy.write_text("It rained.")
    spec = a_rainy_job("/books/Rain.txt", origin=Origin(0, 70, 80))
    with as_epub(copy, tmp_path / "room", spec, Wording(), Style(Tags("T", ("A",)), PNG)) as (file, script):
        with zipfile.ZipFile(file) as archive:
            assert archive.namelist()[0] == "mimetype"
            assert archive.read("cover.png") == PNG
            assert b">T<" in archive.read("book.opf")
        title = len("Itrained.")
        assert script[0].segments[0].origin == Origin(0, title, 2 * title)
        assert script[0].documents == ("chapter-001.xhtml",)


@pytest.mark.parametrize("cover", [None, PNG[:60]])
def test_where_no_picture_is_given_or_it_is_damaged_one_is_drawn(tmp_path: Path, cover: bytes | None) -> None:
    copy = tmp_path / "book.epub"
    copy.write_text("It rained.")
    spec = structs.replace(a_job(), source="/books/Rain.txt")
    room = tmp_path / "room"
    with as_epub(copy, room, spec, Wording(), Style(Tags("T"), cover)) as (file, _), zipfile.ZipFile(file) as archive:
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
    spec = a_rainy_job("/books/Rain.mobi")
    with as_epub(copy, tmp_path / "room", spec, Wording(), Style(Tags("T"))) as (file, script):
        assert file == made
        assert script[0].documents == ("OEBPS/a.xhtml",)
    assert [path.name for path in named] == ["Rain.mobi"]
