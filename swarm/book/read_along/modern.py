"""Updates an XHTML page to EPUB 3: obsolete markup that books still have becomes CSS, or goes if it has no effect."""

from collections.abc import Iterator

import regex
from lxml import etree

from swarm.book.page.markup import local, words
from swarm.book.read_along.wrap import XHTML

# Obsolete attributes without a visible effect, except on the elements in KEPT.
GONE = words("tag rev charset coords shape methods urn summary scope abbr axis char charoff version profile scheme")
KEPT = {"scope": words("th"), "abbr": words("th"), "charset": words("meta script"), "coords": words("area")}
KEPT["shape"] = words("area")
# Elements with these values of http-equiv are removed, because XML declares the encoding itself.
HEADERS = words("content-type content-style-type content-script-type content-language")
STYLED = {"tt": "font-family: monospace", "big": "font-size: larger", "strike": "text-decoration: line-through"}
FETCHING = words("img audio video source iframe script embed track")
VOID = words("area base br col embed hr img input link meta param source track wbr")
_LENGTH = regex.compile(r"\s*(\d{1,5}(?:\.\d{1,3})?)\s*(%|px)?\s*")
_ID = regex.compile(r"\S+")


def modernise(root: etree._Element, title: str) -> None:
    """Update an XHTML tree from EPUB 2 to EPUB 3 without changing its text or look; add `title` if it has none."""
    _ensure_title(root, title)
    for meta in list(root.iter(f"{XHTML}meta")):
        if (meta.get("http-equiv") or "").strip().lower() in HEADERS:
            meta.getparent().remove(meta)
    for element in root.iter(f"{XHTML}*"):
        tag = local(element)
        _rename(element, tag)
        styles = [*_styles(element, tag)]
        if styles:
            own = (element.get("style") or "").strip().rstrip(";")
            element.set("style", "; ".join((*styles, own) if own else styles))
        for name in GONE & frozenset(map(str, element.attrib)):
            if tag not in KEPT.get(name, ()):
                del element.attrib[name]
    _language(root)


def _ensure_title(root: etree._Element, title: str) -> None:
    head = root.find(f"{XHTML}head")
    if head is None:
        head = etree.SubElement(root, f"{XHTML}head")
        root.insert(0, head)
    named = head.find(f"{XHTML}title")
    if named is None:
        named = etree.SubElement(head, f"{XHTML}title")
    if not (named.text or "").strip():
        named.text = title


def _rename(element: etree._Element, tag: str) -> None:
    name = element.attrib.pop("name") if tag in ("a", "img", "form", "map") and "name" in element.attrib else ""
    if tag == "map" and name:
        element.set("name", name)
    elif name and element.get("id") is None and _ID.fullmatch(name):
        element.set("id", name)
    if tag == "font":  # too few books have it for its looks to be kept
        for old in ("color", "face", "size"):
            element.attrib.pop(old, None)
    if tag in STYLED or tag in ("font", "center"):
        element.tag = f"{XHTML}{'div' if tag == 'center' else 'span'}"
    elif tag == "acronym":
        element.tag = f"{XHTML}abbr"


def _styles(element: etree._Element, tag: str) -> Iterator[str]:
    """Remove an element's presentational attributes, and yield them as CSS declarations."""
    if tag in STYLED:
        yield STYLED[tag]
    if tag == "center":
        yield "text-align: center"
    attributes = element.attrib
    if "align" in attributes:
        yield from _aligned(attributes.pop("align").strip().lower(), tag)
    if "valign" in attributes:
        yield from _word("vertical-align", attributes.pop("valign"))
    if tag not in ("img", "video", "canvas", "iframe", "embed", "object", "input", "svg"):
        for name in ("width", "height"):
            yield from _length(name, attributes.pop(name, ""))
    if tag == "table":
        yield from _table(element)
    elif "border" in attributes:
        yield from _border(attributes.pop("border"))


def _aligned(said: str, tag: str) -> Iterator[str]:
    if tag in ("img", "object", "iframe") or (tag == "table" and said in ("left", "right")):
        yield from _word("float" if said in ("left", "right") else "vertical-align", said)
    elif tag in ("table", "hr"):
        margins = {"left": "0 auto 0 0", "right": "0 0 0 auto", "center": "0 auto"}
        if said in margins:
            yield f"margin: {margins[said]}"
    else:
        yield from _word("text-align", said)


def _table(element: etree._Element) -> Iterator[str]:
    attributes = element.attrib
    border = attributes.pop("border", "")
    if border.strip() not in ("", "0"):
        yield from _border(border)
    space = _LENGTH.fullmatch(attributes.pop("cellspacing", ""))
    if space:
        yield f"border-spacing: {space[1]}px"
    padding = _LENGTH.fullmatch(attributes.pop("cellpadding", ""))
    for name in ("frame", "rules"):
        attributes.pop(name, None)
    ruled = border.strip() not in ("", "0")
    for cell in element.iter(f"{XHTML}td", f"{XHTML}th") if padding or ruled else ():
        said = [f"padding: {padding[1]}px"] if padding else []
        said += ["border: 1px inset"] if ruled else []
        own = (cell.get("style") or "").strip().rstrip(";")
        cell.set("style", "; ".join((*said, own) if own else said))


def _border(said: str) -> Iterator[str]:
    found = _LENGTH.fullmatch(said)
    if found:
        yield f"border: {found[1]}px solid" if float(found[1]) else "border: 0"


def _length(name: str, said: str) -> Iterator[str]:
    found = _LENGTH.fullmatch(said)
    if found:
        yield f"{name}: {found[1]}{found[2] or 'px'}"


def _word(name: str, said: str) -> Iterator[str]:
    said = said.strip().lower()
    if regex.fullmatch(r"[a-z]{1,20}", said):
        yield f"{name}: {said}"


def _language(root: etree._Element) -> None:
    """Set `lang` to the value of `xml:lang` if they differ."""
    key = "{http://www.w3.org/XML/1998/namespace}lang"
    for element in root.iter("*"):
        said = element.get(key)
        if said and element.get("lang") not in (None, said):
            element.set("lang", said)


def page_properties(root: etree._Element) -> frozenset[str]:
    """Return the properties that the manifest must list for a page."""
    found = set()
    for element in root.iter("*"):
        tag, name = str(element.tag), local(element)
        if tag.startswith("{http://www.w3.org/2000/svg}"):
            found.add("svg")
        elif tag.startswith("{http://www.w3.org/1998/Math/MathML}"):
            found.add("mathml")
        elif name in ("script", "form") or any(str(key).startswith("on") for key in element.attrib):
            found.add("scripted")
        if name in FETCHING and "://" in (element.get("src") or "")[:12]:
            found.add("remote-resources")
    return frozenset(found)


def serialise_page(root: etree._Element) -> bytes:
    """Serialise a page; empty elements of XHTML get closing tags, which HTML readers need."""
    if not str(root.tag).startswith(XHTML):
        return bytes(etree.tostring(root.getroottree(), encoding="utf-8", xml_declaration=True))
    for element in root.iter(f"{XHTML}*"):
        if len(element) == 0 and element.text is None and local(element) not in VOID:
            element.text = ""
    tree = root.getroottree()
    return bytes(etree.tostring(tree, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>"))
