from pathlib import Path

import pytest
from test_tagged import JPEG, build

from swarm.audiobook.sound.container import embedded_chapters, embedded_cover
from swarm.audiobook.sound.format import FORMATS


@pytest.mark.parametrize("name", FORMATS)
def test_cover_and_chapters_are_read_back_from_every_format(tmp_path: Path, name: str) -> None:
    path = build(tmp_path, name, count=3).path
    cover = embedded_cover(path)
    assert cover is not None
    assert (cover.codec, cover.data) == ("mjpeg", JPEG)
    chapters = embedded_chapters(path)
    assert [title for title, _ in chapters] == [f"Kapitel «{number}» 章" for number in range(3)]
    assert chapters[0][1] == 0
    assert 2.2 < chapters[1][1] < 2.5


def test_a_file_that_is_no_sound_has_no_cover(tmp_path: Path) -> None:
    path = tmp_path / "book.m4b"
    path.write_bytes(b"no sound")
    assert embedded_cover(path) is None
