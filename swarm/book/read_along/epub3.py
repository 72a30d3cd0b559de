"""Makes what an EPUB 3 adds to a book: its package document with the metadata kept, the nav document where there is
only an NCX, and Media Overlays: SMIL documents that map elements to sounds.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from lxml import etree
from msgspec import Struct

from swarm.book.page.bare_text import tidy
from swarm.book.page.input_bounds import MAX_ENTRIES, MAX_TITLE_CHARS
from swarm.book.page.markup import words

ACTIVE_CLASS = "-epub-media-overlay-active"  # the name that Apple Books requires
DRAWN_SHEET = f".{ACTIVE_CLASS} {{ fill: #b34700; }}"  # an SVG drawing marks the heard text so
SHEET = f".{ACTIVE_CLASS} {{ background-color: #ffe58a; color: #1a1a1a; }}\n"  # a page marks the heard text so

_HEAD = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<smil xmlns="http://www.w3.org/ns/SMIL" xmlns:epub="http://www.idpf.org/2007/ops" version="3.0">\n<body>\n'
)


class TimedText(Struct, frozen=True):
    """A stretch of text with its start in s; `names` are ids of its elements, each with the length of its text."""

    start_s: float
    document: str
    names: tuple[tuple[str, int], ...]


class Par(Struct, frozen=True):
    """An element of a document, and the time in a sound file at which it is heard."""

    document: str
    name: str
    sound: str
    begin_ms: int
    end_ms: int


def time_pars(heard: Sequence[TimedText], sound: str, duration_s: float) -> Iterator[Par]:
    """Yield the pars of one sound file, which cover it without gaps. A pause belongs to the text before it.

    The time of a stretch is divided among its elements by the lengths of their texts. An element of less than 1 ms has
    no par.
    """
    end_ms = int(duration_s * 1000)
    starts = [0, *(round(each.start_s * 1000) for each in heard[1:]), end_ms] if heard else []
    for each, begin, until in zip(heard, starts, starts[1:], strict=False):
        until = min(until, end_ms)
        total, said = sum(length for _, length in each.names), 0
        for name, length in each.names:
            at = begin + (until - begin) * said // max(1, total)
            said += length
            end = begin + (until - begin) * said // max(1, total)
            if at < end:
                yield Par(each.document, name, sound, at, end)


def smil(pars: Iterable[Par], text: str, folder: str = "") -> str:
    """Return the overlay of the document at the address `text`, with sounds in `folder`, relative to the overlay."""
    lines = (
        f"<par id={quoteattr(f'par{number}')}><text src={quoteattr(f'{text}#{par.name}')}/>"
        f"<audio src={quoteattr(folder + par.sound)} "
        f'clipBegin="{clock(par.begin_ms)}" clipEnd="{clock(par.end_ms)}"/></par>\n'
        for number, par in enumerate(pars, 1)
    )
    return f"{_HEAD}{''.join(lines)}</body>\n</smil>\n"


def clock(milliseconds: int) -> str:
    """Return a time in SMIL's format, with hours: "0:01:02.345"."""
    seconds, thousandths = divmod(milliseconds, 1000)
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


OPF = "{http://www.idpf.org/2007/opf}"
DC = "{http://purl.org/dc/elements/1.1/}"
XSI_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
ACCESS_MODE, ACCESS_FEATURE = "schema:accessMode", "schema:accessibilityFeature"  # the prefix is reserved in EPUB 3
RECORDED = frozenset(("role", "file-as"))  # attributes of EPUB 2 that are properties in EPUB 3
SMIL_TYPE = "application/smil+xml"
XHTML_TYPE = "application/xhtml+xml"
OLD_TYPES = frozenset(("text/html", "text/x-oeb1-document"))


class NewItem(Struct, frozen=True):
    """An item to add to the manifest."""

    id: str
    href: str  # relative to the package document
    media_type: str
    properties: str = ""
    duration_ms: int = 0  # length of an overlay's sound, 0 for other files


class Additions(Struct, frozen=True):
    """Additions to a package. `overlays` and `properties` map ids of documents to ids of overlays and to properties."""

    items: tuple[NewItem, ...]
    overlays: Mapping[str, str]
    narrator: str
    modified: str  # "2026-01-31T12:00:00Z"
    properties: Mapping[str, frozenset[str]] = {}


def is_old(package: etree._Element) -> bool:
    """Return whether a package is older than EPUB 3."""
    return not str(package.get("version", "")).strip().startswith("3")


def free_id(package: etree._Element, wanted: str) -> str:
    """Return a prefix that no id of a package begins with."""
    names = [element.get("id", "") for element in package.iter("*")]
    while any(name.startswith(wanted) for name in names):
        wanted += "x"
    return wanted


def without_overlays(package: etree._Element) -> set[str]:
    """Remove the overlays that a package already has; return their addresses, as in the manifest."""
    gone, names = set(), set()
    for item in list(package.iterfind("{*}manifest/{*}item")):
        item.attrib.pop("media-overlay", None)
        if item.get("media-type", "").strip().lower() == SMIL_TYPE:
            gone.add(item.get("href", ""))
            names.add(f"#{item.get('id', '')}")
            _remove(item)
    for meta in list(package.iterfind("{*}metadata//{*}meta")):
        if (meta.get("property") or "").startswith("media:") or meta.get("refines") in names:
            _remove(meta)
    return gone


def republish(package: etree._Element, additions: Additions) -> None:
    """Add the items and metadata of an edition to a package; update an older package to EPUB 3."""
    metadata, manifest = package.find("{*}metadata"), package.find("{*}manifest")
    if is_old(package):
        _modernise(package, metadata)
    for item in manifest.iterfind("{*}item"):
        name = item.get("id", "")
        if name in additions.overlays:
            item.set("media-overlay", additions.overlays[name])
        if name in additions.properties:
            words = {*(item.get("properties") or "").split(), *additions.properties[name]}
            if words:
                item.set("properties", " ".join(sorted(words)))
    for new in additions.items:
        line = etree.SubElement(manifest, f"{OPF}item")
        line.attrib.update({"id": new.id, "href": new.href, "media-type": new.media_type})
        if new.properties:
            line.set("properties", new.properties)
    _show_fallbacks(package, additions.overlays)
    _describe(metadata, additions)


def _show_fallbacks(package: etree._Element, overlays: Mapping[str, str]) -> None:
    """Put documents that are heard into the spine where only items are that fall back on them."""
    items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    lines = package.findall("{*}spine/{*}itemref")
    shown = {line.get("idref") for line in lines}
    for line in lines:
        name, seen = line.get("idref"), set[str | None]()
        while name in items and name not in overlays and name not in seen:
            seen.add(name)
            name = items[name].get("fallback")
        if name in overlays and name not in shown:
            line.set("idref", name)
            shown.add(name)


def _describe(metadata: etree._Element, additions: Additions) -> None:
    for meta in list(metadata.iterfind(".//{*}meta[@property='dcterms:modified']")):
        if meta.get("refines") is None:
            _remove(meta)
    _add_meta(metadata, "dcterms:modified", additions.modified)
    total_ms = 0
    for item in additions.items:
        if item.duration_ms:
            total_ms += item.duration_ms
            _add_meta(metadata, "media:duration", clock(item.duration_ms), item.id)
    if not total_ms:
        return
    _add_meta(metadata, "media:duration", clock(total_ms))
    _add_meta(metadata, "media:active-class", ACTIVE_CLASS)
    _add_meta(metadata, "media:narrator", additions.narrator)
    _describe_access(metadata)


def _describe_access(metadata: etree._Element) -> None:
    """Say that the book can be heard while it is read, in the words by which catalogues and reading systems know it."""
    said: dict[str, set[str]] = {ACCESS_MODE: set(), ACCESS_FEATURE: set()}
    for meta in list(metadata.iterfind(".//{*}meta")):
        name, text = meta.get("property") or "", (meta.text or "").strip()
        if name == ACCESS_FEATURE and text == "none":
            _remove(meta)
        elif name in said and meta.get("refines") is None:
            said[name].add(text)
    modes = ("auditory",) if said[ACCESS_MODE] else ("textual", "auditory")
    for name, modes_said in ((ACCESS_MODE, modes), (ACCESS_FEATURE, ("synchronizedAudioText",))):
        for word in modes_said:
            if word not in said[name]:
                _add_meta(metadata, name, word)


def _add_meta(metadata: etree._Element, name: str, text: str, refined: str = "") -> etree._Element:
    meta = etree.SubElement(metadata, f"{OPF}meta")
    meta.set("property", name)
    if refined:
        meta.set("refines", f"#{refined}")
    meta.text = text
    return meta


def _remove(element: etree._Element) -> None:
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    parent.remove(element)


def _modernise(package: etree._Element, metadata: etree._Element) -> None:
    package.set("version", "3.0")
    _flatten(metadata)
    _keep_one_date(metadata)
    prefix, number = free_id(package, "meta-"), 0
    for element in list(metadata.iterchildren(f"{DC}*")):
        for name, value in _old_attributes(element):
            number += 1
            if not element.get("id"):
                element.set("id", f"{prefix}{number}")
            if name in RECORDED:
                meta = _add_meta(metadata, name, value, element.get("id", ""))
                if name == "role":
                    meta.set("scheme", "marc:relators")
    for meta in list(metadata.iterchildren("{*}meta")):
        if meta.get("property") is None and not (meta.get("name") and meta.get("content") is not None):
            _remove(meta)
        else:
            meta.attrib.pop("scheme", None)
    for item in package.iterfind("{*}manifest/{*}item"):
        for name in ("required-namespace", "required-modules", "fallback-style"):
            item.attrib.pop(name, None)
        if item.get("media-type", "").strip().lower() in OLD_TYPES:
            item.set("media-type", XHTML_TYPE)
    _mark_cover(package)
    for element in list(package.iterchildren("{*}tours")):
        _remove(element)
    for spine in package.iterfind("{*}spine"):
        spine.attrib.pop("page-map", None)


def _flatten(metadata: etree._Element) -> None:
    """Move metadata out of the two elements that the oldest packages put it in."""
    for name in ("dc-metadata", "x-metadata"):
        for box in list(metadata.iterchildren(f"{{*}}{name}")):
            for child in list(box):
                metadata.append(child)
            _remove(box)


def _keep_one_date(metadata: etree._Element) -> None:
    """Remove all dates but that of publication, because EPUB 3 allows no other."""
    dates = list(metadata.iterchildren(f"{DC}date"))
    published = [date for date in dates if date.get(f"{OPF}event") == "publication"]
    unsaid = [date for date in dates if date.get(f"{OPF}event") is None]
    keep = next((date for date in (*published, *unsaid) if (date.text or "").strip()), None)
    for date in dates:
        if date is not keep:
            _remove(date)


def _old_attributes(element: etree._Element) -> Iterator[tuple[str, str]]:
    """Remove an element's attributes of EPUB 2, and yield their names and values."""
    element.attrib.pop(XSI_TYPE, None)
    for key in [key for key in element.attrib if str(key).startswith(OPF)]:
        value = element.attrib.pop(key).strip()
        if value:
            yield str(key).removeprefix(OPF), value


def _mark_cover(package: etree._Element) -> None:
    items = {item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")}
    for meta in package.iterfind("{*}metadata/{*}meta"):
        item = items.get(meta.get("content")) if meta.get("name") == "cover" else None
        if item is not None and item.get("media-type", "").startswith("image/"):
            item.set("properties", " ".join(sorted({*(item.get("properties") or "").split(), "cover-image"})))
            return


def serialise(package: etree._Element) -> bytes:
    """Return the package document's bytes."""
    whole = copy.copy(package)
    etree.cleanup_namespaces(whole, keep_ns_prefixes=["dc", "opf", "dcterms", "xsi"])
    return bytes(etree.tostring(whole, encoding="utf-8", xml_declaration=True))


_PAGE = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops">\n'
    "<head><title>{title}</title></head>\n<body>\n"
    '<nav epub:type="toc" id="toc">\n<h1>{title}</h1>\n<ol>\n{lines}</ol>\n</nav>\n{more}</body>\n</html>\n'
)
_LANDMARKS = '<nav epub:type="landmarks" hidden="hidden">\n<ol>\n{lines}</ol>\n</nav>\n'
_ASIDE = '<nav hidden="hidden">\n<h2>…</h2>\n<ol>\n{lines}</ol>\n</nav>\n'
# Maps types of a guide to types of landmarks, some of which have another name.
LANDMARKS = {"text": "bodymatter", "title-page": "titlepage", "acknowledgements": "acknowledgments"}
LANDMARKS |= {name: name for name in words("cover toc index glossary bibliography colophon copyright-page dedication")}
LANDMARKS |= {name: name for name in words("epigraph foreword loi lot preface")}
Landmark = tuple[str, str, str]  # a key of LANDMARKS, title, address
Point = tuple[int, str, str]  # depth, title, address


def write_nav(points: list[Point], title: str, landmarks: list[Landmark], aside: list[str]) -> str:
    """Return a nav document; `aside` are the addresses of documents outside the reading order.

    A point that is more than one level deeper than the point before is put one level deeper.
    """
    lines: list[str] = []
    open_depth = 0
    for depth, name, address in points:
        depth = min(depth, open_depth + 1)
        if depth <= open_depth:
            lines.append("</li>\n" + "</ol>\n</li>\n" * (open_depth - depth))
        elif lines:
            lines.append("\n<ol>\n")
        lines.append(f"<li><a href={quoteattr(address)}>{escape(name)}</a>")
        open_depth = depth
    lines.append("</li>\n" + "</ol>\n</li>\n" * (open_depth - 1))
    more = _LANDMARKS.format(lines=_landmark_lines(landmarks)) if landmarks else ""
    if aside:
        links = (f"<li><a href={quoteattr(address)}>…</a></li>\n" for address in aside)
        more += _ASIDE.format(lines="".join(links))
    return _PAGE.format(title=escape(title), lines="".join(lines), more=more)


def _landmark_lines(landmarks: list[Landmark]) -> str:
    return "".join(
        f"<li><a epub:type={quoteattr(LANDMARKS[kind])} href={quoteattr(address)}>{escape(title)}</a></li>\n"
        for kind, title, address in landmarks
    )


def ncx_points(root: etree._Element) -> Iterator[Point]:
    """Yield the points of an NCX: depth from 1, title, and address relative to the NCX."""
    for count, point in enumerate(root.iterfind(".//{*}navMap//{*}navPoint")):
        text, content = point.find("{*}navLabel/{*}text"), point.find("{*}content")
        if count >= MAX_ENTRIES:
            return
        if content is not None and content.get("src"):
            depth = 1 + sum(1 for _ in point.iterancestors("{*}navPoint"))
            title = tidy("".join(text.itertext()) if text is not None else "")[:MAX_TITLE_CHARS]
            yield depth, title or "…", content.get("src")
