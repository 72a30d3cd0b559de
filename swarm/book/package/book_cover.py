"""Finds the cover picture of an EPUB by what its package names and by the pictures' content."""

from base64 import b64decode
from collections.abc import Sequence
from pathlib import PurePosixPath

from lxml import etree

from swarm.book.package.archive import Archive, join
from swarm.book.page.limits import MAX_DOCUMENT_BYTES
from swarm.errors import BookError
from swarm.job.book import Cover
from swarm.job.picture import picture_kind

MAX_PAGES = 2  # pages and drawings that may lead to the picture
XLINK_HREF = "{http://www.w3.org/1999/xlink}href"


class _NoPicture(Exception):
    """The reason why a file is no picture, as the end of a sentence about it."""


def find_cover(archive: Archive, named: Sequence[str], pages: Sequence[str]) -> tuple[Cover | None, str]:
    """Return the cover, and why the first named file is not used if there is none.

    `named` are the files that the package names as the cover, `pages` are those that may show it.
    """
    faults = []
    for name in (*named, *pages):
        try:
            return _picture(archive, name, MAX_PAGES), ""
        except _NoPicture as fault:
            faults.append(f"{name} {fault}")
    return None, faults[0] if named else ""


def _picture(archive: Archive, name: str, pages: int) -> Cover:
    """Return a picture file, or the first picture in a page or drawing. Raises _NoPicture."""
    data = _read(archive, name.partition("#")[0])
    if picture_kind(data):
        return _cover(data)
    for source in _pictured(data) if pages else ():
        if source.startswith("data:"):
            return _embedded(source)
        return _picture(archive, join(str(PurePosixPath(name).parent), source), pages - 1)
    raise _NoPicture("is no picture that can be shown")


def _cover(data: bytes) -> Cover:
    return Cover(data, f"image/{picture_kind(data).replace('mjpeg', 'jpeg')}")


def _read(archive: Archive, name: str) -> bytes:
    if archive.size(name) > MAX_DOCUMENT_BYTES:
        raise _NoPicture(f"is larger than {MAX_DOCUMENT_BYTES >> 20} MiB")
    try:
        return archive.read(name)
    except KeyError as error:
        raise _NoPicture("is missing from the file") from error
    except BookError as error:
        raise _NoPicture("cannot be unpacked") from error


def _pictured(data: bytes) -> list[str]:
    """Return the pictures in a page or drawing, as references or `data:` addresses."""
    try:
        # A drawing may contain a whole photograph, so huge trees are allowed.
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True)
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError:
        return []
    shown = (
        element.get("src") or element.get(XLINK_HREF) or element.get("href") or ""
        for element in (root.iter("{*}img", "{*}image") if root is not None else ())
    )
    return [source for source in shown if source]


def _embedded(address: str) -> Cover:
    try:
        data = b64decode(address.partition(",")[2])
    except ValueError:
        data = b""
    if not picture_kind(data):
        raise _NoPicture("shows no picture that can be used")
    return _cover(data)
