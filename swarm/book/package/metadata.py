"""What libraries show of a book: its metadata (title, authors, series, ISBN, subjects), and the cover picture, found by
what the package names and by the pictures' content.
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
from swarm.book.page.document import read_document
from swarm.book.page.input_bounds import MAX_DESCRIPTION_CHARS, MAX_DOCUMENT_BYTES
from swarm.book.page.markup import parse
from swarm.errors import BookError, PageError

ISBN = regex.compile(r"97[89]\d{10}|\d{9}[\dX]")
NUMBER = regex.compile(r"\d{1,5}(\.\d{1,3})?")
ASIN = regex.compile(r"B0[0-9A-Z]{8}")
SUBJECT_CODE = regex.compile(r"[A-Z]{2,3}\d{3,}")  # lists of subjects such as BISAC have codes like FIC004000
MAX_SUBJECTS = 12
MAX_SUBJECT_CHARACTERS = 100
OPF = "{http://www.idpf.org/2007/opf}"
AUTHOR, TRANSLATOR = "aut", "trl"  # roles
MAIN, SUBTITLE = "main", "subtitle"  # kinds of titles
Element = Any  # lxml has no types


class Label(Struct, frozen=True):
    """The facts by which libraries name and sort a book; an empty field is unknown."""

    title: str = ""
    authors: tuple[str, ...] = ()
    year: str = ""
    publisher: str = ""
    description: str = ""
    identifier: str = ""
    subtitle: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""
    library: LibraryFacts = LibraryFacts()


def read_label(package: Element, name: str = "") -> Label:
    """Read a label from a package document, in EPUB 3's way or Calibre's; a book without a title is called `name`."""
    series, number = _series(package)
    return Label(
        title=_text(_title(package, MAIN)) or name,
        authors=_names(package, AUTHOR) or texts(package, "creator"),
        year=_year(package),
        publisher=next(iter(texts(package, "publisher")), ""),
        description=_plain_text(next(iter(texts(package, "description")), "")),
        identifier=_identifier(package),
        subtitle=_text(_title(package, SUBTITLE)),
        series=series,
        series_number=number,
        isbn=_isbn(package),
        library=_library(package),
    )


def _library(package: Element) -> LibraryFacts:
    title, sorts = _title(package, MAIN), refinements(package, "file-as")
    return LibraryFacts(
        subjects=_subjects(package),
        asin=_asin(package),
        translators=_names(package, TRANSLATOR),
        rights=next(iter(texts(package, "rights")), ""),
        title_sort="" if title is None else _sort(title, sorts) or _named(package).get("calibre:title_sort", ""),
        author_sort="; ".join(dict.fromkeys(filter(None, (_sort(each, sorts) for each in _people(package, AUTHOR))))),
    )


def _values(package: Element, tag: str) -> Iterator[Element]:
    """Yield the elements of Dublin Core with this tag."""
    found: Iterator[Element] = package.iterfind(f"{{*}}metadata/{{*}}{tag}")
    return found


def texts(package: Element, tag: str) -> tuple[str, ...]:
    """Return what the elements of Dublin Core with this tag say, each text once."""
    return tuple(dict.fromkeys(filter(None, map(_text, _values(package, tag)))))


def _subjects(package: Element) -> tuple[str, ...]:
    """Return the subjects, each once, without a trade's codes."""
    said = (text[:MAX_SUBJECT_CHARACTERS] for text in texts(package, "subject"))
    found = {text.casefold(): text for text in said if not SUBJECT_CODE.fullmatch(text)}
    return tuple(found.values())[:MAX_SUBJECTS]


def _asin(package: Element) -> str:
    """Return Amazon's number; an attribute or the text itself names its scheme, as in "mobi-asin:B0..."."""
    for identifier in _values(package, "identifier"):
        scheme, _, number = f"{identifier.get(f'{OPF}scheme', '')}:{_text(identifier)}".upper().rpartition(":")
        if ASIN.fullmatch(number) and ("ASIN" in scheme or "AMAZON" in scheme):
            return number
    return ""


def _people(package: Element, role: str) -> Iterator[Element]:
    """Yield the element of each person of a role; a creator without a role is an author, a contributor never is."""
    roles = refinements(package, "role")
    for kind, default in (("creator", AUTHOR), ("contributor", ""))[: 1 if role == AUTHOR else 2]:
        for person in _values(package, kind):
            said = (person.get(f"{OPF}role") or roles.get(person.get("id", "")) or default).strip().lower()
            if said == role and _text(person):
                yield person


def _names(package: Element, role: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(map(_text, _people(package, role))))


def _sort(element: Element, sorts: dict[str, str]) -> str:
    return tidy(element.get(f"{OPF}file-as", "")) or sorts.get(element.get("id", ""), "")


def _title(package: Element, kind: str) -> Element | None:
    """Return the title of a kind, or the first as the main one."""
    kinds = refinements(package, "title-type")
    titles = [title for title in _values(package, "title") if _text(title)]
    found = [title for title in titles if kinds.get(title.get("id", ""), "").lower() == kind]
    return next(iter(found or (titles if kind == MAIN else ())), None)


def _year(package: Element) -> str:
    dates = sorted(_values(package, "date"), key=lambda date: "publication" not in date.values())
    years = (regex.search(r"\b(\d{4})\b", date.text or "") for date in dates)
    return next((year[1] for year in years if year), "")


def _identifier(package: Element) -> str:
    """Return the identifier that the package calls its own, or the first."""
    own = package.get("unique-identifier")
    found = sorted(_values(package, "identifier"), key=lambda each: each.get("id") != own)
    return next(filter(None, map(_text, found)), "")


def _plain_text(description: str) -> str:
    """Return the words of a description that may have markup; "" if it cannot be read."""
    description = description[:MAX_DESCRIPTION_CHARS]
    if "<" not in description and "&" not in description:
        return description
    try:
        page = read_document(parse(f"<div>{description}</div>".encode(), "the description"), frozenset())
    except PageError:
        return ""
    text = tidy(" ".join(passage.text for passage in page.passages))
    return text.replace("&amp;", "&")  # some converters escape twice


def refinements(package: Element, name: str) -> dict[str, str]:
    """Return the texts of a property by the ids that they refine."""
    return {_refined(meta): _text(meta) for meta in _properties(package, name) if _refined(meta)}


def _named(package: Element) -> dict[str, str]:
    """Return the values of EPUB 2's `meta` elements by their names."""
    return {meta.get("name", ""): tidy(meta.get("content", "")) for meta in package.iterfind("{*}metadata/{*}meta")}


def _series(package: Element) -> tuple[str, str]:
    kinds, places = refinements(package, "collection-type"), refinements(package, "group-position")
    for meta in _properties(package, "belongs-to-collection"):
        name = meta.get("id", "")
        if _text(meta) and kinds.get(name, "series").lower() == "series":
            return _text(meta), _number(places.get(name, ""))
    named = _named(package)
    series = named.get("calibre:series", "")
    return series, _number(named.get("calibre:series_index", "")) if series else ""


def _isbn(package: Element) -> str:
    for identifier in _values(package, "identifier"):
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


def _text(element: Element | None) -> str:
    return "" if element is None else tidy(element.text or "")


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
