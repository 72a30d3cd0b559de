"""Reads an EPUB's package document with ebooklib: manifest, spine, guide and cover; the metadata are read beside it.

Mends it before, since ebooklib raises for many small faults.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath
from urllib.parse import quote

import regex
from ebooklib import epub as ebooklib_epub
from lxml import etree
from msgspec import Struct

from swarm.book.model.book import Cover
from swarm.book.package.archive import CONTAINER, Archive, join
from swarm.book.package.metadata import Label, find_cover, read_label, texts
from swarm.book.page import front_matter
from swarm.book.page.bare_text import name_text
from swarm.book.page.input_bounds import MAX_FALLBACKS, MAX_SPINE
from swarm.book.page.markup import as_utf_8
from swarm.errors import BookError

OPF = "http://www.idpf.org/2007/opf"
NOTHING = "a line of its reading order names nothing"
DC = "http://purl.org/dc/elements/1.1/"


def mend(data: bytes) -> tuple[bytes, tuple[str, ...]]:
    """Return a package document that ebooklib can read, and what was odd about it; the same bytes if nothing is."""
    text = as_utf_8(data)
    try:
        root = etree.fromstring(text, _parser())
    except etree.XMLSyntaxError:
        root = None
    if root is None or root.tag != f"{{{OPF}}}package" or root.find(f"{{{OPF}}}manifest") is None:
        return data, ()
    faults = [*_mend_sections(root), *_mend_manifest(root), *_mend_spine(root)]
    has_remarks = b"<!--" in text or text.find(b"<?", 2) > 0  # ebooklib takes both for elements
    return (etree.tostring(root) if faults or has_remarks or text != data else data), tuple(faults)


def _parser() -> etree.XMLParser:
    return etree.XMLParser(recover=True, resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)


def _mend_sections(root: etree._Element) -> Iterator[str]:
    """Add the metadata, and take Dublin Core's elements out of the groups that old packages put them in."""
    metadata = root.find(f"{{{OPF}}}metadata")
    if metadata is None:
        yield "its package document has no metadata"
        root.insert(0, etree.Element(f"{{{OPF}}}metadata", nsmap={None: OPF, "dc": DC}))
        return
    for group in [*metadata.iterchildren(f"{{{OPF}}}dc-metadata", f"{{{OPF}}}x-metadata")]:
        yield "its metadata are in groups, as in old books"
        for line in [*group]:
            metadata.append(line)
        metadata.remove(group)


def _mend_manifest(root: etree._Element) -> Iterator[str]:
    """Remove lines of the manifest that name no file."""
    manifest = root.find(f"{{{OPF}}}manifest")
    for line in [*manifest]:
        if isinstance(line.tag, str) and not (line.get("id") and line.get("href")):
            yield "a line of its manifest names no file"
            manifest.remove(line)


def _mend_spine(root: etree._Element) -> Iterator[str]:
    """Remove a table of contents that leads nowhere, and lines that name nothing."""
    spine, manifest = root.find(f"{{{OPF}}}spine"), root.find(f"{{{OPF}}}manifest")
    if spine is None:
        return
    ids = {line.get("id"): line.get("href") for line in manifest.iterchildren("*")}
    if spine.get("toc") and spine.get("toc") not in ids:
        yield f"its reading order names a table of contents that is not there: {spine.get('toc')!r}"
        del spine.attrib["toc"]
    for line in [*spine.iterchildren("*")]:
        if not line.get("idref"):
            yield NOTHING
            spine.remove(line)


PACKAGE_TYPE = "application/oebps-package+xml"
NCX_TYPE = "application/x-dtbncx+xml"
PLS_TYPE = "application/pls+xml"
TEXT_TYPES = frozenset(
    ("application/xhtml+xml", "text/html", "image/svg+xml", "text/x-oeb1-document", "application/x-dtbook+xml")
)
TEXT_SUFFIXES = frozenset((".xhtml", ".html", ".htm", ".xht"))

_ITEMREF = regex.compile(rb"<(?:[\w.-]+:)?itemref\b")
_FIGURES = regex.compile(r"([0-9]+)")
_COMMENT = regex.compile(rb"<!--.*?(?:-->|\Z)", regex.DOTALL)


class ManifestItem(Struct, frozen=True):
    """A line of the manifest."""

    name: str  # name of the file from the archive's root
    media_type: str
    properties: tuple[str, ...] = ()
    fallback: str = ""

    def is_text(self) -> bool:
        """Tell whether the item is a document with words."""
        return self.media_type in TEXT_TYPES or PurePosixPath(self.name).suffix.lower() in TEXT_SUFFIXES


class Package(Struct, frozen=True):
    """The contents of a package document, read before any document of the text."""

    label: Label
    languages: tuple[str, ...]
    documents: tuple[ManifestItem, ...]  # documents of the spine, in order, even if the archive lacks them
    missing: tuple[str, ...] = ()  # missing files that are no text by their names: "cover.xhtml"
    unreadable: tuple[tuple[str, str], ...] = ()  # name and type of unreadable files in the reading order
    instead: tuple[tuple[str, str], ...] = ()  # name of an unreadable file, and of the document in its place
    lexicons: tuple[str, ...] = ()  # names of pronunciation lexicons
    aside: tuple[ManifestItem, ...] = ()  # documents that the spine calls not linear, also among the documents
    beside: tuple[ManifestItem, ...] = ()  # documents of the manifest that the spine does not name
    nav: ManifestItem | None = None
    ncx: ManifestItem | None = None
    guide: tuple[tuple[str, str], ...] = ()  # pairs of a reference from the archive's root and a type
    cover: Cover | None = None
    cover_fault: str = ""  # why there is no cover although the package names one
    odd: tuple[str, ...] = ()  # mended faults of the package document
    astray: tuple[str, ...] = ()  # a line for each spine item without a file, if the file has documents in no list


def read_package(archive: Archive) -> Package:
    """Read the package document. Raises BookError."""
    reader = _Reader(archive)
    try:
        reader.load()
        return _package(reader)
    except BookError:
        raise
    except Exception as error:  # ebooklib and lxml raise many kinds of errors on a damaged package
        raise BookError(f"{archive.path} is not an EPUB that can be read: its package document is damaged.") from error


def package_name(archive: Archive) -> str:
    """Return the name of the first package document, "" if the container names none."""
    root = etree.fromstring(archive.read(CONTAINER), etree.XMLParser(recover=True, resolve_entities=False))
    for rootfile in root.iterfind(".//{*}rootfile"):
        if rootfile.get("media-type", PACKAGE_TYPE) == PACKAGE_TYPE and rootfile.get("full-path"):
            return str(rootfile.get("full-path"))
    return ""


class _Reader(ebooklib_epub.EpubReader):  # type: ignore[misc]
    """ebooklib's reader, but lenient: the first package counts, and a missing picture is no error."""

    def __init__(self, archive: Archive) -> None:
        super().__init__(str(archive.path))
        self.archive = archive
        self.items: dict[str, ManifestItem] = {}
        self.odd: tuple[str, ...] = ()
        self.raw = b""  # the package document as the file has it

    def _load(self) -> None:
        self._load_container()
        if not self.opf_file:
            raise BookError(f"{self.archive.path} is not an EPUB: {CONTAINER} names no package document.")
        if self.archive.find_file(self.opf_file) is None and not _pages(self.archive):
            raise BookError(f"{self.archive.path} is not a whole EPUB: {self.opf_file} is missing from it.")
        self._load_opf_file()

    def _load_container(self) -> None:
        self.opf_file = package_name(self.archive)
        self.opf_dir = str(PurePosixPath(self.opf_file).parent).removeprefix(".")

    def read_file(self, name: str) -> bytes:
        """Read the package document only, since other documents are read one by one later."""
        if name != self.opf_file:
            return b""
        if self.archive.find_file(name) is None:
            self.opf_dir = ""
            self.odd = (f"{name} is missing from the file: its pages are read in the order of their names",)
            self.raw = _made(_pages(self.archive))
            return self.raw
        self.raw = self.archive.read(name)
        data, self.odd = mend(self.raw)
        return data

    def _load_manifest(self) -> None:
        for line in self.container.iterfind("{*}manifest/{*}item"):
            self.items[line.get("id", "")] = ManifestItem(
                name=join(self.opf_dir, line.get("href", "")),
                media_type=line.get("media-type", "").strip().lower(),
                properties=tuple(line.get("properties", "").split()),
                fallback=line.get("fallback", ""),
            )
        super()._load_manifest()

    def _parse_nav(self, *_: object, **__: object) -> None:
        """Do nothing, because toc.py reads tables of contents more leniently."""

    def _parse_ncx(self, *_: object, **__: object) -> None:
        """Do nothing, because toc.py reads tables of contents more leniently."""


def _pages(archive: Archive) -> list[str]:
    """Return the names of all documents of text, in the order of the numbers in their names."""
    pages = [name for name in archive.names() if PurePosixPath(name).suffix.lower() in TEXT_SUFFIXES]
    return sorted(pages, key=lambda name: [int(part) if part.isdecimal() else part for part in _FIGURES.split(name)])


def _made(pages: list[str]) -> bytes:
    """Return a package document with these pages."""
    root = etree.Element(f"{{{OPF}}}package", nsmap={None: OPF, "dc": DC})
    for tag in ("metadata", "manifest", "spine"):
        etree.SubElement(root, f"{{{OPF}}}{tag}")
    for number, name in enumerate(pages):
        line = {"id": f"i{number}", "href": quote(name), "media-type": "application/xhtml+xml"}
        etree.SubElement(root[1], f"{{{OPF}}}item", line)
        etree.SubElement(root[2], f"{{{OPF}}}itemref", idref=f"i{number}")
    return bytes(etree.tostring(root))


def _package(reader: _Reader) -> Package:
    documents = _documents(reader)
    items = reader.items.values()
    spine_toc = reader.container.find("{*}spine").get("toc", "")
    ncx = reader.items.get(spine_toc) or next((item for item in items if item.media_type == NCX_TYPE), None)
    cover, cover_fault = _cover(reader)
    missing = tuple(item.name for item in documents if reader.archive.find_file(item.name) is None and is_matter(item))
    return Package(
        label=read_label(reader.container.getroot(), name_text(reader.archive.path.stem)),
        languages=texts(reader.container, "language"),
        documents=tuple(item for item in documents if item.name not in missing),
        missing=missing,
        unreadable=tuple(_unreadable(reader)),
        instead=tuple(_fallbacks(reader)),
        lexicons=tuple(item.name for item in items if item.media_type == PLS_TYPE),
        aside=_aside(reader, documents),
        beside=_beside(reader),
        nav=next((item for item in items if "nav" in item.properties), None),
        ncx=ncx,
        guide=_guide(reader),
        cover=cover,
        cover_fault=cover_fault,
        odd=tuple(dict.fromkeys((*reader.odd, *(line for line, text in _strays(reader) if not text)))),
        astray=tuple(dict.fromkeys(f"{line}: perhaps {text}" for line, text in _strays(reader) if text)),
    )


def _documents(reader: _Reader) -> tuple[ManifestItem, ...]:
    """Return the documents of the spine. Raises BookError if they cannot be determined."""
    archive, spine = reader.archive, reader.book.spine
    lines = len(_ITEMREF.findall(_COMMENT.sub(b"", reader.raw)))
    empty = sum(line.startswith(NOTHING) for line in reader.odd)
    if lines - empty > sum(1 for name, _ in spine if name) or len(spine) > MAX_SPINE:
        raise BookError(f"{archive.path} is damaged: the list of its documents in {reader.opf_file} is cut short.")
    found: dict[str, ManifestItem] = {}
    for name, _ in spine:
        item = None if name is None else _text_item(reader, name)
        if item is not None:
            found[item.name] = item
    archive.check_locks(frozenset(filter(None, map(archive.find_file, (*found, reader.opf_file)))))
    return tuple(found.values())


def is_matter(item: ManifestItem) -> bool:
    """Tell whether a document is no part of the text, by its name: "cover.xhtml". "index.html" may well be text."""
    return front_matter.named(PurePosixPath(item.name).stem) not in ("", front_matter.INDEX)


def _aside(reader: _Reader, documents: tuple[ManifestItem, ...]) -> tuple[ManifestItem, ...]:
    names = {reader.items[name].name for name, linear in reader.book.spine if linear == "no" and name in reader.items}
    return tuple(item for item in documents if item.name in names)


def _beside(reader: _Reader) -> tuple[ManifestItem, ...]:
    spine = {name for name, _ in reader.book.spine}
    items = ((name, item) for name, item in reader.items.items() if name not in spine and item.is_text())
    fallbacks = {item.fallback for item in reader.items.values()}
    return tuple(
        item
        for name, item in items
        if name not in fallbacks
        and "nav" not in item.properties
        and reader.archive.find_file(item.name)
        and item.media_type != "image/svg+xml"
    )


def _text_item(reader: _Reader, name: str) -> ManifestItem | None:
    """Return the text document of a spine item, or the first in its fallbacks; None if there is none."""
    item: ManifestItem | None = reader.items.get(name)
    for _ in range(MAX_FALLBACKS):
        if item is None or item.is_text():
            return item
        item = reader.items.get(item.fallback)
    return None


def _unreadable(reader: _Reader) -> Iterator[tuple[str, str]]:
    """Yield name and type of spine items that may have text, but are no text document and have no fallback."""
    for name, linear in reader.book.spine:
        item = reader.items.get(name) if linear != "no" else None
        if item is None or item.media_type.startswith(("image/", "audio/", "video/")):
            continue
        if _text_item(reader, name) is None:
            yield item.name, item.media_type


def _fallbacks(reader: _Reader) -> Iterator[tuple[str, str]]:
    for name, item in reader.items.items():
        document = _text_item(reader, name) if item.fallback and not item.is_text() else None
        if document is not None:
            yield item.name, document.name


def _strays(reader: _Reader) -> Iterator[tuple[str, str]]:
    """Yield a line for each spine item that the manifest lacks, and the first text document that it lacks, or ""."""
    known = {reader.archive.find_file(item.name) for item in reader.items.values()}
    texts = (name for name in reader.archive.names() if PurePosixPath(name).suffix.lower() in TEXT_SUFFIXES)
    unlisted = next((name for name in texts if name not in known), "")
    for name, _ in reader.book.spine:
        if name and name not in reader.items:
            yield f"its reading order names {name!r}, which its manifest does not know", unlisted


def _guide(reader: _Reader) -> tuple[tuple[str, str], ...]:
    return tuple(
        (join(reader.opf_dir, line.get("href") or ""), (line.get("type") or "").lower()) for line in reader.book.guide
    )


def _cover(reader: _Reader) -> tuple[Cover | None, str]:
    """Return the cover, and why there is none although the package names a picture."""
    named = [item.name for item in reader.items.values() if "cover-image" in item.properties]
    for meta in reader.container.iterfind("{*}metadata/{*}meta"):
        if meta.get("name") == "cover" and meta.get("content", "") in reader.items:
            named.append(reader.items[meta.get("content", "")].name)
    pages = [name for name, kind in _guide(reader) if front_matter.marked((kind,)) == front_matter.COVER]
    return find_cover(reader.archive, tuple(dict.fromkeys(named)), pages)
