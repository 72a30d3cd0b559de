"""No figure and no sign is left to the engine: written forms of each class that CLDR makes, in forty languages."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
import regex
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal, format_percent
from babel.units import format_unit

from swarm.book.language import languages
from swarm.book.language.known import find_language
from swarm.book.speech.speech import Speech
from swarm.job.card import EngineCard


def tuple_of(text: str) -> tuple[str, ...]:
    return tuple(text.split())


SPEECH = Speech(EngineCard("tester", "", ("*",), (), (("", 300),), (), ()))
FILES = sorted(path.stem for path in Path(languages.__path__[0]).glob("*.toml"))
CODES = [code for code in FILES if find_language(code).forms]
WHOLE = (0, 1, 2, 16, 21, 99, 101, 1000, 1100, 1234, 21_100, 2_500_000, 10**9)
AMOUNTS = ("1", "2", "5", "21", "1.5", "0.5", "100", "1234.56")
DATES = (date(2023, 5, 3), date(1812, 12, 21), date(1900, 1, 1), date(1999, 11, 30))
CLOCKS = (time(0, 5), time(5, 30), time(12), time(13, 15), time(23, 59))
CURRENCIES = tuple_of("USD EUR GBP JPY CHF SEK INR CNY KRW PLN TRY UAH RUB")
SIGNS = tuple_of("$ € £ ¥ ₹ ₽ ₩ ₺ ₴ ₪ ₫ ฿ ¢ ₱ ₦ ₡ ₲ ₸ ₾ ₼ ֏ ৳ ₨ ₭ ₮ ₵ ﷼ ￥")
UNITS = tuple_of(
    "length-kilometer length-meter length-mile length-foot mass-kilogram mass-pound volume-liter area-square-kilometer "
    "speed-kilometer-per-hour speed-meter-per-second temperature-celsius duration-hour duration-minute area-hectare "
    "volume-cubic-meter digital-megabyte frequency-hertz power-kilowatt electric-volt energy-kilocalorie"
)
OTHERS = {
    "ordinal": "1. 15. 21.",
    "fraction": "1/2 2/3 3/4 3/8 5/16 1/100 ½ 3½ 2¾ ⅓",
    "range": "1-2 10–20 1914–18 5-10% 9:00-17:00 3:2",
    "telephone": "555-1234 0171-2345678 978-3-16-148410-0",
    "serial": "A4 F-16 R2D2 COVID-19 MP3 3D 1.2.3 CO₂ №5 #1 10/3/2",
}
LEFT = regex.compile(r"\p{Nd}|[%‰°\p{Sc}²³½¼¾⅓№#]")
MARKS = regex.compile(r"[\u200e\u200f\u061c]")
NOT_SAID = {("he", "measure"): "MB|GB", ("la", "money"): "21.00"}  # a sign before the figures, a sum that is a time


def forms(code: str) -> Iterator[tuple[str, str]]:
    """Yield the class and the written form of what books in a language may have."""

    def number(amount: object) -> str:
        return str(format_decimal(Decimal(str(amount)), "#,##0.##", locale=code, numbering_system="latn"))

    yield from (("cardinal", form) for n in WHOLE for form in (str(n), number(n), f"-{n}", f"{n:,}".replace(",", " ")))
    for day in DATES:
        for order in ("full", "long", "medium", "short", "d MMMM", "MMMM yyyy", "dd.MM.yyyy", "yyyy-MM-dd", "d/M/yyyy"):
            yield "date", format_date(day, order, locale=code)
    for clock in CLOCKS:
        yield from (("time", form) for form in (format_time(clock, "short", locale=code), f"{clock:%H:%M}", str(clock)))
    for amount in AMOUNTS:
        n, latin = Decimal(amount), {"locale": code, "numbering_system": "latn"}
        yield from (("decimal", number(amount)), ("percent", f"{number(amount)}%"), ("percent", f"{number(amount)} %"))
        yield "percent", format_percent(n / 100, "#,##0.##%", **latin)
        for currency in CURRENCIES:
            yield from (("money", format_currency(n, currency, **latin)), ("money", f"{number(amount)} {currency}"))
        yield from (
            ("money", form) for sign in SIGNS for form in (f"{sign}{number(amount)}", f"{number(amount)} {sign}")
        )
        yield from (("measure", format_unit(n, unit, "short", **latin)) for unit in UNITS)
    yield from ((kind, form) for kind, found in OTHERS.items() for form in found.split())


@pytest.mark.parametrize("code", CODES)
def test_no_figure_is_left_to_the_engine(code: str) -> None:
    left = dict[str, list[str]]()
    for kind, written in dict.fromkeys(forms(code)):
        form = MARKS.sub("", written)
        known = NOT_SAID.get((code, kind))
        if not (known and regex.search(known, form)) and LEFT.search(said := SPEECH.say(form, code)):
            left.setdefault(kind, []).append(f"{form} -> {said}")
    assert left == {}


@pytest.mark.parametrize("code", CODES)
def test_what_is_divided_may_have_separators(code: str) -> None:
    for written in ("1,234/5", "1.234/5", "1,23/2", "1,234,567/3"):
        assert not regex.search(r"\d", SPEECH.say(written, code)), written
