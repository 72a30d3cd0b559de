"""Reads the metadata by which libraries sort books: subtitle, series and ISBN."""

from collections.abc import Iterator
from typing import Any

import regex
from msgspec import Struct

from swarm.book.page.letters import tidy

ISBN = regex.compile(r"97[89]\d{10}|\d{9}[\dX]")
NUMBER = regex.compile(r"\d{1,5}(\.\d{1,3})?")
Element = Any  # lxml has no types


class Label(Struct, frozen=True):
    """Subtitle, series and ISBN of a book; an empty field is unknown."""

    subtitle: str = ""
    series: str = ""
    series_number: str = ""
    isbn: str = ""


def read_label(package: Element) -> Label:
    """Read a label from a package document: from the properties of EPUB 3, or from Calibre's metadata."""
    series, number = _series(package)
    return Label(_subtitle(package), series, number, _isbn(package))


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
    named = {meta.get("name", ""): tidy(meta.get("content", "")) for meta in package.iterfind("{*}metadata/{*}meta")}
    series = named.get("calibre:series", "")
    return series, _number(named.get("calibre:series_index", "")) if series else ""


def _isbn(package: Element) -> str:
    for identifier in package.iterfind("{*}metadata/{*}identifier"):
        scheme = identifier.get("{http://www.idpf.org/2007/opf}scheme", "").lower()
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
