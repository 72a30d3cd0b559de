"""Figures as words: numbers, years, ordinals, sums of money, times, degrees, kings; by num2words."""

from collections.abc import Callable, Iterator
from functools import cache

import regex

from swarm.book.speech.agreement import agreed, hour, one_of
from swarm.book.speech.fraction import THIRDS_AND_ON, say_fractions
from swarm.book.speech.german import say_ordinals
from swarm.book.speech.number_words import (
    FRACTIONS,
    MORE_UNITS,
    RULERS,
    SCALES,
    SIGNS,
    UNITS,
    WORDS,
    NumberWords,
    digit_by_digit,
    spelled,
)
from swarm.book.speech.roman import NUMERAL, value

_DEGREE = regex.compile(r"°(?=\d)")
_TELEPHONE = regex.compile(r"(?<![\d.,$£€-])(?:\(\d{3}\)\s?|\d{3}-)?\d{3}-\d{4}(?![\d,.-]*\d)")
_FIGURE = regex.compile(rf"[\d{FRACTIONS}{THIRDS_AND_ON}]")
# English four-digit numbers that are no years: what is counted follows, or a word of measure stands before.
_FOUR = r"(?<![\p{L}\d.,:/$£€-])(?:1\d|20)\d\d(?![\d.,:/-]*\d|\p{L})"
_YEAR_BEFORE = r"(?<=\b(?i:in|since|by|until|till|during|years?|from|before|after)\s)"
_COUNTED = (
    "men|women|people|children|persons|soldiers|sailors|horses|ships|guns|feet|miles|yards|metres|meters|kilometres|"
    "kilometers|acres|tons|tonnes|pounds|dollars|francs|florins|crowns|years|days|hours|minutes|pages|words|copies|"
    "inhabitants|souls|votes|workers|troops|prisoners|slaves|species|barrels|gallons|bushels|volumes|houses|sheep|"
    "cattle|times|square|cubic"
)
_MANY = regex.compile(
    rf"(?<!{_YEAR_BEFORE}){_FOUR}(?=\s(?:{_COUNTED})\b)|"
    rf"(?<=\b(?i:about|some|nearly|almost|over|than|only|approximately|roughly|another)\s){_FOUR}"
    r"(?=\s(?!(?:was|has|is|his|as|us|this|its|does|always|perhaps|across|towards|besides|unless|thus)\b)\p{Ll}{2,}s\b)"
)
# "Joseph M. Brown" and "John V. Smith" are initials, "Mary I said" is somebody else's pronoun.
_KING = regex.compile(
    rf"\b(\p{{Lu}}\p{{L}}+)\s((?=[IVX]+\b){NUMERAL})\b(?!\.\p{{L}}|(?<=\s[IVX])\.\s+\p{{Lu}}|(?<=\sI)\s(?!of\b))"
    r"(?:\.(?=\s+\p{Ll}))?"
)
_CENTURY = regex.compile(r"\b([IVX]{1,7})(?:e|ème|ᵉ|er)\b")
_SPANISH_CENTURY = regex.compile(rf"(?<=\b(?:siglos?|séculos?)\s)({NUMERAL})\b")
_ITALIAN_CENTURY = regex.compile(rf"\b({NUMERAL})(?=\s+secolo\b)|(?<=\bsecol[oi]\s)({NUMERAL})\b(?!\s+secolo)")


def say_numbers(text: str, language: str) -> str:
    """A sentence with its figures as words; languages that are not known here keep theirs."""
    words = WORDS.get(language)
    if words is None or not text:
        return text
    if language == "de":
        text = say_ordinals(text)
    text = _romans(text, language, words)
    if not _FIGURE.search(text):
        return text
    text = say_fractions(_DEGREE.sub("° ", text), language)
    if language == "en":
        text = _TELEPHONE.sub(lambda match: digit_by_digit(regex.sub(r"\D", "", match[0]), "en"), text)
        text = _MANY.sub(lambda match: spelled(match[0], "en"), text)
    for pattern, say in _steps(language):
        text = _said(text, pattern, say)
    return text


def _said(text: str, pattern: "regex.Pattern[str]", say: Callable[["regex.Match[str]"], str]) -> str:
    return pattern.sub(lambda match: say(match) or match[0], text)


@cache
def _steps(language: str) -> tuple[tuple["regex.Pattern[str]", Callable[["regex.Match[str]"], str]], ...]:
    """What is looked for, the special before the general, and how it is said."""
    words = WORDS[language]
    thousands, point = (r"[.\u00a0\u202f ]", ",") if words.comma else (",", r"\.")
    number = rf"\d{{1,3}}(?:{thousands}\d{{3}})+(?!\d)(?:{point}\d+)?|\d+(?:{point}\d+)?"
    lone, units = r"(?<![\p{L}\d.,:/-])", "|".join(map(regex.escape, (*UNITS, *MORE_UNITS[language])))
    measured = (
        rf"{lone}({number})\s?(%|°(?:\s?[CF](?!\p{{L}}))?|′|″|(?:{units})(?![\p{{L}}’']))(?:\.(?=\s\p{{Ll}}|[,;:)]))?"
    )
    clock = r"(?:\s?h\s?|:)([0-5]\d)|\.([0-5]\d)(?=\s?(?:Uhr|uur|[ap]\.?\s?m\b))"
    clock += r"|(?<=\b(?:ore|alle|dalle)\s\d{1,2})\.([0-5]\d)" if language == "it" else r"|(?!)()"
    scales = "|".join(SCALES) if language == "en" else "million|billion|thousand"
    found: list[tuple[str, Callable[[regex.Match[str]], str]]] = [
        (rf"{lone}(\d{{1,2}})(?:{clock})(?![\d:])(?:\s(?:Uhr|uur|h)\b\.?)?", lambda match: _time(match, language)),
        (
            rf"([{SIGNS}])\s?({number})(?:\s?({scales})s?(?!\p{{L}}))?",
            lambda match: _sum(match[1], match[2], match[3], language),
        ),
        (rf"{lone}({number})\s?([{SIGNS}])", lambda match: _sum(match[2], match[1], None, language)),
        (
            r"(?<![\d-–])(\d+)\s?[-–]\s?(\d+)(?!\d*[-–]\d)",
            lambda match: f"{match[1]} {words.to if match[1] != match[2] else ''} {match[2]}".replace("  ", " "),
        ),
        (r"(?<=^|[\s(])[-−](?=\d)", lambda match: f"{words.minus} "),
        (measured, lambda match: _measured(match[1], match[2], language)),
    ]
    if language == "fr":
        found.append((rf"{lone}(\d{{1,2}})\s?h()()()(?![\p{{L}}\d])", lambda match: _time(match, language)))
    if words.ordinal:
        found.append((rf"{lone}(\d{{1,6}})(?:{words.ordinal})(?!\p{{L}})", lambda match: _ordinal(match, language)))
    found += _year_steps(language) if words.years else ()
    any_number = rf"(?<![\p{{L}}\d]|\d\.)({number})(?!\d|\p{{L}}|\.\d)(?:(?=\s(\p{{L}}+)))?"
    found.append((any_number, lambda match: _counted(match, language)))
    return tuple((regex.compile(pattern), say) for pattern, say in found)


def _year_steps(language: str) -> Iterator[tuple[str, Callable[["regex.Match[str]"], str]]]:
    """Decades and years, where they are said otherwise than other numbers; English alone has early ones in pairs."""
    year, alone = r"(?<![\p{L}\d.,])(1[1-9]\d\d|20\d\d)", r"(?![.,]?\d|\p{L})"
    if language == "en":
        yield rf"{year}s(?!\p{{L}})", lambda match: _decade(spelled(match[1], "en", "year"))
        yield r"(?<![\p{L}\d.,])['’]?([2-9]0)s(?!\p{L})", lambda match: _decade(spelled(match[1], "en"))
        yield rf"{_YEAR_BEFORE}(10[1-9]\d){alone}", lambda match: spelled(match[1], "en", "year")
    yield rf"{year}{alone}", lambda match: spelled(match[1], language, "year")


def _counted(match: "regex.Match[str]", language: str) -> str:
    """A number before a word; what may be a year agrees with none, nor a 1 that begins the line and may be its own."""
    figures, noun = match[1], match[2] or ""
    said = spelled(figures, language)
    apart = (figures == "1" and not match.start()) or (len(figures) == 4 and figures.isdecimal())
    return said if apart else agreed(said, noun, language)


def _measured(figures: str, sign: str, language: str) -> str:
    words = WORDS[language]
    several = MORE_UNITS[language].get(sign) or _measure(sign[:1] if sign.startswith("°") else sign, words)
    several = several if figures != "1" else one_of(several, language)
    scale = {"C": " Celsius", "F": " Fahrenheit"}.get(sign[-1], "") if sign.startswith("°") else ""
    return f"{agreed(spelled(figures, language), several.partition(' ')[0], language)} {several}{scale}"


def _measure(sign: str, words: NumberWords) -> str:
    if sign in UNITS:
        return words.units[UNITS.index(sign)]
    return {"%": words.percent, "°": words.degrees, "′": words.arc[0], "″": words.arc[1]}[sign]


def _decade(year: str) -> str:
    return f"{year[:-1]}ies" if year.endswith("y") else f"{year}s"


def _ordinal(match: "regex.Match[str]", language: str) -> str:
    said = spelled(match[1], language, "ordinal")
    suffix = match[0][len(match[1]) :]
    if language == "fr":
        said = "première" if suffix.startswith("re") else said
        return f"{said}s" if suffix.endswith("s") and not said.endswith("s") else said
    return said[:-1] + "a" if suffix.endswith("ª") and said.endswith("o") else said


def _sum(sign: str, figures: str, scale: str | None, language: str) -> str:
    words = WORDS[language]
    one, several = words.money[SIGNS.index(sign)]
    if scale:
        return f"{spelled(figures, language)} {SCALES.get(scale, scale)} {several}"
    whole, _, hundredths = figures.partition("," if words.comma else ".")
    if not hundredths or len(hundredths) != 2:
        return _money(figures, one, several, language)
    said = _money(whole, one, several, language)
    return said if hundredths == "00" else f"{said} {words.coins} {spelled(hundredths.lstrip('0'), language)}"


def _money(figures: str, one: str, several: str, language: str) -> str:
    name = one if figures == "1" else several
    return f"{agreed(spelled(figures, language), name, language)} {name}"


def _time(match: "regex.Match[str]", language: str) -> str:
    words = WORDS[language]
    hours, minutes = int(match[1]), int(match[2] or match[3] or match[4] or 0)
    if hours > 24:
        return ""
    said = hour(spelled(str(hours), language), language)
    name = one_of(words.hours, language) if hours == 1 and language == "fr" else words.hours
    if not minutes:
        after = {"en": "o'clock", "fr": name, "de": name, "nl": name}.get(language, "")
        return f"{said} {after}".strip()
    if language == "en" and minutes < 10:
        return f"{said} oh {spelled(str(minutes), language)}"
    return " ".join(filter(None, (said, name, spelled(str(minutes), language))))


def _romans(text: str, language: str, words: NumberWords) -> str:
    def ordinal(match: "regex.Match[str]") -> str:
        return spelled(str(value(match[1])), language, "ordinal")

    def king(match: "regex.Match[str]") -> str:
        number = value(match[2])
        if match[1] not in RULERS:
            return str(match[0])
        if number <= words.last_ordinal_king:
            said = spelled(str(number), language, "ordinal")
            return f"{match[1]} {words.king}{said.capitalize() if language in ('en', 'de') else said}"
        return f"{match[1]} {spelled(str(number), language)}"

    text = _KING.sub(king, text)
    if language == "fr":
        text = _CENTURY.sub(ordinal, text)
    if language == "it":
        text = _ITALIAN_CENTURY.sub(lambda match: spelled(str(value(match[1] or match[2])), "it", "ordinal"), text)
    if language in ("es", "pt"):
        text = _SPANISH_CENTURY.sub(lambda match: spelled(str(value(match[1])), language), text)
    return text
