"""English figures that are no plain numbers: telephone numbers, military hours, tables, pence, "a 100-year-old"."""

from collections.abc import Callable

import regex

from swarm.book.language.language import Match, words
from swarm.book.language.late_pattern import compile_later
from swarm.book.language.numeral import NUMERAL, value

POINT = "point"

_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
_DIALLED = compile_later(
    r"(?<=\b(?:[Dd]ial(?:l?ed|l?ing)?|[Cc]all(?:ed|ing)?|[Pp]hon(?:e|ed|ing)|[Rr]ing|rang|[Ff]ax)\s)"
    r"\d{3,5}(?: \d{3,4}){1,2}(?![\d-])"
)
_TRUNK = compile_later(rf"{_ALONE}0\d{{2,4}}(?: \d{{3,4}}){{1,2}}(?![\d-])")  # "0800 123 4567"
_MILITARY = compile_later(
    rf"(?:{_ALONE}(0\d)([0-5]\d)|(?<=\b(?:[Aa]t|by|until|till|from|to|before|after|since|around)\s)(1\d|2[0-3])([0-5]\d))"
    rf"(?=\s(?:hours|hrs)\b)|{_ALONE}(0\d)([0-5]\d)h\b"
)
_TABLE = compile_later(
    r"(?<=\b(?:Table|Figure|Fig\.|Chart|Exhibit|Example|Equation|Exercise|Problem|Map|Plate|Listing|Box)\s)"
    r"(\d{1,2})[-–](\d{1,3})(?![\d–-])"
)
_PENCE = compile_later(rf"{_ALONE}([1-9]\d?)p\b(?!\.\s?\d)")
# A voice would say "CO2" as "ko 2" and "C3PO" as "C 3 po".
_LETTERS_BEFORE = compile_later(r"(?<![\p{L}\d-])(\p{Lu})(\p{Lu})(?=\d)")
_LETTERS_BEHIND = compile_later(
    r"(?<=\d)(?!AM|PM|AD|BC|CE|[KMGT]B|K[GM]|CM|MM|ML|TH|ND|RD|ST|WD)(\p{Lu})(\p{Lu})(?!\p{L})"
)
_BARE_DECIMAL = compile_later(r"(?<![\p{L}\d.])\.(\d{1,6})(?![\d]|\.\d)(?!['’]s\b)")
_CALIBRES = words("22 25 30 32 36 38 40 41 44 45 50 303 357 380 410 455 577")
_SEVERAL_BY = compile_later(r"(?<=\bby\s)(\d)s(?!\p{L})")  # "2×4s"
_TOLL_FREE = compile_later(r"(?<![\d-])1-(8\d\d|900)-(?=\p{Lu})")
_PLUS = compile_later(r"(?<=\d)\+(?![\d\p{L}+])")
_BOTH_NTH = compile_later(r"(?<=\d(?:st|nd|rd|th))\s?[-–]\s?(?=\d+(?:st|nd|rd|th)\b)")
_OFTEN = compile_later(
    r"(?<=\d)\s?[x×](?=\s(?:daily|weekly|(?:a|per) (?:day|week|month|year)|faster|more|larger|bigger|as)\b)"
)
_ACT_SCENE_LINE = compile_later(
    rf"(?<![\p{{L}}\d.])({NUMERAL})\.({NUMERAL.lower()})\.(\d{{1,3}})(?!\d)", regex.IGNORECASE
)
_BOOK_AND_LINES = compile_later(r"(?<![\p{L}\d.,$£€])(\d{1,2})\.(\d{2,4})[-–](\d{2,4})(?![\d.,%])")
_PREFIXED = compile_later(r"(?<=\b(?:[Mm]id|[Pp]re|[Pp]ost|[Ll]ate|[Ee]arly)-)\d{1,2}(?:st|nd|rd|th)\b")
# "In his 20's" has a plural, "1980's greatest hit" has none.
_DECADE = compile_later(
    r"(?<=\b(?:[Hh]is|[Hh]er|[Mm]y|[Oo]ur|[Yy]our|[Tt]heir|[Ii]ts|[Tt]he|[Ll]ate|[Ee]arly|[Mm]id)[\s-])((?:1\d|20)?\d0)['’]s(?!\p{L})"
)
_ROUND = compile_later(r"(?<=\b[Aa]\s)(100|1,?000|1,000,000)(?=-\p{L}|\s\p{Ll}{4,})")
_ROUND_WORDS = {"100": "hundred", "1000": "thousand", "1000000": "million"}


def several(word: str) -> str:
    """Return the plural of a number word: "fours", "fifties"."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _act_scene_line(match: Match) -> str:
    """Say "III.ii.45" as "3, 2, 45"."""
    return f"{value(match[1])}, {value(match[2])}, {match[3]}"


def _book_and_lines(match: Match) -> str:
    """Say "Iliad 2.484-493" with its book apart; "2.25-30" is also said so."""
    return f"{match[1]}, {match[2]} to {match[3]}" if int(match[2]) < int(match[3]) else ""


def english_figures(
    cardinal: Callable[[str], str], ordinal: Callable[[str], str], digits: Callable[[str], str]
) -> tuple[tuple["regex.Pattern[str]", Callable[[Match], str]], ...]:
    """Return the patterns with their spellings; the arguments spell figures in words."""

    def grouped(match: Match) -> str:
        return ", ".join(digits(group) for group in match[0].split())

    def hours(match: Match) -> str:
        hour, minute = filter(None, match.groups())
        said = f"oh {cardinal(hour[1])}" if hour[0] == "0" else cardinal(hour)
        if minute == "00":
            return f"{said} hundred"
        return f"{said} oh {cardinal(minute[1])}" if minute[0] == "0" else f"{said} {cardinal(minute)}"

    def bare_decimal(match: Match) -> str:
        """Say ".05" as "point 0 5", but the calibre of a gun, ".45", as a number."""
        calibre = match[1] in _CALIBRES and len(match[1]) > 1
        return match[1] if calibre else f"{POINT} {digits(match[1])}"

    return (
        (_DECADE, lambda match: f"{match[1]}s"),
        (_BARE_DECIMAL, bare_decimal),
        (_ACT_SCENE_LINE, _act_scene_line),
        (_BOOK_AND_LINES, _book_and_lines),
        (_TOLL_FREE, lambda match: f"1 {digits(match[1])} "),
        (_BOTH_NTH, lambda match: " to "),
        (_OFTEN, lambda match: " times"),
        (_PLUS, lambda match: " plus"),
        (_SEVERAL_BY, lambda match: several(cardinal(match[1]))),
        (_LETTERS_BEFORE, lambda match: f"{match[1]} {match[2]} "),
        (_LETTERS_BEHIND, lambda match: f" {match[1]} {match[2]}"),
        (_DIALLED, grouped),
        (_TRUNK, grouped),
        (_MILITARY, hours),
        (_TABLE, lambda match: f"{match[1]} {match[2]}"),
        (_PENCE, lambda match: f"{match[1]} {'penny' if match[1] == '1' else 'pence'}"),
        (_PREFIXED, lambda match: ordinal(match[0][:-2])),
        (_ROUND, lambda match: _ROUND_WORDS[match[1].replace(",", "")]),
    )
