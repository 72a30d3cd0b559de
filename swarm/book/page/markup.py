"""Parses XHTML, HTML and XML to one kind of tree, within bounds and offline; bad markup loses no text."""

from html.entities import html5

import regex
from lxml import etree, html

from swarm.book.page.limits import MAX_DEPTH, MAX_ELEMENTS
from swarm.errors import PageError

EPUB_TYPE = ("{http://www.idpf.org/2007/ops}type", "epub:type")  # the attribute as XML and as HTML parsers name it

_TYPE_KEYS = (*EPUB_TYPE, "role")
_NO_TYPES: frozenset[str] = frozenset()

SAMPLE_BYTES = 2_000  # bytes from which an encoding is guessed
WIDE_SHARE = 0.6  # of every other byte is zero in UTF-16

_XML_ENTITIES = frozenset((b"amp", b"lt", b"gt", b"quot", b"apos"))
_ENTITY = regex.compile(rb"&([A-Za-z][A-Za-z0-9]{1,31});")
# HTML parsers take <title/> for an opening tag and lose the rest of the page.
_SELF_CLOSING = regex.compile(rb"<(title|script|style|textarea|iframe|a|span|div|p|i|b|em|td)(\s[^<>]*?)?/>")
_ENCODED = regex.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)")


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def parse(data: bytes, name: str) -> etree._Element:
    """Parse a document as XML, or as HTML if it is not well-formed; return its root. Raises PageError."""
    data = _as_ascii_compatible(data).lstrip()
    try:
        root = etree.fromstring(_ENTITY.sub(_numeric_entities, data), _xml_parser())
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise PageError(f"{name} is refused: it is nested or expanded beyond reason.") from error
        if b"<!ENTITY" in data:
            raise PageError(f"{name} is refused: it declares entities that cannot be expanded.") from error
        root = _parse_html(data, name)
    _check_bounds(root, name)
    return root


def local(element: etree._Element) -> str:
    """Return an element's name in lower case without its namespace; "" for comments and the like."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def types(element: etree._Element) -> frozenset[str]:
    """Return the words of an element's `epub:type` and `role`, without the prefix "doc-"."""
    named = [value for value in map(element.get, _TYPE_KEYS) if value]
    return frozenset(word.removeprefix("doc-") for word in " ".join(named).lower().split()) if named else _NO_TYPES


def _xml_parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=False)


def _parse_html(data: bytes, name: str) -> etree._Element:
    declared = _ENCODED.match(data)
    encoding = declared[1].decode() if declared else _guess_encoding(data)
    try:
        parser = html.HTMLParser(encoding=encoding, no_network=True, huge_tree=False)
    except LookupError:
        parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(_SELF_CLOSING.sub(rb"<\1\2></\1>", data), parser)
    except etree.ParserError as error:
        raise PageError(f"{name} holds no markup that can be read.") from error
    except etree.XMLSyntaxError as error:
        raise PageError(f"{name} cannot be read: its markup is damaged.") from error
    if root is None:
        raise PageError(f"{name} holds no markup that can be read.")
    return root


def _guess_encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "windows-1252"
    return "utf-8"


def as_text(data: bytes) -> str:
    """Decode plain text by its byte order mark, else as UTF-8, else as Windows-1252."""
    wide = _utf_16(data)
    if wide:
        return data.decode(wide, errors="replace").removeprefix("\ufeff")
    data = data.removeprefix(b"\xef\xbb\xbf")
    return data.decode(_guess_encoding(data), errors="replace")


def _utf_16(data: bytes) -> str:
    """Return the UTF-16 codec of a text, by its byte order mark or its zero bytes; "" for another encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = data[:SAMPLE_BYTES:2].count(0), data[1:SAMPLE_BYTES:2].count(0)
    half = min(len(data), SAMPLE_BYTES) / 2
    if half < 4 or max(even, odd) < WIDE_SHARE * half or min(even, odd) > half / 10:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def _as_ascii_compatible(data: bytes) -> bytes:
    """Convert UTF-16 to UTF-8, so that markup can be searched as bytes."""
    wide = _utf_16(data)
    if not wide:
        return data.removeprefix(b"\xef\xbb\xbf")
    text = data.decode(wide, errors="replace").removeprefix("\ufeff")
    return regex.sub(r"^\s*<\?xml[^>]*\?>", "", text).encode()


def _numeric_entities(match: "regex.Match[bytes]") -> bytes:
    name = match[1]
    if name in _XML_ENTITIES:
        return match[0]
    text = html5.get(name.decode() + ";")
    return match[0] if text is None else "".join(f"&#{ord(letter)};" for letter in text).encode()


def _check_bounds(root: etree._Element, name: str) -> None:
    depth = count = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        count += event == "start"
        if depth > MAX_DEPTH:
            raise PageError(f"{name} is refused: its markup is nested more than {MAX_DEPTH} deep.")
        if count > MAX_ELEMENTS:
            raise PageError(f"{name} is refused: it has more than {MAX_ELEMENTS:,} elements.")
