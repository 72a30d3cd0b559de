"""Dates in figures as words: "25/12/1999" is "December 25th, 1999" or "25 décembre 1999"."""

from regex import search

from swarm.book.language.cldr import month_names
from swarm.book.language.language import Dates, Language, Match
from swarm.book.language.late_pattern import compile_later
from swarm.book.language.numeral import NUMERAL, value

_DIGIT = compile_later(r"\d")
_ALONE, _APART = r"(?<![\p{L}\d/.,-])", r"(?![\d/-]|[.,]\d)"
_NUMERIC = compile_later(
    rf"{_ALONE}(\d{{1,2}})([/.]|-(?=\d{{1,2}}-))(?:(?<=\.)\s)?(\d{{1,2}})\2(?:(?<=\.)\s)?(\d{{4}}){_APART}"
)
_SHORT_YEAR = compile_later(rf"{_ALONE}(\d{{1,2}})([./-])(\d{{1,2}})\2(\d\d){_APART}")
MAX_WORD_CHARS = 12  # longer words before a date are not looked for
LAST_YEAR = 35  # greater pairs of digits are years of the last century
_ISO = compile_later(rf"{_ALONE}(\d{{4}})-(\d\d)-(\d\d){_APART}")
# "3-V-1898" and "12 X 1936"
_ROMAN_MONTH = compile_later(rf"{_ALONE}(\d{{1,2}})([-./ ])(?=[IVX])({NUMERAL})\2(\d{{4}}){_APART}")

_SHORT_MONTH = compile_later(
    r"(?<=(?<![\p{L}\d.,])\d{1,2}(?:\.|º|°|er|st|nd|rd|th)?\s(?:de\s)?)(\p{L}{3,5})\.(?=\s?[\p{Ll}\d(]|[,;:)]|"
    r"(?P<ends>[\s\"”’»)]*$))"
)


def say_dates(text: str, language: Language) -> str:
    """Return a sentence whose dates are written out; years and days remain figures."""
    dates = language.dates
    if dates is None or not _DIGIT.search(text):
        return text
    text = _SHORT_MONTH.sub(lambda match: _whole_month(match, language), text)
    text = _ROMAN_MONTH.sub(lambda match: _said(match, int(match[1]), value(match[3]), match[4], language, dates), text)
    text = _ISO.sub(lambda match: _said(match, int(match[3]), int(match[2]), match[1], language, dates), text)
    text = _NUMERIC.sub(lambda match: _numeric(match, language, dates), text)
    if dates.before:
        text = _SHORT_YEAR.sub(lambda match: _short_year(match, language, dates), text)
    return dates.written(text)


def _whole_month(match: Match, language: Language) -> str:
    """Say "sept." as "septembre", if it is the beginning of a single month."""
    short = match[1].lower()
    found = [name for name in month_names(language) if name.lower().startswith(short) and name.lower() != short]
    if len(found) != 1:
        return str(match[0])
    of = language.dates is not None and "de {month}" in language.dates.form
    joined = f"de {found[0]}" if of and not match.string[: match.start()].endswith("de ") else found[0]
    return joined + ("" if match["ends"] is None else ".")


def _numeric(match: Match, language: Language, dates: Dates) -> str:
    if dates.numeric is None:
        return _said(match, int(match[1]), int(match[3]), match[4], language, dates)
    return dates.numeric(match, lambda day, month, year: _said(match, day, month, year, language, dates))


def _short_year(match: Match, language: Language, dates: Dates) -> str:
    """Say "03.05.24", "3/5/24" and "am 3.5.24"; "3.5.24" alone may be a section."""
    day, sign, month, year = match.groups()
    padded = month[0] == "0" or (day[0] == "0" and len(month) == 2)
    before = match.string[max(0, match.start() - MAX_WORD_CHARS) : match.start()]
    if sign != "/" and not padded and not search(rf"\b(?i:{dates.before})\s?$", before):
        return match[0]
    century = "20" if int(year) <= LAST_YEAR else "19"
    return _said(match, int(day), int(month), century + year, language, dates)


def _said(match: Match, day: int, month: int, year: str, language: Language, dates: Dates) -> str:
    """Return the words of a date; the match as it is if there is no such date."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return dates.form.format(day=dates.day(day), month=month_names(language)[month - 1], year=year)
