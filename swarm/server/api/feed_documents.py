"""The documents of feeds, made of finished books.

Pure.

Podcast apps read RSS with the elements of iTunes and of the podcast namespace, and chapters; reading apps OPDS 1.2,
which is Atom.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from email.utils import formatdate
from typing import Any

from lxml.builder import ElementMaker
from lxml.etree import tostring
from lxml.html.builder import E as H

from swarm.server.finished_books import FinishedBook, FinishedFile

ITUNES, PODCAST = "http://www.itunes.com/dtds/podcast-1.0.dtd", "https://podcastindex.org/namespace/1.0"
ATOM_SPACE = "http://www.w3.org/2005/Atom"
RSS = ElementMaker(nsmap={"itunes": ITUNES, "podcast": PODCAST, "atom": ATOM_SPACE})
I, P, A = (ElementMaker(namespace=space, nsmap=RSS._nsmap) for space in (ITUNES, PODCAST, ATOM_SPACE))  # noqa: E741
CHAPTERS_KIND = "application/json+chapters"


def podcast(books: Sequence[FinishedBook], title: str, base: str, own: str, *, is_book: bool) -> bytes:
    """Return a feed of books, whose addresses begin with `base`, and its own with `own`.

    The feed of a book is a serial: apps play it from its beginning.
    """
    first = books[0] if books else None
    about = first.description if is_book and first else ""
    authors = ", ".join(first.authors) if is_book and first else ""
    language = (first.language if is_book and first else "") or "en"
    channel = RSS.channel(
        RSS.title(title),
        RSS.link(own),
        RSS.description(about or title),
        RSS.language(language),
        RSS.generator("e2a-swarm"),
        A.link(href=f"{own}/podcast.xml", rel="self", type="application/rss+xml"),
        I.type("serial" if is_book else "episodic"),
        I.block("Yes"),
        P.locked("yes"),
        I.explicit("false"),
        I.author(authors or "e2a-swarm"),
        I.category(text="Arts"),
    )
    if first:
        picture = f"{base}/books/{first.number}/cover.jpg"
        channel.append(I.image(href=picture))
        channel.append(RSS.image(RSS.url(picture), RSS.title(title), RSS.link(own)))
    for book in books:
        for place, file in enumerate(book.files):
            channel.append(_item(book, place, file, base))
    return bytes(tostring(RSS.rss(channel, version="2.0"), xml_declaration=True, encoding="UTF-8"))


def _item(book: FinishedBook, place: int, file: FinishedFile, base: str) -> Any:
    name, many = episode_title(book, place), len(book.files) > 1
    sound = f"{base}/books/{book.number}/{place + 1}{file.path.suffix.lower()}"
    item = RSS.item(
        RSS.title(name),
        RSS.description(book.description or name),
        RSS.guid(f"e2a-swarm:{book.job}:{place + 1}", isPermaLink="false"),
        RSS.pubDate(formatdate(book.finished_s + place)),  # apps that go by dates keep the order, too
        RSS.enclosure(url=sound, length=str(file.size), type=file.kind),
        I.title(name),
        I.author(", ".join(book.authors) or "e2a-swarm"),
        I.duration(str(round(file.length_s))),
        I.episodeType("full"),
        I.explicit("false"),
        I.image(href=f"{base}/books/{book.number}/cover.jpg"),
    )
    if many:
        item.append(I.episode(str(place + 1)))
    if any(chapter.file == place for chapter in book.chapters):
        item.append(P.chapters(url=f"{base}/books/{book.number}/{place + 1}.chapters.json", type=CHAPTERS_KIND))
    return item


def feed_page(books: Sequence[FinishedBook], title: str, base: str) -> bytes:
    """Return a page that browsers show of a feed: its books, with their files."""
    page = H.html(H.head(H.title(title), H.meta(name="viewport", content="width=device-width")), lang="en")
    body = H.body(H.h1(title))
    for book in books:
        body.append(H.h2(book.title))
        body.append(H.img(src=f"{base}/books/{book.number}/cover?size=small", alt="", width="160"))
        links = (H.li(H.a(name, href=href)) for href, _, name in _files(book, base))
        body.extend([H.p(", ".join(book.authors)), H.p(book.description), H.ul(*links)])
    page.append(body)
    return bytes(tostring(page, method="html", doctype="<!DOCTYPE html>", encoding="utf-8"))


def episode_title(book: FinishedBook, place: int) -> str:
    """Return the title of an episode: the book's, and if it has several files the chapter's or a number."""
    if len(book.files) == 1:
        return book.title
    titles = [chapter.title for chapter in book.chapters if chapter.file == place]
    return f"{place + 1}. {titles[0]}" if len(titles) == 1 and titles[0] else f"{book.title}, part {place + 1}"


def chapters(book: FinishedBook, place: int) -> dict[str, Any]:
    """Return the chapters of an episode, in the podcast namespace's JSON format 1.2."""
    own = [chapter for chapter in book.chapters if chapter.file == place]
    marks = [{"startTime": round(mark.at_s, 3), "title": mark.title or f"{n}"} for n, mark in enumerate(own, 1)]
    return {"version": "1.2.0", "title": episode_title(book, place), "chapters": marks}


ATOM, DUBLIN = "http://www.w3.org/2005/Atom", "http://purl.org/dc/terms/"
E = ElementMaker(namespace=ATOM, nsmap={None: ATOM, "dc": DUBLIN})
D = ElementMaker(namespace=DUBLIN, nsmap={None: ATOM, "dc": DUBLIN})
GET = "http://opds-spec.org/acquisition/open-access"
IMAGE, SMALL = "http://opds-spec.org/image", "http://opds-spec.org/image/thumbnail"
FEED_KIND = "application/atom+xml;profile=opds-catalog;kind=acquisition"
EPUB_KIND = "application/epub+zip"


def catalogue(books: Sequence[FinishedBook], title: str, base: str) -> bytes:
    """Return the catalogue of books, whose addresses begin with `base`."""
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


def _entry(book: FinishedBook, base: str) -> Any:
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


def _files(book: FinishedBook, base: str) -> Iterator[tuple[str, str, str]]:
    """Yield address, media type and name of each file: the book's own first, since reading apps take one."""
    place = f"{base}/books/{book.number}"
    if book.source:
        yield f"{place}/book.epub", EPUB_KIND, "EPUB"
    for number, file in enumerate(book.files, 1):
        name = "Audiobook" if len(book.files) == 1 else f"Audiobook, part {number}"
        yield f"{place}/{number}{file.path.suffix.lower()}", file.kind, name


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
