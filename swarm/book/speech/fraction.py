"""Fractions as words: "3/8" is "three eighths", "2½" is "2 and one half"."""

from unicodedata import normalize

import regex

from swarm.book.speech.agreement import agreed
from swarm.book.speech.number_words import FRACTIONS, WORDS, spelled

_FRACTION = regex.compile(rf"(?<=\d)(\s?)([{FRACTIONS}])|([{FRACTIONS}])")
_WRITTEN = regex.compile(r"(?<![\d/⁄.,])(?:(?<=\d\s)())?([1-9])[/⁄]([2-9]|10)(?![\d/⁄]|[.,]\d)")
THIRDS_AND_ON = "⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_SIGN = regex.compile(rf"(?<=\d)(?=[{THIRDS_AND_ON}])")
_SPELLED = {ord(sign): normalize("NFKC", sign) for sign in THIRDS_AND_ON}
_THIRDS = {"en": "third", "fr": "tiers", "es": "tercio", "pt": "terço"}
_AND = {"en": "and", "fr": "et", "de": "und", "es": "y", "it": "e", "pt": "e", "nl": "en"}  # in "two and one half"


def say_fractions(text: str, language: str) -> str:
    """A sentence with its fractions as words; whole numbers before them stay figures."""
    text = _SIGN.sub(" ", text).translate(_SPELLED)
    text = _WRITTEN.sub(lambda match: _fraction(match, language), text)
    return str(_FRACTION.sub(lambda match: _half(match, language), text))


def _fraction(match: "regex.Match[str]", language: str) -> str:
    """ "3/8" in words; those that have signs of their own become these."""
    over, under = int(match[2]), int(match[3])
    if match[0].replace("⁄", "/").endswith(("1/2", "1/4", "3/4")):
        return FRACTIONS[("1/2", "1/4", "3/4").index(f"{over}/{under}")]
    if over >= under:
        return str(match[0])
    part = _part_of(under, language, several=over > 1)
    said = f"{agreed(spelled(match[2], language), part, language)} {part}"
    return f"{_AND[language]} {said}" if match[1] is not None else said


def _part_of(number: int, language: str, *, several: bool) -> str:
    """The name of a third, a fifth, ..."""
    said = spelled(str(number), language, "ordinal")
    if language == "de":
        return f"{said[:-1]}el".capitalize()
    if number == 3:
        said = _THIRDS.get(language, said)
    if language == "it" and several:
        return f"{said[:-1]}i"
    return f"{said}s" if several and language != "nl" and not said.endswith("s") else said


def _half(match: "regex.Match[str]", language: str) -> str:
    said = WORDS[language].halves[FRACTIONS.index(match[2] or match[3])]
    return f" {_AND[language]} {said}" if match[2] else said
