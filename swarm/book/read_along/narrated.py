"""Writes an EPUB again with its sound: it marks sentences, adds overlays, and keeps all other files unchanged."""

import posixpath
import shutil
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from lxml import etree
from msgspec import Struct

from swarm.book.package.archive import Archive, join
from swarm.book.package.package import NCX_TYPE, package_name
from swarm.book.page.bare_text import tidy
from swarm.book.page.markup import parse
from swarm.book.read_along import epub3
from swarm.book.read_along.epub3 import Additions, NewItem, Par, TimedText
from swarm.book.read_along.modern import modernise, page_properties, serialise_page
from swarm.book.read_along.spot import Spot
from swarm.book.read_along.wrap import SVG, XHTML, Fragment, free_prefix, wrap
from swarm.errors import BookError, PageError

MIMETYPE = "mimetype"
FOLDER = "read-along"
SIGNATURES = "META-INF/signatures.xml"  # dropped, because the signed files are changed
DRAWING_TYPE = "image/svg+xml"
PAGE_TYPES = frozenset((epub3.XHTML_TYPE, "text/html", "text/x-oeb1-document", DRAWING_TYPE))
COPY_BUFFER_BYTES = 1 << 20


class NarratedChapter(Struct, frozen=True):
    """A chapter's sound file with its name in the EPUB, and the spots heard in it, each with its start in s."""

    name: str
    path: Path
    duration_s: float
    heard: tuple[tuple[float, Spot], ...]


class Narration(Struct, frozen=True):
    """All sound of a book, with its metadata."""

    spoken: Sequence[NarratedChapter]
    media_type: str
    narrator: str
    modified: str  # UTC time such as 2026-01-31T12:00:00Z


def narrate(path: Path, made: zipfile.ZipFile, narration: Narration) -> tuple[frozenset[Spot], tuple[str, ...]]:
    """Write a book with its sound into an empty zip file. Raises BookError, OSError.

    Returns the spots that are marked in it, and notes for the user.
    """
    with Archive(path) as archive:
        return _Narrated(archive, made, narration).write()


class _Narrated:
    """A book that is being written again with its sound."""

    def __init__(self, archive: Archive, made: zipfile.ZipFile, narration: Narration) -> None:
        self.archive = archive
        self.made = made
        self.narration = narration
        self.notes: list[str] = []
        self.opf = archive.find_file(package_name(archive)) or ""
        self.package = etree.fromstring(
            archive.read(self.opf), etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
        )
        self.title = tidy(self.package.findtext(f"{{*}}metadata//{epub3.DC}title") or "") or "…"
        self.base = posixpath.dirname(self.opf)
        self.old = epub3.is_old(self.package)
        taken = {name.casefold() for name in archive.names()}
        self.folder = posixpath.join(self.base, FOLDER)
        while any(name.startswith(self.folder.casefold() + "/") for name in taken):
            self.folder += "-"
        self.prefix = epub3.free_id(self.package, "read-along-")
        self.items: list[NewItem] = []
        self.overlays: dict[str, str] = {}
        self.properties: dict[str, frozenset[str]] = {}
        self.fragments: dict[Spot, tuple[Fragment, ...]] = {}

    def write(self) -> tuple[frozenset[Spot], tuple[str, ...]]:
        """Write the book, and return what `narrate` does."""
        self.made.writestr(zipfile.ZipInfo(MIMETYPE), "application/epub+zip")
        gone = {self._named(href) for href in epub3.without_overlays(self.package)}
        pages = self._pages()
        for name in self.archive.names():
            if name in (MIMETYPE, SIGNATURES, self.opf) or name in gone:
                continue
            if not (name in pages and self._write_page(name, *pages[name])):
                self._carry(name)
        self._write_sounds(self._write_overlays(pages))
        if self.old or not self._has_nav():
            self._write_nav()
        epub3.republish(
            self.package,
            Additions(
                tuple(self.items), self.overlays, self.narration.narrator, self.narration.modified, self.properties
            ),
        )
        self._add(self.opf, epub3.serialise(self.package))
        marked = frozenset(spot for spot, fragments in self.fragments.items() if fragments)
        return marked, tuple(self.notes)

    def _named(self, href: str) -> str:
        name = join(self.base, href)
        return self.archive.find_file(name) or name

    def _pages(self) -> dict[str, tuple[str, list[Spot]]]:
        """Return for each document to change the id of its item, and its spots in order without overlaps."""
        spots: dict[str, list[Spot]] = defaultdict(list)
        for spoken in self.narration.spoken:
            for _, spot in spoken.heard:
                spots[spot.document].append(spot)
        pages = {}
        for item in self.package.iterfind("{*}manifest/{*}item"):
            name = self._named(item.get("href", ""))
            media_type = item.get("media-type", "").strip().lower()
            if media_type in PAGE_TYPES and (name in spots or (self.old and media_type != DRAWING_TYPE)):
                pages[name] = (item.get("id", ""), _apart(spots.get(name, [])))
        return pages

    def _write_page(self, name: str, item: str, spots: list[Spot]) -> bool:
        """Write a document with marked sentences; return False if its markup is too damaged."""
        try:
            root = parse(self.archive.read(name), name)
        except (PageError, BookError) as error:
            self.notes.append(f"{name} is carried as it is: {error}")
            return False
        drawn, lost = root.tag == f"{SVG}svg", next(root.iter(etree.Entity), None) is not None
        if lost or not (drawn or root.tag == f"{XHTML}html"):
            self.notes.append(f"{name} is carried as it is, without sound: its markup is damaged")
            return False
        wrapped = wrap(root, [(spot.start, spot.stop) for spot in spots], free_prefix(root, "s-"))
        self.fragments.update(zip(spots, wrapped, strict=True))
        if self.old and not drawn:
            modernise(root, self.title)
            self.properties[item] = page_properties(root)
        if any(wrapped) and drawn:
            style = etree.Element(f"{SVG}style", nsmap=root.nsmap)
            style.text = epub3.DRAWN_SHEET
            root.insert(0, style)
        elif any(wrapped):
            self._link_sheet(root, name)
        self._add(name, serialise_page(root))
        return True

    def _link_sheet(self, root: etree._Element, name: str) -> None:
        head = root.find(f"{XHTML}head")
        if head is None:
            head = etree.Element(f"{XHTML}head", nsmap=root.nsmap)
            etree.SubElement(head, f"{XHTML}title").text = "…"
            root.insert(0, head)
        link = etree.SubElement(head, f"{XHTML}link")
        sheet = _address(name, f"{self.folder}/active.css")
        link.attrib.update({"rel": "stylesheet", "type": "text/css", "href": sheet})

    def _write_overlays(self, pages: dict[str, tuple[str, list[Spot]]]) -> set[str]:
        """Write an overlay for each document; return the names of the sound files that these play."""
        pars: dict[str, list[Par]] = defaultdict(list)
        for spoken in self.narration.spoken:
            heard = [
                TimedText(
                    start_s, spot.document, tuple((part.name, part.visible_chars) for part in self.fragments[spot])
                )
                for start_s, spot in spoken.heard
                if self.fragments.get(spot)
            ]
            for par in epub3.time_pars(heard, spoken.name, spoken.duration_s):
                pars[par.document].append(par)
        for number, (name, lines) in enumerate(pars.items(), 1):
            overlay = f"{self.folder}/document-{number:04}.smil"
            self._add(overlay, epub3.smil(lines, _address(overlay, name)).encode())
            identity = f"{self.prefix}{number}"
            self._item(identity, overlay, epub3.SMIL_TYPE, duration_ms=sum(par.end_ms - par.begin_ms for par in lines))
            self.overlays[pages[name][0]] = identity
        if pars:
            self._add(f"{self.folder}/active.css", epub3.SHEET.encode())
            self._item(f"{self.prefix}sheet", f"{self.folder}/active.css", "text/css")
        return {par.sound for lines in pars.values() for par in lines}

    def _write_sounds(self, heard: set[str]) -> None:
        for number, spoken in enumerate(self.narration.spoken, 1):
            if spoken.name not in heard:
                self.notes.append(f"{spoken.name} is left out: nothing that is heard in it was found in the book")
                continue
            name = f"{self.folder}/{spoken.name}"
            with spoken.path.open("rb") as sound, self.made.open(zipfile.ZipInfo(name), "w", force_zip64=True) as made:
                shutil.copyfileobj(sound, made, COPY_BUFFER_BYTES)
            self._item(f"{self.prefix}sound-{number}", name, self.narration.media_type)

    def _has_nav(self) -> bool:
        items = self.package.iterfind("{*}manifest/{*}item")
        return any("nav" in (item.get("properties") or "").split() for item in items)

    def _write_nav(self) -> None:
        """Write a nav document from the NCX, which is the table of contents of an EPUB 2."""
        ncx = next(
            (item for item in self.package.iterfind("{*}manifest/{*}item") if item.get("media-type") == NCX_TYPE), None
        )
        name = f"{self.folder}/nav.xhtml"
        points = []
        if ncx is not None:
            source = self._named(ncx.get("href", ""))
            try:
                root = parse(self.archive.read(source), source)
            except (PageError, KeyError):
                root = None
            for depth, title, reference in epub3.ncx_points(root) if root is not None else ():
                points.append((depth, title, self._moved_reference(name, posixpath.dirname(source), reference)))
        if not points:
            points = [(1, "…", _address(name, next(iter(self._pages()), "")))]
        landmarks = [
            (kind, line.get("title") or kind, self._moved_reference(name, self.base, line.get("href") or ""))
            for line in self.package.iterfind("{*}guide/{*}reference")
            if (kind := (line.get("type") or "").lower()) in epub3.LANDMARKS
        ]
        self._add(name, epub3.write_nav(points, self.title, landmarks, [*self._aside(name)]).encode())
        self._item(f"{self.prefix}nav", name, epub3.XHTML_TYPE, properties="nav")

    def _aside(self, source: str) -> Iterator[str]:
        """Yield the addresses of documents outside the reading order, to which EPUB 3 requires links."""
        hrefs = {item.get("id"): item.get("href", "") for item in self.package.iterfind("{*}manifest/{*}item")}
        for line in self.package.iterfind("{*}spine/{*}itemref"):
            if line.get("linear") == "no" and line.get("idref") in hrefs:
                yield _address(source, self._named(hrefs[line.get("idref")]))

    def _moved_reference(self, source: str, base: str, reference: str) -> str:
        """Rewrite a reference from a file in the folder `base` for the file `source`."""
        address, _, fragment = reference.partition("#")
        name = join(base, address)
        goal = _address(source, self.archive.find_file(name) or name)
        return f"{goal}#{fragment}" if fragment else goal

    def _item(self, identity: str, name: str, media_type: str, *, properties: str = "", duration_ms: int = 0) -> None:
        self.items.append(NewItem(identity, _address(self.opf, name), media_type, properties, duration_ms))

    def _carry(self, name: str) -> None:
        """Copy a file as it is; leave it out with a note if it cannot be unpacked."""
        entry = self.archive.entry(name)
        try:
            with self.archive.open(name) as file:
                while file.read(COPY_BUFFER_BYTES):
                    pass
        except Exception as error:  # zipfile raises many kinds of errors on damaged files
            self.notes.append(f"{name} is left out: it is damaged ({error})")
            return
        info = zipfile.ZipInfo(name, entry.date_time)
        info.compress_type = zipfile.ZIP_STORED if entry.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
        with self.archive.open(name) as file, self.made.open(info, "w", force_zip64=entry.file_size > 1 << 31) as made:
            shutil.copyfileobj(file, made, COPY_BUFFER_BYTES)

    def _add(self, name: str, data: bytes) -> None:
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED
        self.made.writestr(info, data)


def _address(source: str, name: str) -> str:
    """Return the address of the file `name`, relative to the file `source`."""
    return quote(posixpath.relpath(name, posixpath.dirname(source) or "."), safe="/!$&'()*+,;=:@~")


def _apart(spots: Sequence[Spot]) -> list[Spot]:
    """Return the spots of a document in its order, and of two that overlap only the first."""
    return list(_disjoint(sorted(spots, key=lambda spot: (spot.start, spot.stop))))


def _disjoint(spots: Sequence[Spot]) -> Iterator[Spot]:
    end = 0
    for spot in spots:
        if spot.start >= end:
            end = spot.stop
            yield spot
