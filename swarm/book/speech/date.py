"""Dates in figures as words: "25/12/1999" is "December 25th, 1999" or "25 décembre 1999"."""

import regex

from swarm.book.language.cldr import month_names
from swarm.book.language.language import Dates, Language, Match

_DIGIT = regex.compile(r"\d")
_ALONE, _APART = r"(?<![\p{L}\d/.,-])", r"(?![\d/-]|[.,]\d)"
_NUMERIC = regex.compile(rf"{_ALONE}(\d{{1,2}})([/.])(?:(?<=\.)\s)?(\d{{1,2}})\2(?:(?<=\.)\s)?(\d{{4}}){_APART}")
_ISO = regex.compile(rf"{_ALONE}(\d{{4}})-(\d\d)-(\d\d){_APART}")


def say_dates(text: str, language: Language) -> str:
    """Return a sentence whose dates are written out; years and days remain figures."""
    dates = language.dates
    if dates is None or not _DIGIT.search(text):
        return text
    text = _ISO.sub(lambda match: _said(match, int(match[3]), int(match[2]), match[1], language, dates), text)
    return dates.written(_NUMERIC.sub(lambda match: _numeric(match, language, dates), text))


def _numeric(match: Match, language: Language, dates: Dates) -> str:
    if dates.numeric is None:
        return _said(match, int(match[1]), int(match[3]), match[4], language, dates)
    return dates.numeric(match, lambda day, month, year: _said(match, day, month, year, language, dates))


def _said(match: Match, day: int, month: int, year: str, language: Language, dates: Dates) -> str:
    """Return the words of a date; the match as it is if there is no such date."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return dates.form.format(day=dates.day(day), month=month_names(language)[month - 1], year=year)
