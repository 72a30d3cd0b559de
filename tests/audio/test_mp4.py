import io
from pathlib import Path

import mutagen.mp4
from sounds import reel_of, store, tone

from swarm.audio.audiobook import Audiobook
from swarm.audio.mp4 import add_freeform, freeform_bytes
from swarm.audio.order import AudiobookOrder, Mark
from swarm.audio.tags import Tags


def book(folder: Path) -> Path:
    made = Audiobook(AudiobookOrder(folder / ".part", Tags("Title")))
    made.append(reel_of(folder, store(folder, tone(0.4)), "one").path)
    return made.finish([Mark("One", 0)], folder / "book.m4b").path


def test_tags_are_added_and_nothing_else_moves(tmp_path: Path) -> None:
    path = book(tmp_path)
    before = path.read_bytes()
    tags = {"MOOD": "gr\u00fcn", "OTHER": "x" * 500}
    with path.open("r+b") as file:
        add_freeform(file, tags)
    after = path.read_bytes()
    assert len(after) == len(before)
    sound = before.index(b"mdat")
    assert after[sound:] == before[sound:]
    found = mutagen.mp4.MP4(path)
    assert bytes(found["----:com.apple.iTunes:MOOD"][0]).decode() == "gr\u00fcn"
    assert found["\xa9nam"] == ["Title"]
    assert freeform_bytes(tags) < 800


def test_a_file_without_room_stays_as_it_is(tmp_path: Path) -> None:
    path = book(tmp_path)
    before = path.read_bytes()
    with path.open("r+b") as file:
        add_freeform(file, {"LONG": "x" * (1 << 20)})
    assert path.read_bytes() == before


def test_what_is_no_mp4_stays_as_it_is() -> None:
    for data in (b"", b"\0\0\0\0moov", b"\0\0\0\x10moov12345678", b"x" * 100):
        file = io.BytesIO(data)
        add_freeform(file, {"A": "b"})
        assert file.getvalue() == data
