import io
from collections.abc import Iterator
from fractions import Fraction

import av

from swarm.audiobook.sound.container import make_chapter
from swarm.audiobook.sound.cover import Picture
from swarm.audiobook.sound.tagged import id3_tag
from swarm.audiobook.sound.tags import Tags

TAGS = Tags("Title", ("Ann",), year="1899", description="d" * 500, language="ger", series="Reihe", part=2, parts=9)
COVER = Picture("mjpeg", b"\xff\xd8\xff" + bytes(range(256)) * 900)


def chapters(titles: list[str]) -> list[dict[str, object]]:
    return [
        make_chapter(number, number * 2000, number * 2000 + 2000, 1000, title) for number, title in enumerate(titles)
    ]


def frames(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the frames of a version 2.3 tag or chapter, read strictly: plain sizes, and nothing between them."""
    while data and data[0]:
        name, size = data[:4].decode("ascii"), int.from_bytes(data[4:8], "big")
        assert name.isalnum()
        assert data[8:10] == b"\0\0"
        assert 10 + size <= len(data)
        yield name, data[10 : 10 + size]
        data = data[10 + size :]
    assert not data.strip(b"\0")


def strict(tag: bytes) -> list[tuple[str, bytes]]:
    assert tag[:6] == b"ID3\x03\0\0"
    assert max(tag[6:10]) < 128
    size = sum(byte << shift for byte, shift in zip(tag[6:10], (21, 14, 7, 0), strict=True))
    assert size == len(tag) - 10
    return list(frames(tag[10:]))


def test_chapters_of_any_number_and_length_are_whole_to_a_strict_reader() -> None:
    for count in [1, 26, 27, 139, 255, 256, 1200]:
        titles = [f"{number}: " + "第" * (number % 80) for number in range(count)]
        found = strict(id3_tag(TAGS, COVER, chapters(titles)))
        heard = [data for name, data in found if name == "CHAP"]
        for number, data in enumerate(heard):
            name, _, rest = data.partition(b"\0")
            assert (name, int.from_bytes(rest[:4], "big")) == (f"ch{number}".encode(), 2000 * number)
            [(kind, title)] = frames(rest[16:])
            assert kind == "TIT2"
            assert title[1:].decode("utf-16").rstrip("\0") == titles[number]
        assert len(heard) == count
        assert [name for name, _ in found].count("CTOC") == (count <= 255)
        assert next(data for name, data in found if name == "APIC").endswith(COVER.data), count


def test_ffmpeg_reads_chapters_of_long_titles_in_their_order() -> None:
    titles = ["z" * length for length in (200, 5, 130, 1, 255, 127, 128)]
    file = io.BytesIO()
    with av.open(file, "w", format="mp3", container_options={"id3v2_version": "0", "write_xing": "0"}) as container:
        sound = container.add_stream("libmp3lame", rate=24000, layout="mono")
        silence = av.AudioFrame(format="s16p", layout="mono", samples=24000)
        silence.sample_rate, silence.time_base = 24000, Fraction(1, 24000)
        for plane in silence.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(sound.encode(silence))
        container.mux(sound.encode(None))
    with av.open(io.BytesIO(id3_tag(TAGS, None, chapters(titles)) + file.getvalue())) as container:
        assert [chapter["metadata"]["title"] for chapter in container.chapters()] == titles
        assert container.metadata["title"] == "Title"


def test_a_tag_is_padded_to_the_room_that_was_kept() -> None:
    plain = id3_tag(TAGS, None, chapters(["One"]))
    padded = id3_tag(TAGS, None, chapters(["One"]), len(plain) + 77)
    assert len(padded) == len(plain) + 77
    assert strict(padded) == strict(plain)
    assert id3_tag(TAGS, None, chapters(["One"]), 5) == plain


def test_what_is_not_known_is_not_written() -> None:
    assert {name for name, _ in strict(id3_tag(Tags("T\0"), None, []))} == {"TIT2", "TALB", "TCON"}
