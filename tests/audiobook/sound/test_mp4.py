from fractions import Fraction
from pathlib import Path

import av
import mutagen.mp4
import pytest
from mutagen.mp4 import MP4Cover
from pictures import picture
from sounds import decoded, reel_of, store, tone

from swarm.audiobook.sound.book_binder import Audiobook
from swarm.audiobook.sound.cover import Picture
from swarm.audiobook.sound.mp4 import room_for, write_mp4_tags
from swarm.audiobook.sound.studio_request import AudiobookRequest, Mark
from swarm.audiobook.sound.tags import Tags

FREE = "----:com.apple.iTunes:"
FULL = Tags(
    "Bücher", ("Ann Ä.", "Bob"), "Untertitel", "Clara", "Reihe", "2.5", "1899", "Verlag", "Eine Tat." * 400, "ger",
    "978", "B000FC1PJI", "Audiobook; Law", "Willa", "© 1899", "Buecher", "Ä., Ann", "Teil", 2, 300,
)  # fmt: skip


def book(folder: Path, tags: Tags, cover: bytes = b"") -> Path:
    made = Audiobook(AudiobookRequest(folder / ".part", tags, cover=cover))
    made.append_reel(reel_of(folder, store(folder, tone(0.4)), "one").path)
    return made.finish_file([Mark("One", 0)], folder / "book.m4b").path


def test_every_tag_is_there_and_the_room_for_them_is_not(tmp_path: Path) -> None:
    found = mutagen.mp4.MP4(book(tmp_path, FULL, picture("png", "rgb24"))).tags
    assert found["\xa9nam"] == ["Teil"]
    assert found["\xa9alb"] == ["Bücher"]
    assert found["trkn"] == [(2, 300)]
    assert bytes(found[f"{FREE}SERIES-PART"][0]).decode() == "2.5"
    assert found["covr"][0].imageformat == MP4Cover.FORMAT_PNG
    assert set(found) == {
        "©nam", "©alb", "©ART", "aART", "©wrt", "©day", "©gen", "©cmt", "desc", "ldes", "tvsh", "tven", "stik", "trkn",
        "covr", "cprt", "soal", "soar", "soaa", "©mvn",
        *(FREE + name for name in ("SUBTITLE", "NARRATOR", "SERIES", "SERIES-PART", "PUBLISHER", "ISBN", "LANGUAGE")),
        *(FREE + name for name in ("ASIN", "TRANSLATOR")),
    }  # fmt: skip


@pytest.mark.parametrize("tags", [FULL, Tags("T")])
@pytest.mark.parametrize("cover", [None, Picture("mjpeg", bytes(3 << 20))])
def test_other_tags_of_any_size_move_nothing_behind_them(tmp_path: Path, tags: Tags, cover: Picture | None) -> None:
    path = tmp_path / "plain.m4b"
    with av.open(str(path), "w", format="mp4", container_options={"moov_size": str(4 << 20)}) as container:
        container.metadata["lyrics"] = room_for(tags, cover)
        sound = container.add_stream("aac", rate=24000, layout="mono")
        silence = av.AudioFrame(format="fltp", layout="mono", samples=24000)
        silence.sample_rate, silence.time_base = 24000, Fraction(1, 24000)
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    before = path.read_bytes()
    with path.open("r+b") as file:
        write_mp4_tags(file, tags, cover)
    after = path.read_bytes()
    assert len(after) == len(before)
    start = before.index(b"ilst") - 4
    behind = start + int.from_bytes(before[start : start + 4], "big")
    assert after[behind:] == before[behind:]
    assert b"mdat" in before[behind:]
    assert mutagen.mp4.MP4(path)["\xa9alb"] == [tags.title]
    assert "\xa9lyr" not in mutagen.mp4.MP4(path)


def test_a_large_cover_and_long_texts_leave_the_index_in_front(tmp_path: Path) -> None:
    path = book(tmp_path, FULL, picture("png", "rgb24", 700, 900))
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    assert decoded(path).size > 0
