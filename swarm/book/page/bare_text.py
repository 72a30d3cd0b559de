"""Texts reduced to their letters, or tidied to one line."""

import os
from unicodedata import normalize

import regex

from swarm.book.language.pattern import compile_later

AUDIBLE = compile_later(r"[\p{L}\p{N}]")  # a text without a letter or digit cannot be spoken
_ACCENTS, _BETWEEN_WORDS = compile_later(r"\p{M}+"), compile_later(r"[^\p{L}]+")
_NO_LETTER = compile_later(r"[^\p{L}\p{N}]+")
# For ASCII this takes a tenth of the time that the pattern takes.
_NO_ASCII_LETTER = dict.fromkeys(code for code in range(128) if not chr(code).isalnum())

# Scripts such as Arabic need joiners to shape their letters, so these are kept there.
_ZERO_WIDTH = compile_later(
    r"[[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\p{Cc}]--[\t\n\r\f]]"
    r"|(?<![\p{Arabic}\p{Syriac}\p{Mongolian}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}"
    r"\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{M}])[\u200c\u200d]",
    regex.V1,
)


# More than two accents on a letter are an ornament, which no engine can speak.
_STACKED = compile_later(r"(?<=[\p{Latin}\p{Greek}\p{Cyrillic}\p{N}\s\p{P}]\p{Mn}{2})\p{Mn}++")


def name_text(name: str) -> str:
    """Return a file's name as a text: bytes of it that are no letters become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def without_zero_width(text: str) -> str:
    """Return a text without control characters, except those that break lines, and without stacks of accents."""
    if not text.isprintable():  # the pattern takes ten times as long
        text = str(_ZERO_WIDTH.sub("", text))
    return text if text.isascii() else str(_STACKED.sub("", text))


def plain(text: str) -> str:
    """Return a text's letters and digits, to compare titles by."""
    folded = text.casefold()
    return folded.translate(_NO_ASCII_LETTER) if folded.isascii() else str(_NO_LETTER.sub("", folded))


def plain_words(text: str) -> str:
    """Return a text in lower case, without accents, with spaces for all that is no letter, to compare names by."""
    letters = _ACCENTS.sub("", normalize("NFKD", text.casefold()))
    return str(_BETWEEN_WORDS.sub(" ", letters)).strip()


def tidy(text: str) -> str:
    """Put a text on one line, with single spaces and without zero-width characters."""
    return " ".join(without_zero_width(text).split())
