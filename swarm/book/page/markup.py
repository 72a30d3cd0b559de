"""Parses XHTML, HTML and XML to one kind of tree, within bounds and offline; bad markup loses no text.

Finds the encoding of a document, which is often another one than the document declares.
"""

from functools import lru_cache
from html.entities import html5
from typing import TYPE_CHECKING

import regex
from lxml import etree, html

from swarm.book.language.detection import most_words
from swarm.book.page.input_bounds import MAX_DEPTH, MAX_ELEMENTS
from swarm.errors import PageError

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatches

SAMPLE_BYTES = 2_000  # bytes in which an encoding is declared
MAX_GUESS_BYTES = 60_000  # bytes from which an encoding is guessed
MIN_GUESS_BYTES = 100  # fewer bytes tell nothing
MAX_FOREIGN_SHARE = 0.25  # Western texts have fewer letters outside ASCII
WESTERN = "windows-1252"

# fmt: off
_CANDIDATES = [
    "cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "iso8859_2", "iso8859_5",
    "iso8859_7", "cp866", "shift_jis", "euc_jp", "gb18030", "big5", "euc_kr", "mac_roman",
]
# fmt: on
_DECLARED = regex.compile(
    rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})|<meta[^>]{0,200}?charset\s*=\s*[\"']?([A-Za-z0-9._-]{1,40})",
    regex.IGNORECASE,
)
_XML_DECLARATION = regex.compile(r"^\s*<\?xml[^>]*\?>")


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a document declares in its first lines; "" if it declares none."""
    found = _DECLARED.search(data[:SAMPLE_BYTES])
    return (found[1] or found[2]).decode().lower() if found else ""


def as_text(data: bytes, declared: str = "") -> str:
    """Decode a text by its byte order mark, as UTF-8, as it declares, or else by the words that it has then."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if data.startswith((b"<\0", b"\0<")):  # without the mark; as anything else it is noise
        return data.decode("utf-16-le" if data.startswith(b"<") else "utf-16-be", errors="replace")
    text = _decoded(data, "utf-8-sig")
    if text is not None:
        return text
    text = _decoded(data, declared) if declared and not declared.startswith(("utf", "ucs")) else None
    if text is not None and not _is_garbled(text):
        return text
    return data.decode(_guess(data) if len(data) >= MIN_GUESS_BYTES else WESTERN, errors="replace")


def as_utf_8(data: bytes) -> bytes:
    """Return a document in UTF-8 without a declaration of another encoding."""
    declared = declared_encoding(data)
    text = as_text(data, declared)
    return (text if declared in ("", "utf-8", "utf8") else _XML_DECLARATION.sub("", text)).encode(errors="replace")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _is_garbled(text: str) -> bool:
    """Tell whether a text in Western letters has so many accents that it is in another encoding."""
    letters = regex.findall(r"\p{Latin}", text[:MAX_GUESS_BYTES])
    return sum(1 for letter in letters if not letter.isascii()) > MAX_FOREIGN_SHARE * max(1, len(letters))


def _guess(data: bytes) -> str:
    """Return the likely encoding, by charset-normalizer and by the words that the text has then."""
    from charset_normalizer import from_bytes  # imported here, since few books need it

    sample = data[:MAX_GUESS_BYTES]
    matches: CharsetMatches = from_bytes(sample, cp_isolation=_CANDIDATES)
    best = matches.best()
    if best is None:
        return WESTERN
    western = sample.decode(WESTERN, errors="replace")
    return best.encoding if most_words(str(best)) > most_words(western) or _is_garbled(western) else WESTERN


EPUB_TYPE = ("{http://www.idpf.org/2007/ops}type", "epub:type")  # the attribute as XML and as HTML parsers name it

_TYPE_KEYS = (*EPUB_TYPE, "role")
_NO_TYPES: frozenset[str] = frozenset()

_XML_ENTITIES = frozenset((b"amp", b"lt", b"gt", b"quot", b"apos"))
_ENTITY = regex.compile(rb"&([A-Za-z][\w.-]{0,60});")
# HTML parsers take <title/> for an opening tag and lose the rest of the page.
_SELF_CLOSING = regex.compile(rb"<(title|script|style|textarea|iframe|a|span|div|p|i|b|em|td)(\s[^<>]*?)?/>")
_END = regex.compile(rb"</(?:body|html)\s*>", regex.IGNORECASE)  # HTML parsers lose what follows these


def words(text: str) -> frozenset[str]:
    """Return the words of a text as a set."""
    return frozenset(text.split())


def parse(data: bytes, name: str) -> etree._Element:
    """Parse a document as XML, or as HTML if it is not well-formed; return its root. Raises PageError."""
    data = as_utf_8(data).lstrip()
    try:
        root = _parse_xml(data, name)
    except etree.XMLSyntaxError:
        root = _parse_html(data, name)
    _check_bounds(root, name)
    return root


def _parse_xml(data: bytes, name: str) -> etree._Element:
    """Parse a document as XML. Raises XMLSyntaxError if it is not well-formed, PageError if it is hostile."""
    try:
        return etree.fromstring(_ENTITY.sub(_numeric_entities, data), _xml_parser())
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            raise PageError(f"{name} is refused: it is nested or expanded beyond reason.") from error
        raise


def local(element: etree._Element) -> str:
    """Return an element's name in lower case without its namespace; "" for comments and the like."""
    tag = element.tag
    return _bare(tag) if isinstance(tag, str) else ""


@lru_cache(1024)
def _bare(tag: str) -> str:
    return tag.rpartition("}")[2].lower()


def types(element: etree._Element) -> frozenset[str]:
    """Return the words of an element's `epub:type` and `role`, without the prefix "doc-"."""
    named = [value for value in map(element.get, _TYPE_KEYS) if value]
    return frozenset(word.removeprefix("doc-") for word in " ".join(named).lower().split()) if named else _NO_TYPES


def _xml_parser() -> etree.XMLParser:
    return etree.XMLParser(resolve_entities="internal", no_network=True, load_dtd=False, huge_tree=False)


def _parse_html(data: bytes, name: str) -> etree._Element:
    parser = html.HTMLParser(encoding="utf-8", no_network=True, huge_tree=False)
    try:
        root = etree.fromstring(_END.sub(b"", _SELF_CLOSING.sub(rb"<\1\2></\1>", data)), parser)
    except etree.ParserError as error:
        raise PageError(f"{name} holds no markup that can be read.") from error
    except etree.XMLSyntaxError as error:
        raise PageError(f"{name} cannot be read: its markup is damaged.") from error
    if root is None:
        raise PageError(f"{name} holds no markup that can be read.")
    return root


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
