from pathlib import Path

import pytest

from swarm.audio.tags import Tags
from swarm.errors import UsageError
from swarm.node.read_along import check_kind, read_along_path, sound_style
from swarm.node.style import Style


def test_only_epubs_carry_sound(tmp_path: Path) -> None:
    check_kind(tmp_path / "book.epub")
    for name in ("book.txt", "book.MD", "book.html", "book.mobi"):
        with pytest.raises(UsageError, match="is no EPUB"):
            check_kind(tmp_path / name)


def test_the_book_lies_beside_the_audiobook_and_never_replaces_its_source(tmp_path: Path) -> None:
    target = tmp_path / "Title - Author.m4b"
    source = tmp_path / "Title - Author.read-along.epub"
    assert read_along_path(target, tmp_path / "book.epub") == source
    assert read_along_path(target, source) == tmp_path / "Title - Author (2).read-along.epub"


SOUNDS = [("m4b", "m4a"), ("m4a", "m4a"), ("mp3", "mp3"), ("opus", "m4a"), ("wav", "m4a")]


@pytest.mark.parametrize(("chosen", "sound"), SOUNDS)
def test_sound_is_of_a_kind_that_every_reading_system_plays(chosen: str, sound: str) -> None:
    style = sound_style(Style(Tags("T"), output_format=chosen, bitrate=32_000, sample_rate=48_000))
    assert (style.output_format, style.split) == (sound, "chapter")
    assert style.coding(24_000)


def test_sound_of_the_audiobooks_own_kind_is_encoded_once() -> None:
    style = Style(Tags("T"), output_format="m4b", bitrate=32_000)
    assert sound_style(style).coding(24_000) == style.coding(24_000)
    assert sound_style(style).level == style.level
