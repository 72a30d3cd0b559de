import msgspec
import pytest
from pictures import picture

from swarm.book.model.book import MAX_BYTES, Chapter, Pause, Segment, Unspoken, pack_words, picture_kind, unpack_words


def test_a_chapter_survives_the_journal_in_few_bytes() -> None:
    chapter = Chapter(
        "One", (Segment("Text.", Pause.SENTENCE), Segment("More.", Pause.CHAPTER)), (Unspoken(0, "漢", "why"),)
    )
    packed = msgspec.msgpack.encode(chapter)
    assert msgspec.msgpack.decode(packed, type=Chapter) == chapter
    assert b"pause" not in packed


def test_pauses_are_declared_from_the_shortest_to_the_longest() -> None:
    assert [pause.value for pause in Pause] == ["clause", "sentence", "paragraph", "scene", "heading", "chapter"]


def test_pictures_are_known_by_their_first_bytes() -> None:
    for data, kind in [
        (picture("mjpeg", "yuvj420p"), "mjpeg"),
        (picture("png", "rgb24"), "png"),
        (picture("bmp", "bgr24"), "bmp"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"II*\0", "tiff"),
        (b"\0\0\0\x1cftypavif", "avif"),
        (b"\0\0\0\x1cftypM4A ", ""),
        (b"<svg/>", ""),
        (b"", ""),
    ]:
        assert picture_kind(data) == kind


def test_times_survive_to_a_hundredth_of_a_second() -> None:
    words = ((0, 0.0), (4, 0.254), (10, 0.25 + 1))
    assert unpack_words(pack_words(words), 2.0) == ((0, 0.0), (4, pytest.approx(0.25)), (10, pytest.approx(1.25)))
    assert len(pack_words(words)) == 12
    assert pack_words(()) == b""


def test_times_that_cannot_be_are_not_packed() -> None:
    for words in [((4, 0.0), (2, 1.0)), ((0, 1.0), (2, 0.5)), ((0, -1.0),), ((70_000, 0.0),), ((0, 700.0),)]:
        assert pack_words(words) == b""


def test_too_many_words_are_not_packed() -> None:
    assert pack_words([(number, number / 100) for number in range(MAX_BYTES // 4 + 1)]) == b""


def test_what_a_peer_packed_wrongly_is_no_time() -> None:
    for packed in [b"abc", b"\x04\0\0\0\x02\0\x01\0", b"\0\0\x05\0\x01\0\x04\0", b"\0\0\xff\xff"]:
        assert unpack_words(packed, 2.0) == ()
