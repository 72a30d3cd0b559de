"""Roman numerals before nouns that languages count by ordinals: "il XX Congresso", "la I República"."""

import regex

from swarm.book.language.late_pattern import compile_later
from swarm.book.language.numeral import NUMERAL, value

_MAYBE = compile_later(r"\b[IVX]+\s")
MAX_ORDINAL = 20  # greater numbers are said as cardinals


def ordered_nouns(masculine: str, feminine: str) -> "regex.Pattern[str]":
    """Return the pattern of a numeral before one of the nouns, by their gender; a small letter may begin them."""
    men, women = (rf"(?i:{'|'.join(nouns.split())})" for nouns in (masculine, feminine))
    return compile_later(rf"\b((?=[IVX]+\b){NUMERAL})\s(?:(?={men}\b)|(?P<feminine>(?={women}\b)))")


def say_ordered(text: str, pattern: "regex.Pattern[str]") -> str:
    """Return a sentence with ordinals in figures, "20º" and "1ª", for these numerals."""

    def ordinal(match: regex.Match[str]) -> str:
        number = value(match[1])
        if number > MAX_ORDINAL:
            return f"{number} "
        return f"{number}{'º' if match['feminine'] is None else 'ª'} "

    return str(pattern.sub(ordinal, text)) if _MAYBE.search(text) else text
