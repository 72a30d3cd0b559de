"""The letters of a text without its marks, and a text on one line."""

import regex

AUDIBLE = regex.compile(r"[\p{L}\p{N}]")  # a letter or a digit: without one there is nothing to say
_NO_LETTER = regex.compile(r"[^\p{L}\p{N}]+")

# Joiners stay where a script needs them to shape its letters.
_ZERO_WIDTH = regex.compile(
    r"[[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\p{Cc}]--[\t\n\r\f]]"
    r"|(?<![\p{Arabic}\p{Syriac}\p{Mongolian}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}"
    r"\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{M}])[\u200c\u200d]",
    regex.V1,
)


def plain(text: str) -> str:
    """Return a text's letters and digits, to compare titles by."""
    return str(_NO_LETTER.sub("", text.casefold()))


def tidy(text: str) -> str:
    """Put a text on one line, without zero-width characters, its white space single."""
    return " ".join(_ZERO_WIDTH.sub("", text).split())
