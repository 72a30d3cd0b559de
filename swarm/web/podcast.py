"""Feeds for podcast apps: RSS with the elements of iTunes and of the podcast namespace, and chapters. Pure."""

from collections.abc import Sequence
from email.utils import formatdate
from typing import Any

from lxml.builder import ElementMaker
from lxml.etree import tostring

from swarm.coordinator.shelf import ShelfBook, ShelfFile

ITUNES, PODCAST = "http://www.itunes.com/dtds/podcast-1.0.dtd", "https://podcastindex.org/namespace/1.0"
ATOM = "http://www.w3.org/2005/Atom"
RSS = ElementMaker(nsmap={"itunes": ITUNES, "podcast": PODCAST, "atom": ATOM})
I, P, A = (ElementMaker(namespace=space, nsmap=RSS._nsmap) for space in (ITUNES, PODCAST, ATOM))  # noqa: E741
CHAPTERS_KIND = "application/json+chapters"


def podcast(books: Sequence[ShelfBook], title: str, base: str, address: str, *, is_book: bool) -> bytes:
    """Return a feed of books, whose addresses begin with `base`; `address` is its own.

    The feed of a book is a serial: apps play it from its beginning.
    """
    first = books[0] if books else None
    about = first.description if is_book and first else ""
    authors = ", ".join(first.authors) if is_book and first else ""
    language = (first.language if is_book and first else "") or "en"
    channel = RSS.channel(
        RSS.title(title),
        RSS.link(base),
        RSS.description(about or title),
        RSS.language(language),
        RSS.generator("e2a-swarm"),
        A.link(href=address, rel="self", type="application/rss+xml"),
        I.type("serial" if is_book else "episodic"),
        I.block("Yes"),
        P.locked("yes"),
        I.explicit("false"),
        I.author(authors or "e2a-swarm"),
        I.category(text="Arts"),
    )
    if first:
        picture = f"{base}/books/{first.number}/cover"
        channel.append(I.image(href=picture))
        channel.append(RSS.image(RSS.url(picture), RSS.title(title), RSS.link(base)))
    for book in books:
        for place, file in enumerate(book.files):
            channel.append(_item(book, place, file, base))
    return bytes(tostring(RSS.rss(channel, version="2.0"), xml_declaration=True, encoding="UTF-8"))


def _item(book: ShelfBook, place: int, file: ShelfFile, base: str) -> Any:
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
        I.image(href=f"{base}/books/{book.number}/cover"),
    )
    if many:
        item.append(I.episode(str(place + 1)))
    if any(chapter.file == place for chapter in book.chapters):
        item.append(P.chapters(url=f"{base}/books/{book.number}/{place + 1}.chapters.json", type=CHAPTERS_KIND))
    return item


def episode_title(book: ShelfBook, place: int) -> str:
    """Return the title of an episode: the book's, and if it has several files the chapter's or a number."""
    if len(book.files) == 1:
        return book.title
    titles = [chapter.title for chapter in book.chapters if chapter.file == place]
    return f"{place + 1}. {titles[0]}" if len(titles) == 1 and titles[0] else f"{book.title}, part {place + 1}"


def chapters(book: ShelfBook, place: int) -> dict[str, Any]:
    """Return the chapters of an episode, in the podcast namespace's JSON format 1.2."""
    own = [chapter for chapter in book.chapters if chapter.file == place]
    marks = [{"startTime": round(mark.at_s, 3), "title": mark.title or f"{n}"} for n, mark in enumerate(own, 1)]
    return {"version": "1.2.0", "title": episode_title(book, place), "chapters": marks}
