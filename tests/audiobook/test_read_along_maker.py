import zipfile
from pathlib import Path

import pytest
from epub_maker import make, nav, page
from lxml import etree

from swarm.audiobook.read_along_maker import (
    ChapterSound,
    ReadAlong,
    Words,
    read_along_path,
    sound_style,
    write_read_along,
)
from swarm.audiobook.sound.reel import Cue
from swarm.audiobook.sound.tags import Tags
from swarm.audiobook.style import Style
from swarm.book.any_file import read_book
from swarm.book.speech.script import make_script
from swarm.errors import StoreError
from swarm.voice.host.registry import find_card

BODY = "<h1>One</h1><p>It rained. We left. Nobody saw us go.</p>"


def test_the_book_lies_beside_the_audiobook_and_never_replaces_its_source(tmp_path: Path) -> None:
    target = tmp_path / "Title - Author.m4b"
    source = tmp_path / "Title - Author.read-along.epub"
    assert read_along_path(target, tmp_path / "book.epub") == source
    assert read_along_path(target, source) == tmp_path / "Title - Author (2).read-along.epub"


SOUNDS = [("m4b", "m4a"), ("m4a", "m4a"), ("mp3", "mp3"), ("opus", "m4a"), ("wav", "m4a")]


def test_sound_is_of_a_kind_that_every_reading_system_plays() -> None:
    for chosen, sound in SOUNDS:
        style = sound_style(Style(Tags("T"), output_format=chosen, bitrate=32_000, sample_rate=48_000))
        assert (style.output_format, style.split) == (sound, "chapter")
        assert style.coding(24_000), chosen


def test_sound_of_the_audiobooks_own_kind_is_encoded_once() -> None:
    style = Style(Tags("T"), output_format="m4b", bitrate=32_000)
    assert sound_style(style).coding(24_000) == style.coding(24_000)
    assert sound_style(style).level == style.level
    assert sound_style(style).start_s == 0  # the files are heard one after another


def written(tmp_path: Path, *spoken: int, words: Words | None = None) -> tuple[ReadAlong, list[tuple[str, str, str]]]:
    """Make a book of one chapter with these segments, a second each, and return its pars as text, begin and end."""
    book = make(tmp_path, {"a.xhtml": page(BODY)}, contents=nav(("a.xhtml", "One")))
    script = make_script(read_book(book), find_card("metronome"), "en")
    sound = tmp_path / "sound.m4a"
    sound.write_bytes(b"a stand-in for sound")
    cues = tuple(Cue(0, index, float(index), index + 0.9) for index in spoken)
    style = sound_style(Style(Tags("T", narrator="N")))
    made = write_read_along(book, script, tmp_path / "made.epub", [ChapterSound(sound, 4.0, cues)], style, words)
    with zipfile.ZipFile(made.path) as archive:
        texts = {e.get("id"): "".join(e.itertext()) for e in etree.fromstring(archive.read("OEBPS/a.xhtml")).iter("*")}
        overlay = etree.fromstring(archive.read("OEBPS/read-along/document-0001.smil"))
    pars = [
        (texts[par[0].get("src").partition("#")[2]], par[1].get("clipBegin"), par[1].get("clipEnd"))
        for par in overlay.iter("{*}par")
    ]
    return made, pars


def test_a_sentence_that_nobody_could_speak_does_not_light_up(tmp_path: Path) -> None:
    made, pars = written(tmp_path, 0, 1, 3)
    assert made.notes == ()
    assert pars == [
        ("One", "0:00:00.000", "0:00:01.000"),
        ("It rained.", "0:00:01.000", "0:00:03.000"),
        ("Nobody saw us go.", "0:00:03.000", "0:00:04.000"),
    ]


def test_words_light_up_where_their_times_are_known(tmp_path: Path) -> None:
    made, pars = written(tmp_path, 0, 1, 3, words={(0, 3): ((0, 0.0), (7, 0.25), (11, 0.5), (14, 0.75))})
    assert made.notes == ()
    assert pars == [
        ("One", "0:00:00.000", "0:00:01.000"),
        ("It rained.", "0:00:01.000", "0:00:03.000"),
        ("Nobody", "0:00:03.000", "0:00:03.250"),
        ("saw", "0:00:03.250", "0:00:03.500"),
        ("us", "0:00:03.500", "0:00:03.750"),
        ("go.", "0:00:03.750", "0:00:04.000"),
    ]


def test_a_voice_that_tells_no_times_is_said(tmp_path: Path) -> None:
    made, pars = written(tmp_path, 0, 1, words={})
    assert made.notes == ("made.epub: the voice told no times of words, so sentences are marked",)
    assert len(pars) == 2


def test_a_book_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "made.epub").mkdir()
    (tmp_path / "made.epub" / "x").write_bytes(b"")
    with pytest.raises(StoreError, match=r"made\.epub"):
        written(tmp_path, 0)
    assert not list(tmp_path.glob(".made*"))
