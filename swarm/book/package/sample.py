"""Takes a sample of a book's prose from a few of its documents, by which the language of the book is told."""

from collections.abc import Callable, Iterator
from itertools import accumulate, groupby

from lxml import etree

from swarm.book.package.archive import Archive
from swarm.book.package.package import ManifestItem
from swarm.book.page.markup import parse
from swarm.book.page.sample import samples_at
from swarm.errors import BookError

# Places in a book, 0 to 1. Licences and indexes are at the end, and are often in English.
PLACES = (0.06, 0.14, 0.22, 0.3, 0.38, 0.46, 0.54, 0.62, 0.7, 0.78)

Find = Callable[[str], etree._Element | None]


def take_sample(archive: Archive, items: tuple[ManifestItem, ...], find: Find) -> str:
    """Return the prose at a few places of a book; `find` returns the root of a document, None if it has none.

    Documents that cannot be read are passed over, so the sample is the same whether a book is read or recognised.
    """
    names = [archive.find(item.name) or item.name for item in items]
    sizes = [archive.size(name) for name in names]
    found: list[str] = []
    for number, places in groupby(_places(sizes), key=lambda place: place[0]):
        root = find(names[number])
        if root is not None:
            found += samples_at(root, [share for _, share in places])
    return "\n".join(dict.fromkeys(found))


def parsed(archive: Archive) -> Find:
    """Return a function that parses a document of an archive, and keeps the last one."""
    last: tuple[str, etree._Element | None] = ("", None)

    def find(name: str) -> etree._Element | None:
        nonlocal last
        if last[0] != name:
            try:
                last = name, parse(archive.read(name), name)
            except (BookError, KeyError):
                last = name, None
        return last[1]

    return find


def _places(sizes: list[int]) -> Iterator[tuple[int, float]]:
    """Yield the document and the place in it for each place in a book; the sizes are those of the documents."""
    ends = list(accumulate(sizes))
    for place in PLACES if ends and ends[-1] else ():
        at = place * ends[-1]
        number = next(number for number, end in enumerate(ends) if end > at)
        yield number, (at - ends[number] + sizes[number]) / sizes[number]
