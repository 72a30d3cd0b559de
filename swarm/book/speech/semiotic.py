"""Figures as words in the languages that are data: the class of each written form is found by rules that all share.

The classes are those of the field: date, time, telephone, money, measure, fraction, range, ordinal, decimal, cardinal
and Roman. Each has a pattern, made of CLDR's signs and the words of the language, and a function that says it with
CLDR's number words, plurals, units, currencies and months. What is found first is said first.
"""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import lru_cache
from unicodedata import digit, normalize

import regex

from swarm.book.language.language import Language, Match, SpokenForms, Step, forms_of
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import (
    CURRENCIES,
    MAX_DIGITS,
    THOUSANDS,
    UNITS,
    currency_of,
    digit_by_digit,
    month_names,
    numeral_words,
    plural_category,
    separators,
    short_month_names,
    spelled,
    unit_name,
    unit_phrase,
)

_FIGURE = compile_later(r"\p{Nd}|[½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]")
_FOREIGN_DIGIT = compile_later(r"[\p{Nd}--[0-9]]", regex.V1)
_VULGAR = compile_later(r"(?<=(\d)?)\s?([½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_SPACES = compile_later(r"(?<=\S)  +")
_OF = compile_later(r"^(?:de\s|d['’])")  # which Catalan names of months begin with
_POINTED = compile_later(r"\d+\.\d{1,2}")
_DIGITS = compile_later(r"\d+")
_LETTER_OR_NUMBER = compile_later(r"\p{Lu}|\d+")
SIGNS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "₹": "INR", "₺": "TRY", "₽": "RUB",
    "₴": "UAH", "₪": "ILS", "₫": "VND", "฿": "THB", "R$": "BRL", "₡": "CRC", "₦": "NGN", "₱": "PHP", "₸": "KZT",
    "֏": "AMD", "Kč": "CZK", "zł": "PLN", "Ft": "HUF", "₼": "AZN", "₾": "GEL", "₿": "BTC",
}  # fmt: skip
CODES = (
    "USD|EUR|GBP|JPY|KRW|INR|TRY|RUB|UAH|ILS|VND|THB|BRL|CHF|SEK|NOK|DKK|CZK|PLN|HUF|RON|BGN|CNY|AUD|CAD|NZD|HKD|MXN|"
    "AMD|KZT|HRK|RSD|IDR|ZAR|EGP|SAR|AED|IRR|KWD|HNL|NIO|PAB|CRC|GTQ|CLP|COP|PEN|UYU|ARS|BOB|PYG|DOP|VES|SGD|TWD|MYR|PHP|PKR"
    "|BDT|LKR|NPR|KES|TZS|NGN|GHS|TND|DZD|LBP|JOD|IQD|QAR|BHD|OMR|AZN|UZS|MDL|MKD|ISK"
)
# Signs of units after figures, with CLDR's names, besides those that the languages with programs have.
MORE_UNITS = {
    "m": "length-meter", "g": "mass-gram", "l": "volume-liter", "t": "mass-tonne", "°C": "temperature-celsius",
    "°F": "temperature-fahrenheit", "°": "angle-degree", "m²": "area-square-meter", "km²": "area-square-kilometer",
    "cm²": "area-square-centimeter", "m³": "volume-cubic-meter", "cm³": "volume-cubic-centimeter", "ha": "area-hectare",
    "mph": "speed-mile-per-hour", "μm": "length-micrometer", "dm": "length-decimeter", "in": "length-inch",
    "yd": "length-yard", "mi": "length-mile", "oz": "mass-ounce", "lb": "mass-pound", "gal": "volume-gallon",
    "kB": "digital-kilobyte", "TB": "digital-terabyte", "kcal": "energy-kilocalorie", "W": "power-watt",
    "V": "electric-volt", "kV": "electric-volt", "hPa": "pressure-hectopascal", "hp": "power-horsepower",
    "min": "duration-minute", "ms": "duration-millisecond", "kwh": "energy-kilowatt-hour", "hz": "frequency-hertz",
    "Mhz": "frequency-megahertz", "kw": "power-kilowatt", "gb": "digital-gigabyte", "s": "duration-second",
    "h": "duration-hour", "v": "electric-volt", "°f": "temperature-fahrenheit", "°c": "temperature-celsius",
    "qt": "volume-quart", "pt": "volume-pint", "st": "mass-stone", "K": "temperature-kelvin",
    "кг": "mass-kilogram",
    "км": "length-kilometer",
    "м": "length-meter",
    "см": "length-centimeter",
    "мм": "length-millimeter",
    "л": "volume-liter",
    "км/год": "speed-kilometer-per-hour",
    "км/ч": "speed-kilometer-per-hour",
    "м²": "area-square-meter",
    "км²": "area-square-kilometer",
}  # fmt: skip
_PLAIN = {"m2": "m²", "km2": "km²", "cm2": "cm²", "m3": "m³"}
# The nouns of units whose names CLDR has no plural of, or which are written behind a slash, are said as they stand.
MIN_CALL_DIGITS = 7
# "Tel. 030/1234567", whose groups are no thousands
_TELEPHONE = (
    r"(?<=\b(?i:tel|fax|telefon|telefono|telefone|telefoon|teléfono|телефон|тел|phone|telephone)\.?:?\s)"
    r"\(?\d{2,5}\)?(?:\s?[/ -]\s?\d{2,8}){1,5}(?!\d)"
)


def say_forms(text: str, language: Language) -> str:
    """Return a sentence with its figures as words, in a language that has words for what is around them."""
    verbaliser = _verbaliser(language)
    return verbaliser.say(text) if verbaliser else text


_PER_AREA = compile_later(r"(?<=\d|\p{Ll}\.?)\s?/(km²|cm²|m²|cm³|m³|км²|см²|м²|см³|м³)(?!\p{L})")
_LATIN = str.maketrans("мскд", "mckd")


def say_per_area(text: str, language: Language) -> str:
    """Return a sentence with the words of "42 /m²", which are said before powers."""
    shared = _shared(language) if language.numbers and _PER_AREA.search(text) else None
    return shared.per_area(text) if shared else text


def say_shared(text: str, language: Language) -> str:
    """Return a sentence with the forms as words that a language with a program leaves to the rules which all share."""
    shared = _shared(language)
    return shared.say(text) if shared else text


@lru_cache(64)
def _shared(language: Language) -> "Shared | None":
    return Shared(language, language.forms) if language.forms and language.numbers else None


@lru_cache(64)
def _verbaliser(language: Language) -> "Verbaliser | None":
    return Verbaliser(language, language.forms) if language.forms and language.numbers is None else None


class Verbaliser:
    """Says the written forms of one language."""

    def __init__(self, language: Language, forms: SpokenForms) -> None:
        self._language, self._forms = language, forms
        decimal, group = separators(language, comma=forms.comma)
        self._point = decimal
        tight = group.replace(" ", "")
        # "1 000", but not the members of "99 100 101 102"
        spaced = r"|(?<!\d\s)\d{1,3}(?: \d{3}){1,3}(?!\d|\s\d)" if " " in group else ""
        indian = rf"\d{{1,3}}(?:[{tight}]\d{{2}})+[{tight}]\d{{3}}(?!\d)"
        grouped = rf"\d{{1,3}}(?:[{tight}]\d{{3}})+(?!\d)|{indian}{spaced}"
        pointed = r"|\d+\.\d{1,2}(?!\d|[.,]\d)" if forms.comma else ""  # "0.5" of a foreign hand
        self._number = rf"(?:(?:{grouped}|\d+)(?:[{decimal}]\d+|(?!\.\d{{1,2}}(?!\d|[.,]\d))){pointed}|\d+)"
        self._group = compile_later(rf"[{group}]")
        self._letter = letter = r"\p{L}\p{M}" if forms.spaced else "A-Za-z"
        self._alone = rf"(?<![{letter}\d.,:/])(?<![{letter}\d][-–])"
        self._lone = rf"(?<![{letter}\d.,:/-])"
        self._apart = rf"(?![{letter}\d]|[.,:/-]\d)"
        self._amend = [(compile_later(wrong), right) for wrong, right in forms.amend.items()]
        self._genders = [(gender, compile_later(rf"(?:{ends})$")) for gender, ends in forms.genders.items()]
        self._roman = compile_later(
            rf"(?i:\b(?:{forms.roman})\s+)\K((?=[IVXLC]){NUMERAL}|(?=[ivxlc]){NUMERAL.lower()})\b"
        )
        self._own = [(compile_later(pattern), words) for pattern, words in forms.say.items()]
        self._beside = compile_later(forms.beside)
        self._otherwise = [(compile_later(pattern), words) for pattern, words in forms.otherwise.items()]
        self._after = [(compile_later(pattern), words) for pattern, words in forms.after.items()]
        self._months = tuple(forms.months.split()) or month_names(language)
        self._steps = self._all_steps()

    def say(self, text: str) -> str:
        """Return a sentence with its written forms as words."""
        if self._forms.roman:
            text = self._roman.sub(lambda match: str(value(match[1].upper())), text)
        if not _FIGURE.search(text):
            return text
        plain = not self._beside.search(text)
        text = _FOREIGN_DIGIT.sub(lambda match: str(digit(match[0])), text)
        text = _VULGAR.sub(lambda match: (" " if match[1] else "") + normalize("NFKC", match[2]), text)
        text = text.replace("⁄", "/")
        for pattern, words in self._own:
            text = pattern.sub(words, text)
        for pattern, say in self._steps:
            text = _said(text, pattern, say)
        for pattern, words in (*self._after, *(self._otherwise if plain else ())):
            text = pattern.sub(words, text)
        return _SPACES.sub(" ", text).strip() if self._forms.spaced else text

    def _all_steps(self) -> tuple[Step, ...]:
        first = (self._dates, self._versions, self._calls, self._times, self._money, self._measures, self._fractions)
        kinds = (*first, self._ranges, self._ordinals, self._numbers)
        return tuple((compile_later(pattern), say) for kind in kinds for pattern, say in kind())

    # Numbers.

    def cardinal(self, figures: str, noun: str = "", gender: str = "", kind: str = "cardinal") -> str:
        """Return a number in words, in the gender of the noun that it counts."""
        whole, point, decimals = self._parts(figures)
        if point:
            return self._decimal(whole, decimals)
        gender = gender or self._gender(noun) or self._forms.cardinal
        if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole[0] == "0"):
            return self._one_by_one(whole)
        said = self._amended(numeral_words(int(whole), self._language, kind, gender))
        for alone, before in self._forms.counting.items() if noun else ():
            said = regex.sub(alone, before, said)
        return said

    def _parts(self, figures: str) -> tuple[str, str, str]:
        whole, point, decimals = self._group.sub("", figures), "", ""
        if self._forms.comma and _POINTED.fullmatch(figures):
            return (*figures.partition("."),)
        for at, sign in enumerate(figures):
            if sign in self._point and figures[at + 1 :].isdecimal():
                whole, point, decimals = self._group.sub("", figures[:at]), sign, figures[at + 1 :]
        return whole, point, decimals

    def _decimal(self, whole: str, decimals: str) -> str:
        if self._forms.tenths and len(decimals) <= len(self._forms.tenths):
            return (
                f"{self.cardinal(whole)}{self._forms.join}{self.cardinal(decimals.lstrip('0') or '0')} "
                + (self._forms.tenths[len(decimals) - 1])
            )
        between, point = " " if self._forms.spaced else "", self._forms.point
        if "|" in point:
            said = f"{self.cardinal(whole, point.partition('|')[0])} {self._form(point, Decimal(int(whole)))}"
            return f"{said} {self._one_by_one(decimals)}"
        return between.join((self.cardinal(whole), point, self._one_by_one(decimals)))

    def _one_by_one(self, figures: str) -> str:
        joined = " " if self._forms.spaced else ""
        return joined.join(self._amended(numeral_words(int(one), self._language, "cardinal", "")) for one in figures)

    def _amended(self, said: str) -> str:
        for wrong, right in self._amend:
            said = wrong.sub(right, said)
        return said

    def _gender(self, noun: str) -> str:
        return next((gender for gender, ends in self._genders if ends.search(noun)), "") if noun else ""

    def ordinal(self, figures: str, gender: str = "") -> str:
        """Return an ordinal in words."""
        number = int(self._group.sub("", figures))
        if self._forms.ordinals:
            return self._listed_ordinal(number)
        return self._amended(numeral_words(number, self._language, "ordinal", gender or self._forms.ordinal))

    def _listed_ordinal(self, number: int) -> str:
        listed = self._forms.ordinals.split()
        if 1 <= number <= 20:
            return listed[number - 1].replace("_", " ")
        tens, ones = divmod(number, 10)
        if 2 <= tens <= 9 or number == 100:
            ten = listed[17 + tens] if tens > 2 else listed[19]
            if not ones:
                return ten
            first = ten if self._forms.both else self._amended(numeral_words(tens * 10, self._language, "cardinal", ""))
            return f"{first}{'' if self._forms.joined else ' '}{listed[ones - 1]}"
        hundreds, rest = divmod(number, 100)
        before = self._amended(numeral_words(hundreds * 100, self._language, "cardinal", ""))
        return f"{before} {self._listed_ordinal(rest)}" if rest else before

    def year(self, figures: str) -> str:
        """Return the words of a year."""
        return self.cardinal(figures, kind="year" if self._forms.years else "cardinal")

    # Dates and times.

    def _dates(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        forms, day, month = self._forms, r"(?P<d>0?[1-9]|[12]\d|3[01])", r"(?P<m>0?[1-9]|1[0-2])"
        year, apart = r"(?P<y>\d{4})", r"(?![\d/-]|[.,]\d)"
        names = [_OF.sub("", name) for name in (*self._months, *short_month_names(self._language))]
        named = "|".join(sorted({regex.escape(name.lower()) for name in names if not name[0].isdigit()}, key=len)[::-1])
        mark = rf"(?:\.|{forms.ordinal_marks})?" if forms.ordinal_marks else r"\.?"
        found: list[tuple[str, Callable[[Match], str]]] = [
            (rf"{self._alone}{year}([-./])\s?{month}\2\s?{day}(?:{forms.ordinal_marks or '(?!)'}|{apart})", self._date),
            (rf"{self._alone}{day}([-./])\s?{month}\2\s?{year}{apart}", self._date),
        ]
        if forms.month_first:
            found.insert(1, (rf"{self._alone}{month}([-/]){day}\2{year}{apart}", self._date))
        if forms.year_digits:
            found.append((rf"(?<!\d)(\d{{2,4}})(?={forms.year_digits})", lambda match: self._one_by_one(match[1])))
        if not named:
            return tuple(found)
        of = r"(?:de\s|d['’])?"
        if forms.year_first:
            found.append(
                (rf"(?:{self._alone}{year}\.?\s)?\b(?i:(?P<name>{named}))\.?\s{day}(?!\d)(?:\.|{mark})", self._date)
            )
        found.append(
            (
                rf"{self._alone}{day}{mark}\s{of}(?i:(?P<name>{named}))(?:\.(?=\s?[\p{{Ll}}\d,;)])|(?!\p{{L}}))"
                rf"(?:,?\s{of}{year}(?!\d|[.,]\d))?",
                self._date,
            )
        )
        return tuple(found)

    def _date(self, match: Match) -> str:
        parts = match.groupdict()
        month = self._month_of(parts["name"]) if parts.get("name") else int(parts["m"]) - 1
        day, year = str(int(parts["d"])), parts.get("y") or ""
        if month < 0:
            return ""
        form = self._forms.date
        if not year:
            first = min(form.index("{day}"), form.index("{month}"))
            form = form[first:].partition("{year}")[0].rpartition("}")[0] + "}" + ("" if self._forms.spaced else "日")
        return form.format(day=self._day(day), month=self._months[month], year=self.year(year) if year else "")

    def _month_of(self, name: str) -> int:
        low = name.lower()
        for names in (self._months, short_month_names(self._language)):
            for at, each in enumerate(names):
                if _OF.sub("", each.lower()) == low:
                    return at
        return -1

    def _day(self, figures: str) -> str:
        forms = self._forms
        if figures == "1" and forms.first_day:
            return forms.first_day
        kind, _, gender = forms.day.partition("-")
        if kind == "cardinal":
            return self.cardinal(figures, gender=gender)
        said = self.ordinal(figures, "" if forms.day == "ordinal" else forms.day)
        for end, right in forms.day_form.items():
            said = regex.sub(end, right, said)
        return said

    def _times(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        hour, sixty = r"(?P<h>[01]?\d|2[0-4])", r"[0-5]\d"
        word = self._forms.full.partition("{h}")[2].strip()
        word = rf"(?:\s{regex.escape(word)}(?!\p{{L}}))?" if word and self._forms.spaced else ""
        found: list[tuple[str, Callable[[Match], str]]] = [
            (rf"{self._lone}{hour}:(?P<m>{sixty}):(?P<s>{sixty})(?![\d:]){word}", self._time),
            (rf"{self._lone}{hour}:(?P<m>{sixty})(?![\d:]){word}", self._time),
        ]
        if self._forms.at_time:
            found.append((rf"(?i:(?<=\b(?:{self._forms.at_time})\s)){hour}[.:](?P<m>{sixty})(?!\d|[.,]\d)", self._time))
        return tuple(found)

    def _time(self, match: Match) -> str:
        parts = match.groupdict()
        forms, hours, minutes, seconds = self._forms, parts["h"], int(parts["m"]), int(parts.get("s") or 0)
        h = self._native(str(int(hours))) if forms.native else self.cardinal(str(int(hours)), gender=forms.hour)
        m = self.cardinal(str(minutes), gender=forms.hour)
        said = forms.full.format(h=h) if not minutes else forms.clock.format(h=h, m=m)
        if not seconds:
            return said
        form = forms.seconds if minutes else forms.seconds.replace(forms.clock, forms.full)
        return form.format(h=h, m=m, s=self.cardinal(str(seconds), gender=forms.hour))

    def _native(self, figures: str) -> str:
        if len(figures) > 2:
            return self.cardinal(figures)
        if figures == "0":
            return self.cardinal(figures)
        return self._amended(numeral_words(int(figures), self._language, "cardinal", "native-attributive"))

    def _versions(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        found = ((rf"{self._lone}\d{{1,3}}(?:\.\d{{1,3}}){{2,3}}(?![\d/-]|[.,]\d)", self._version),)
        digits = ((self._forms.digits, lambda match: self._one_by_one(match[0])),) if self._forms.digits else ()
        return (*found, *digits)

    def _version(self, match: Match) -> str:
        """Say "2.0.1" with its dots, and an address of four numbers digit by digit, but no groups of thousands."""
        parts = match[0].split(".")
        grouped = self._group.search(".") and all(len(part) == 3 for part in parts[1:])
        if grouped or any(len(part) > 1 and part[0] == "0" for part in parts):
            return ""
        say = self._one_by_one if len(parts) == 4 else self.cardinal
        dot = self._language.dot if len(parts) == 4 or not self._language.numbers else self._forms.point
        return f" {dot} ".join(map(say, parts))

    def _calls(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        return (
            (r"(?<![\p{L}\d+.,])\+(?:\d{1,3}(?:[\s./-]{0,2}(?:\(\d+\)|\d{1,8})){1,6}|\d{8,15})(?![\d%])", self._call),
            (rf"{self._lone}\(\d{{2,5}}\)(?:[\s./-]{{0,2}}\d{{2,5}}){{2,5}}(?![\d%]|[.,]\d)", self._call),
            (_TELEPHONE, self._digits),
            (rf"{self._lone}0\d{{1,4}}[-/]\d{{5,8}}(?![\d/-])", self._digits),  # "06-12345678"
            (rf"{self._lone}0\d{{1,6}}(?:[-/\s]\d{{2,8}}){{1,5}}(?![\d/%]|[.,-]\d)", self._call),
            (rf"{self._lone}\d{{3}}([-.])\d{{3,4}}\1\d{{4}}(?:-\d{{4}})?(?![\d%]|[.,/-]\d)", self._call),
            (rf"{self._lone}\d{{3}}-\d{{3}}-\d{{3}}(?![\d%]|[.,/-]\d)", self._call),
            (rf"{self._lone}(?<!\d\s)\d{{2,3}} \d{{3}} \d\d \d\d(?!\s?\d|[.,/-]\d)", self._call),
        )

    def _call(self, match: Match) -> str:
        if sum(map(str.isdigit, match[0])) < MIN_CALL_DIGITS:
            return ""
        said = self._digits(match)
        return f"{self._forms.call or self._forms.plus} {said}" if match[0].startswith("+") else said

    def _digits(self, match: Match) -> str:
        """Say a telephone number digit by digit, with a pause between its groups."""
        return ", ".join(self._one_by_one(group) for group in _DIGITS.findall(match[0]))

    # Money and measures.

    def _money(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        forms = self._forms
        signs = {**SIGNS, **forms.signs}
        sign = "|".join(sorted((_whole(sign) for sign in (*signs, *CODES.split("|"))), key=len, reverse=True))
        short = sorted(map(regex.escape, forms.scales), key=len, reverse=True)
        scale = "|".join(filter(None, (*short, forms.scale_words, *self._own_scales())))
        scaled = rf"(?:\s?(?P<scale>{scale})(?!\p{{L}}))?" if scale else "(?P<scale>(?!))?"
        minus = r"(?P<minus>(?<![\p{L}\d)])[-−])?"
        return (
            (rf"{minus}(?<![{self._letter}\d])(?P<sign>{sign})\s?(?P<n>{self._number}){scaled}", self._sum),
            (rf"{self._lone}(?P<n>{self._number}){scaled}\s?(?P<sign>{sign})", self._sum),
            *(
                ((rf"{self._lone}(?P<n>{self._number})\s?(?P<scale>{scale})(?!\p{{L}})", self._scaled),)
                if scale
                else ()
            ),
        )

    def _own_scales(self) -> Iterable[str]:
        """Return the patterns of more words after a sum."""
        return ()

    def _sum(self, match: Match) -> str:
        sign = match["sign"]
        signs = {**SIGNS, **self._forms.signs}
        code = signs.get(sign) or signs.get(sign.upper()) or sign.upper()
        minus = f"{self._forms.minus} " if match.groupdict().get("minus") else ""
        joint = " " if self._forms.spaced else ""
        whole, _, decimals = self._parts(match["n"])
        if match["scale"]:
            scale = self._form(self._forms.scales.get(match["scale"], match["scale"]), _amount(match["n"]))
            several = self._currency(code, Decimal(1_000_000))
            of = self._forms.of if self._forms.spaced and scale in match["scale"] else joint
            return f"{minus}{self.cardinal(match['n'], scale)}{joint}{scale}{of}{several}"
        cents = self._forms.cents.get(code)
        decimals = decimals.rstrip("0") if len(decimals) > 2 else decimals
        if decimals.strip("0") and not (cents and len(decimals) <= 2):
            name = self._currency(code, Decimal(f"{whole}.{decimals}"))
            return f"{minus}{self.cardinal(match['n'])}{joint}{name}"
        said = self._counted(whole, self._names(code), lambda count: self._currency(code, count))
        if not decimals.strip("0") or not cents:
            return minus + said
        part = str(int(decimals.ljust(2, "0")))
        small = self._counted(part, cents, lambda count: self._form(cents, count))
        return minus + (f"{said}{self._forms.coins}{small}" if int(whole) else small)

    def _counted(self, figures: str, names: str, name: Callable[[Decimal], str]) -> str:
        joint = " " if self._forms.spaced else ""
        one = names.partition("|")[0]
        both = [self.cardinal(figures, one.split()[0] if one else ""), name(Decimal(int(figures)))]
        return joint.join(both[::-1] if self._forms.noun_first else both)

    def _names(self, code: str) -> str:
        return self._forms.money.get(code) or currency_of(code, Decimal(1), self._language)

    def _currency(self, code: str, count: Decimal) -> str:
        own = self._forms.money.get(code)
        return self._form(own, count) if own else currency_of(code, count, self._language)

    def _form(self, names: str, count: Decimal) -> str:
        return forms_of(names).of(plural_category(count, self._language))

    def _scaled(self, match: Match) -> str:
        joint = " " if self._forms.spaced else ""
        scale = self._forms.scales.get(match["scale"])
        if scale is None:
            return f"{self.cardinal(match['n'])}{joint if ' ' in match[0] or not joint else ' '}{match['scale']}"
        return f"{self.cardinal(match['n'])}{joint}{self._form(scale, _amount(match['n']))}"

    def _measures(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        units: Mapping[str, str] = {**UNITS, **MORE_UNITS, **self._forms.units}
        sign = "|".join(map(regex.escape, sorted((*units, *_PLAIN), key=len, reverse=True)))
        end = r"(?![\p{L}\p{M}\d²³/’'])" if self._forms.spaced else r"(?![A-Za-z\d²³/])"
        before = r"(?P<minus>(?<![\p{L}\d)])[-−])?"
        return (
            (rf"{before}{self._lone.replace('-', '')}(?P<n>{self._number})\s?[%٪]", self._percent),
            *self._rates(before, sign, end),
            (rf"{before}{self._lone.replace('-', '')}(?P<n>{self._number})\s?(?P<unit>{sign}){end}", self._measure),
        )

    def _rates(self, before: str, sign: str, end: str) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of a unit per another one, and of a sum for each: "5 kg/m³", "5 €/kg"."""
        if not self._forms.per:
            return ()
        joint = " " if self._forms.spaced else ""
        number = rf"{before}{self._lone.replace('-', '')}(?P<n>{self._number})"

        def rate(match: Match) -> str:
            whole = f"{match['unit']}/{match['each']}"
            if whole in self._forms.units or whole in UNITS:
                return ""
            return f"{self._measure(match)}{joint}{self._forms.per}{joint}{self._name(match['each'])}"

        words = {name for names in self._forms.money.values() for name in names.split("|")}
        signs = "|".join(map(regex.escape, sorted(words, key=len, reverse=True)))
        each = rf"\s?/\s?(?P<each>{sign}){end}"
        paid = (rf"(?<=(?:{signs})){each}", lambda match: f"{joint}{self._forms.per}{joint}{self._name(match['each'])}")
        return (
            ((rf"{number}\s?(?P<unit>{sign}){each}", rate), paid)
            if signs
            else ((rf"{number}\s?(?P<unit>{sign}){each}", rate),)
        )

    def _name(self, sign: str) -> str:
        """Return the name of one unit, without a number."""
        sign = _PLAIN.get(sign, sign)
        unit = self._forms.units.get(sign) or MORE_UNITS.get(sign) or UNITS[sign]
        if "|" in unit or "-" not in unit:
            return unit.partition("|")[0]
        return " ".join(filter(None, unit_phrase(unit, Decimal(1), self._language)))

    def _percent(self, match: Match) -> str:
        minus = f"{self._forms.minus} " if match["minus"] else ""
        said = self._forms.percent
        if not said:
            return minus + self._unit(match["n"], "concentr-percent")
        return minus + said.format(self.cardinal(match["n"], said.replace("{}", "").strip()))

    def _measure(self, match: Match) -> str:
        sign = _PLAIN.get(match["unit"], match["unit"])
        unit = self._forms.units.get(sign) or MORE_UNITS.get(sign) or UNITS[sign]
        return (f"{self._forms.minus} " if match["minus"] else "") + self._unit(match["n"], unit)

    def _unit(self, figures: str, unit: str) -> str:
        whole, point, decimals = self._parts(figures)
        count = Decimal(f"{whole}.{decimals}") if point else Decimal(whole)
        joint = " " if self._forms.spaced else ""
        if "|" in unit or "-" not in unit:
            return f"{self.cardinal(figures, unit.partition('|')[0].split()[0])}{joint}{self._form(unit, count)}"
        before, after = unit_phrase(unit, count, self._language)
        one = unit_phrase(unit, Decimal(1), self._language)[1].split()
        said = self.cardinal(figures, one[0] if one else "")
        return joint.join(filter(None, (before, said, after)))

    # Fractions, ranges, ordinals and what is left.

    def _fractions(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        fraction = r"(?P<n>\d{1,14})/(?P<d>[1-9]\d{0,7}|0(?!\d))(?![\d/]|[.,]\d)"
        minus = r"(?P<minus>(?<![\p{L}\d)])[-−])?"
        return (
            (rf"{minus}(?<![\d/.,])(?P<whole>\d{{1,4}})\s{fraction}", self._fraction),
            (rf"{minus}(?<![\d/.,])(?P<whole>(?!)){{0}}{fraction}", self._fraction),
        )

    def _fraction(self, match: Match) -> str:
        forms, over, under = self._forms, match["n"], match["d"]
        said = forms.fractions.get(f"{over}/{under}")
        if not said:
            form = forms.fraction_one if over == "1" and forms.fraction_one else forms.fraction
            said = form.format(
                n=self.cardinal(over), d=self.cardinal(under), o=self.ordinal(under) if "{o}" in form else ""
            )
        whole = match.groupdict().get("whole")
        minus = f"{forms.minus} " if match["minus"] else ""
        return f"{minus}{self.cardinal(whole)}{forms.join}{said}" if whole else minus + said

    def _ranges(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        forms = self._forms
        joint = " " if forms.spaced else ""
        found: list[tuple[str, Callable[[Match], str]]] = [
            (
                rf"{self._lone}(\d{{1,4}})\s?[-–~〜～]\s?(?=\d{{1,4}}(?![\d-–]|[.,]\d))",
                lambda match: f"{match[1]} {forms.to} ",
            ),
            (r"(?<=[\p{L}\p{M}\d)])\s?[〜～]\s?(?=\d)", lambda match: f"{joint}{forms.to}{joint}"),
        ]
        if forms.times:
            found.append((r"(?<=\d)\s?[x×]\s?(?=\d)", lambda match: f" {forms.times} "))
        if forms.equals:
            found.append((r"(?<=[\d)])\s?=\s?(?=[\d(−-])", lambda match: f" {forms.equals} "))
        found.append((r"(?<=[\d)])\s?\+\s?(?=[\d(])", lambda match: f" {forms.plus} "))
        return tuple(found)

    def _ordinals(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        forms, found = self._forms, list[tuple[str, Callable[[Match], str]]]()
        if forms.ordinal_marks:
            found.append((rf"{self._lone}({self._number})(?P<mark>{forms.ordinal_marks})", self._marked))
        if forms.ordinal_before:
            found.append(
                (
                    rf"\b(?P<before>{forms.ordinal_before})(\s?)(\d{{1,12}})(?!\d)",
                    lambda match: f"{match[1]}{match[2]}{self._counter_ordinal(match[3])}",
                )
            )
        return tuple(found)

    def _counter_ordinal(self, figures: str) -> str:
        said = self.cardinal(figures)
        return self._forms.fractions.get(f"n{figures}", said)

    def _marked(self, match: Match) -> str:
        whole, point, _ = self._parts(match[1])
        if point:
            return ""
        mark = match["mark"]
        if self._forms.native:
            return self._native(whole) + mark
        gender = next((gender for end, gender in self._forms.ordinal_ends.items() if mark.endswith(end)), "")
        said = self.ordinal(whole, "" if gender.startswith("~") else gender)
        return str(regex.sub(f"(?:{gender[1:]})$", mark, said)) if gender.startswith("~") else said

    def _numbers(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        forms = self._forms
        found: list[tuple[str, Callable[[Match], str]]] = []
        if forms.native:
            found.append((rf"{self._lone}(\d{{1,2}})(?=\s?(?:{forms.native}))", lambda match: self._native(match[1])))
        minus = r"(?<![\p{L}\d)])[-−](?=\d)"
        found.append((minus, lambda match: f"{forms.minus} " if forms.spaced else forms.minus))
        letter = r"\p{L}" if forms.spaced else "A-Za-z"
        before = rf"(?<![\d{letter}])" if not forms.spaced else r"(?<![\p{L}\p{M}\d])"
        if forms.years:
            found.append(
                (
                    rf"(?<!{forms.minus}\s){before}(?<![.,])(1[1-9]\d\d|20\d\d)(?![\d]|[.,]\d)",
                    lambda match: self.year(match[1]),
                )
            )
        found.append((rf"{before}({self._number})", lambda match: self.cardinal(match[1])))
        return tuple(found)


class Shared(Verbaliser):
    """Says forms of a language that has number words and rules of its own: what those rules leave out."""

    def _all_steps(self) -> tuple[Step, ...]:
        found = (*self._versions(), *self._calls(), self._identifiers(), *self._money()[:2], *self._scaled_units())
        return tuple((compile_later(pattern), say) for pattern, say in (*found, self._over(), *self._all_rates()))

    def _all_rates(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        units = {**UNITS, **MORE_UNITS, **self._forms.units}
        sign = "|".join(map(regex.escape, sorted((*units, *_PLAIN), key=len, reverse=True)))
        end = r"(?![\p{L}\p{M}\d²³/’'])"
        paid = (
            rf"(?<=\d\s?[€$£])/(?P<each>{sign}){end}",
            lambda match: f" {self._forms.per} {self._name(match['each'])}",
        )
        return (*self._rates(r"(?P<minus>(?<![\p{L}\d)])[-−])?", sign, end), paid)

    def _identifiers(self) -> tuple[str, Callable[[Match], str]]:
        """Return the pattern of "B2A23C", whose letters and numbers are said one after the other."""
        mixed = r"(?=[\p{Lu}\d]*(?:\p{Lu}\d+\p{Lu}|\d\p{Lu}{1,3}\d))[\p{Lu}\d]{3,17}"
        pattern = rf"(?<![\p{{L}}\d.,/-]){mixed}(?![\p{{L}}\d]|[.,/-]\d)"
        return pattern, lambda match: " ".join(_LETTER_OR_NUMBER.findall(match[0]))

    def cardinal(self, figures: str, noun: str = "", gender: str = "", kind: str = "cardinal") -> str:
        """Return a number in the language's own words, in the form that agrees with the noun after it."""
        numbers = self._language.numbers
        assert numbers
        whole, point, decimals = self._parts(figures)
        sign = "," if numbers.comma else "."
        return numbers.agree(spelled(f"{whole}{sign}{decimals}" if point else whole, self._language), noun)

    def say(self, text: str) -> str:
        """Return a sentence with the forms that are left to the shared rules as words."""
        for pattern, say in self._steps:
            text = _said(text, pattern, say)
        return text

    def _one_by_one(self, figures: str) -> str:
        return digit_by_digit(figures, self._language)

    def _own_scales(self) -> Iterable[str]:
        numbers = self._language.numbers
        return map(regex.escape, sorted(numbers.scales, key=len, reverse=True)) if numbers else ()

    def _sum(self, match: Match) -> str:
        """Say sums below one, and those with a word or a currency that the language's own rules do not know."""
        numbers = self._language.numbers
        assert numbers
        sign, (whole, _, decimals) = match["sign"], self._parts(match["n"])
        own = sign in numbers.money or sign in CURRENCIES
        known = own and match["scale"] in (None, *numbers.scales)
        small = len(decimals) == 2 and decimals != "00" and (not int(whole) or decimals[0] == "0")
        odd = bool(decimals) and len(decimals) != 2 and len(decimals.rstrip("0")) <= 2 and match["scale"] is None
        return "" if known and not small and not odd else super()._sum(match)

    def per_area(self, text: str) -> str:
        """Return a sentence with the words of "/m²" behind a figure."""
        return _PER_AREA.sub(
            lambda match: f" {self._forms.per} {self._unit_name(MORE_UNITS[match[1].translate(_LATIN)])}", text
        )

    def _over(self) -> tuple[str, Callable[[Match], str]]:
        """Return the pattern of the slash of "123/456", which is no pair of years."""
        year = r"(?!(?:1[5-9]|20)\d\d)"
        pattern = rf"(?<![\p{{L}}\d/.,-]){year}(\d{{1,5}})/{year}(?=(?![1-9]0+(?!\d))\d{{3,5}}(?![\d/]|[.,-]\d))"
        return pattern, lambda match: f"{match[1]} {self._forms.over} "

    def _unit_name(self, unit: str) -> str:
        return unit_name(unit, Decimal(1), self._language)

    def _scaled_units(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the pattern of a unit behind words of number: "2 Millionen km/h"."""
        numbers = self._language.numbers
        units = {**UNITS, **MORE_UNITS, **(numbers.units if numbers else {})}
        sign = "|".join(map(regex.escape, sorted(units, key=len, reverse=True)))

        def unit(match: Match) -> str:
            return unit_name(units[match[1]], Decimal(1_000_000), self._language)

        return ((rf"(?<=\d\s(?i:{THOUSANDS})\s)({sign})(?![\p{{L}}²³/’'])", unit),)


def _whole(sign: str) -> str:
    """Return the pattern of a currency's sign; one of letters must be a whole word."""
    said = regex.escape(sign)
    if sign.isupper() and (len(sign) == 3 or "$" in sign):  # a code may be written small
        said = f"(?i:{said})"
    return rf"(?<!\p{{L}}){said}(?![\p{{L}}\p{{M}}])" if sign.isalpha() else said


def _amount(figures: str) -> Decimal:
    digits = "".join(sign for sign in figures if sign.isdigit())
    return Decimal(digits[-MAX_DIGITS:] or 0) if digits == figures else Decimal("1.5")


def _said(text: str, pattern: "regex.Pattern[str]", say: Callable[[Match], str]) -> str:
    return pattern.sub(lambda match: say(match) or match[0], text)
