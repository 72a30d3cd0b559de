"""Figures as words: numbers, years, dates, ordinals, sums of money, times, measures, rulers."""

from collections.abc import Callable
from decimal import Decimal
from functools import cache

import regex
from regex import search

from swarm.book.language.language import Dates, Forms, Language, Match, Numbers, Step, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import (
    CURRENCIES,
    LAST_SHORT_YEAR,
    MEASURES,
    SCALES,
    UNITS,
    amount,
    currency_name,
    days_have_stops,
    digit_by_digit,
    month_names,
    spelled,
    unit_name,
)
from swarm.book.speech.arithmetic import FRACTIONS, THIRDS_AND_ON, say_fractions
from swarm.book.speech.semiotic import say_forms, say_shared

# Numerals are said after the names of rulers, but not in "Malcolm X".
RULERS = words(
    "Louis Ludwig Lodewijk Luis Luigi Henri Henry Heinrich Enrique Enrico Hendrik Charles Karl Carlos Carlo Karel "
    "George Georges Georg Jorge Giorgio Edward Édouard Eduard Eduardo Edoardo William Guillaume Wilhelm Guillermo "
    "Guglielmo Willem Philip Philippe Philipp Felipe Filippo Filips Francis François Franz Francisco Francesco "
    "Napoleon Napoléon Napoleón Napoleone James Jacques Richard Ricardo Riccardo John Jean Johann Juan Giovanni João "
    "Paul Pablo Paolo Peter Pierre Pedro Pietro Pius Pie Pío Pio Leo Léon León Leone Benedict Benoît Benedikt "
    "Benedicto Benedetto Gregory Grégoire Gregor Gregorio Alexander Alexandre Alejandro Alessandro Nicholas Nicolas "
    "Nikolaus Nicolás Nicola Frederick Frédéric Friedrich Federico Catherine Katharina Catalina Caterina Elizabeth "
    "Élisabeth Elisabeth Isabel Elisabetta Mary Alfonso Fernando Ferdinand Umberto Emanuele Johannes João Luís "
    "Filipe Filip Giovanni Afonso Alfonso Isabella Victoria Viktoria Vittorio Constantine Konstantin Innocent Urban "
    "Clement Clemens Clément Clemente Otto Ramses Ramsès Gustav Christian Joseph Josef José Maria"
)
_DEGREE = compile_later(r"°(?=\d)")
_MASCULINE = compile_later(r"(?<=\d\s?)º(?=\s?[CF](?!\p{L}))")  # typed for a degree
_COUNTRY = compile_later(r"(?<!\p{L})(?:US|U\.S\.|CA|AU|NZ|HK|[AC])(?=\$\s?\d)")  # "US$" names the dollar's country
_PERCENT = compile_later(r"(?<=\d)\s?%\s?[-–]\s?(?=\d+(?:[.,]\d+)?\s?%)")
_POINTED_SUM = compile_later(r"(?<=[$£€]\s?\d{1,9})\.(?=\d\d(?!\d|[.,]\d))")  # "$ 12.50" in the Americas
_MINUS = compile_later(r"(?<=^|[\s(])[-−](?=\d)")
_EVEN_SUM = compile_later(r"(?<=\d),[-–—]{1,2}(?![\d\p{L}])")  # "5,- DM"
_FIGURES = compile_later(r"\d+")
_FIGURE = compile_later(rf"[\d{FRACTIONS}{THIRDS_AND_ON}]")
# The initials in "Joseph M. Brown" are no numerals, nor is the English pronoun in "Mary I said".
_KING = rf"\b(\p{{Lu}}\p{{L}}+)\s((?=[IVX]+\b){NUMERAL})\b(?!\.\p{{L}}|['’](?!s\b)\p{{L}}|(?<=\s[IVX])\.\s+\p{{Lu}})"
_KING_STOP = r"(?:\.(?=\s+\p{Ll}|['’]s\b|[,;:)—]))?"
_KINGS = {
    False: compile_later(_KING + _KING_STOP),
    True: compile_later(rf"{_KING}(?!(?<=\sI)\s(?!of\b)){_KING_STOP}"),
}
# "World War II" and "Vatican II", but neither "Malcolm X" nor "Washington DC".
_NUMBERED_NAME = compile_later(
    rf"(?<=\p{{Lu}}\p{{Ll}}+\s)((?=[IVX]{{2,}}\b){NUMERAL})(?![\p{{L}}\p{{N}}’'-]|\.\p{{L}})"
)
LAST_YEAR = 2099
_LONE = r"(?<![\p{L}\d.,:/-])"  # the start of a number that is no part of a longer one

_DOTTED = rf"{_LONE}(\d{{1,3}})\.(\d{{1,2}})(?![\d\p{{L}}]|[.,:/-]\d)"
_SEASON = r"(?<![\p{L}\d.,:/-])(1\d\d\d|20\d\d)/(\d\d(?:\d\d)?)(?![\d/-]|[.,]\d)"  # "1914/18"


def rulers(language: Language) -> frozenset[str]:
    """Return the names of rulers in a language, which numerals may follow."""
    numbers = language.numbers
    return RULERS | numbers.rulers | numbers.queens if numbers else frozenset()


def say_numbers(text: str, language: Language) -> str:
    """Return a sentence with its figures as words, if the language has number words."""
    numbers = language.numbers
    if numbers is None or not text:
        return say_forms(text, language)
    text = _romans(numbers.prepare(_MINUS.sub(f"{numbers.minus} ", text)), language, numbers)
    if not _FIGURE.search(text):
        return text
    text = say_shared(text, language)
    if "%" in text or "º" in text:
        text = _PERCENT.sub(f" {numbers.to} ", _MASCULINE.sub("°", text))
    text = _COUNTRY.sub("", text) if "$" in text else text
    if numbers.comma:
        text = _POINTED_SUM.sub(",", _EVEN_SUM.sub("", text))
    text = say_fractions(_DEGREE.sub("° ", text), language)
    for pattern, say in (*numbers.first, *_steps(language, numbers)):
        text = _said(text, pattern, say)
    return text


def _said(text: str, pattern: "regex.Pattern[str]", say: Callable[[Match], str]) -> str:
    return pattern.sub(lambda match: say(match) or match[0], text)


@cache
def _steps(language: Language, numbers: Numbers) -> tuple[Step, ...]:
    """Return the patterns of figures and their spellings, special patterns first."""
    figures = _figures(numbers)
    found: list[tuple[str, Callable[[Match], str]]] = [
        (r"(?<=[\d)])\s?\+\s?(?=\d)", lambda match: f" {numbers.plus} "),
        *_product_steps(numbers),
        *_million_steps(language, numbers),
        (r"(?<=[\d)])\s[−–-]\s(?=\d[\d.,]*\s?=)", lambda match: f" {numbers.minus} "),
        (r"(?<=[\p{L}\d)])\s?=\s?(?=[−-]?\d)", lambda match: f" {numbers.equals} " if numbers.equals else ""),
        (rf"{_LONE}1\s?:\s?(?=\d{{1,3}}[.,]\d{{3}})", lambda match: f"1{numbers.score}"),
        *_metre_steps(language, numbers),
        (r"[-–](?<=\d:[0-5]\d.)(?=\d{1,2}:[0-5]\d(?![\d:]))", lambda match: f" {numbers.to} "),
        *_time_steps(language, numbers),
        *_money_steps(language, numbers, figures),
        (
            r"(?<![\d-–])(\d+)\s?[-–]\s?(\d+)(?!\d*[-–]\d)",
            lambda match: _range(match[1], match[2], numbers),
        ),
        (rf"{_LONE}(\d{{1,2}}):(\d{{1,2}})(?![\d:])", lambda match: f"{match[1]}{numbers.score}{match[2]}"),
        (r"(?<=^|[\s(])\+(?=\d{1,3}(?!\d))", lambda match: f"{numbers.plus} "),
        (_measure_pattern(numbers, figures), lambda match: _measured(match[1], match[2], language, numbers)),
    ]
    if numbers.ordinal:
        whole = r"\d{1,3}(?:[.\u00a0\u202f ]\d{3}){1,4}|\d{1,6}" if numbers.comma else r"\d{1,3}(?:,\d{3}){1,4}|\d{1,6}"
        found.append((rf"{_LONE}({whole})(?:{numbers.ordinal})(?!\p{{L}})", lambda match: _ordinal(match, language)))
    found.insert(0, (_SEASON, lambda match: _season(match, language, numbers)))
    steps: list[Step] = [(compile_later(pattern), say) for pattern, say in found]
    if numbers.years:
        year = r"(?<![\p{L}\d.,])(1[1-9]\d\d|20\d\d)(?![.,]?\d|\p{L})"
        steps += [*numbers.year_steps, (compile_later(year), lambda match: spelled(match[1], language, "year"))]
    steps += (
        [(compile_later(_DOTTED), lambda match: _dotted(match, language))] if numbers.comma and language.dot else []
    )
    any_number = rf"(?<![\p{{L}}\d]|\d\.)({figures})(?!\d|\p{{L}}|\.\d)(?:(?=\s(\p{{L}}+)))?"
    return (*steps, (compile_later(any_number), lambda match: _counted(match, language, numbers)))


def _dotted(match: Match, language: Language) -> str:
    """Say "3.12" of a section or of a foreign hand, where a comma separates decimals; "am 3.12." is a date."""
    if match.string.startswith(".", match.end()) and days_have_stops(language.code):
        return ""
    part = digit_by_digit(match[2], language) if match[2][0] == "0" else spelled(match[2], language)
    return f"{spelled(match[1], language)} {language.dot} {part}"


def _range(first: str, last: str, numbers: Numbers) -> str:
    """Say "3-7" as a range, but "3-0" as the result of a game."""
    if first == last or (first[0] == "0" and len(first) > 1):  # "docket 09-1234"
        return f"{first} {last}"
    if int(first) > int(last) and len(first) < 3:
        return f"{first}{numbers.score}{last}"
    shortened = len(last) < min(len(first), 3)  # "1914-18" and "112-9", but "law 2005-102" has two numbers
    return f"{first} {numbers.to} {last}" if shortened or int(first) < int(last) else f"{first} {last}"


def _season(match: Match, language: Language, numbers: Numbers) -> str:
    """Say the years of "1914/18" one after the other; "" if the second is not the later one."""
    later = int(match[2])
    if later <= int(match[1][-len(match[2]) :]) and match[1][2:] != "99":
        return ""
    oh = numbers.clock.oh if later < 10 else ""
    return " ".join(filter(None, (spelled(match[1], language, "year"), oh, spelled(str(later), language, "year"))))


def _figures(numbers: Numbers) -> str:
    """Return the pattern of a number with the separators of a language."""
    thousands, point = (r"[.\u00a0\u202f ]", ",") if numbers.comma else (",", r"\.")
    return rf"\d{{1,3}}(?:{thousands}\d{{3}})+(?!\d)(?:{point}\d+)?|\d+(?:{point}\d+)?"


def _counted(match: Match, language: Language, numbers: Numbers) -> str:
    """Say a number in the form that agrees with the noun after it.

    Four digits may be a year of our time, and a 1 at the start may number the line: these agree with no noun.
    """
    figures, noun = match[1], match[2] or ""
    said = spelled(figures, language)
    year = len(figures) == 4 and figures.isdecimal() and int(figures) <= LAST_YEAR
    apart = year or (figures == "1" and not match.start())
    return said if apart else numbers.agree(said, noun)


def _product_steps(numbers: Numbers) -> tuple[tuple[str, Callable[[Match], str]], ...]:
    """Return the patterns of × before figures, with and without a sign of equality behind them."""
    pattern = r"(?<=\d)\s?[x×·*]\s?(?=\d[\d.,]*\s?=)"
    product = ((pattern, lambda match: f" {numbers.times} "),) if numbers.times else ()
    size = r"(?<=(?<!\p{L})\d[\d.,]{0,6})\s?[x×]\s?(?=\d)"
    return (*product, (size, lambda match: f" {numbers.by} ")) if numbers.by else product


def _million_steps(language: Language, numbers: Numbers) -> tuple[tuple[str, Callable[[Match], str]], ...]:
    """Return the pattern of round millions before a noun; none if no word stands between them."""
    pattern = rf"{_LONE}(\d{{1,3}}(?:[.\u00a0\u202f ]000){{2,3}})\s(?=(\p{{L}}+))"
    return ((pattern, lambda match: spelled(match[1], language) + _of(match[2], numbers)),) * bool(numbers.of_millions)


def _of(noun: str, numbers: Numbers) -> str:
    """Return the "de" of "un million de francs", in which French has "d'" before a vowel."""
    if noun.lower() in ("de", "d", "di", "du", "des", "del"):
        return " "
    elided = numbers.elides and noun[0].lower() in "aàâeéèêiîoôuhy"
    return " d'" if elided else f" {numbers.of_millions} "


def _measure_pattern(numbers: Numbers, figures: str) -> str:
    units = "|".join(map(regex.escape, sorted((*UNITS, *numbers.units), key=len, reverse=True)))
    sign = rf"%|°(?:\s?[CF](?!\p{{L}}))?|′|″|(?:{units})(?![\p{{L}}’'])"
    return rf"{_LONE}({figures})\s?({sign})(?:\.(?=\s[\p{{Ll}}\d]|\s?[,;:)]))?"


def _metre_steps(language: Language, numbers: Numbers) -> tuple[tuple[str, Callable[[Match], str]], ...]:
    """Return the pattern of lengths such as "1,80 m", said as "ein Meter achtzig"; none if people do not say so."""

    def length(match: Match) -> str:
        return f"{_measured(match[1], sign, language, numbers)}{numbers.metres}{spelled(str(int(match[2])), language)}"

    sign = "м" if "м" in numbers.units else "m"  # the first is Cyrillic
    pattern = rf"{_LONE}([1-9]\d?),([1-9]\d|0[1-9])\s?{sign}(?![\p{{L}}²³/’'])(?:\.(?=\s[\p{{Ll}}\d]|[,;:)]))?"
    return ((pattern, length),) if numbers.metres else ()


def _measured(figures: str, sign: str, language: Language, numbers: Numbers) -> str:
    name = unit_name(_unit(sign, numbers), amount(figures, language), language)
    return f"{numbers.agree(spelled(figures, language), name.partition(' ')[0])} {name}"


def _unit(sign: str, numbers: Numbers) -> str | Forms:
    if sign[0] == "°" and sign[-1] in SCALES:
        return SCALES[sign[-1]]
    return numbers.signs.get(sign) or numbers.units.get(sign) or UNITS.get(sign) or MEASURES[sign]


def _ordinal(match: Match, language: Language) -> str:
    assert language.numbers
    return language.numbers.ordinal_form(spelled(match[1], language, "ordinal"), match[0][len(match[1]) :])


def _money_steps(language: Language, numbers: Numbers, figures: str) -> tuple[tuple[str, Callable[[Match], str]], ...]:
    scales = "|".join(sorted(map(regex.escape, numbers.scales), key=len, reverse=True))
    scaled = rf"(?:\s?(?P<scale>{scales})s?(?!\p{{L}}))?" if scales else ""
    signs = "|".join(map(_sign, dict.fromkeys((*numbers.money, *CURRENCIES))))
    return (
        (
            rf"(?<!\d\s?)({signs})\s?({figures}){scaled}",
            lambda match: _sum(match[1], match[2], match.groupdict().get("scale"), language, numbers),
        ),
        *_scaled_money(language, numbers, figures, scales, signs),
        (rf"{_LONE}({figures})\s?({signs})", lambda match: _sum(match[2], match[1], None, language, numbers)),
    )


def _scaled_money(
    language: Language, numbers: Numbers, figures: str, scales: str, signs: str
) -> tuple[tuple[str, Callable[[Match], str]], ...]:
    """Return the pattern of sums such as "5 Millionen €"; none if a language has no such words."""
    pattern = rf"{_LONE}({figures})\s?({scales})\s?({signs})"
    return ((pattern, lambda match: _sum(match[3], match[1], match[2], language, numbers)),) if scales else ()


def _sign(sign: str) -> str:
    """Return the pattern of a currency's sign; a sign of letters must be a whole word."""
    return rf"(?<!\p{{L}}){sign}(?!\p{{L}})" if sign.isalpha() else regex.escape(sign)


def _sum(sign: str, figures: str, scale: str | None, language: Language, numbers: Numbers) -> str:
    if scale:
        several = _currency(sign, Decimal(1_000_000), language, numbers)
        named = numbers.scales[scale]
        scaled = unit_name(named, amount(figures, language), language) if isinstance(named, Forms) else named
        counted = f"{spelled(figures, language)} {scaled}"
        elided = numbers.elides and counted.endswith(" de") and several[0] in "aeio"
        return f"{counted[:-1]}'{several}" if elided else f"{counted} {several}"
    whole, _, hundredths = figures.partition("," if numbers.comma else ".")
    if not hundredths or len(hundredths) != 2:
        return _money(figures, sign, language, numbers)
    said = _money(whole, sign, language, numbers)
    if hundredths == "00":
        return said
    return " ".join(filter(None, (said, numbers.coins, spelled(hundredths.lstrip("0"), language))))


def _money(figures: str, sign: str, language: Language, numbers: Numbers) -> str:
    count = amount(figures, language)
    name = _currency(sign, count, language, numbers)
    of = f" {numbers.of_millions}" if numbers.of_millions and count and count % 1_000_000 == 0 else ""
    return f"{numbers.agree(spelled(figures, language), name)}{of} {name}"


def _currency(sign: str, number: Decimal, language: Language, numbers: Numbers) -> str:
    own = numbers.money.get(sign)
    return unit_name(own, number, language) if own else currency_name(sign, number, language)


def _time_steps(language: Language, numbers: Numbers) -> tuple[tuple[str, Callable[[Match], str]], ...]:
    words = "|".join(filter(None, (numbers.clock.full if numbers.clock.full.isalpha() else "", "h")))
    written = f"|{numbers.clock.written}" if numbers.clock.written else ""
    word = rf"(?:\s(?:{words})\b(?:\.(?=\s\p{{Ll}}|[,;:)]))?)?"
    clock = rf"{_LONE}(\d{{1,2}})(?:(?:\s?[hH]\s?|:)([0-5]\d)(?:\s?min\b)?{written})(?![\d:]){word}"
    seconds = rf"{_LONE}(\d{{1,2}}):([0-5]\d):([0-5]\d)(?![\d:]){word}"
    return (
        (seconds, lambda match: _to_the_second(match, language, numbers)),
        (clock, lambda match: _clock_time(match, language, numbers)),
    )


def _clock_time(match: Match, language: Language, numbers: Numbers) -> str:
    said = _time(int(match[1]), int(next(filter(None, match.groups()[1:]), 0)), language, numbers)
    half = _HALF_OF_DAY.match(match.string, match.end())  # "1:00 a.m." has no "o'clock"
    return said.removesuffix(f" {numbers.clock.full}") if half and not numbers.clock.full.isalpha() else said


def _time(hours: int, minutes: int, language: Language, numbers: Numbers) -> str:
    clock = numbers.clock
    if hours > 24:
        return ""
    said = clock.hour(hours) if clock.hour else spelled(str(hours), language)
    one = clock.one if hours == 1 else ""
    if not minutes:
        late = clock.late if hours > 12 else ""
        return f"{said} {one or late or clock.full}".strip()
    oh = clock.oh if minutes < 10 else ""
    return " ".join(filter(None, (said, one or clock.between, oh, spelled(str(minutes), language))))


def _to_the_second(match: Match, language: Language, numbers: Numbers) -> str:
    """Say "12:05:30" as a time and its seconds; "" if there is no such time."""
    minutes, seconds = int(match[2]), int(match[3])
    time = _time(int(match[1]), minutes, language, numbers)
    if not seconds or not time:
        return time
    if seconds < 10 and minutes and not minutes % 10 and numbers.clock.between == numbers.join:
        time += f" {unit_name('duration-minute', Decimal(minutes), language)}"  # 14:30:05 is no 14:35
    return f"{time} {numbers.join} {_measured(str(seconds), '″', language, numbers)}"


def _romans(text: str, language: Language, numbers: Numbers) -> str:
    def king(match: Match) -> str:
        number = value(match[2])
        if match[1] not in RULERS | numbers.rulers | numbers.queens:
            return match[0]
        if number <= numbers.last_ordinal_king:
            form = numbers.queen_form if match[1] in numbers.queens else numbers.king_form
            return f"{match[1]} {numbers.king}{form(spelled(str(number), language, 'ordinal'))}"
        return f"{match[1]} {spelled(str(number), language)}"

    text = _KINGS[numbers.pronoun].sub(king, text)
    return str(_NUMBERED_NAME.sub(lambda match: spelled(str(value(match[1])), language), text))


_HALF_OF_DAY = compile_later(r"(?i:\s?[ap]\.?\s?m\b)")
_DIGIT = compile_later(r"\d")
_ALONE, _APART = r"(?<![\p{L}\d/.,-])", r"(?![\d/-]|[.,]\d)"
_NUMERIC = compile_later(
    rf"{_ALONE}(\d{{1,2}})([/.]|-(?=\d{{1,2}}-))(?:(?<=\.)\s)?(\d{{1,2}})\2(?:(?<=\.)\s)?(\d{{4}}){_APART}"
)
_SHORT_YEAR = compile_later(rf"{_ALONE}(\d{{1,2}})([./-])(\d{{1,2}})\2(\d\d){_APART}")
MAX_WORD_CHARS = 12  # longer words before a date are not looked for
_ISO = compile_later(rf"{_ALONE}(\d{{4}})([-./])(\d{{1,2}})\2(\d{{1,2}}){_APART}")
# "3-V-1898" and "12 X 1936"
_ROMAN_MONTH = compile_later(rf"{_ALONE}(\d{{1,2}})([-./ ])(?=[IVX])({NUMERAL})\2(\d{{4}}){_APART}")

_SHORT_MONTH = compile_later(
    r"(?<=(?<![\p{L}\d.,])\d{1,2}(?:\.|º|°|er|st|nd|rd|th)?\s(?:de\s)?)(\p{L}{3,5})\.(?=\s?[\p{Ll}\d(]|[,;:)]|"
    r"(?P<ends>[\s\"”’»)]*$))"
)


def say_dates(text: str, language: Language) -> str:
    """Return a sentence whose dates are written out; years and days remain figures."""
    dates = language.dates
    if dates is None or not _DIGIT.search(text):
        return text
    text = _SHORT_MONTH.sub(lambda match: _whole_month(match, language), text)
    text = _ROMAN_MONTH.sub(
        lambda match: _say_date(match, int(match[1]), value(match[3]), match[4], language, dates), text
    )
    text = _ISO.sub(lambda match: _say_date(match, int(match[4]), int(match[3]), match[1], language, dates), text)
    text = _NUMERIC.sub(lambda match: _numeric(match, language, dates), text)
    if dates.before:
        text = _SHORT_YEAR.sub(lambda match: _short_year(match, language, dates), text)
    return dates.written(text)


def _whole_month(match: Match, language: Language) -> str:
    """Say "sept." as "septembre", if it is the beginning of a single month."""
    short = match[1].lower()
    found = [name for name in month_names(language) if name.lower().startswith(short) and name.lower() != short]
    if len(found) != 1:
        return str(match[0])
    of = language.dates is not None and "de {month}" in language.dates.form
    joined = f"de {found[0]}" if of and not match.string[: match.start()].endswith("de ") else found[0]
    return joined + ("" if match["ends"] is None else ".")


def _numeric(match: Match, language: Language, dates: Dates) -> str:
    if dates.numeric is None:
        return _say_date(match, int(match[1]), int(match[3]), match[4], language, dates)
    return dates.numeric(match, lambda day, month, year: _say_date(match, day, month, year, language, dates))


def _short_year(match: Match, language: Language, dates: Dates) -> str:
    """Say "03.05.24", "3/5/24" and "am 3.5.24"; "3.5.24" alone may be a section."""
    day, sign, month, year = match.groups()
    padded = month[0] == "0" or (day[0] == "0" and len(month) == 2)
    before = match.string[max(0, match.start() - MAX_WORD_CHARS) : match.start()]
    if sign != "/" and not padded and not search(rf"\b(?i:{dates.before})\s?$", before):
        return match[0]
    century = "20" if int(year) <= LAST_SHORT_YEAR else "19"
    return _say_date(match, int(day), int(month), century + year, language, dates)


def _say_date(match: Match, day: int, month: int, year: str, language: Language, dates: Dates) -> str:
    """Return the words of a date; the match as it is if there is no such date."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return dates.form.format(day=dates.day(day), month=month_names(language)[month - 1], year=year)
