import pytest
from pictures import picture

from swarm.book.model.book import picture_kind


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (picture("mjpeg", "yuvj420p"), "mjpeg"),
        (picture("png", "rgb24"), "png"),
        (picture("bmp", "bgr24"), "bmp"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "webp"),
        (b"II*\0", "tiff"),
        (b"\0\0\0\x1cftypavif", "avif"),
        (b"\0\0\0\x1cftypM4A ", ""),
        (b"<svg/>", ""),
        (b"", ""),
    ],
)
def test_pictures_are_known_by_their_first_bytes(data: bytes, kind: str) -> None:
    assert picture_kind(data) == kind
