"""Figures as words in the languages that are data: the class of each written form is found by rules that all share.

The classes are those of the field: date, time, telephone, money, measure, fraction, range, ordinal, decimal, cardinal
and Roman. Each has a pattern, made of CLDR's signs and the words of the language, and a function that says it with
CLDR's number words, plurals, units, currencies and months. What is found first is said first.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cached_property, lru_cache, partial
from math import exp
from unicodedata import digit, normalize

import regex

from swarm.book.language.known import function_words
from swarm.book.language.language import Language, Match, SpokenForms, Step, forms_of
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import (
    LONE_UNITS,
    MAX_DIGITS,
    SHORT_UNITS,
    THOUSANDS,
    currency_of,
    days_have_stops,
    digit_by_digit,
    numeral_words,
    plural_category,
    rate_phrase,
    separators,
    spelled,
    unit_name,
    unit_phrase,
    unit_signs,
)
from swarm.book.speech.arithmetic import say_fractions
from swarm.book.speech.date import Calendar, say_found
from swarm.book.speech.roman import numerals_of_data, say_kings

_FIGURE = compile_later(
    r"\p{Nd}|^\s*%\s*$|[½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]|einhalb\s|(?<!\p{L})\p{L}\s?=\s?\p{L}(?!\p{L})|(?<=\S\s)[=+−](?=\s\S)"
)  # "einhalb": said by the program of German
_FOREIGN_DIGIT = compile_later(r"[\p{Nd}--[0-9]]", regex.V1)
_VULGAR = compile_later(r"(?<=(\d)?)\s?([½¼¾⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞])")
_WIDE = compile_later(r"[\u3371-\u33df℃℉]|(?<=\p{Nd})[％．，：／－＋＝～](?=\p{Nd}|(?<=％))")  # "㎞" in one sign
_NUMBER_SIGN = compile_later(r"(?<!\w)[#№]\s?(?=\d)")
_NUMBER_SHORTS = (
    "№",
    "Nr",
    "nr",
    "Nº",
    "nº",
    "n°",
    "no",
    "No",
    "núm",
    "num",
    "č",
    "br",
    "бр",
    "št",
    "αρ",
    "nro",
    "nr.",
)
_RAISED_O = compile_later(r"(?<=\d)º")
_SPACES = compile_later(r"(?<=\S)  +")
_POINTED = compile_later(r"\d+\.(?:\d{1,2}|\d{4,12})")
_SWAPPED = str.maketrans(",.", ".,")  # for "1,234.56" where a comma separates decimals
_DIGITS = compile_later(r"\d+")
_ZEROS = compile_later(r"^0+(?=\d)")
_LONG_RUN = compile_later(r"(?<![\d.,])\d{40,}")  # some patterns would take the square of its length
_POINTED_SUM = compile_later(r"(?<=\p{Sc}\s?|\b[A-Z]{3}\s)\.(?=\d)|(?<![\p{L}\d.,:/])\.(?=\d\d\s?(?:\p{Sc}|US\$))")
_LETTER_OR_NUMBER = compile_later(r"\p{L}|\d+")
_SIGN = compile_later(r"[/-]")
_LONE_UNIT = compile_later(
    rf"(?<![\p{{L}}\d-])(?P<word>\p{{L}}[\p{{L}}\p{{M}}-]+)[\s\u00a0](?P<unit>km/h|{LONE_UNITS}|%)"
    r"(?![\p{L}\d²³/’'])"
)
_GLUED = compile_later(
    r"(?<![\d.,])(?:(?<=(?P<behind>\p{L}))(?P<n>\d++)(?![.,]\d)(?=(?P<before>\p{L})?)|(?P<n>\d++)(?=(?P<before>\p{L})))"
)
MIN_LAST_WORD_CHARS = 4  # of a number word that may end a longer one
MAX_GROUP_DIGITS = 4  # of a docket or a serial number; the digits of longer groups are said one by one
SIGNS = {
    "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₩": "KRW", "₹": "INR", "₺": "TRY", "₽": "RUB",
    "₴": "UAH", "₪": "ILS", "₫": "VND", "฿": "THB", "R$": "BRL", "₡": "CRC", "₦": "NGN", "₱": "PHP", "₸": "KZT",
    "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "NZ$": "NZD", "HK$": "HKD", "U.S.$": "USD",
    "$US": "USD", "£GB": "GBP", "JP¥": "JPY", "CN¥": "CNY",
    "₲": "PYG", "৳": "BDT", "₭": "LAK", "₮": "MNT", "₵": "GHS", "₨": "PKR", "Rs": "INR", "Rs.": "INR", "﷼": "IRR",
    "￥": "JPY", "￡": "GBP", "¢": "¢",
    "MX$": "MXN", "NT$": "TWD", "RD$": "DOP", "BR$": "BRL", "UK£": "GBP", "EG£": "EGP", "£LB": "LBP", "¥CN": "CNY",
    "$CA": "CAD", "$AU": "AUD", "$NZ": "NZD", "$HK": "HKD", "$MX": "MXN", "$SG": "SGD", "﹩": "USD", "＄": "USD",
    "֏": "AMD", "Kč": "CZK", "zł": "PLN", "Ft": "HUF", "₼": "AZN", "₾": "GEL", "₿": "BTC",
}  # fmt: skip
CODES = (
    "USD|EUR|GBP|JPY|KRW|INR|TRY|RUB|UAH|ILS|VND|THB|BRL|CHF|SEK|NOK|DKK|CZK|PLN|HUF|RON|BGN|CNY|AUD|CAD|NZD|HKD|MXN|"
    "AMD|KZT|HRK|RSD|IDR|ZAR|EGP|SAR|AED|IRR|KWD|HNL|NIO|PAB|CRC|GTQ|CLP|COP|PEN|UYU|ARS|BOB|PYG|DOP|VES|SGD|TWD|MYR|PHP|PKR"
    "|BDT|LKR|NPR|KES|TZS|NGN|GHS|TND|DZD|LBP|JOD|IQD|QAR|BHD|OMR|AZN|UZS|MDL|MKD|ISK"
)
_OR = ("або", "nebo", "alebo", "sau", "ili", "или", "arba", "jeb", "eða", "eller", "ali", "až", "také")  # no nouns
_ABBREVIATED = r"(?!\p{L})(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?"  # what follows an abbreviation
_PLAIN = {"m2": "m²", "km2": "km²", "cm2": "cm²", "m3": "m³"}
MIN_CALL_DIGITS = 7
CODE_CHARS = 3
NOON = 12
# What speaks for one class of a form that may be of two, as logarithms of the odds; • stand around the form. A language
# adds its words. A time is written "14.30" where a comma separates decimals, and "3:15" may be a score.
CLUES: Mapping[str, Mapping[str, float]] = {
    "time": {
        "": -0.6,
        r"•(?:1[3-9]|2[0-3])\.": 0.5,
        r"\.\d[05]•": 0.5,
        r"•0\d": 1,
        r"[\p{L}.]\s•": -2,
        r"•(?:\s?[%\p{L}\p{Sc}]|\+)": -2,
        r"•\s(?:\p{Lu}\s){2,3}\p{Lu}\b": 5,
    },
    "clock": {"": 3},
    "year": {"": 2, "•10": -16},
}
MAX_AROUND_CHARS, EVEN = 40, 0.5
LAST_YEAR = 2099
# Zones are said as letters: an engine reads "est" as a word.
_ZONE = (
    r"(?<=\d(?:\s?(?:(?i:[ap]\.?\s?m)\.?|h|Uhr))?\s)(?:(?i:[cmp][sd]t|edt|cest|gmt|utc)|EST|[CEW]ET|EEST|IST|BST)\b|"
    r"(?<=\d\s?(?i:[ap]\.?\s?m\.?)\s)(?:[Cc]et|cet|est|[ECMP]T)\b|(?<=\d\sUhr\s)est\b"  # "est" is a word in French
)
_HALF_OF_DAY = compile_later(r"(?i:\s?[ap]\.?\s?m\b)")
# "Tel. 030/1234567", whose groups are no thousands
_TELEPHONE = (
    r"(?<=(?<!\p{L})(?i:tel|fax|telefoo?n\p{L}{0,2}|tel[eé]f[oóò]n\p{L}?|telèfon|телефон|тел|phone|telephone|puhelin|tālrunis|"
    r"τηλέφωνο|հեռախոս|هاتف|تلفن|फ़ोन|फोन|điện thoại)\.?:?\s)"
    r"\(?\d{1,5}\)?(?:\s?[/ -]\s?\d{2,8}){1,5}(?!\d)"
)


_PER_AREA = compile_later(r"(?<=\d|\p{L}\.?)\s?/(km²|cm²|m²|cm³|m³|км²|см²|м²|см³|м³)(?!\p{L})")
_LATIN = str.maketrans("мскд", "mckd")


def say_per_area(text: str, language: Language) -> str:
    """Return a sentence with the words of "42 /m²", which are said before powers."""
    said = verbaliser(language) if language.numbers and _PER_AREA.search(text) else None
    return said.per_area(text) if said else text


_MINUS = compile_later(r"(?<=^|[\s(])[-−](?=\.?\d)")


def say_numbers(text: str, language: Language) -> str:
    """Return a sentence with its figures as words, if the language has number words."""
    said, numbers = verbaliser(language), language.numbers
    if said is None or language.forms is None or not text:
        return text
    if numbers:
        return said.say(say_kings(numbers.prepare(_MINUS.sub(f"{language.forms.minus} ", text)), language))
    return said.say(numerals_of_data(text, said.ordinal, language.forms))


@lru_cache(64)
def verbaliser(language: Language) -> "Verbaliser | None":
    """Return what says the written forms of a language; None if it has no words for what is around figures."""
    return Verbaliser(language, language.forms) if language.forms else None


class Verbaliser:
    """Says the written forms of one language."""

    def __init__(self, language: Language, forms: SpokenForms) -> None:
        self._language, self._forms = language, forms
        decimal, group = separators(language, comma=forms.comma)
        self._point, self._joint = decimal, " " if forms.spaced else ""
        self._between = forms.of if forms.spaced else ""
        self._number = self._figures(decimal, group)
        self._group = compile_later(rf"[ {group}]")
        self._letter = letter = r"\p{L}\p{M}" if forms.spaced else "A-Za-z"
        self._alone = rf"(?<![{letter}\d.,:/])(?<![{letter}\d][-–])"
        self._lone = rf"(?<![{letter}\d.,:/-])"
        self._amend = [(compile_later(wrong), right) for wrong, right in forms.amend.items()]
        self._genders = [(gender, compile_later(rf"(?:{ends})$")) for gender, ends in forms.genders.items()]
        self._roman = compile_later(
            rf"(?i:\b(?:{forms.roman})\s+)\K((?=[IVXLC]){NUMERAL}|(?=[ivxlc]){NUMERAL.lower()})\b"
        )
        shorts = language.abbreviations.numbered
        named = next((shorts[each] for each in _NUMBER_SHORTS if each in shorts), "")
        self._number_sign = f"{named} " if named else ""
        self._own = [(compile_later(pattern), words) for pattern, words in forms.say.items()]
        self._beside = compile_later(forms.beside)
        self._otherwise = [(compile_later(pattern), words) for pattern, words in forms.otherwise.items()]
        self._after = [(compile_later(pattern), words) for pattern, words in forms.after.items()]
        self._units = unit_signs(language)
        self._calendar = Calendar(language, self._day, self._dated)
        self._clues = {
            kind: [(compile_later(clue), weight) for clue, weight in {**clues, **forms.clues.get(kind, {})}.items()]
            for kind, clues in CLUES.items()
        }
        self._set_steps()

    def _figures(self, decimal: str, group: str) -> str:
        """Return the pattern of a number with the separators of the language."""
        tight = group.replace(" ", "")
        # "1 000", but not the members of "99 100 101 102"
        spaced = r"|(?<!\d\s)\d{1,3}(?:(?: \d{3}){1,3}|(?: 000){3,8}(?: \d{3})?)(?!\d|\s\d)"
        spaced = spaced if " " in group else r"|(?<!\d\s)[1-9]\d{0,2}(?: 000){1,4}(?!\d|\s\d)"
        indian = rf"\d{{1,3}}(?:[{tight}]\d{{2}})+[{tight}]\d{{3}}(?!\d)"
        grouped = rf"\d{{1,3}}(?:[{tight}]\d{{3}})+(?!\d)|{indian}{spaced}"
        whole = r"(?!\.)" if days_have_stops(self._language.code) else ""  # "5.3." is a day
        pointed = (
            rf"|\d+\.(?:\d{{1,2}}|\d{{4,12}})(?!\d|[.,]\d){whole}" if self._forms.comma else ""
        )  # of a foreign hand
        group, point = (",", r"\.") if self._forms.comma else (r"\.", ",")
        self._foreign = compile_later(rf"\d{{1,3}}(?:(?:{group}\d{{3}})+{point}\d+|(?:{group}\d{{3}}){{2,}})")
        foreign = rf"{self._foreign.pattern}(?!\d|[.,]\d)"
        plain = rf"(?:{grouped}|\d++)(?:[{decimal}]\d+|(?!\.(?:\d{{1,2}}|\d{{4,12}})(?!\d|[.,]\d)))"
        return rf"(?:{foreign}|{plain}{pointed}|\d+)"

    def _set_steps(self) -> None:
        self._first = self._compiled(self._versions, self._calls, self._identifiers)
        numbers = self._language.numbers
        self._steps = self._compiled(
            self.signs,
            self.times,
            self._percent_ranges,
            self._sum_ranges,
            self.ranges,
            self.scaled_units,
            self.money,
            self.measures,
            self._fractions,
            self.ordinals,
        )
        self._steps = (
            *(numbers.first if numbers else ()),
            *self._steps,
            *(numbers.year_steps if numbers else ()),
            *self._compiled(self.numbers),
        )

    def say(self, text: str) -> str:
        """Return a sentence with its written forms as words."""
        if self._forms.roman:
            text = self._roman.sub(lambda match: str(value(match[1].upper())), text)
        if self._forms.spaced:
            text = say_found(text, _LONE_UNIT, self._worded_unit)
        if not _FIGURE.search(text):
            return text
        plain = not self._beside.search(text)
        text = _FOREIGN_DIGIT.sub(lambda match: str(digit(match[0])), text)
        text = _LONG_RUN.sub(lambda match: self._one_by_one(match[0]), text)
        text = _WIDE.sub(lambda match: normalize("NFKC", match[0]), text)
        if not self._language.numbers:
            text = _VULGAR.sub(lambda match: (" " if match[1] else "") + normalize("NFKC", match[2]), text)
            text = text.replace("⁄", "/")
        text = _NUMBER_SIGN.sub(self._number_sign, text)
        text = _POINTED_SUM.sub("0.", text)
        text = text if "º" in self._forms.ordinal_marks else _RAISED_O.sub("°", text)
        for pattern, words in self._own:
            text = pattern.sub(words, text)
        if not self._language.numbers:  # others have theirs written out before
            text = self._calendar.say(text)
        for pattern, say in self._first:
            text = say_found(text, pattern, say)
        text = say_fractions(text, self._language)
        for pattern, say in self._steps:
            text = say_found(text, pattern, say)
        if self._forms.spaced:
            text = _GLUED.sub(self._glued, text)
        for pattern, words in (*self._after, *(self._otherwise if plain else ())):
            text = pattern.sub(words, text)
        return _SPACES.sub(" ", text).strip() if self._forms.spaced and not self._language.numbers else text

    def _glued(self, match: Match) -> str:
        """Say figures that touch letters, as in "abc12" and "x86", as a word of their own."""
        figures = match["n"]
        long = len(figures) > MAX_GROUP_DIGITS or figures[0] == "0"
        said = self._one_by_one(figures) if long else self.cardinal(figures)
        return f"{' ' if match['behind'] else ''}{said}{' ' if match['before'] else ''}"

    def _compiled(self, *kinds: Callable[[], tuple[tuple[str, Callable[[Match], str]], ...]]) -> tuple[Step, ...]:
        return tuple((compile_later(pattern), say) for kind in kinds for pattern, say in kind())

    def _chance(self, kind: str, match: Match) -> float:
        """Return the probability that a form of two classes is of this one, by the form and the words around it."""
        start, end = match.span()
        before, behind = (
            match.string[max(0, start - MAX_AROUND_CHARS) : start],
            match.string[end : end + MAX_AROUND_CHARS],
        )
        around = f"{before}•{match[0]}•{behind}"
        return 1 / (1 + exp(-sum(weight for clue, weight in self._clues[kind] if clue.search(around))))

    def _likely(self, kind: str, match: Match, say: Callable[[Match], str]) -> str:
        """Say a form as one of a class if it is more likely of it than of another; "" if not."""
        return say(match) if self._chance(kind, match) >= EVEN else ""

    # Numbers.

    def cardinal(self, figures: str, noun: str = "", gender: str = "", kind: str = "cardinal") -> str:
        """Return a number in words, in the form that agrees with the noun that it counts."""
        figures = figures.translate(_SWAPPED) if self._foreign.fullmatch(figures) else figures
        whole, point, decimals = self._parts(figures)
        numbers = self._language.numbers
        if numbers:
            separated = f"{whole}{',' if self._forms.comma else '.'}{decimals}" if point else figures
            said = spelled(separated, self._language, kind)
            return numbers.agree(said, noun)
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
        figures = figures.translate(_SWAPPED) if self._foreign.fullmatch(figures) else figures
        whole, point, decimals = self._group.sub("", figures), "", ""
        if self._forms.comma and _POINTED.fullmatch(figures):
            return (*figures.partition("."),)
        for at, sign in enumerate(figures):
            if sign in self._point and figures[at + 1 :].isdecimal():
                whole, point, decimals = self._group.sub("", figures[:at]), sign, figures[at + 1 :]
        return whole, point, decimals

    def _amount(self, figures: str) -> Decimal:
        """Return the value of a number, of which only the last digits count if it is very long."""
        whole, point, decimals = self._parts(figures)
        return Decimal(f"{whole[-MAX_DIGITS:]}.{decimals[:MAX_DIGITS]}" if point else whole[-MAX_DIGITS:])

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
        if self._language.numbers:
            return digit_by_digit(figures, self._language)
        return self._joint.join(
            self._amended(numeral_words(int(one), self._language, "cardinal", "")) for one in figures
        )

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
        listed = [each.replace("_", " ") for each in self._forms.ordinals.split()]
        if 1 <= number <= 20:
            return listed[number - 1]
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

    def _dated(self, year: str) -> str:
        """Say a year in a date, or before the word for years."""
        if not self._forms.year_words:
            return self.year(year)
        said = self.ordinal(year, "feminine")
        for end, right in self._forms.year_form.items():
            said = regex.sub(end, right, said)
        return said

    def _day(self, figures: str) -> str:
        kind, _, gender = self._forms.day.partition("-")
        if kind == "cardinal":
            return self.cardinal(figures, gender=gender)
        return self.ordinal(figures, "" if kind == "ordinal" else self._forms.day)

    def times(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of times of the day, with the words that may stand behind them."""
        forms, hour, sixty = self._forms, r"(?P<h>[01]?\d|2[0-4])", r"[0-5]\d"
        words = (*forms.hour_word.split("|"), *regex.findall(r"(?<=\{h\} )[^{]+", forms.full), "h")
        behind = "|".join(regex.escape(word.strip()).replace("'", "['’]") for word in words if word.strip())
        word = rf"(?:(?:\s?h|\s(?:{behind}))(?!\p{{L}})(?:\.(?=\s\p{{Ll}}|[,;:)]))?)?" if forms.spaced else ""
        minutes = rf"(?:\s?[hH]\s?|:)({sixty})" if forms.spaced else rf":({sixty})"
        minutes += f"|{forms.written}" if forms.written else ""
        found: list[tuple[str, Callable[[Match], str]]] = [
            (
                r"\s?[-–]\s?(?<=(?:\d:[0-5]\d|(?<![\d.,:/-])\d\d?|\dh(?:[0-5]\d)?)\s?.\s?)(?=\d{1,2}(?::[0-5]\d(?![\d:])|h(?!\p{L})))",
                lambda _: f"{self._joint}{forms.to}{self._joint}",
            ),
            (rf"{self._lone}{hour}:({sixty}):(?P<s>{sixty})(?![\d:]){word}", self._time),
            (rf"{self._lone}(\d{{1,3}})\s?h\s?({sixty})\s?min(?:\s?({sixty})\s?s)?(?!\p{{L}})\.?", self._duration),
            (rf"{self._lone}(?:(\d\d?):)?(\d\d?):({sixty}[.,]\d{{1,3}})(?!\d|[.,:]\d)(?:\s?min\b\.?)?", self._duration),
            (rf"{self._lone}{hour}h({sixty})m(?:in)?(?:(?P<s>{sixty})s(?:ec)?)?(?!\p{{L}})", self._time),
            (rf"{self._lone}{hour}(?:{minutes})(?![\d:]){word}", partial(self._likely, "clock", say=self._time)),
        ]
        if forms.am:
            half = r"\s?(?i:(?P<half>[ap])\.?\s?m\b)(?:\.(?=\s(?:\p{Ll}|\p{Lu}\s\p{Lu}\s)|[,;:)]))?"
            found.insert(0, (rf"{self._lone}{hour}(?:[:.]({sixty}))?{half}", self._half_of_day))
        if forms.late:
            thousands = rf"(?!(?<!\b(?:{forms.late_after})\s)[12]000)"
            late = rf"{self._lone}{thousands}{hour}({sixty})(?<=\d{{4}})(?:h\b|(?=\s(?:hours|hrs|G M T|U T C)\b))"
            found.insert(0, (late, self._military))
        found.insert(0, (_ZONE, lambda match: " ".join(match[0].upper())))
        if forms.comma:
            quarter = r"([01]?\d|2[0-4])\.(00|15|30|45)"  # "9.00–17.30", whose colons the patterns above know
            sure = rf"(?<=\b(?:{forms.at_time or '(?!)'})\s)|(?=0\d\.|[\d.]+\s?[-–]\s?[\d.]+\s?(?:{behind})(?!\p{{L}}))"
            both = rf"{self._lone}(?:{sure}){quarter}\s?[-–]\s?{quarter}(?!\d|[.,:/-]\d|\s?[%\p{{Sc}}])"
            found.insert(0, (both, lambda match: f"{match[1]}:{match[2]}-{match[3]}:{match[4]}"))
            dotted = rf"{self._lone}{hour}\.({sixty})(?![\d\p{{L}}]|[.,:/-]\d|\.)"
            found.append((dotted, partial(self._likely, "time", say=self._time)))
        if forms.at_time:
            found.append((rf"(?i:(?<=\b(?:{forms.at_time})\s)){hour}[.:]({sixty})(?!\d|[.,]\d)", self._time))
        return tuple(found)

    def _time(self, match: Match) -> str:
        forms, hours = self._forms, int(match["h"])
        minutes, seconds = (
            int(next((each for each in match.groups()[1:] if each and each.isdecimal()), 0)),
            int(match.groupdict().get("s") or 0),
        )
        full = forms.late if forms.late and hours > NOON else forms.full
        if "'" in full and _HALF_OF_DAY.match(match.string, match.end()):
            full = "{h}"  # "1:00 a.m." has no "o'clock"
        form = (forms.clock_below_ten if minutes < 10 else "") or forms.clock if minutes else full
        if seconds:
            form = forms.seconds if minutes else forms.seconds.replace(forms.clock, full)
        minute, hour = (
            self._form(names, Decimal(n)) for names, n in ((forms.minute_word, minutes), (forms.hour_word, hours))
        )
        quarter = forms.quarters.get(str(minutes), "") if not seconds and 0 < hours <= NOON else ""
        return form.format(
            h=self._hour(hours),
            w=hour,
            m=quarter or (forms.oh if minutes < 10 else "") + self.cardinal(str(minutes), minute, forms.hour),
            v=minute,
            s=self.cardinal(str(seconds), gender=forms.hour),
            u=self.counted(str(seconds), "duration-second") if "{u}" in form else "",
        )

    def _half_of_day(self, match: Match) -> str:
        """Say the half of the day by the hour: in Spanish the afternoon ends at eight."""
        words, *others = (self._forms.am if match["half"] in "aA" else self._forms.pm).split("|")
        for each in others:
            hours, _, said = each.partition(":")
            spans = ([int(hour) for hour in span.split("-")] for span in hours.split(","))
            words = said if any(span[0] <= int(match["h"]) <= span[-1] for span in spans) else words
        return f"{self._time(match)} {words}"

    def _duration(self, match: Match) -> str:
        """Say "2 h 30 min" and "3:45.2" with their units: they are no times of the day."""
        units = zip(match.groups(), ("duration-hour", "duration-minute", "duration-second"), strict=True)
        stop = "." if match[0].endswith(".") and not match.string[match.end() :].strip() else ""
        parts = ((_ZEROS.sub("", figures), unit) for figures, unit in units if figures)
        return self._joint.join(self.counted(figures, unit) for figures, unit in parts) + stop

    def _military(self, match: Match) -> str:
        """Say "0805 hours" and "1500h" as soldiers do."""
        hours, minutes = int(match["h"]), int(match[2])
        hour = (self._forms.oh if 0 < hours < 10 else "") + self.cardinal(str(hours))
        if not minutes:
            full = self._forms.late.format(h=hour)
            return full if match[0].endswith("h") else full.rpartition(" ")[0]
        return f"{hour} {self._forms.oh if minutes < 10 else ''}{self.cardinal(str(minutes))}"

    def _hour(self, hours: int) -> str:
        if self._forms.hours:
            return self._forms.hours(str(hours))
        return self._native(str(hours)) if self._forms.native else self.cardinal(str(hours), gender=self._forms.hour)

    def _native(self, figures: str) -> str:
        if len(figures) > 2:
            return self.cardinal(figures)
        if figures == "0":
            return self.cardinal(figures)
        return self._amended(numeral_words(int(figures), self._language, "cardinal", "native-attributive"))

    def _versions(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        port = r"(?::(?P<port>\d{2,5})(?<=(?:\.\d{1,3}){3}:\d+))?"  # "127.0.0.1:8080"
        found = ((rf"{self._lone}(?P<n>\d{{1,3}}(?:\.\d{{1,3}}){{2,3}}){port}(?![\d/-]|[.,]\d)", self._version),)
        years = self._forms.year_digits and rf"(?<!\d)\d{{2,4}}(?={self._forms.year_digits})"
        digits = (years, self._forms.digits)
        counted = rf"{self._lone}(1\d\d\d|20\d\d)\.?(?=\s?(?:{self._forms.year_words})(?!\p{{L}}))"
        named = ((counted, lambda match: self._dated(match[1])),) if self._forms.year_words else ()
        decades = (rf"{self._lone}['’]?((?:1[5-9]|20)\d0)['’]?s(?!\p{{L}})", lambda match: str(match[1]))
        own = self._language.numbers and self._language.numbers.year_steps
        return (
            *((each, lambda match: self._one_by_one(match[0])) for each in digits if each),
            *named,
            *found,
            *(() if own else (decades,)),
        )

    def _version(self, match: Match) -> str:
        """Say "2.0.1" with its dots, and an address of four numbers digit by digit, but no groups of thousands."""
        parts = match["n"].split(".")
        grouped = self._group.search(".") and all(len(part) == 3 for part in parts[1:])
        if grouped or any(len(part) > 1 and part[0] == "0" for part in parts):
            return ""
        say = self._one_by_one if len(parts) == 4 else self.cardinal
        dot = self._language.dot if len(parts) == 4 or self._forms.comma else self._forms.point
        port = match["port"] and f" {self._language.signs.get(':', ':')} {self._one_by_one(match['port'])}"
        return f" {dot} ".join(map(say, parts)) + (port or "")

    def _calls(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        abroad = r"\d{1,3}(?:[\s./-]{0,2}(?:\(\d+\)|\d{1,8})){1,6}|\d{8,15}"
        return (
            (rf"(?<![\p{{L}}\d+.,])(?:\+|(?<!\d\s)00(?=[1-9]))(?:{abroad})(?![\d%])", self._call),
            (rf"{self._lone}\(\d{{2,5}}\)(?:[\s./-]{{0,2}}\d{{2,5}}){{2,5}}(?![\d%]|[.,]\d)", self._call),
            (_TELEPHONE, self._digits),
            (rf"{self._lone}0\d{{1,4}}[-/]\d{{5,8}}(?![\d/-])", self._digits),  # "06-12345678"
            (rf"{self._lone}(?<!\d\s)0\d{{1,6}}(?:[-/\s]\d)?(?:[-/\s]\d{{2,8}}){{1,5}}(?![\d/%]|[.,-]\d)", self._call),
            (
                rf"{self._lone}\d{{3}}(?:\d(?=-\d{{3}}-))?([-.])\d{{3,4}}\1\d{{4}}(?:-\d{{4}})?(?![\d%]|[.,/-]\d)",
                self._call,
            ),
            (rf"{self._lone}8[ -]?\(?\d{{3}}\)?[ -]\d{{3}}[ -]?\d\d[ -]?\d\d(?![\d%]|[.,/-]\d)", self._call),
            (rf"{self._lone}\d{{3}}-(?:\d{{3}}-\d{{3}}|\d\d-\d\d(?:\d\d)?)(?![\d%]|[.,/-]\d)", self._call),
            (
                rf"{self._lone}(?:\d{{1,5}}(?:-\d{{1,7}}){{3,6}}|(?:\d{{4}}-){{2}}\d{{4}}|\d{{4}}(?: \d{{4}}){{3}})"
                r"(?![\d%]|[.,/-]\d)",
                self._call,
            ),  # "978-3-16-148410-0"
            (
                rf"{self._lone}(?:\d{{3}}-(?!\d\d00)\d{{4}}|\d{{5}}(?:[- ]\d{{5}}|-\d{{4}}))(?![\d%]|[.,/ -]\d)",
                self._call,
            ),
            (rf"{self._lone}(?<!\d\s)\d{{2,3}}(?: \d{{3}})? \d\d \d\d(?!\s?\d|[.,/-]\d)", self._call),
            (rf"{self._lone}(?<!\d\s)(?:(?:1 )?\d{{3}} )?\d{{3}} \d{{4}}(?!\s?\d|[.,/-]\d)", self._call),
        )

    def _call(self, match: Match) -> str:
        if sum(map(str.isdigit, match[0])) < MIN_CALL_DIGITS:
            return ""
        said = self._digits(match)
        return f"{self._forms.call or self._forms.plus} {said}" if match[0].startswith("+") else said

    def _digits(self, match: Match) -> str:
        """Say a telephone number digit by digit, with a pause between its groups."""
        return ", ".join(self._one_by_one(group) for group in _DIGITS.findall(match[0]))

    def _identifiers(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of "B2A23C" and "A4", of "1-413-te-b-5", said part by part, and of "123/456"."""
        mixed = (
            r"(?=[\p{Lu}\d]*(?:\p{Lu}\d+\p{Lu}|\d\p{Lu}{1,3}\d))[\p{Lu}\d]{3,17}|\p{Lu}\d{1,5}\p{Ll}|"
            r"\p{Lu}{1,4}\d{1,5}|\d{1,4}(?!ST|ND|RD|TH)\p{Lu}{1,3}"
        )
        mixed = rf"(?<![\p{{L}}\p{{Sc}}\d.,/-])(?:{mixed})(?![\p{{L}}\p{{Sc}}\d]|[.,/-]\d)"
        part = r"(?:\d{1,8}|\p{L}{1,3})"  # three parts and a letter at least, or a long number between others
        chain = (
            rf"(?<![\p{{L}}\d.,/-])(?=\S*\d)(?:(?=\S*\p{{L}}){part}(?:-{part}){{3,9}}|\d{{1,4}}/\d{{5,8}}/\d{{1,4}})"
        )
        year, grouped = r"(?!(?:1[5-9]|20)\d\d)", rf"\d{{1,3}}(?:{'[.]' if self._forms.comma else ','}\d{{3}})+"
        under = rf"(?:(?![1-9]0+(?!\d))\d{{3,5}}|(?<=\d{{3}}/)\d{{1,3}}|{grouped})(?![\d/]|[.,-]\d)"
        over = rf"(?<![\p{{L}}\d/.,-]){year}(\d{{1,5}}|{grouped})/{year}(?={under})"
        found = ((over, lambda match: f"{match[1]} {self._forms.over} "),) if self._forms.over else ()
        return (
            (mixed, lambda match: " ".join(_LETTER_OR_NUMBER.findall(match[0]))),
            (rf"{chain}(?![\p{{L}}\d]|[.,/-]\d)", self._chain),
            *found,
        )

    def _chain(self, match: Match) -> str:
        """Say the parts of a serial number, of which three are numbers; "2-out-of-1" has only words between two."""
        parts = _SIGN.split(match[0])
        if sum(map(str.isdecimal, parts)) < 3:
            return ""
        long = (part.isdecimal() and len(part) > MAX_GROUP_DIGITS for part in parts)
        return ", ".join(self._one_by_one(part) if each else part for part, each in zip(parts, long, strict=True))

    def per_area(self, text: str) -> str:
        """Return a sentence with the words of "/m²" behind a figure."""
        return _PER_AREA.sub(lambda match: f" {self._forms.per} {self._name(match[1].translate(_LATIN))}", text)

    # Money and measures.

    def money(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of sums of money, with words of number such as "million", and of these words alone."""
        sign, scaled, scale = self._sum_patterns()
        minus = r"(?P<minus>(?<![\p{L}\d)])[-−])?"
        units = "|".join(map(regex.escape, sorted({**SHORT_UNITS, **self._units}, key=len, reverse=True)))
        each = (
            rf"(?:\s?/\s?(?P<each>{units}|[\p{{Ll}}\p{{Lo}}\p{{M}}]{{3,}})(?![\p{{L}}\p{{M}}]))?"
            if self._forms.per
            else ""
        )
        of = rf"\s{self._between.strip()[:1] or '(?!)'}(?:['’]|{self._between.strip()[1:]}\b)"
        found = [
            *self._millions(),
            (rf"{minus}(?<![{self._letter}]|\d\s?)(?P<sign>{sign})\s?(?P<n>{self._number}){scaled}{each}", self._sum),
            (
                rf"{self._lone}(?P<n>{self._number}){scaled}(?:(?<=\p{{L}})(?:\.|{of}))?\s?(?P<sign>{sign}){each}",
                self._sum,
            ),
        ]
        if scale:
            found.append((rf"{self._lone}(?P<n>{self._number})\s?(?P<scale>{scale}){_ABBREVIATED}", self._scaled))
        return tuple(found)

    def _sum_ranges(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of "$3-4 million", whose currency is said once, and of the dash in "$3-$4"."""
        signs, scaled, _ = self._sum_patterns()
        first = rf"(?<![{self._letter}]|\d\s?)(?P<sign>{signs})\s?({self._number})"
        pattern = rf"{first}\s?[-–]\s?(?P<n>{self._number}){scaled}(?![-–\d])"
        to = f"{self._joint}{self._forms.to}{self._joint}"
        return (
            (pattern, lambda match: f"{match[2]}{to}{self._sum(match)}"),
            (rf"(?<=({signs})\s?{self._number}{scaled.replace('?P<scale>', '?:')})\s?[-–]\s?(?=\1)", lambda _: to),
        )

    def _percent_ranges(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the pattern of "10-15 %" where the word for the sign comes first; none elsewhere."""
        percent, to = self._forms.percent, f"{self._joint}{self._forms.to}{self._joint}"
        pattern = rf"{self._lone}({self._number})\s?[-–]\s?({self._number})\s?%"
        found = (pattern, lambda match: percent.format(f"{match[1]}{to}{match[2]}"))
        return (found,) if percent.endswith("{}") else ()

    def _sum_patterns(self) -> tuple[str, str, str]:
        """Return the patterns of a currency's sign, of a word of number behind a sum, and of one anywhere."""
        forms = self._forms
        sign = _signs({code: code for code in CODES.split("|")} | SIGNS | dict(forms.signs))
        beside, scale = (
            "|".join(filter(None, (*map(regex.escape, sorted(found, key=len, reverse=True)), forms.scale_words)))
            for found in ({**forms.scales, **forms.sum_scales}, forms.scales)
        )
        return sign, rf"(?:[\s-]?(?P<scale>{beside})(?!\p{{L}}))?" if beside else "(?P<scale>(?!))?", scale

    def _sum(self, match: Match) -> str:
        each = match.groupdict().get("each") or ""
        unit = {**SHORT_UNITS, **self._units}.get(each)
        behind = self._per(unit) if unit else each and f"{self._joint}{self._forms.per}{self._joint}{each}"
        return self._bare_sum(match) + behind

    def _bare_sum(self, match: Match) -> str:
        forms, sign = self._forms, match["sign"]
        signs = {**SIGNS, **forms.signs}
        code = signs.get(sign) or signs.get(sign.upper()) or sign.upper()
        minus = f"{forms.minus} " if match.groupdict().get("minus") else ""
        if match["scale"]:
            return minus + self._scaled_sum(match, code)
        whole, _, decimals = self._parts(match["n"])
        cents = forms.cents.get(code)
        decimals = decimals.rstrip("0") if len(decimals) > 2 else decimals
        bare = bool(forms.bare_coins) and len(decimals) == 2 and int(whole) and decimals[0] != "0"
        if decimals.strip("0") and not bare and not (cents and len(decimals) <= 2):
            name = self._currency(code, Decimal(f"{whole}.{decimals}"))
            return f"{minus}{self.cardinal(match['n'])}{self._joint}{name}"
        said = self._counted(whole, self._names(code), lambda count: self._currency(code, count))
        if not decimals.strip("0"):
            return minus + said
        part = str(int(decimals.ljust(2, "0")))
        if bare or not cents:
            return f"{minus}{said}{forms.bare_coins}{self.cardinal(part)}"
        small = self._counted(part, cents, lambda count: self._form(cents, count))
        return minus + (f"{said}{forms.coins}{small}" if int(whole) else small)

    def _scaled_sum(self, match: Match, code: str) -> str:
        """Say "5 millones €" with "de" before the currency, as behind all words of number but abbreviations."""
        scales = {**self._forms.scales, **self._forms.sum_scales}
        scale = self._form(scales.get(match["scale"], match["scale"]), self._amount(match["n"]))
        several = self._currency(code, Decimal(1_000_000))
        of = self._of(several) if regex.fullmatch(self._forms.scale_words, scale) else self._joint
        return f"{self.cardinal(match['n'], scale)}{self._joint}{scale}{of}{several}"

    def _of(self, noun: str) -> str:
        """Return the text between millions and a noun: in French "de" loses its vowel before another one."""
        elided = self._forms.elides and noun[0].lower() in "aàâeéèêiîoôuhy"
        return f"{self._between[:-2]}'" if elided else self._between

    def _millions(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the pattern of round millions before a noun; none if no word stands between them."""
        pattern = rf"{self._lone}(?<!\d\s)(\d{{1,3}}(?:[.\u00a0\u202f ]000){{2,8}})\s(?=(\p{{L}}+))"

        def million(match: Match) -> str:
            joined = match[2].lower() in ("de", "d", "di", "du", "des", "del")
            return self.cardinal(match[1]) + (" " if joined else self._of(match[2]))

        return ((pattern, million),) if self._between.strip() else ()

    def _counted(self, figures: str, names: str, name: Callable[[Decimal], str]) -> str:
        count = self._amount(figures)
        noun = name(count) if self._language.numbers else names.partition("|")[0]
        said = self.cardinal(figures, noun if self._gender(noun) else noun.partition(" ")[0])
        if self._forms.noun_first:
            return f"{name(count)}{self._joint}{said}"
        joint = self._of(noun) if count and count % 1_000_000 == 0 else self._joint
        return f"{said}{joint}{name(count)}"

    def _names(self, code: str) -> str:
        return self._own_names(code) or currency_of(code, Decimal(1), self._language)

    def _own_names(self, code: str) -> str:
        return self._forms.money.get(code) or (self._forms.cents.get("USD", "") if code == "¢" else "")

    def _currency(self, code: str, count: Decimal) -> str:
        own = self._own_names(code)
        return self._form(own, count) if own else currency_of(code, count, self._language)

    def _form(self, names: str, count: Decimal) -> str:
        return forms_of(names).of(plural_category(count, self._language))

    def _scaled(self, match: Match) -> str:
        names = self._forms.scales.get(match["scale"], match["scale"])
        name = self._form(names, self._amount(match["n"]))
        return f"{self.cardinal(match['n'], name)}{self._joint}{name}"

    def measures(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of numbers with a unit: percent, rates such as "5 kg/m³", and all others."""
        sign = "|".join(map(regex.escape, sorted((*self._units, *_PLAIN), key=len, reverse=True)))
        end = r"(?![\p{L}\p{M}\d²³’']|/\p{L})" if self._forms.spaced else r"(?![A-Za-z\d²³/])"
        end += r"(?:\.(?=\s[\p{Ll}\d]|\s?[,;:)]))?"  # of an abbreviation
        number = rf"(?P<minus>(?<![\p{{L}}\d)])[-−])?{self._lone.replace('-', '')}(?<!\p{{L}}[-–])(?P<n>{self._number})"
        before = (rf"(?<![{self._letter}\d])(?P<minus>)(?P<unit>{sign})\s(?P<n>{self._number})(?![\d/])", self._measure)
        return (
            *self._lengths(),
            (rf"{number}\s?[%٪]", self._percent),
            (rf"(?<!\d\s?)(?P<minus>-)?[%٪]\s?(?P<n>{self._number})(?!\s?[%٪])", self._percent),  # "% 5" in Basque
            *((before,) if self._forms.noun_first else ()),
            (rf"(?<=\d/\d{{1,3}})\s?({sign}){end}", lambda match: self._joint + self._name(match[1])),  # "1/4 kg"
            (r"(?<=^\s*)%(?=\s*$)", lambda _: unit_name("concentr-percent", Decimal(1), self._language)),
            *self._rates(number, end),
            (rf"{number}\s?(?P<unit>{sign}){end}", self._measure),
        )

    def _lengths(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the pattern of lengths such as "1,80 m", said as "ein Meter achtzig"; none if people do not say so."""
        sign = "м" if "м" in self._forms.units else "m"  # the first is Cyrillic
        pattern = rf"{self._lone}([1-9]\d?),([1-9]\d|0[1-9])\s?{sign}(?![\p{{L}}²³/’'])(?:\.(?=\s[\p{{Ll}}\d]|[,;:)]))?"

        def length(match: Match) -> str:
            return f"{self.counted(match[1], 'length-meter')}{self._forms.metres}{self.cardinal(str(int(match[2])))}"

        return ((pattern, length),) if self._forms.metres else ()

    def scaled_units(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the pattern of a unit behind words of number: "2 Millionen km/h"."""
        sign = "|".join(map(regex.escape, sorted(self._units, key=len, reverse=True)))
        scale = "|".join(filter(None, (THOUSANDS, self._forms.scale_words)))

        def unit(match: Match) -> str:
            name = unit_name(self._units[match["unit"]], Decimal(1_000_000), self._language)
            of = self._of(name) if regex.fullmatch(self._forms.scale_words, match["scale"]) else self._joint
            return f"{match['scale']}{of}{name}"

        pattern = rf"(?<=\d\s)(?P<scale>(?i:{scale}))\s(?P<unit>{sign})(?![\p{{L}}²³/’'])"
        return ((pattern, unit),) if self._forms.spaced else ()

    def _worded_unit(self, match: Match) -> str:
        """Say "three km" and "fünfundzwanzig kg", whose unit stands behind a number word, with the unit's name."""
        word = match["word"].lower()
        long = (said for said in self._number_words if len(said) >= MIN_LAST_WORD_CHARS and word.endswith(said))
        count = self._number_words.get(word) or self._number_words.get(next(long, ""))
        percent = self._forms.percent.replace("{}", "").strip() or "concentr-percent"
        unit = {**self._units, "%": percent}.get(match["unit"])
        return f"{match['word']} {unit_name(unit, count, self._language)}" if count and unit else ""

    @cached_property
    def _number_words(self) -> Mapping[str, Decimal]:
        """The last words of numbers, the longest first, with their values."""
        counts = (*range(1, 20), *range(20, 100, 10), 100, 1000, 1_000_000)
        words = {self.cardinal(str(count)).lower().rpartition(" ")[2]: Decimal(count) for count in counts}
        return dict(sorted(words.items(), key=lambda item: -len(item[0])))

    def _rates(self, number: str, end: str) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of a unit per another one, and of a sum for each: "5 kg/m³", "5 €/kg"."""
        if not self._forms.per:
            return ()
        units = {**SHORT_UNITS, **self._units}  # behind a slash "m" and "g" are no words
        sign = "|".join(map(regex.escape, sorted((*units, *_PLAIN), key=len, reverse=True)))

        def rate(match: Match) -> str:
            if f"{match['unit']}/{match['each']}" in self._units:
                return ""
            unit, each = (units[_PLAIN.get(match[name], match[name])] for name in ("unit", "each"))
            phrase = rate_phrase(unit, each, self._amount(match["n"]), self._language)
            minus = f"{self._forms.minus} " if match["minus"] else ""
            if phrase:
                return f"{minus}{self.cardinal(match['n'], phrase.split()[0])}{self._joint}{phrase}"
            return f"{minus}{self.counted(match['n'], unit)}{self._per(each)}"

        words = {name for names in self._forms.money.values() for name in names.split("|")}
        signs = "|".join(map(regex.escape, sorted(words, key=len, reverse=True))) or "(?!)"
        each = rf"\s?/\s?(?P<each>{sign}){end}"
        paid = (rf"(?<=(?:{signs})){each}", lambda match: self._per(units[match["each"]]))
        each_alone = rf"\s?/(?<=(?<![\d/.,])\d[\d.,]{{0,9}}\s?/)\s?(?P<each>{sign}){end}"  # "100/min"
        found = ((rf"{number}\s?(?P<unit>{sign}){each}", rate), paid)
        return (*found, (each_alone, paid[1])) if self._language.numbers else found

    def _per(self, unit: str) -> str:
        """Return the words for one unit behind a slash, as CLDR has them: "per minute"."""
        known = rate_phrase("mass-gram", unit, Decimal(1), self._language) if self._language.numbers else ""
        gram = unit_name("mass-gram", Decimal(1), self._language)
        said = known.removeprefix(gram) if known.startswith(gram) else ""
        return said or f"{self._joint}{self._forms.per}{self._joint}{unit_name(unit, Decimal(1), self._language)}"

    def _name(self, sign: str) -> str:
        """Return the name of one unit, without a number."""
        return unit_name(self._units[_PLAIN.get(sign, sign)], Decimal(1), self._language)

    def _percent(self, match: Match) -> str:
        minus = f"{self._forms.minus} " if match["minus"] else ""
        said = self._forms.percent
        if "{" not in said:
            return minus + self.counted(match["n"], said or "concentr-percent")
        return minus + said.format(self.cardinal(match["n"], said.replace("{}", "").split()[0]))

    def _measure(self, match: Match) -> str:
        unit = self._units[_PLAIN.get(match["unit"], match["unit"])]
        return (f"{self._forms.minus} " if match["minus"] else "") + self.counted(match["n"], unit)

    def counted(self, figures: str, unit: str) -> str:
        """Return a number with the name of a unit, CLDR's or the file's own, in the form for the number."""
        count = self._amount(figures)
        if "|" in unit or "-" not in unit:
            before, after, one = "", self._form(unit, count), unit.partition("|")[0]
        else:
            before, after, numbered = unit_phrase(unit, count, self._language)
            if not numbered:
                return after
            one = unit_phrase(unit, Decimal(1), self._language)[1]
        noun = (after if self._language.numbers else one).split()
        said = self.cardinal(figures, noun[0] if noun else "")
        return self._joint.join(filter(None, (before, said, after)))

    # Fractions, ranges, ordinals and what is left.

    def _fractions(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        if self._language.numbers:  # they are said before, by what is around them
            return ()
        fraction = r"(?P<n>\d{1,3}(?:[.,]\d{2,3})+|\d{1,14})/(?P<d>[1-9]\d{0,7}|0(?!\d))(?![\d/]|[.,]\d)"
        minus = r"(?P<minus>(?<![\p{L}\d)])[-−])?"
        return (
            (rf"{minus}(?<![\d/.,])(?P<whole>\d{{1,4}})\s{fraction}", self._fraction),
            (rf"{minus}(?<![\d/.,])(?P<whole>(?!)){{0}}{fraction}", self._fraction),
        )

    def _fraction(self, match: Match) -> str:
        forms, over, under = self._forms, match["n"], match["d"]
        said = forms.fractions.get(f"{over}/{under}")
        if not said and (names := forms.denominators.get(under)):
            said = self._counted(over, names, lambda count: self._form(names, count))
        if not said:
            form = forms.fraction_one if over == "1" and forms.fraction_one else forms.fraction
            said = form.format(
                n=self.cardinal(over), d=self.cardinal(under), o=self.ordinal(under) if "{o}" in form else ""
            )
        whole = match.groupdict().get("whole")
        minus = f"{forms.minus} " if match["minus"] else ""
        return f"{minus}{self.cardinal(whole)}{forms.join}{said}" if whole else minus + said

    def signs(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of the signs of arithmetic between figures: + × − = and the colon of a scale."""
        forms, figure, term = self._forms, r"(?<=[\d)])\s?", r"(?=\d[\d.,]*\s?=)"
        letter = r"\p{L}" if forms.spaced else ""
        size = r"(?<=(?:(?<!\p{L})|(?<=\d\s?x))\d[\d.,]{0,6})\s?[x×]\s?(?=\d)"
        found = (
            (rf"{figure}\+(?:\s?(?=\d)|(?=\())", forms.plus),
            (rf"(?<=\d)\s?(?:[x×·]\s?{term}|\*\s?(?=\d))", forms.times),
            (size, forms.by or forms.times),
            (rf"(?<=[\d)])\s?[−–-]\s?{term}", forms.minus),
            (rf"(?<=[{letter}\d)])\s?=\s?(?=[−-]?[\d(])", forms.equals),
            (r"\s?=(?<=(?<!\p{L})\p{L}\s?=)\s?(?=\p{L}(?!\p{L}))", forms.equals),
            (r"(?<=^|[\s(])\+(?=\p{Sc}?\d)", forms.plus),
        )
        steps = tuple((pattern, partial(self._word, word)) for pattern, word in found if word)
        said = {"=": forms.equals, "+": forms.plus, "−": forms.minus}
        signs = "".join(sign for sign, word in said.items() if word)
        spaced = (rf"(?<=[^\s=<>]\s)[{signs}](?=\s[^\s=<>])", lambda match: said[match[0]])
        scale = (
            rf"{self._lone}1\s?:\s?(?=\d{{1,3}}(?:[., ]\d{{3}})+(?!\d)|[1-9]\d+0(?![\d:]))",
            lambda _: f"1{forms.score if self._language.numbers else self._joint + forms.to + self._joint}",
        )
        zone = (
            r"(?<=\b(?i:gmt|utc)\s?)[+−-](?=\d)",
            lambda match: f" {forms.plus if match[0] == '+' else forms.minus} ",
        )
        per = f" {forms.per} " if forms.per and "l/100 km" not in self._units else ""
        fuel = (r"(?<=\d\s?[lLл])\s?/\s?(?=100\s?(?:km|км)\b)", lambda _: per)
        return (zone, (r"°(?=\d)", lambda _: "° "), scale, fuel, *steps, spaced)

    def _word(self, word: str, match: Match) -> str:
        """Return a word in place of a sign, with the spaces that it needs."""
        before = "" if not match.start() or match.string[match.start() - 1] in " (" else self._joint
        return f"{before}{word}{self._joint}"

    def ranges(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of "3-7", of the years of "1914/18", and of results such as "3:2"."""
        forms = self._forms
        pair = rf"(?<![\p{{L}}\d–-]|\d[.,])({self._number})\s?([-–~〜～])\s?({self._number})(?!\d|[-–]\d|[.,]\d)"
        found: list[tuple[str, Callable[[Match], str]]] = [
            (r"(?<![\p{L}\d.,:/-])(1\d\d\d|20\d\d)/(\d\d(?:\d\d)?)(?![\d/-]|[.,]\d)", self._season),
            (pair, self._range),
            (r"(?<=\d)\s?%\s?[-–]\s?(?=\d+(?:[.,]\d+)?\s?%)", lambda _: f"{self._joint}{forms.to}{self._joint}"),
            (r"(?<=[\p{L}\p{M}\d)])\s?[〜～]\s?(?=\d)", lambda _: f"{self._joint}{forms.to}{self._joint}"),
        ]
        if forms.score:
            score = rf"{self._lone}(\d{{1,2}}):(\d{{1,2}})(?![\d:])"
            found.append((score, lambda match: f"{match[1]}{forms.score}{match[2]}"))
        return tuple(found)

    def _range(self, match: Match) -> str:
        """Say "3-7" as a range, but "3-0" as the result of a game."""
        first, last, to = match[1], match[3], f"{self._joint}{self._forms.to}{self._joint}"
        if not (first.isdecimal() and last.isdecimal()) or match[2] not in "-–" or not self._forms.score:
            return f"{first}{to}{last}"
        if first == last or (first[0] == "0" and len(first) > 1):  # "docket 09-1234"
            return f"{first} {last}"
        if int(first[-MAX_DIGITS:]) > int(last[-MAX_DIGITS:]) and len(first) < 3:
            return f"{first}{self._forms.score}{last}"
        shortened = len(last) < min(len(first), 3)  # "1914-18" and "112-9", but "law 2005-102" has two numbers
        rising = (len(first), first) < (len(last), last)
        return f"{first}{to}{last}" if shortened or rising else f"{first} {last}"

    def _season(self, match: Match) -> str:
        """Say the years of "1914/18" one after the other; "" if the second is not the later one."""
        later = int(match[2])
        if later <= int(match[1][-len(match[2]) :]) and match[1][2:] != "99":
            return ""
        return f"{self.year(match[1])} {self._forms.oh if later < 10 else ''}{self.year(str(later))}"

    def ordinals(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of ordinals, by what stands behind or before the figures."""
        forms, found = self._forms, list[tuple[str, Callable[[Match], str]]]()
        if forms.ordinal_marks:
            found.append((rf"{self._lone}({self._number})(?P<mark>{forms.ordinal_marks})", self._marked))
        for gender, before in forms.ordinal_before.items():
            found.append((rf"\b({before})(\s?)(\d{{1,12}})(?!\d)", partial(self._numbered, gender)))
        return tuple(found)

    def _numbered(self, gender: str, match: Match) -> str:
        """Say the ordinal behind a word such as "chapter": one of a gender, or one that the file lists."""
        figures = match[3]
        said = self.ordinal(figures, gender) if gender else self._forms.fractions.get(f"n{figures}")
        return f"{match[1]}{match[2]}{said or self.cardinal(figures)}"

    def _marked(self, match: Match) -> str:
        whole, point, _ = self._parts(match[1])
        if point:
            return ""
        mark = match["mark"]
        if self._forms.native:
            return self._native(whole) + mark
        if self._forms.ordinal_form:
            return self._forms.ordinal_form(spelled(whole, self._language, "ordinal"), mark)
        gender = next((gender for end, gender in self._forms.ordinal_ends.items() if mark.endswith(end)), "")
        said = self.ordinal(whole, "" if gender.startswith("~") else gender)
        return str(regex.sub(f"(?:{gender[1:]})$", mark, said)) if gender.startswith("~") else said

    def numbers(self) -> tuple[tuple[str, Callable[[Match], str]], ...]:
        """Return the patterns of years and of all other numbers."""
        forms = self._forms
        found: list[tuple[str, Callable[[Match], str]]] = []
        if forms.native:
            found.append((rf"{self._lone}(\d{{1,2}})(?=\s?(?:{forms.native}))", lambda match: self._native(match[1])))
        found.append((r"(?<![\p{L}\d)])[-−](?=\d)", lambda _: f"{forms.minus}{self._joint}"))
        if forms.spaced:  # "no. 4a"
            found.append(
                (
                    r"(?<=(?<![\p{L}\d.,:/–-])\d{1,4})(?=(?:[a-h]|(?=\P{Latin})\p{Ll})(?![\p{L}\p{M}\d'’-]))",
                    lambda _: " ",
                )
            )
        before = r"(?<![\p{L}\p{M}\d])" if forms.spaced else r"(?<![\dA-Za-z])"
        before += r"(?<!\d\.)" if forms.whole else ""
        behind = r"(?!\d|\p{L}|\.\d)" if forms.whole else ""
        if forms.years:
            year = rf"(?<!{forms.minus}\s){before}(?<![.,])(1[1-9]\d\d|10[1-9]\d|20\d\d)(?!\d|[.,]\d){behind}"
            found.append((year, partial(self._likely, "year", say=lambda match: self.year(match[1]))))
        if forms.comma and forms.whole and self._language.dot:
            found.append((rf"{self._lone}(\d{{1,3}})\.(\d{{1,2}})(?![\d\p{{L}}]|[.,:/-]\d)", self._dotted))
        noun = r"(?:(?=\s(\p{L}+)))?" if forms.whole or forms.genders else "()"
        found.append((rf"{before}({self._number}){behind}{noun}", self._alone_or_counted))
        return tuple(found)

    def _dotted(self, match: Match) -> str:
        """Say "3.12" of a section or of a foreign hand, where a comma separates decimals; "am 3.12." is a date."""
        if match.string.startswith(".", match.end()) and days_have_stops(self._language.code):
            return ""
        part = self._one_by_one(match[2]) if match[2][0] == "0" else self.cardinal(match[2])
        return f"{self.cardinal(match[1])} {self._language.dot} {part}"

    def _alone_or_counted(self, match: Match) -> str:
        """Say a number in the form that agrees with the noun after it.

        Four digits may be a year of our time, and a 1 at the start, before a capital, may number the line: these agree
        with no noun.
        """
        figures = match[1]
        year = len(figures) == 4 and figures.isdecimal() and int(figures) <= LAST_YEAR
        year = year and self._chance("year", match) >= EVEN
        noun, forms = match[2] or "", self._forms
        signs = (forms.over, forms.times, forms.plus, forms.minus, forms.to, forms.equals)
        listed = figures == "1" and not match.start() and not noun.islower() and not self._gender(noun)
        apart = year or listed or noun in " ".join(signs).split()
        return self.cardinal(figures, "" if apart or not self._is_counted(figures, noun) else noun)

    def _is_counted(self, figures: str, noun: str) -> bool:
        """Return whether a noun may stand after a number: in the singular, where its ending alone tells the gender."""
        if self._forms.whole:
            return bool(noun)
        small = noun in _OR or noun in function_words().get(self._language.code, ())
        return noun.islower() and not small and plural_category(self._amount(figures), self._language) == "one"


def _signs(signs: Mapping[str, str]) -> str:
    """Return the pattern of currencies' signs: those of letters must be whole words, and codes may be written small.

    Those without a code are none: "try" is an English word.
    """
    words, codes, dollars, others = list[str](), list[str](), list[str](), list[str]()
    for sign in sorted(filter(signs.get, signs), key=len, reverse=True):
        code = sign.isupper() and len(sign) == CODE_CHARS
        kind = (codes if code else words) if sign.isalpha() else dollars if "$" in sign else others
        kind.append(regex.escape(sign))
    codes += [code.lower() for code in codes if signs.get(code.lower(), code)]  # but "Sek." is a second
    whole = rf"(?<!\p{{L}})(?:{'|'.join(codes)}|{'|'.join(words)})(?![\p{{L}}\p{{M}}])"
    return "|".join((whole, f"(?i:{'|'.join(dollars)})", *others))
