import zipfile
from pathlib import Path

import epub_maker as maker
import pytest
from msgspec import structs
from pictures import picture
from specs_for_tests import a_job

from swarm.audiobook import as_epub as under_test
from swarm.audiobook.as_epub import as_epub, in_words_of_book
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.any_file import read_book
from swarm.book.model.book import Chapter, Origin, Pause, Segment
from swarm.book.model.reading_choice import Wording
from swarm.book.speech.lexicon import read_lexicon
from swarm.book.speech.script import make_script
from swarm.job.spec import JobSpec
from swarm.voice.host.registry import recipe_card

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


def test_a_job_that_was_made_before_origins_were_kept_finds_them_in_its_book(tmp_path: Path) -> None:
    copy = maker.make(tmp_path, {"a.xhtml": maker.page("<p>It rained.</p>")})
    spec = a_rainy_job("/books/Rain.epub")
    with as_epub(copy, tmp_path / "room", spec, Wording(), Style(Tags("T"))) as (file, script):
        assert file == copy
        assert script[0].documents == ("OEBPS/a.xhtml",)
        assert script[0].segments[0].origin


def a_job_of_0_1(folder: Path) -> tuple[Path, JobSpec, Wording]:
    """Return a copy of a book, and a job that knows only what its engine was told, as 0.1 journaled it."""
    copy, words = maker.make(folder, {"a.xhtml": maker.page("<p>It rained. It snowed.</p>")}), folder / "words.txt"
    words.write_text("rained = raynd")
    spec = structs.replace(a_job(), source="/books/Rain.epub")
    told = make_script(read_book(copy), recipe_card(spec.recipe), "en", lexicon=read_lexicon(words))
    segments = tuple(structs.replace(each, origin=None, written_otherwise=None) for each in told[0].segments)
    return copy, structs.replace(spec, chapters=(Chapter("Rain", segments),)), Wording(lexicon=words)


def test_people_are_shown_the_words_of_the_book_also_by_a_job_that_did_not_journal_them(tmp_path: Path) -> None:
    copy, spec, wording = a_job_of_0_1(tmp_path)
    assert [segment.written for segment in spec.chapters[0].segments] == ["It raynd.", "It snowed."]
    shown = in_words_of_book(copy, spec, wording)
    assert [segment.written for segment in shown[0].segments] == ["It rained.", "It snowed."]
    assert [segment.spoken for segment in shown[0].segments] == ["It raynd.", "It snowed."]


def test_a_copy_that_cannot_be_read_leaves_the_journaled_words(tmp_path: Path) -> None:
    copy, spec, wording = a_job_of_0_1(tmp_path)
    copy.write_bytes(b"damaged")
    assert in_words_of_book(copy, spec, wording) == spec.chapters


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
