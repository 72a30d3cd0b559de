"""Exponents as words: "x²" is "x squared", "10³" is "10 to the power of 3", "5 m²" is "5 square metres"."""

from decimal import Decimal

from swarm.book.language.cldr import plural_category
from swarm.book.language.language import Language, Match, Powers
from swarm.book.language.late_pattern import compile_later
from swarm.book.language.spelling import THOUSANDS, amount

_FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_PREFIXED = ("mm", "cm", "dm", "km")
MILLION = Decimal(1_000_000)  # a unit has the same form after all thousands
_CYRILLIC = str.maketrans("мсдк", "mcdk")
_AREA = compile_later(
    rf"(?<=(\d[\d.,]{{0,12}})\s?(?P<scale>\s{THOUSANDS}\s)?)(mm|cm|dm|km|m|мм|см|дм|км|м)([²³])(?![⁰-⁹²³¹])"
)
_POWER = compile_later(r"(?<=[\p{L}\d)])([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,6})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_RAISED = compile_later(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]")
# "10^23" and "x^2", and "6 × 10−3" or "10−3 kg", whose exponent has lost its place.
_CARET = compile_later(r"(?<=[\p{L}\d)])\^\{?([-−+]?\d{1,4})\}?(?!\d|\.\d)")
_LOWERED = compile_later(r"(?:(?<=[×x·]\s?)10|(?<![\d.,])10(?=−\d{1,2}\s\p{L}))(−\d{1,2})(?![\d.,]\d)")
_PLAIN_AREA = compile_later(r"(?<=\d\s?(?:[cdkm]?m|[сдкм]?м))([23])(?![\p{L}\d]|[.,]\d)")  # "40 m2"
_SMALL_FIGURES = str.maketrans("0123456789-−+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻⁺")


def say_powers(text: str, language: Language) -> str:
    """Return a sentence with its exponents as words, if the language has words for them; numbers remain figures."""
    powers = language.powers
    if powers is None:
        return text
    text = _CARET.sub(lambda match: match[1].translate(_SMALL_FIGURES), text) if "^" in text else text
    text = _LOWERED.sub(lambda match: f"10{match[1].translate(_SMALL_FIGURES)}", text) if "−" in text else text
    text = _PLAIN_AREA.sub(lambda match: match[1].translate(_SMALL_FIGURES), text)
    if not _RAISED.search(text):
        return text
    text = _AREA.sub(lambda match: f" {_area(match, language, powers)}", text).replace("  ", " ")
    return str(_POWER.sub(lambda match: _power(match[1].translate(_FIGURES), powers), text))


def _area(match: Match, language: Language, powers: Powers) -> str:
    forms = powers.square if match[4] == "²" else powers.cubic
    unit = match[3].translate(_CYRILLIC)
    prefix = powers.prefixes[_PREFIXED.index(unit)] if unit in _PREFIXED else ""
    counted = MILLION if match["scale"] else amount(match[1], language)
    return forms.of(plural_category(counted, language)).format(prefix)


def _power(figures: str, powers: Powers) -> str:
    return {"2": powers.squared, "3": powers.cubed}.get(figures) or powers.other.format(figures.removeprefix("+"))
