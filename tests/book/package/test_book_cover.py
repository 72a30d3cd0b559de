from base64 import b64encode
from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.any_file import read_book
from swarm.book.model.book import Book

PAGES = {"one.xhtml": maker.page("<p>One.</p>")}
DRAWING = b"<svg xmlns='http://www.w3.org/2000/svg'><path d='M0'/></svg>"
WRONG_DATA = f"<svg><image href='data:image/png;base64,{b64encode(b'no picture').decode()}'/></svg>".encode()


def with_cover(folder: Path, name: str, data: bytes | None) -> Book:
    item = f'<item id="c" href="{name}" media-type="image/jpeg" properties="cover-image"/>'
    more: dict[str, str | bytes] = {f"OEBPS/{name}": data} if data is not None else {}
    return read_book(maker.make(folder, PAGES, manifest=item, more=more))


@pytest.mark.parametrize(
    ("data", "media_type"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"\0\0\0\x1cftypavif", "image/avif"),
        (b"II*\0", "image/tiff"),
        (b"BM", "image/bmp"),
    ],
)
@pytest.mark.parametrize("name", ["c.jpg", "c.webp", "c"])
def test_a_cover_is_known_by_its_content_whatever_its_name(
    tmp_path: Path, name: str, data: bytes, media_type: str
) -> None:
    cover = with_cover(tmp_path, name, data).cover
    assert cover is not None
    assert (cover.data, cover.media_type) == (data, media_type)


def test_the_user_is_told_why_a_cover_is_not_used(tmp_path: Path) -> None:
    for data, why in [
        (None, "is missing from the file"),
        (DRAWING, "is no picture that can be shown"),
        (b"a text", "is no picture that can be shown"),
        (b"\xff\xd8\xff" + bytes(16 << 20), "is larger than 16 MiB"),
        (WRONG_DATA, "shows no picture that can be used"),
    ]:
        book = with_cover(tmp_path, "c.jpg", data)
        assert book.cover is None, data
        assert f"its cover is not used: OEBPS/c.jpg {why}" in book.oddities
        assert f"its cover is not used: OEBPS/c.jpg {why}" in book.lost
