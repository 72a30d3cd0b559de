"""Reads the table of contents from nav or NCX as a flat list, and the kinds of parts that nav and guide name."""

from collections.abc import Iterator
from pathlib import PurePosixPath

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.package.archive import Archive, join
from swarm.book.package.package import ManifestItem, Package
from swarm.book.page import front_matter
from swarm.book.page.bare_text import tidy
from swarm.book.page.input_bounds import MAX_ENTRIES, MAX_TITLE_CHARS
from swarm.book.page.markup import parse, types
from swarm.errors import BookError

_WORD_BREAK = regex.compile(r"[\p{Ll}\d.:]\p{Lu}|\p{L}\d")


class TocEntry(Struct, frozen=True):
    """A line of the table of contents: its title and its target."""

    title: str
    name: str  # name of the document from the archive's root
    fragment: str = ""
    depth: int = 0  # entries above it


class TableOfContents(Struct, frozen=True):
    """The parts of a book as its nav, NCX and guide list them."""

    entries: tuple[TocEntry, ...] = ()
    reasons: tuple[tuple[str, str, str], ...] = ()  # name of a document, fragment, reason to leave the part out


def read_contents(archive: Archive, package: Package) -> TableOfContents:
    """Read the nav, or else the NCX, and the guide. Damaged ones are ignored."""
    nav, ncx = _root(archive, package.nav), _root(archive, package.ncx)
    known = {archive.find_file(item.name) or item.name for item in (*package.documents, *package.beside)}
    instead = {archive.find_file(name) or name: archive.find_file(other) or other for name, other in package.instead}
    named = {name: instead.get(name, name) for name in (*known, *instead)}
    entries: tuple[TocEntry, ...] = ()
    if nav is not None and package.nav is not None:
        entries = _entries(_nav_links(nav), package.nav, archive, named)
    if not entries and ncx is not None and package.ncx is not None:
        entries = _entries(_ncx_links(ncx), package.ncx, archive, named)
    return TableOfContents(entries, tuple(_reasons(archive, package, nav)))


def _root(archive: Archive, item: ManifestItem | None) -> etree._Element | None:
    if item is None:
        return None
    try:
        return parse(archive.read(item.name), item.name)
    except (BookError, KeyError):
        return None  # headings show the chapters as well


def _entries(
    links: Iterator[tuple[str, str, int]], source: ManifestItem, archive: Archive, named: dict[str, str]
) -> tuple[TocEntry, ...]:
    """Return entries for the links to documents; `named` maps each linked document to the one that is read."""
    found: list[TocEntry] = []
    for title, reference, depth in links:
        name, fragment = target(archive, source.name, reference)
        if name in named and len(found) < MAX_ENTRIES:
            found.append(TocEntry(tidy(title)[:MAX_TITLE_CHARS], named[name], fragment, depth))
    return tuple(found)


def target(archive: Archive, source: str, reference: str) -> tuple[str, str]:
    """Return the document and the id in it that a reference in the document `source` leads to."""
    path, _, fragment = reference.strip().partition("#")
    name = join(str(PurePosixPath(source).parent), path) if path else source
    return archive.find_file(name) or name, fragment


def _nav_links(root: etree._Element) -> Iterator[tuple[str, str, int]]:
    """Yield the links and their depths of the nav of type "toc", or else of the first nav without a type."""
    navs = [nav for nav in root.iter("{*}nav") if "toc" in types(nav)]
    for nav in navs or [nav for nav in root.iter("{*}nav") if not types(nav)][:1]:
        for link in nav.iter("{*}a"):
            if link.get("href"):
                yield _label(link), link.get("href"), max(0, len([*link.iterancestors("{*}ol", "{*}ul")]) - 1)


def _label(link: etree._Element) -> str:
    """Return a link's text, with spaces between elements that end and begin like words: "Chapter 1", "The Storm"."""
    text = ""
    for piece in link.xpath(".//text() | .//*[local-name() = 'br']"):
        if not isinstance(piece, str):
            text += " "
        else:
            text += f" {piece}" if _WORD_BREAK.search(text[-1:] + piece[:1]) else piece
    return text


def _ncx_links(root: etree._Element) -> Iterator[tuple[str, str, int]]:
    """Yield title, reference and depth of each point in the navMap, not of page lists."""
    for point in root.iterfind(".//{*}navMap//{*}navPoint"):
        text, content = point.find("{*}navLabel/{*}text"), point.find("{*}content")
        if content is not None and content.get("src"):
            title = "".join(text.itertext()) if text is not None else ""
            yield title, content.get("src"), len([*point.iterancestors("{*}navPoint")])


def _reasons(archive: Archive, package: Package, nav: etree._Element | None) -> Iterator[tuple[str, str, str]]:
    if nav is not None and package.nav is not None:
        yield archive.find_file(package.nav.name) or "", "", front_matter.CONTENTS
        for link in nav.iter("{*}a"):
            reason = front_matter.marked(types(link))
            if reason and link.get("href") and _in_landmarks(link):
                yield *target(archive, package.nav.name, link.get("href")), reason
    for reference, kind in package.guide:
        reason = front_matter.marked((kind,)) or ("notes" if kind == "notes" else "")
        if reason:
            yield *target(archive, "", "/" + reference), reason


def _in_landmarks(link: etree._Element) -> bool:
    return any("landmarks" in types(nav) for nav in link.iterancestors("{*}nav"))
