"""What libraries show of a book: the metadata by which they sort (subtitle, series, ISBN, subjects, translators), and
the cover picture, found by what the package names and by the pictures' content.
"""

from base64 import b64decode
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath
from typing import Any

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.model.book import Cover, LibraryFacts, picture_kind
from swarm.book.package.archive import Archive, join
from swarm.book.page.bare_text import tidy
from swarm.book.page.input_bounds import MAX_DOCUMENT_BYTES
from swarm.errors import BookError

ISBN = regex.compile(r"97[89]\d{10}|\d{9}[\dX]")
NUMBER = regex.compile(r"\d{1,5}(\.\d{1,3})?")
ASIN = regex.compile(r"B0[0-9A-Z]{8}")
SUBJECT_CODE = regex.compile(r"[A-Z]{2,3}\d{3,}")  # lists of subjects such as BISAC have codes like FIC004000
MAX_SUBJECTS = 12
MAX_SUBJECT_CHARACTERS = 100
OPF = "{http://www.idpf.org/2007/opf}"
AUTHOR, TRANSLATOR = "aut", "trl"  # roles
Element = Any  # lxml has no types


class Label(Struct, frozen=True):
    """The facts by which libraries sort a book; an empty field is unknown."""

    subtitle: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""
    library: LibraryFacts = LibraryFacts()


def read_label(package: Element) -> Label:
    """Read a label from a package document: from the properties of EPUB 3, or from Calibre's metadata."""
    series, number = _series(package)
    return Label(_subtitle(package), series, number, _isbn(package), _library(package))


def _library(package: Element) -> LibraryFacts:
    translators = (name for name, _ in _people(package, TRANSLATOR))
    return LibraryFacts(
        subjects=_subjects(package),
        asin=_asin(package),
        translators=tuple(dict.fromkeys(translators)),
        rights=next(filter(None, map(_text, package.iterfind("{*}metadata/{*}rights"))), ""),
        title_sort=_title_sort(package),
        author_sort="; ".join(dict.fromkeys(sort for _, sort in _people(package, AUTHOR) if sort)),
    )


def _subjects(package: Element) -> tuple[str, ...]:
    """Return the subjects, each once, without a trade's codes."""
    texts = (_text(subject)[:MAX_SUBJECT_CHARACTERS] for subject in package.iterfind("{*}metadata/{*}subject"))
    found = {text.casefold(): text for text in texts if text and not SUBJECT_CODE.fullmatch(text)}
    return tuple(found.values())[:MAX_SUBJECTS]


def _asin(package: Element) -> str:
    """Return Amazon's number; an attribute or the text itself names its scheme, as in "mobi-asin:B0..."."""
    for identifier in package.iterfind("{*}metadata/{*}identifier"):
        scheme, _, number = f"{identifier.get(f'{OPF}scheme', '')}:{_text(identifier)}".upper().rpartition(":")
        if ASIN.fullmatch(number) and ("ASIN" in scheme or "AMAZON" in scheme):
            return number
    return ""


def _people(package: Element, role: str) -> Iterator[tuple[str, str]]:
    """Yield the name and the sort name of each person of a role; a creator without a role is an author."""
    roles, sorts = refinements(package, "role"), refinements(package, "file-as")
    for kind, default in (("creator", AUTHOR), ("contributor", "")):
        for person in package.iterfind(f"{{*}}metadata/{{*}}{kind}"):
            key = person.get("id", "")
            said = (person.get(f"{OPF}role") or roles.get(key) or default).strip().lower()
            if said == role and _text(person):
                yield _text(person), tidy(person.get(f"{OPF}file-as", "")) or sorts.get(key, "")


def _title_sort(package: Element) -> str:
    """Return the sort name of the main title, or the one that Calibre writes."""
    kinds, sorts = refinements(package, "title-type"), refinements(package, "file-as")
    for title in package.iterfind("{*}metadata/{*}title"):
        key = title.get("id", "")
        if kinds.get(key, "main") == "main":
            sort = tidy(title.get(f"{OPF}file-as", "")) or sorts.get(key, "")
            return sort or _named(package).get("calibre:title_sort", "")
    return ""


def refinements(package: Element, name: str) -> dict[str, str]:
    """Return the texts of a property by the ids that they refine."""
    return {_refined(meta): _text(meta) for meta in _properties(package, name) if _refined(meta)}


def _named(package: Element) -> dict[str, str]:
    """Return the values of EPUB 2's `meta` elements by their names."""
    return {meta.get("name", ""): tidy(meta.get("content", "")) for meta in package.iterfind("{*}metadata/{*}meta")}


def _subtitle(package: Element) -> str:
    titles = {title.get("id", ""): _text(title) for title in package.iterfind("{*}metadata/{*}title")}
    for meta in _properties(package, "title-type"):
        if _text(meta).lower() == "subtitle":
            return titles.get(_refined(meta), "")
    return ""


def _series(package: Element) -> tuple[str, str]:
    for meta in _properties(package, "belongs-to-collection"):
        name = meta.get("id", "")
        kinds = [_text(kind).lower() for kind in _properties(package, "collection-type") if _refined(kind) == name]
        if _text(meta) and kinds in ([], ["series"]):
            places = [
                _text(place) for place in _properties(package, "group-position") if name and _refined(place) == name
            ]
            return _text(meta), _number(places[0] if places else "")
    named = _named(package)
    series = named.get("calibre:series", "")
    return series, _number(named.get("calibre:series_index", "")) if series else ""


def _isbn(package: Element) -> str:
    for identifier in package.iterfind("{*}metadata/{*}identifier"):
        scheme = identifier.get(f"{OPF}scheme", "").lower()
        plain = regex.sub(r"[\s-]", "", _text(identifier)).upper()
        marked = scheme == "isbn" or plain.startswith(("URN:ISBN:", "ISBN:", "ISBN"))
        digits = plain.rpartition(":")[2].removeprefix("ISBN")
        if ISBN.fullmatch(digits) and (marked or len(digits) == 13):
            return digits
    return ""


def _properties(package: Element, name: str) -> Iterator[Element]:
    return (meta for meta in package.iterfind("{*}metadata/{*}meta") if meta.get("property") == name)


def _refined(meta: Element) -> str:
    return str(meta.get("refines", "")).removeprefix("#")


def _text(element: Element) -> str:
    return tidy(element.text or "")


def _number(text: str) -> str:
    """Return a number in a series without the ".0" that Calibre appends; "" if the text is no number."""
    return text.removesuffix(".0") if NUMBER.fullmatch(text) else ""


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
