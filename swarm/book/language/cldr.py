"""Data of languages from CLDR: months, units, currencies, plurals. Babel is slow, so it is loaded when needed."""

from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from swarm.book.language.language import Forms, Language
from swarm.book.language.late_pattern import compile_later

if TYPE_CHECKING:
    from babel import Locale

CURRENCIES = {"€": "EUR"}  # CLDR's names of other signs have a country, as in "US dollar", which books do not mean
# Signs of all languages, with CLDR's units.
UNITS = {
    "km/h": "speed-kilometer-per-hour",
    "m/s": "speed-meter-per-second",
    "km": "length-kilometer",
    "cm": "length-centimeter",
    "mm": "length-millimeter",
    "kg": "mass-kilogram",
    "mg": "mass-milligram",
    "ml": "volume-milliliter",
    "L": "volume-liter",
    "ft": "length-foot",
    "lbs": "mass-pound",
    "cl": "volume-centiliter",
    "dl": "volume-deciliter",
    "kW": "power-kilowatt",
    "MW": "power-megawatt",
    "kWh": "energy-kilowatt-hour",
    "Hz": "frequency-hertz",
    "kHz": "frequency-kilohertz",
    "MHz": "frequency-megahertz",
    "GHz": "frequency-gigahertz",
    "MB": "digital-megabyte",
    "GB": "digital-gigabyte",
    "µm": "length-micrometer",
    "nm": "length-nanometer",
}
MEASURES = {"%": "concentr-percent", "°": "angle-degree", "′": "duration-minute", "″": "duration-second"}
SCALES = {"C": "temperature-celsius", "F": "temperature-fahrenheit"}  # letters after °
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


def plural_category(figures: Decimal, language: Language) -> str:
    """Return the plural category of a number: "one", "few", "many" or "other"."""
    return str(_locale(language.locale or language.code).plural_form(figures))


@lru_cache(1024)
def unit_name(unit: str | Forms, figures: Decimal, language: Language) -> str:
    """Return the name of a unit after a number: "kilometres" for `length-kilometer` and 5."""
    if isinstance(unit, Forms):
        return unit.of(plural_category(figures, language))
    from babel.units import format_unit

    said = format_unit(figures, unit, "long", "0.###", locale=language.locale or language.code)
    return str(_FIGURES.sub("", said))


@lru_cache(1024)
def currency_name(sign: str, figures: Decimal, language: Language) -> str:
    """Return the name of a currency in CURRENCIES after a number."""
    from babel.numbers import get_currency_name

    return str(get_currency_name(CURRENCIES[sign], figures, language.locale or language.code))


def days_have_stops(code: str) -> bool:
    """Return whether a full stop makes a number an ordinal in a language, as in "3. Mai"."""
    return code in _DAYS_WITH_STOPS.split()
