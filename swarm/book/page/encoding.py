"""Finds the encoding of a document, which is often another one than the document declares."""

from typing import TYPE_CHECKING

import regex

from swarm.book.language.detection import most_words

if TYPE_CHECKING:
    from charset_normalizer import CharsetMatches

SAMPLE_BYTES = 2_000  # bytes from which UTF-16 is guessed
MAX_GUESS_BYTES = 60_000  # bytes from which any other encoding is guessed
MIN_GUESS_BYTES = 100  # fewer bytes tell nothing
WIDE_SHARE = 0.6  # UTF-16 has this share of zeros in every other byte
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
_SHIFTED = ("iso-2022", "iso2022", "hz", "utf-7")  # encodings whose bytes are all ASCII


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a document declares in its first lines; "" if it declares none."""
    found = _DECLARED.search(data[:SAMPLE_BYTES])
    return (found[1] or found[2]).decode().lower() if found else ""


def encoding_of(data: bytes, declared: str = "") -> str:
    """Return the encoding of bytes. What they plainly are counts more than what is declared."""
    wide = utf_16(data)
    if wide:
        return wide
    if declared.startswith(_SHIFTED):
        return declared
    if _decoded(data, "utf-8") is not None:
        return "utf-8"
    text = _decoded(data, declared) if declared and not declared.startswith(("utf", "ucs")) else None
    if text is not None and not _is_garbled(text):
        return declared
    return _guess(data) if len(data) >= MIN_GUESS_BYTES else WESTERN


def utf_16(data: bytes) -> str:
    """Return the UTF-16 codec of a text, by its byte order mark or its zero bytes; "" for another encoding."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = data[:SAMPLE_BYTES:2].count(0), data[1:SAMPLE_BYTES:2].count(0)
    half = min(len(data), SAMPLE_BYTES) / 2
    if half < 4 or max(even, odd) < WIDE_SHARE * half or min(even, odd) > half / 10:
        return ""
    return "utf-16-le" if odd > even else "utf-16-be"


def as_utf_8(data: bytes) -> tuple[bytes, str]:
    """Return a document in UTF-8 without a declaration of another encoding, and a line if it declared a wrong one."""
    declared, data = declared_encoding(data), data.removeprefix(b"\xef\xbb\xbf")
    found = encoding_of(data, declared)
    if found == "utf-8" and declared in ("", "utf-8", "utf8"):
        return data, ""
    text = data.decode(found, errors="replace").removeprefix("\ufeff")
    wrong = declared and not _is_alike(declared, found) and not data.isascii()
    odd = f"it says that it is in {declared}, but it is in {found}" if wrong else ""
    return _XML_DECLARATION.sub("", text).encode("utf-8", errors="replace"), odd


def as_text(data: bytes) -> str:
    """Decode plain text."""
    found = encoding_of(data.removeprefix(b"\xef\xbb\xbf"))
    return data.removeprefix(b"\xef\xbb\xbf").decode(found, errors="replace").removeprefix("\ufeff")


def _decoded(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except (UnicodeError, LookupError):
        return None


def _is_alike(declared: str, found: str) -> bool:
    """Tell whether two names mean encodings of the same family: UTF-16 of either order, Latin-1 and Windows-1252."""
    one, other = (regex.sub(r"[^a-z0-9]|^cp(?=125)|^windows", "", name.lower()) for name in (declared, found))
    western = {"iso88591", "latin1", "usascii", "ascii", "1252"}
    return one == other or (one[:5] == other[:5] == "utf16") or {one, other} <= western


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
