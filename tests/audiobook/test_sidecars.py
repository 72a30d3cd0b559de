"""The files beside an audiobook, made from what the real studio wrote."""

import asyncio
from pathlib import Path

import mutagen
import pytest
from lxml import etree
from msgspec import structs
from pictures import picture
from test_press import Bench, places, speak

from swarm.audiobook.press import Press
from swarm.audiobook.sidecars import write_opf, write_sidecars
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style

JPEG = picture("mjpeg", "yuvj420p")
STYLE = Style(Tags('A "Book"', ("Ann",), series="Works"), cover=JPEG, beside=("cover", "cue", "opf"), subtitles="srt")


def words(place: tuple[int, int]) -> tuple[tuple[int, float], ...]:
    """Return the times of the words of a sentence, the last of which its clip does not reach."""
    return ((0, 0.0), (9, 0.25), (11, 1e6))


async def made(tmp_path: Path, style: Style) -> tuple[Path, dict[str, bytes]]:
    """Make an audiobook of two chapters, and return its path and the files beside it by name.

    In each clip the second word begins after a quarter of a second.
    """
    bench = Bench(tmp_path)
    for place in places(bench.state):
        speak(bench.state, bench.store, place)
    target = tmp_path / f"Book.{style.output_format}"
    press = Press(bench.state, bench.store, bench.studio, target, style, bench.mend, bench.fix)
    await press.make_files()
    paths = await asyncio.to_thread(write_sidecars, press, style, bench.state.spec.chapters, target, words)
    await bench.close()
    return target, {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in paths}


async def test_cover_metadata_chapters_and_subtitles_stand_beside_the_audiobook(tmp_path: Path) -> None:
    target, files = await made(tmp_path, STYLE)
    assert set(files) == {"Book.srt", "Book.cue", "Book.cover.jpg", "Book.metadata.opf"}
    assert files["Book.cover.jpg"] == JPEG
    title = etree.fromstring(files["Book.metadata.opf"]).findtext(".//{http://purl.org/dc/elements/1.1/}title")
    assert title == 'A "Book"'
    lines = files["Book.cue"].decode().splitlines()
    assert lines[:6] == [
        'PERFORMER "Ann"', "TITLE \"A 'Book'\"", f'FILE "{target.name}" WAVE', "  TRACK 01 AUDIO", '    TITLE "Part 0"',
        "    INDEX 01 00:00:00",
    ]  # fmt: skip
    assert (lines[7], len(lines)) == ('    TITLE "Part 1"', 9)


async def test_words_of_subtitles_have_their_times_in_the_file(tmp_path: Path) -> None:
    _, files = await made(tmp_path, structs.replace(STYLE, subtitles="vtt", beside=()))
    blocks = files["Book.vtt"].decode().split("\n\n")[1:]
    assert len(blocks) > 2
    for block in blocks:
        timing, text = block.strip().split("\n")
        start, inner = (sum(float(part) * 60**power for power, part in enumerate(reversed(clock.split(":"))))
                        for clock in (timing.split()[0], text.partition("<")[2].partition(">")[0]))  # fmt: skip
        assert inner - start == pytest.approx(0.25, abs=0.002)
        assert text.count("<") == 1


async def test_a_split_audiobook_has_them_in_its_folder_and_a_chapter_needs_no_cue_sheet(tmp_path: Path) -> None:
    _, files = await made(tmp_path, structs.replace(STYLE, split="chapter", output_format="mp3"))
    assert set(files) == {
        "Book/01 - Part 0.srt", "Book/02 - Part 1.srt", "Book/cover.jpg", "Book/metadata.opf"
    }  # fmt: skip


@pytest.mark.parametrize("name", ["opus", "wav"])
async def test_the_cover_beside_is_the_one_inside_in_every_format(tmp_path: Path, name: str) -> None:
    target, files = await made(tmp_path, structs.replace(STYLE, output_format=name, subtitles=""))
    assert files["Book.cover.jpg"] == JPEG
    assert "TRACK 02" in files["Book.cue"].decode()
    assert mutagen.File(target) is not None


async def test_a_drawn_cover_is_one_too_and_nothing_is_written_unasked(tmp_path: Path) -> None:
    _, files = await made(tmp_path / "drawn", structs.replace(STYLE, cover=None, beside=("cover",), subtitles=""))
    assert [name for name in files if not name.startswith("Book.cover.")] == []
    _, files = await made(tmp_path / "plain", structs.replace(STYLE, beside=(), subtitles=""))
    assert files == {}


NAMES = {"dc": "http://purl.org/dc/elements/1.1/", "opf": "http://www.idpf.org/2007/opf"}
FULL = Tags(
    "Bücher & Städte", ("Ann Ä.", "Bob"), "Untertitel", "Clara", "Die Reihe", "2.5", "1899", "Verlag", "Eine <Tat>.",
    "ger", "9780306406157", "B000FC1PJI", "Audiobook; Law", "Willa", "Free.", "Buecher", "Ä., Ann",
)  # fmt: skip


def said(package: etree._Element, name: str, attribute: str = "") -> list[tuple[str | None, str | None]]:
    found = package.iterfind(f"opf:metadata/dc:{name}", NAMES)
    return [(each.get(f"{{{NAMES['opf']}}}{attribute}") if attribute else None, each.text) for each in found]


def test_everything_that_is_known_of_a_book_is_in_it() -> None:
    package = etree.fromstring(write_opf(FULL))
    assert said(package, "title") == [(None, "Bücher & Städte")]
    assert said(package, "subtitle") == [(None, "Untertitel")]
    assert said(package, "creator", "role") == [("aut", "Ann Ä."), ("aut", "Bob"), ("nrt", "Clara")]
    assert said(package, "contributor", "role") == [("trl", "Willa")]
    assert said(package, "identifier", "scheme") == [("ISBN", "9780306406157"), ("ASIN", "B000FC1PJI")]
    assert said(package, "subject") == [(None, "Audiobook"), (None, "Law")]
    others = {"publisher": "Verlag", "date": "1899", "description": "Eine <Tat>.", "language": "ger", "rights": "Free."}
    assert {name: said(package, name)[0][1] for name in others} == others
    metas = {meta.get("name"): meta.get("content") for meta in package.iterfind("opf:metadata/opf:meta", NAMES)}
    assert metas == {
        "calibre:series": "Die Reihe", "calibre:series_index": "2.5", "calibre:title_sort": "Buecher"
    }  # fmt: skip


def test_names_have_the_prefixes_that_simple_readers_look_for() -> None:
    text = write_opf(FULL).decode()
    assert '<package xmlns="http://www.idpf.org/2007/opf" version="2.0">' in text
    assert "<metadata " in text
    assert 'opf:role="nrt">Clara</dc:creator>' in text
    assert '<meta name="calibre:series" content="Die Reihe"/>' in text


def test_what_is_not_known_or_no_xml_is_left_out() -> None:
    package = etree.fromstring(write_opf(Tags("A\x01B\x0b", genre="", series="\0")))
    assert [(each.tag.rpartition("}")[2], each.text) for each in package[0]] == [("title", "AB")]
