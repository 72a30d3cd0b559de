"""Catalogues for reading apps: OPDS 1.2, which is Atom, and OPDS 2.0, which is JSON. Pure."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from lxml.builder import ElementMaker
from lxml.etree import tostring

from swarm.coordinator.shelf import ShelfBook

ATOM, DUBLIN = "http://www.w3.org/2005/Atom", "http://purl.org/dc/terms/"
E = ElementMaker(namespace=ATOM, nsmap={None: ATOM, "dc": DUBLIN})
D = ElementMaker(namespace=DUBLIN, nsmap={None: ATOM, "dc": DUBLIN})
GET = "http://opds-spec.org/acquisition/open-access"
IMAGE, SMALL = "http://opds-spec.org/image", "http://opds-spec.org/image/thumbnail"
FEED_KIND = "application/atom+xml;profile=opds-catalog;kind=acquisition"
JSON_KIND = "application/opds+json"
EPUB_KIND = "application/epub+zip"


def catalogue(books: Sequence[ShelfBook], title: str, base: str) -> bytes:
    """Return the OPDS 1.2 catalogue of books, whose addresses begin with `base`."""
    updated_s = max((book.finished_s for book in books), default=0.0)
    feed = E.feed(
        E.id(f"{base}/opds"),
        E.title(title),
        E.updated(_moment(updated_s)),
        E.author(E.name("e2a-swarm")),
        E.link(rel="self", href=f"{base}/opds", type=FEED_KIND),
        E.link(rel="start", href=f"{base}/opds", type=FEED_KIND),
        *(_entry(book, base) for book in books),
    )
    return bytes(tostring(feed, xml_declaration=True, encoding="UTF-8"))


def _entry(book: ShelfBook, base: str) -> Any:
    cover = f"{base}/books/{book.number}/cover"
    return E.entry(
        E.id(f"urn:e2a-swarm:{book.job}"),
        E.title(book.title),
        E.updated(_moment(book.finished_s)),
        *(E.author(E.name(author)) for author in book.authors),
        *([D.language(book.language)] if book.language else []),
        *([E.summary(book.description, type="text")] if book.description else []),
        E.link(rel=IMAGE, href=cover, type="image/jpeg"),
        E.link(rel=SMALL, href=f"{cover}?size=small", type="image/jpeg"),
        *(E.link(rel=GET, href=href, type=kind, title=name) for href, kind, name in _files(book, base)),
    )


def catalogue_json(books: Sequence[ShelfBook], title: str, base: str) -> dict[str, Any]:
    """Return the OPDS 2.0 catalogue of books."""
    links = [{"rel": "self", "href": f"{base}/opds.json", "type": JSON_KIND}]
    return {"metadata": {"title": title}, "links": links, "publications": [_publication(book, base) for book in books]}


def _publication(book: ShelfBook, base: str) -> dict[str, Any]:
    kind = "http://schema.org/Book" if book.source else "http://schema.org/Audiobook"
    metadata: dict[str, Any] = {
        "@type": kind,
        "identifier": f"urn:e2a-swarm:{book.job}",
        "title": book.title,
        "modified": _moment(book.finished_s),
    }
    metadata |= {"author": list(book.authors)} if book.authors else {}
    metadata |= {"language": book.language} if book.language else {}
    metadata |= {"description": book.description} if book.description else {}
    links = [{"rel": GET, "href": href, "type": kind, "title": name} for href, kind, name in _files(book, base)]
    images = [{"href": f"{base}/books/{book.number}/cover", "type": "image/jpeg"}]
    return {"metadata": metadata, "links": links, "images": images}


def _files(book: ShelfBook, base: str) -> Iterator[tuple[str, str, str]]:
    """Yield address, media type and name of each file: the book's own first, since reading apps take one."""
    place = f"{base}/books/{book.number}"
    if book.source:
        yield f"{place}/book.epub", EPUB_KIND, "EPUB"
    for number, file in enumerate(book.files, 1):
        name = "Audiobook" if len(book.files) == 1 else f"Audiobook, part {number}"
        yield f"{place}/{number}{file.path.suffix.lower()}", file.kind, name


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
