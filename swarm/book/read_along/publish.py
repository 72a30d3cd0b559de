"""Makes an EPUB 3 of a book that was no EPUB, with a document for each chapter. Pure."""

from collections.abc import Iterator, Sequence

from lxml import etree
from msgspec import Struct, structs

from swarm.book.model.book import Block, Book, ChapterText, TextTrace
from swarm.book.package.archive import CONTAINER
from swarm.book.package.package import PACKAGE_TYPE
from swarm.book.page.bare_text import tidy
from swarm.book.page.passage import visible_chars
from swarm.book.read_along.epub3 import DC, OPF, XHTML_TYPE, write_nav
from swarm.book.read_along.wrap import XHTML

PACKAGE = "book.opf"
NAV = "nav.xhtml"
NAMELESS = "…"  # this replaces a missing title
IDENTIFIER = "book-id"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
CONTAINER_TEXT = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
    f'<rootfile full-path="{PACKAGE}" media-type="{PACKAGE_TYPE}"/></rootfiles></container>\n'
)


class CoverFile(Struct, frozen=True):
    """A cover picture in a format that EPUB allows; `name` has the suffix of the format."""

    name: str
    media_type: str
    data: bytes


class Published(Struct, frozen=True):
    """The files of an EPUB except its mimetype, and the book with a trace of each block in them."""

    files: tuple[tuple[str, bytes], ...]
    book: Book


def publish(
    book: Book, title: str, authors: Sequence[str], identifier: str, cover: CoverFile | None = None
) -> Published:
    """Make the files of an EPUB of a book, with all chapters, also those that are not spoken."""
    digits = max(3, len(str(len(book.chapters))))
    names = [f"chapter-{number:0{digits}}.xhtml" for number, _ in enumerate(book.chapters, 1)]
    pages: list[tuple[str, bytes]] = []
    chapters: list[ChapterText] = []
    for name, chapter in zip(names, book.chapters, strict=True):
        data, traced = _page(name, chapter, book.language)
        pages.append((name, data))
        chapters.append(traced)
    points = [(1, tidy(chapter.title) or NAMELESS, name) for chapter, name in zip(book.chapters, names, strict=True)]
    files = [
        (CONTAINER, CONTAINER_TEXT.encode()),
        (PACKAGE, _package((title, authors, book.language, identifier), names, cover)),
        (NAV, write_nav(points, tidy(title) or NAMELESS, [], []).encode()),
        *pages,
    ]
    if cover:
        files.append((cover.name, cover.data))
    return Published(tuple(files), structs.replace(book, chapters=tuple(chapters)))


def _page(name: str, chapter: ChapterText, language: str) -> tuple[bytes, ChapterText]:
    """Return the document of a chapter, and the chapter with traces in it."""
    root = etree.Element(f"{XHTML}html", nsmap={None: XHTML.strip("{}")})
    root.set("lang", language)
    root.set(XML_LANG, language)
    title = tidy(chapter.title) or NAMELESS
    etree.SubElement(etree.SubElement(root, f"{XHTML}head"), f"{XHTML}title").text = title
    body = etree.SubElement(root, f"{XHTML}body")
    place = len(visible_chars(title))
    blocks: list[Block] = []
    for block in chapter.blocks:
        _write_block(body, block, first=not blocks)
        count = len(visible_chars(block.text))
        runs = ((0, place, count),) if count else ()
        blocks.append(structs.replace(block, trace=TextTrace(name, block.text, runs)))
        place += count
    if not len(body):
        etree.SubElement(body, f"{XHTML}p").text = title
    return _written(root, "<!DOCTYPE html>"), structs.replace(chapter, blocks=tuple(blocks))


def _write_block(body: etree._Element, block: Block, *, first: bool) -> None:
    if not block.text.strip():
        etree.SubElement(body, f"{XHTML}hr")
        return
    tag = ("h1" if first else "h2") if block.kind == "heading" else "p"
    element = etree.SubElement(body, f"{XHTML}{tag}")
    if block.language:
        element.set("lang", block.language)
        element.set(XML_LANG, block.language)
    element.text, *lines = block.text.split("\n")
    for line in lines:
        etree.SubElement(element, f"{XHTML}br").tail = line


def _package(
    metadata_values: tuple[str, Sequence[str], str, str], names: Sequence[str], cover: CoverFile | None
) -> bytes:
    title, authors, language, identifier = metadata_values
    root = etree.Element(f"{OPF}package", nsmap={None: OPF.strip("{}"), "dc": DC.strip("{}")})
    root.attrib.update({"version": "3.0", "unique-identifier": IDENTIFIER})
    metadata = etree.SubElement(root, f"{OPF}metadata")
    etree.SubElement(metadata, f"{DC}identifier", id=IDENTIFIER).text = identifier
    etree.SubElement(metadata, f"{DC}title").text = tidy(title) or NAMELESS
    etree.SubElement(metadata, f"{DC}language").text = language
    for author in filter(None, map(tidy, authors)):
        etree.SubElement(metadata, f"{DC}creator").text = author
    manifest = etree.SubElement(root, f"{OPF}manifest")
    for line in _items(names, cover):
        etree.SubElement(manifest, f"{OPF}item").attrib.update(line)
    spine = etree.SubElement(root, f"{OPF}spine")
    for number, _ in enumerate(names, 1):
        etree.SubElement(spine, f"{OPF}itemref", idref=f"chapter-{number}")
    return _written(root)


def _items(names: Sequence[str], cover: CoverFile | None) -> Iterator[dict[str, str]]:
    yield {"id": "nav", "href": NAV, "media-type": XHTML_TYPE, "properties": "nav"}
    if cover:
        yield {"id": "cover", "href": cover.name, "media-type": cover.media_type, "properties": "cover-image"}
    for number, name in enumerate(names, 1):
        yield {"id": f"chapter-{number}", "href": name, "media-type": XHTML_TYPE}


def _written(root: etree._Element, doctype: str | None = None) -> bytes:
    data: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", doctype=doctype)
    return data
