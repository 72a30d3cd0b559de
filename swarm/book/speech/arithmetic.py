"""Arithmetic as words: fractions ("3/8" is "three eighths"), exponents ("x²" is "x squared") and the signs between
figures and variables ("x < 3" is "x is less than 3").
"""

from decimal import Decimal
from functools import lru_cache
from math import gcd
from unicodedata import normalize

import regex

from swarm.book.language.language import Language, Match, Numbers, Powers
from swarm.book.language.pattern import compile_later
from swarm.book.language.spelling import THOUSANDS, amount, plural_category, unit_name, unit_signs

FRACTIONS = "½¼¾"
ALL_DAY = (24, 7)
MONTHS, MAX_SMALL = 12, 10  # the greatest month, and the greatest denominator that a greater number may stand over
THIRDS_AND_ON = "⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"
_FRACTION = compile_later(rf"(?<=\d)(\s?)([{FRACTIONS}])|([{FRACTIONS}])")
_WRITTEN = compile_later(
    r"(?<![\p{L}\d/⁄.,-])(?P<after_whole>(?<=\d\s))?(?:(?P<over>[1-9])[/⁄](?P<under>[2-9]|10)|"
    # "1/12" and "7/32"; "3/12" may be a date or the third of twelve.
    r"(?P<over>1)[/⁄](?P<under>[1-9]\d|[1-9]\d?0{1,4}|1[.,]?000[.,]?000)|(?P<over>[1-9]\d?)[/⁄](?P<under>32|64|[1-9]00|[1-9]0?[.,]?000|[4-9]\d)|"
    r"(?P<over>[1-9]\d?)[/⁄](?P<under>3[3-9])|"  # no day of a month
    r"(?<=(?<![\d/.,-])\d{1,3}\s)(?P<over>[1-9]\d{0,2})[/⁄](?P<under>[1-9]\d{0,2}))"  # "3 5/2"
    r"(?:(?:th|rd|TH|RD)s?\b)?(?![\d/⁄]|[.,-]\d)"
)
_TWICE = compile_later(r"^(\p{L}+ )(?=\1)")  # "one one millionth"
_NO_DATE = compile_later(
    r"(?<![\p{L}\d/⁄.,-])(?P<after_whole>(?<=\d\s))?(?P<over>[1-9]|[12]\d|3[01])/(?P<under>[1-9]|[12]\d|3[0-2])(?![\d/⁄]|[.,-]\d)"
)
_ANY = compile_later(rf"[{FRACTIONS}{THIRDS_AND_ON}/⁄]|einhalb")
_HALF_OF_NOUN = compile_later(r"(\d)\s?½\s(\p{Ll}{3,})(?![\p{L}'’])")
_LONE_HALF = compile_later(r"(?<!\d\s?)½\s?(\p{L}{3,})(?![\p{L}'’.])")
_SIGN = compile_later(rf"(?<=\d)(?=[{THIRDS_AND_ON}])")
_SPELLED = {ord(sign): normalize("NFKC", sign) for sign in THIRDS_AND_ON}


def say_fractions(text: str, language: Language) -> str:
    """Return a sentence with its fractions as words; whole numbers before them remain figures."""
    numbers = language.numbers
    if numbers is None or not _ANY.search(text):
        return text
    text = _SIGN.sub(" ", text).translate(_SPELLED)
    text = _WRITTEN.sub(lambda match: _fraction(match, numbers), text)
    if forms := language.forms:  # a date behind a word such as "on" is said before

        def improper(match: Match) -> str:
            return match[0] if forms.month_first and _may_be_date(match) else _fraction(match, numbers, True)

        text = _NO_DATE.sub(improper, text)
    whole, behind = _units(language)
    if numbers.part_of != " ":
        text = whole.sub(lambda match: f"{match[1]} {match[3]}{_after_whole(match[2], numbers)}", text)
    if numbers.behind_noun:
        text = _HALF_OF_NOUN.sub(lambda match: _half_behind(match, numbers), text)
    if half_of := numbers.half_of:
        text = _LONE_HALF.sub(lambda match: f"{half_of(match[1])} {match[1]}", text)
    text = _FRACTION.sub(lambda match: _half(match, numbers), text)
    return behind.sub(lambda match: _unit(match, language, numbers), text)


@lru_cache(64)
def _units(language: Language) -> tuple["regex.Pattern[str]", "regex.Pattern[str]"]:
    """Return the patterns of a unit behind "2½", and of one behind the words of a fraction."""
    numbers = language.numbers
    assert numbers
    signs = "|".join(map(regex.escape, sorted(unit_signs(language), key=len, reverse=True)))
    unit = rf"({signs})(?![\p{{L}}’'²³/])(?:\.(?=\s[\p{{Ll}}\d]|[,;:)]))?"
    said = "|".join(filter(None, (*numbers.halves, numbers.half_after)))
    return compile_later(rf"(\d)\s?([{FRACTIONS}])\s?{unit}"), compile_later(rf"(?<={said})(?:\s|(?!s\b)){unit}")


def _unit(match: Match, language: Language, numbers: Numbers) -> str:
    """Say "kg" behind "½" as "kilogram", in the form that a part of one asks for."""
    half = match.string.endswith(numbers.halves[0], 0, match.start())
    parted = numbers.part_of != " "
    name = unit_name(unit_signs(language)[match[1]], Decimal(1 if parted else "0.5"), language)
    return f"{' ' if half else numbers.part_of}{name}"


def _fraction(match: Match, numbers: Numbers, improper: bool = False) -> str:
    """Say "3/8"; return ½, ¼ or ¾ for a fraction that ends in one of these."""
    over, under = int(match["over"]), int(match["under"].replace(".", "").replace(",", ""))
    if f"{over}/{under}" in ("1/2", "1/4", "3/4"):
        return FRACTIONS[("1/2", "1/4", "3/4").index(f"{over}/{under}")]
    if match["after_whole"] is None and (over == under or (over, under) == ALL_DAY):
        return f"{over} {under}"
    if over >= under and match["after_whole"] is None and not improper:
        return match[0]
    said = _TWICE.sub("", numbers.fraction(over, under))
    return f"{numbers.join} {said}" if match["after_whole"] is not None else said


def _may_be_date(match: Match) -> bool:
    """Return whether "9/11" or the "7/4" before a diary's entry may be a day, where months come first."""
    over, under = int(match["over"]), int(match["under"])
    fraction = over > MONTHS or over > under <= MAX_SMALL
    diary = not match.start() and match[0] != match.string
    return not fraction or gcd(over, under) > 1 or (over <= MONTHS and diary)


def _half_behind(match: Match, numbers: Numbers) -> str:
    """Say "2½ heures" as "2 heures et demie"; leave a word that no half is of."""
    said = numbers.behind_noun(match[2]) if numbers.behind_noun else ""
    return f"{match[1]} {match[2]} {said}" if said else match[0]


def _half(match: Match, numbers: Numbers) -> str:
    return _after_whole(match[2], numbers) if match[2] else numbers.halves[FRACTIONS.index(match[3])]


def _after_whole(sign: str, numbers: Numbers) -> str:
    """Say a fraction behind a whole number, or behind its unit: "deux kilogrammes et demi"."""
    which = FRACTIONS.index(sign)
    return f" {numbers.half_after}" if not which and numbers.half_after else f" {numbers.join} {numbers.halves[which]}"


_FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_PREFIXED = ("mm", "cm", "dm", "km")
MILLION = Decimal(1_000_000)  # a unit has the same form after all thousands
_CYRILLIC = str.maketrans("мсдк", "mcdk")
_AREA = compile_later(
    rf"(?<=(?P<figures>\d[\d.,]{{0,12}})\s?(?P<scale>\s{THOUSANDS}\s)?)(mm|cm|dm|km|m|мм|см|дм|км|м)([²³])(?![⁰-⁹²³¹])"
)
# "in km²", without a figure, but not the m of "E = m²"
_LONE_AREA = compile_later(
    r"(?<![\p{L}\d.,)]|[=+×·−-]\s?)(mm|cm|dm|km|m|мм|см|дм|км|м)([²³])(?![\p{L}⁰-⁹²³¹]|\s?[=+×·−-])"
)
_POWER = compile_later(r"(?<=[\p{L}\d)])([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,6})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_RAISED = compile_later(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]")
# "10^23" and "x^2", and "6 × 10−3" or "10−3 kg", whose exponent has lost its place.
_CARET = compile_later(r"(?<=[\p{L}\d)])\^\{?([-−+]?\d{1,4})\}?(?!\d|\.\d)")
_LOWERED = compile_later(r"(?:(?<=[×x·]\s?)10|(?<![\d.,])10(?=−\d{1,2}\s\p{L}))(−\d{1,2})(?![\d.,]\d)")
_PLAIN_AREA = compile_later(r"(?<=\d\s?(?:[cdkm]?m|[сдкм]?м))([23])(?![\p{L}\d]|[.,]\d)")  # "40 m2"
_SCIENTIFIC = compile_later(r"(?<![\p{L}\d.,])(\d(?:[.,]\d{1,12})?)e([-+−]?\d{1,3})(?![\p{L}\d])")  # "6.02e23"
_SMALL_FIGURES = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")


def say_powers(text: str, language: Language) -> str:
    """Return a sentence with its exponents as words, if the language has words for them; numbers remain figures."""
    powers = language.powers
    if powers is None:
        return text
    times = language.forms.times if language.forms else ""
    text = _SCIENTIFIC.sub(rf"\1 {times} 10^\2", text) if times and "e" in text else text
    text = _CARET.sub(lambda match: match[1].translate(_SMALL_FIGURES), text) if "^" in text else text
    text = _LOWERED.sub(lambda match: f"10{match[1].translate(_SMALL_FIGURES)}", text) if "−" in text else text
    text = _PLAIN_AREA.sub(lambda match: match[1].translate(_SMALL_FIGURES), text)
    if not _RAISED.search(text):
        return text
    text = _AREA.sub(lambda match: f" {_area(match, match[3], match[4], language, powers)}", text).replace("  ", " ")
    text = _LONE_AREA.sub(lambda match: _area(match, match[1], match[2], language, powers), text)
    return str(_POWER.sub(lambda match: _power(match[1].translate(_FIGURES), powers), text))


def _area(match: Match, unit: str, power: str, language: Language, powers: Powers) -> str:
    forms = powers.square if power == "²" else powers.cubic
    unit = unit.translate(_CYRILLIC)
    prefix = powers.prefixes[_PREFIXED.index(unit)] if unit in _PREFIXED else ""
    figures = match.groupdict().get("figures", "1")
    counted = MILLION if match.groupdict().get("scale") else amount(figures, language)
    return forms.of(plural_category(counted, language)).format(prefix)


def _power(figures: str, powers: Powers) -> str:
    return {"2": powers.squared, "3": powers.cubed}.get(figures) or powers.other.format(figures.removeprefix("+"))


SIGNS = "<>≤≥≠≈±√∞÷"
# Only single letters and figures stand beside < and >, which are also brackets.
_BESIDE = compile_later(
    r"(?<=(?<!\p{L})(?:\p{L}|\d|\d%|\))\s?)(<|>(?<!<\p{L}[^<>]{0,40}>))(?=\s?(?:[\d(−-]|\p{L}(?![\p{L}>])))"
)
_BETWEEN = compile_later(r"(?<=[\p{L}\d)%°])\s?([≤≥≠≈÷])\s?(?=[\p{L}\d(√−-])")
_BEFORE = compile_later(r"([±√≤≥≈])\s?(?=[\d(]|\p{L}(?!\p{L}))")
_SLASH = compile_later(
    r"(?<=\p{L}{2})(?<!\d\s?\p{L}{2,3})/(?=\p{L}{2})|(?<=(?<![\d/.,])24)/(?=7(?![\d/.,]\d|\d))"
)  # "he/she", "24/7"
_ALONE = compile_later(r"∞")


def say_relations(text: str, language: Language) -> str:
    """Return a sentence with such signs as words, if the language has words for them; numbers remain figures.

    A slash between words is not said.
    """
    text = _SLASH.sub(" ", text) if "/" in text else text
    said = language.numbers.relations if language.numbers else {}
    if not said or not any(sign in text for sign in SIGNS):
        return text
    for pattern in (_BESIDE, _BETWEEN, _BEFORE):
        text = pattern.sub(lambda match: f" {said[match[1]]} ", text)
    return _ALONE.sub(said["∞"], text).replace("  ", " ").strip()
