"""Numbers, months, units and currencies in words, by num2words, by CLDR and by the rules of a language.

Babel and num2words are slow, so they are loaded when needed.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from regex import sub as re_sub

from swarm.book.language.language import Language, forms_of
from swarm.book.language.pattern import compile_later

if TYPE_CHECKING:
    from babel import Locale
    from unicode_rbnf import RbnfEngine


# Words between figures and a unit: "2 mil km²", "5 million km".
THOUSANDS = (
    r"(?:mil|mila|mille|(?:millones|milhões|millions|milioni|miliardi|milliards)(?:\sd[ei])?|million|billion|thousand|"
    r"Millionen|Tausend|Mio\.|Mrd\.|miljoen|duizend|tysięcy|milionów|tys\.|mln|тысяч|миллионов|тыс\.|млн)"
)
_NO_FIGURE, _NO_DIGIT = compile_later(r"\D"), compile_later(r"[^0-9]")
LAST_SHORT_YEAR = 35  # greater pairs of digits are years of the last century
MAX_DIGITS, MAX_GROUPED_DIGITS = 15, 27  # the digits of longer numbers are said one by one


@lru_cache(4096)
def spelled(figures: str, language: Language, kind: str = "cardinal") -> str:
    """Return one number in words: a cardinal, an "ordinal" or a "year".

    Digits are said one by one if there are many or the first is 0. Figures without words are returned as they are.
    """
    from num2words import num2words

    numbers, forms = language.numbers, language.forms
    if numbers is None or forms is None:
        return figures
    whole, _, decimals = figures.partition("," if forms.comma else ".")
    longest = MAX_DIGITS if whole.isdecimal() else MAX_GROUPED_DIGITS
    whole = whole if whole.isdecimal() else _NO_FIGURE.sub("", whole)
    if decimals:
        said = numbers.decimal(whole, decimals) if numbers.decimal else ""
        if said:
            return said
        most = numbers.together if decimals[0] != "0" else 1
        size = len(decimals) if len(decimals) <= most else 2 if most > 2 else 1
        parts = [spelled(decimals[at : at + size], language) for at in range(0, len(decimals), size)]
        return f"{spelled(whole, language)} {forms.point} {' '.join(parts)}"
    if len(whole) > longest or (len(whole) > 1 and whole.startswith("0")):
        return digit_by_digit(whole, language)
    try:
        return _amended(str(num2words(int(whole), lang=language.library or language.code, to=kind)), numbers.amend)
    except (NotImplementedError, OverflowError, ValueError, TypeError, IndexError):
        return figures if len(whole) <= MAX_DIGITS else digit_by_digit(whole, language)


def _amended(said: str, amend: Mapping[str, str]) -> str:
    for wrong, right in amend.items():
        said = re_sub(wrong, right, said)
    return said


def digit_by_digit(figures: str, language: Language) -> str:
    """Return the words of single digits: "zero zero seven"."""
    return " ".join(spelled(digit, language) for digit in figures)


def amount(figures: str, language: Language) -> Decimal:
    """Return the value of a number as a language writes it; only the last digits of a very long one count."""
    comma = language.forms is None or language.forms.comma
    whole, _, decimals = figures.partition("," if comma else ".")
    digits = _NO_DIGIT.sub("", whole)[-MAX_DIGITS:] or "0"
    return Decimal(f"{digits}.{decimals[:MAX_DIGITS]}" if decimals.isdecimal() else digits)


# Signs of all languages, with CLDR's units.
UNITS = {
    "km/h": "speed-kilometer-per-hour", "m/s": "speed-meter-per-second", "km": "length-kilometer",
    "cm": "length-centimeter", "mm": "length-millimeter", "kg": "mass-kilogram", "mg": "mass-milligram",
    "ml": "volume-milliliter", "mL": "volume-milliliter", "L": "volume-liter", "ft": "length-foot",
    "lbs": "mass-pound", "cl": "volume-centiliter", "dl": "volume-deciliter", "kW": "power-kilowatt",
    "MW": "power-megawatt", "kWh": "energy-kilowatt-hour", "Hz": "frequency-hertz", "kHz": "frequency-kilohertz",
    "MHz": "frequency-megahertz", "GHz": "frequency-gigahertz", "MB": "digital-megabyte", "GB": "digital-gigabyte",
    "µm": "length-micrometer", "nm": "length-nanometer", "μm": "length-micrometer", "mph": "speed-mile-per-hour",
    "hPa": "pressure-hectopascal", "kwh": "energy-kilowatt-hour", "kw": "power-kilowatt", "hz": "frequency-hertz",
    "Mhz": "frequency-megahertz", "gb": "digital-gigabyte", "kB": "digital-kilobyte", "TB": "digital-terabyte",
    "kcal": "energy-kilocalorie", "hp": "power-horsepower", "Ω": "electric-ohm", "mA": "electric-milliampere",
    "Pa": "pressure-pascal", "kPa": "pressure-kilopascal", "MPa": "pressure-megapascal", "mbar": "pressure-millibar",
    "kJ": "energy-kilojoule", "mW": "power-milliwatt", "GW": "power-gigawatt", "µg": "mass-microgram",
    "μg": "mass-microgram", "hl": "volume-hectoliter", "ft²": "area-square-foot", "lx": "light-lux",
    "KB": "digital-kilobyte", "kbit": "digital-kilobit", "Mbit": "digital-megabit", "Gbit": "digital-gigabit",
    "m/s²": "acceleration-meter-per-square-second", "px": "graphics-pixel",
    "m²": "area-square-meter", "km²": "area-square-kilometer", "cm²": "area-square-centimeter",
    "m³": "volume-cubic-meter", "cm³": "volume-cubic-centimeter", "°": "angle-degree", "‰": "concentr-permille",
    "′": "duration-minute", "″": "duration-second",
} | {
    f"{sign}{gap}{letter}": name
    for letter, name in (("C", "temperature-celsius"), ("c", "temperature-celsius"), ("F", "temperature-fahrenheit"))
    for sign in "°º"
    for gap in ("", " ")
}  # fmt: skip
# Signs that are no words, so that they are units behind a number in words, too.
LONE_UNITS = "kWh|kHz|MHz|GHz|lbs|mph|kph|km|kg|cm|mm|mg|ml|kW|MW|GW|dB|kB|MB|GB|TB|hp|lb|ft|км|кг|см|мм|мг|мл|кВт"
# Short signs of units, which are words or letters in some languages.
SHORT_UNITS = {
    "m": "length-meter", "g": "mass-gram", "l": "volume-liter", "t": "mass-tonne", "ha": "area-hectare",
    "dm": "length-decimeter", "in": "length-inch", "yd": "length-yard", "mi": "length-mile", "oz": "mass-ounce",
    "lb": "mass-pound", "gal": "volume-gallon", "W": "power-watt", "V": "electric-volt", "min": "duration-minute",
    "ms": "duration-millisecond", "s": "duration-second", "h": "duration-hour", "v": "electric-volt",
    "qt": "volume-quart", "pt": "volume-pint", "st": "mass-stone", "K": "temperature-kelvin", "с": "duration-second",
}  # fmt: skip


@lru_cache(64)
def unit_signs(language: Language) -> dict[str, str]:
    """Return the signs of units: CLDR's abbreviations in the language, those of all languages, and the file's own."""
    found, forms = dict[str, str](), language.forms
    for unit in dict.fromkeys((*UNITS.values(), *SHORT_UNITS.values())):
        for count in (Decimal(1), Decimal(2), Decimal(5)):
            before, sign, numbered = unit_phrase(unit, count, language, "short")
            if numbered and not before and not _NO_SIGN.fullmatch(sign) and not (forms and sign == forms.minus):
                found.setdefault(sign.removesuffix("."), unit)
    short = SHORT_UNITS if forms is None or forms.short_units else {}
    return found | UNITS | short | dict(forms.units if forms else {})


_NO_SIGN = compile_later(r".?|[a-z]{2}|\p{L}")  # letters and words that have other meanings, too


# Copied from CLDR's dates, since a book may name hundreds of languages, and each takes 500 KiB when loaded.
_DAYS_WITH_STOPS = "bs cs da de dsb et fi fo frr gsw hr hsb hu is ksh lb lv nb nds nn no prg sk sl smn sr wae"
_FIGURES = compile_later(r"^\S+?\s?(?=\p{L})")


@cache
def _locale(name: str) -> "Locale":
    from babel import Locale

    return Locale.parse(name)


def month_names(language: Language) -> tuple[str, ...]:
    """Return the names of the twelve months, in the form for dates."""
    return tuple(_locale(language.locale or language.code).months["format"]["wide"].values())


def short_month_names(language: Language) -> tuple[str, ...]:
    """Return the abbreviations of the twelve months, in the form for dates, without full stops."""
    names = _locale(language.locale or language.code).months["format"]["abbreviated"].values()
    return tuple(name.removesuffix(".") for name in names)


def weekday_names(language: Language) -> dict[str, str]:
    """Return the names of the seven days of the week by their abbreviations, without full stops, if they have some."""
    days = _locale(language.locale or language.code).days["format"]
    shorts = {days["abbreviated"][day].removesuffix("."): name for day, name in days["wide"].items()}
    return {short.lower(): name for short, name in shorts.items() if short != name and short[0].isalpha()}


def plural_category(figures: Decimal, language: Language) -> str:
    """Return the plural category of a number: "one", "few", "many" or "other"."""
    return str(_locale(language.locale or language.code).plural_form(figures))


@lru_cache(1024)
def unit_name(unit: str, figures: Decimal, language: Language) -> str:
    """Return the name of a unit after a number: "kilometres" for 5 and `length-kilometer` or own forms."""
    if "|" in unit or "-" not in unit:
        return forms_of(unit).of(plural_category(figures, language))
    from babel.units import format_unit

    said = format_unit(figures, unit, "long", "0.###", locale=language.locale or language.code)
    return str(_FIGURES.sub("", said))


def days_have_stops(code: str) -> bool:
    """Return whether a full stop makes a number an ordinal in a language, as in "3. Mai"."""
    return code in _DAYS_WITH_STOPS.split()


def _name_of(language: Language) -> str:
    return language.locale or language.code


@lru_cache(64)
def _spell_out(language: Language) -> "RbnfEngine":
    """Return CLDR's rules, if it has some, with those of a language's file.

    A key is where a rule begins, with its radix if that is not 10, behind the name of the set of rules that it mends.
    """
    from unicode_rbnf import RbnfEngine

    code = _RULES_OF.get(language.code, language.code)
    try:
        engine = RbnfEngine.for_language(code)
    except ValueError:
        engine = RbnfEngine(code)
    for start, rule in language.forms.rules.items() if language.forms else ():
        kind, _, at = start.rpartition(" ")
        value, _, radix = at.partition("/")
        engine.add_rule(value, f"{rule};", f"spellout-{kind or 'numbering'}", radix=int(radix or 10))
    return engine


_RULES_OF = {"nb": "no", "nn": "no", "bs": "hr", "en": "en_GB"}  # CLDR has none of these: its English lacks "and"


@lru_cache(4096)
def numeral_words(number: int, language: Language, kind: str, gender: str) -> str:
    """Return a number as CLDR spells it: a "cardinal", an "ordinal" or a "year", in a gender if there are several.

    A language without such rules, or without one for this number, has num2words' words, or figures.
    """
    from unicode_rbnf.engine import RbnfError

    engine = _spell_out(language)
    names = {
        "year": ("spellout-numbering-year", "spellout-numbering"),
        "ordinal": (f"spellout-ordinal-{gender}", "spellout-ordinal"),
        "cardinal": (f"spellout-cardinal-{gender}", "spellout-numbering") if gender else ("spellout-numbering",),
    }[kind]
    name = next((name for name in names if name in engine.rulesets), "")
    try:
        return str(engine.format_number(number, ruleset_names=[name]).text)
    except (RbnfError, KeyError):
        return _by_library(number, language, kind)


def _by_library(number: int, language: Language, kind: str) -> str:
    from num2words import num2words

    try:
        return str(num2words(number, lang=language.code, to=kind))
    except (NotImplementedError, OverflowError, ValueError, TypeError, LookupError):
        return str(number) if kind == "cardinal" else numeral_words(number, language, "cardinal", "")


def separators(language: Language, *, comma: bool) -> tuple[str, str]:
    """Return the signs before decimals and between thousands, each as the inside of a class of a pattern."""
    spaces = "\u00a0\u202f\u2009 '’"
    return (",٫", f".{spaces}") if comma else (".٫", ",٬\u00a0\u202f\u2009")


@lru_cache(1024)
def unit_phrase(
    unit: str, count: Decimal, language: Language, length: Literal["long", "short"] = "long"
) -> tuple[str, str, bool]:
    """Return what stands before and after a number with a unit of CLDR: "" and "kilograms"; and whether it is said.

    Some languages have a form for one or two that says the number, too.
    """
    from babel.units import format_unit

    said = format_unit(count, unit, length, "0.###", locale=_name_of(language), numbering_system="latn")
    said = said if length == "short" else said.replace("/", " ")  # Tamil has "metre/second" in full
    found = _PHRASE.fullmatch(_MARKS.sub("", said))
    return (found[1].strip(), found[2].strip(), True) if found else ("", said, False)


@lru_cache(1024)
def rate_phrase(unit: str, each: str, count: Decimal, language: Language) -> str:
    """Return what stands behind a number with a unit per another one, "" if CLDR does not know both."""
    from babel.units import format_compound_unit

    if "-" not in unit or "-" not in each or "|" in unit + each:
        return ""
    name = language.locale or language.code
    said = format_compound_unit(count, unit, 1, each, "long", "0.###", locale=name, numbering_system="latn")
    found = _PHRASE.fullmatch(said or "")
    return found[2].strip() if found and not found[1].strip() and "/" not in found[2] else ""


_MARKS = compile_later(r"[\u200e\u200f\u061c]")  # of the direction of writing
_PHRASE = compile_later(r"(\D*?)-?\d[\d.,]*(\D*)")


@lru_cache(1024)
def currency_of(code: str, count: Decimal, language: Language) -> str:
    """Return CLDR's name of a currency after a number."""
    from babel.numbers import get_currency_name

    return str(get_currency_name(code, count, language.locale or language.code))
