"""Checks a finished book against the rules of EPUB 3.3 for Media Overlays."""

import io
import posixpath
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import av
import regex
from lxml import etree

OPF_TYPES = {"audio/mp4": "mp4", "audio/mpeg": "mp3"}
_CLOCK = regex.compile(r"(\d+):([0-5]\d):([0-5]\d\.\d{3})")


class Par(NamedTuple):
    """An element that is heard: its document and id, its sound file, and the start and end there in s."""

    document: str
    name: str
    sound: str
    begin_s: float
    end_s: float


class ReadAlongBook:
    """A finished book, opened as strictly as a reading system does."""

    def __init__(self, path: Path) -> None:
        self.zip = zipfile.ZipFile(path)
        container = etree.fromstring(self.zip.read("META-INF/container.xml"))
        self.opf = container.find(".//{*}rootfile").get("full-path")
        self.package = etree.fromstring(self.zip.read(self.opf))
        self.items = {item.get("id"): item for item in self.package.iterfind("{*}manifest/{*}item")}
        self.names = {key: self.resolve(self.opf, item.get("href"))[0] for key, item in self.items.items()}
        self.by_name = {name: self.items[key] for key, name in self.names.items()}

    def resolve(self, source: str, reference: str) -> tuple[str, str]:
        path, _, fragment = reference.partition("#")
        return posixpath.normpath(posixpath.join(posixpath.dirname(source), unquote(path))), fragment

    def meta(self, name: str, refined: str | None = None) -> list[str]:
        return [
            meta.text
            for meta in self.package.iterfind("{*}metadata/{*}meta")
            if meta.get("property") == name and meta.get("refines") == refined
        ]

    def overlays(self) -> dict[str, list[Par]]:
        """Return the pars of each overlay in order, by the overlay's id."""
        return {
            key: list(self._pars(self.names[key]))
            for key, item in self.items.items()
            if item.get("media-type") == "application/smil+xml"
        }

    def _pars(self, overlay: str) -> Iterator[Par]:
        root = etree.fromstring(self.zip.read(overlay))
        assert root.tag == "{http://www.w3.org/ns/SMIL}smil"
        assert root.get("version") == "3.0"
        ids = [par.get("id") for par in root.iter("{*}par")]
        assert len(ids) == len(set(ids)) > 0
        for par in root.iter("{*}par"):
            text, audio = par.find("{*}text"), par.find("{*}audio")
            document, name = self.resolve(overlay, text.get("src"))
            sound, fragment = self.resolve(overlay, audio.get("src"))
            assert not fragment
            yield Par(document, name, sound, seconds(audio.get("clipBegin")), seconds(audio.get("clipEnd")))

    def page(self, name: str) -> etree._Element:
        return etree.fromstring(self.zip.read(name))


def seconds(clock: str) -> float:
    found = _CLOCK.fullmatch(clock)
    assert found, clock
    return 3600 * int(found[1]) + 60 * int(found[2]) + float(found[3])


def check_rules(path: Path) -> ReadAlongBook:
    """Check a finished book, and return it for more checks."""
    book = ReadAlongBook(path)
    _check_container(book)
    _check_package(book)
    _check_overlays(book)
    _check_sounds(book)
    return book


def _check_container(book: ReadAlongBook) -> None:
    first = book.zip.infolist()[0]
    assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
    assert book.zip.read("mimetype") == b"application/epub+zip"
    names = book.zip.namelist()
    assert len(names) == len({name.casefold() for name in names})
    assert not [name for name in names if name.startswith("/") or ".." in name.split("/") or "\\" in name]
    assert book.zip.testzip() is None


def _check_package(book: ReadAlongBook) -> None:
    assert book.package.get("version") == "3.0"
    ids = [element.get("id") for element in book.package.iter("*") if element.get("id")]
    assert len(ids) == len(set(ids))
    assert len(book.names) == len(set(book.names.values()))
    assert not [name for name in book.names.values() if name not in book.zip.namelist()]
    (modified,) = book.meta("dcterms:modified")
    assert regex.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", modified)
    navs = [key for key, item in book.items.items() if "nav" in (item.get("properties") or "").split()]
    assert len(navs) == 1
    assert book.page(book.names[navs[0]]).tag == "{http://www.w3.org/1999/xhtml}html"
    for link in book.page(book.names[navs[0]]).iter("{*}a"):
        name, fragment = book.resolve(book.names[navs[0]], link.get("href"))
        assert name in book.by_name
        assert not fragment or fragment in ids_of(book.page(name))
    assert book.meta("media:narrator")[0]
    assert len(book.meta("media:active-class")) == 1


def ids_of(page: etree._Element) -> list[str]:
    return [element.get("id") for element in page.iter("*") if element.get("id") is not None]


def _check_overlays(book: ReadAlongBook) -> None:
    overlays = book.overlays()
    assert overlays
    narrated = {item.get("media-overlay"): key for key, item in book.items.items() if item.get("media-overlay")}
    assert set(narrated) == set(overlays)
    total_s = 0.0
    for key, pars in overlays.items():
        assert {par.document for par in pars} == {book.names[narrated[key]]}
        (duration,) = book.meta("media:duration", f"#{key}")
        assert abs(seconds(duration) - sum(par.end_s - par.begin_s for par in pars)) < 0.001
        total_s += seconds(duration)
        _check_page(book, pars)
    (total,) = book.meta("media:duration")
    assert abs(seconds(total) - total_s) < 0.001


def _check_page(book: ReadAlongBook, pars: list[Par]) -> None:
    page = book.page(pars[0].document)
    ids = ids_of(page)
    assert len(ids) == len(set(ids))
    places = {name: number for number, name in enumerate(ids)}
    assert all(par.name in places for par in pars)
    order = [places[par.name] for par in pars]
    assert order == sorted(set(order))
    linked = [link.get("href") for link in page.iter("{*}link") if "css" in (link.get("type") or "")]
    sheets = [book.resolve(pars[0].document, reference)[0] for reference in linked]
    assert any(f".{book.meta('media:active-class')[0]}" in book.zip.read(sheet).decode() for sheet in sheets)


def _check_sounds(book: ReadAlongBook) -> None:
    """Check that each sound has a core media type and is played once from beginning to end without gaps."""
    heard: dict[str, list[Par]] = {}
    for pars in book.overlays().values():
        for par in pars:
            heard.setdefault(par.sound, []).append(par)
    sounds = {book.names[key] for key, item in book.items.items() if item.get("media-type") in OPF_TYPES}
    assert set(heard) == sounds
    for name, pars in heard.items():
        kind = OPF_TYPES[book.by_name[name].get("media-type")]
        with av.open(io.BytesIO(book.zip.read(name))) as container:
            assert kind in container.format.name
            stream = container.streams.audio[0]
            assert stream.codec_context.name in ("aac", "mp3", "mp3float")
            length_s = sum(frame.samples for frame in container.decode(stream)) / stream.rate
        pars.sort(key=lambda par: par.begin_s)
        assert pars[0].begin_s == 0
        assert all(par.begin_s < par.end_s for par in pars)
        assert all(one.end_s == other.begin_s for one, other in pairwise(pars))
        assert length_s - 0.1 < pars[-1].end_s <= length_s + 0.001


def check_text(original: Path, book: ReadAlongBook) -> None:
    """Check that the documents' text and markup are those of the original, apart from the marks of sentences."""
    with zipfile.ZipFile(original) as archive:
        for name in {par.document for pars in book.overlays().values() for par in pars}:
            before, after = archive.read(name), book.zip.read(name)
            assert page_text(after) == page_text(before)


def page_text(data: bytes) -> str:
    """Return all text of a page's body."""
    data = data.replace(b"&nbsp;", b"&#160;")  # XML without a DTD does not know &nbsp;
    root = etree.fromstring(data, etree.XMLParser(load_dtd=False, no_network=True, recover=True))
    return "".join(root.find("{*}body").itertext())
