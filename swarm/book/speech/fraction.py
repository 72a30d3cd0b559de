"""Fractions as words: "3/8" is "three eighths", "2½" is "2 and one half"."""

from unicodedata import normalize

import regex

from swarm.book.language.language import Language, Match, Numbers

FRACTIONS = "½¼¾"
THIRDS_AND_ON = "⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_FRACTION = regex.compile(rf"(?<=\d)(\s?)([{FRACTIONS}])|([{FRACTIONS}])")
_WRITTEN = regex.compile(
    r"(?<![\d/⁄.,])(?P<after_whole>(?<=\d\s))?(?P<over>[1-9])[/⁄](?P<under>[2-9]|10)(?:(?:th|rd)s?\b)?(?![\d/⁄]|[.,]\d)"
)
_SIGN = regex.compile(rf"(?<=\d)(?=[{THIRDS_AND_ON}])")
_SPELLED = {ord(sign): normalize("NFKC", sign) for sign in THIRDS_AND_ON}


def say_fractions(text: str, language: Language) -> str:
    """Return a sentence with its fractions as words; whole numbers before them remain figures."""
    numbers = language.numbers
    if numbers is None:
        return text
    text = _SIGN.sub(" ", text).translate(_SPELLED)
    text = _WRITTEN.sub(lambda match: _fraction(match, numbers), text)
    return str(_FRACTION.sub(lambda match: _half(match, numbers), text))


def _fraction(match: Match, numbers: Numbers) -> str:
    """Say "3/8"; return ½, ¼ or ¾ for a fraction that ends in one of these."""
    over, under = int(match["over"]), int(match["under"])
    if f"{over}/{under}" in ("1/2", "1/4", "3/4"):
        return FRACTIONS[("1/2", "1/4", "3/4").index(f"{over}/{under}")]
    if over >= under:
        return match[0]
    said = numbers.fraction(over, under)
    return f"{numbers.join} {said}" if match["after_whole"] is not None else said


def _half(match: Match, numbers: Numbers) -> str:
    which = FRACTIONS.index(match[2] or match[3])
    said = numbers.half_after if match[2] and not which and numbers.half_after else numbers.halves[which]
    return f" {numbers.join} {said}" if match[2] else said
