"""Exponents as words: "x²" is "x squared", "10³" is "10 to the power of 3", "5 m²" is "5 square metres"."""

import regex

_FIGURES = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_METRES = {"mm": "milli", "cm": "centi", "dm": "deci", "m": "", "km": "kilo"}

# By language: squared, cubed, any other power; square and cubic metres, where the {} is "kilo" and the like.
_WORDS = {
    "en": (" squared", " cubed", " to the power of {}", "square {}metres", "cubic {}metres"),
    "fr": (" au carré", " au cube", " puissance {}", "{}mètres carrés", "{}mètres cubes"),
    "de": (" hoch 2", " hoch 3", " hoch {}", "Quadrat{}meter", "Kubik{}meter"),
    "es": (" al cuadrado", " al cubo", " elevado a {}", "{}metros cuadrados", "{}metros cúbicos"),
    "it": (" al quadrato", " al cubo", " elevato a {}", "{}metri quadrati", "{}metri cubi"),
    "pt": (" ao quadrado", " ao cubo", " elevado a {}", "{}metros quadrados", "{}metros cúbicos"),
    "nl": (" kwadraat", " tot de macht 3", " tot de macht {}", "vierkante {}meter", "kubieke {}meter"),
}
_AREA = regex.compile(r"(?<=\d\s?)(mm|cm|dm|km|m)([²³])(?![⁰-⁹²³¹])")
_POWER = regex.compile(r"(?<=[\p{L}\d)])([⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,6})(?![⁰¹²³⁴⁵⁶⁷⁸⁹])")
_SIGNS = regex.compile(r"[⁰¹²³⁴⁵⁶⁷⁸⁹]")


def say_powers(text: str, language: str) -> str:
    """A sentence with its exponents as words, numbers as figures; languages that are not known here keep them."""
    if language not in _WORDS or not _SIGNS.search(text):
        return text
    text = _AREA.sub(lambda match: f" {_area(match[1], match[2], language)}", text).replace("  ", " ")
    return str(_POWER.sub(lambda match: _power(match[1].translate(_FIGURES), language), text))


def _area(unit: str, sign: str, language: str) -> str:
    return _WORDS[language][3 if sign == "²" else 4].format(_METRES[unit])


def _power(figures: str, language: str) -> str:
    squared, cubed, other, *_ = _WORDS[language]
    return {"2": squared, "3": cubed}.get(figures) or other.format(figures.removeprefix("+"))
