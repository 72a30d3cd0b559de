"""Covers of the books of a queue, as browsers get them, whatever a book brings along."""

import io
import zipfile
import zlib
from pathlib import Path

import pytest
from PIL import Image
from resident_bench import ResidentBench

from swarm.errors import UsageError
from swarm.server.listening import Listening

SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script></svg>"
OPF = """<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="i"><metadata
xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:identifier id="i">1</dc:identifier><dc:title>Emma</dc:title>
<dc:language>en</dc:language></metadata><manifest><item id="c" href="c.bin" media-type="image/png"
properties="cover-image"/><item id="t" href="t.xhtml" media-type="application/xhtml+xml"/></manifest>
<spine><itemref idref="t"/></spine></package>"""
CONTAINER = """<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>
<rootfile full-path="p.opf" media-type="application/oebps-package+xml"/></rootfiles></container>"""


def png(width: int, height: int) -> bytes:
    """Return a PNG that says how large it is; only a small one has the pixels."""
    if width * height < 10**6:
        file = io.BytesIO()
        Image.new("RGB", (width, height), "red").save(file, "PNG")
        return file.getvalue()
    head = b"IHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"
    rows = b"IDAT" + zlib.compress(b"\0" * 1000)
    chunks = [len(each[4:]).to_bytes(4, "big") + each + zlib.crc32(each).to_bytes(4, "big") for each in (head, rows)]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


async def brought(bench: ResidentBench, cover: bytes) -> int:
    """Add an EPUB with a cover; return its number."""
    path = bench.folder / "book.part"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr("mimetype", "application/epub+zip")
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr("p.opf", OPF)
        book.writestr("t.xhtml", "<html xmlns='http://www.w3.org/1999/xhtml'><body><p>Some words.</p></body></html>")
        book.writestr("c.bin", cover)
    return (await bench.resident.add_book(path, "Emma.epub", ())).id


@pytest.fixture
def bench(tmp_path: Path) -> ResidentBench:
    return ResidentBench(tmp_path)


@pytest.mark.parametrize("hostile", [SVG, b"no picture", png(10_000, 10_000)], ids=["svg", "words", "100 megapixels"])
async def test_a_hostile_cover_is_not_handed_on(bench: ResidentBench, hostile: bytes) -> None:
    number = await brought(bench, hostile)
    await bench.settle()
    library = Listening(bench.resident)
    cover, small = await library.cover(number), await library.small_cover(number)
    assert cover and small and cover[0] == "image/jpeg"
    for content in (cover[1], small):
        assert Image.open(io.BytesIO(content)).format == "JPEG", "one is drawn in its place"
    bench.stop()


async def test_a_cover_is_the_books_own_and_so_is_that_of_one_that_is_not_served(bench: ResidentBench) -> None:
    number = await brought(bench, png(900, 600))
    with pytest.raises(UsageError, match="not begun yet"):
        await Listening(bench.resident).cover(number)
    await bench.settle()
    whole = ("image/png", png(900, 600))
    assert await Listening(bench.resident).cover(number) == whole
    bench.stop()
    bench.start()
    assert await Listening(bench.resident).cover(number) == whole, "from the journal"
    bench.stop()
