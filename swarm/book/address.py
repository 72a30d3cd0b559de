"""Web addresses, e-mail addresses and ISBNs: what a listener can use of them."""

import regex

_TAIL = r"(?<![.,;:!?)\]»”’\"'])"  # what ends a sentence is no part of an address
_WEB = regex.compile(
    rf"(?:https?://|ftp://|www\.)(?:[^\s/@]{{1,64}}@)?([\p{{L}}\p{{N}}.-]{{1,253}})(?::\d+)?(?:/\S*{_TAIL})?",
    regex.IGNORECASE,
)
_MAIL = regex.compile(r"(?:mailto:)?([\w.+-]{1,64})@([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8})")
_ISBN = regex.compile(r"\bISBN(?:-1[03])?:?\s*(?:97[89][\s-]?)?\d[\d\s-]{8,14}[\dXx]\b")
_AT = {"fr": "arobase", "de": "ät", "es": "arroba", "it": "chiocciola", "pt": "arroba", "nl": "apenstaartje"}


def shorten(text: str, language: str) -> str:
    """A text whose web addresses are the names of their sites, whose ISBNs are named without their figures."""
    if "ISBN" in text:
        text = _ISBN.sub("ISBN", text)
    if "@" in text:
        text = _MAIL.sub(rf"\1 {_AT.get(language, 'at')} \2", text)
    if "://" in text or "www." in text.lower():
        text = _WEB.sub(lambda match: match[1].lower().removeprefix("www.").strip("."), text)
    return text
