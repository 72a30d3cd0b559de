"""English figures that are no plain numbers: telephone numbers, military hours, tables, pence, "a 100-year-old"."""

from collections.abc import Callable

import regex

from swarm.book.language.language import Match
from swarm.book.language.late_pattern import compile_later

_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
_DIALLED = compile_later(
    r"(?<=\b(?:[Dd]ial(?:l?ed|l?ing)?|[Cc]all(?:ed|ing)?|[Pp]hon(?:e|ed|ing)|[Rr]ing|rang|[Ff]ax)\s)"
    r"\d{3,5}(?: \d{3,4}){1,2}(?![\d-])"
)
_TRUNK = compile_later(rf"{_ALONE}0\d{{2,4}}(?: \d{{3,4}}){{1,2}}(?![\d-])")  # "0800 123 4567"
_MILITARY = compile_later(
    rf"(?:{_ALONE}(0\d)([0-5]\d)|(?<=\b(?:[Aa]t|by|until|till|from|to|before|after|since|around)\s)(1\d|2[0-3])([0-5]\d))"
    r"(?=\s(?:hours|hrs)\b)"
)
_TABLE = compile_later(
    r"(?<=\b(?:Table|Figure|Fig\.|Chart|Exhibit|Example|Equation|Exercise|Problem|Map|Plate|Listing|Box)\s)"
    r"(\d{1,2})[-–](\d{1,3})(?![\d–-])"
)
_PENCE = compile_later(rf"{_ALONE}([1-9]\d?)p\b(?!\.\s?\d)")
_PREFIXED = compile_later(r"(?<=\b(?:[Mm]id|[Pp]re|[Pp]ost|[Ll]ate|[Ee]arly)-)\d{1,2}(?:st|nd|rd|th)\b")
_ROUND = compile_later(r"(?<=\b[Aa]\s)(100|1,?000|1,000,000)(?=-\p{L}|\s\p{Ll}{4,})")
_ROUND_WORDS = {"100": "hundred", "1000": "thousand", "1000000": "million"}


def english_figures(
    cardinal: Callable[[str], str], ordinal: Callable[[str], str], digits: Callable[[str], str]
) -> tuple[tuple["regex.Pattern[str]", Callable[[Match], str]], ...]:
    """Return the patterns with their spellings; the arguments spell figures in words."""

    def grouped(match: Match) -> str:
        return ", ".join(digits(group) for group in match[0].split())

    def hours(match: Match) -> str:
        hour, minute = match[1] or match[3], match[2] or match[4]
        said = f"oh {cardinal(hour[1])}" if hour[0] == "0" else cardinal(hour)
        if minute == "00":
            return f"{said} hundred"
        return f"{said} oh {cardinal(minute[1])}" if minute[0] == "0" else f"{said} {cardinal(minute)}"

    return (
        (_DIALLED, grouped),
        (_TRUNK, grouped),
        (_MILITARY, hours),
        (_TABLE, lambda match: f"{match[1]} {match[2]}"),
        (_PENCE, lambda match: f"{match[1]} {'penny' if match[1] == '1' else 'pence'}"),
        (_PREFIXED, lambda match: ordinal(match[0][:-2])),
        (_ROUND, lambda match: _ROUND_WORDS[match[1].replace(",", "")]),
    )
