"""Losses: documents of a book that cannot be read. A book that lost half of its text is refused."""

from lxml import etree
from msgspec import Struct

from swarm.book.package.archive import Archive
from swarm.book.package.package import ManifestItem, is_matter
from swarm.book.package.toc import TableOfContents, TocEntry
from swarm.book.page.markup import parse
from swarm.errors import PageError

MAX_TITLES = 3  # the line about a lost document names no more titles


class Loss(Struct, frozen=True):
    """A document that cannot be read."""

    item: ManifestItem
    name: str
    error: PageError


def read_pages(
    archive: Archive, items: tuple[ManifestItem, ...]
) -> tuple[list[tuple[str, etree._Element]], list[Loss]]:
    """Return the names and roots of the documents that can be read, and the losses.

    Raises the PageError of the first loss if at least half of the text is lost, and BookError like Archive.read.
    """
    pages: list[tuple[str, etree._Element]] = []
    lost: list[Loss] = []
    for item in items:
        name = archive.find(item.name) or item.name
        try:
            pages.append((name, parse(_read(archive, name), f"{archive.path}: {name}")))
        except PageError as error:
            lost.append(Loss(item, name, error))
    _check(archive, items, lost)
    return pages, lost


def _read(archive: Archive, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError as error:
        raise PageError(f"{archive.path} is not whole: {name} is missing from it; fetch the book again.") from error


def _check(archive: Archive, items: tuple[ManifestItem, ...], lost: list[Loss]) -> None:
    """Raise the first error if half of the text is lost; a missing file counts like the longest one."""
    names = {loss.item.name for loss in lost}
    texts = [item.name for item in items if not is_matter(item)] or [item.name for item in items]
    longest = max((archive.size(name) for name in texts), default=0)
    sizes = {name: archive.size(name) or longest or 1 for name in texts}
    if 2 * sum(size for name, size in sizes.items() if name in names) >= sum(sizes.values()) and lost:
        raise lost[0].error


def without(contents: TableOfContents, names: list[str], lost: list[Loss]) -> TableOfContents:
    """Return a table of contents without lost documents. A chapter that continues after a loss keeps its title.

    `names` are the names of all documents, in order.
    """
    last = {entry.name: entry for entry in contents.entries}
    heirs = _heirs(names, {loss.name for loss in lost}, frozenset(last))
    entries = []
    for entry in contents.entries:
        heir = heirs.get(entry.name, entry.name)
        if heir == entry.name:
            entries.append(entry)
        elif heir and entry is last[entry.name]:
            entries.append(TocEntry(entry.title, heir))
    return TableOfContents(tuple(entries), contents.reasons)


def _heirs(names: list[str], gone: set[str], listed: frozenset[str]) -> dict[str, str]:
    """Return for each lost document the next one, if it continues the chapter; "" if not."""
    heirs = dict.fromkeys(gone, "")
    waiting = ""
    for name in names:
        if name in gone:
            waiting = name if name in listed else waiting
        elif waiting:
            heirs[waiting] = "" if name in listed else name
            waiting = ""
    return heirs


def name_losses(archive: Archive, contents: TableOfContents, lost: list[Loss]) -> tuple[str, ...]:
    """Return a line about each lost document, with its titles in the table of contents."""
    lines = []
    for loss in lost:
        titles = [f"“{entry.title}”" for entry in contents.entries if entry.name == loss.name and entry.title]
        more = ", …" if len(titles) > MAX_TITLES else ""
        called = f" ({', '.join(titles[:MAX_TITLES])}{more})" if titles else ""
        if archive.find(loss.name):
            lines.append(f"text is lost: {loss.name} cannot be read{called}")
        else:
            lines.append(f"text is lost: {loss.name} is missing from the file{called}")
    return tuple(lines)
