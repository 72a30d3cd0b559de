"""Figures as words: numbers, years, dates, ordinals, sums of money, times, measures, rulers."""

from functools import lru_cache

from regex import Pattern, search
from regex import match as matches

from swarm.book.language.language import Dates, Language, Match, Numbers, SpokenForms, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import (
    LAST_SHORT_YEAR,
    month_names,
    spelled,
)
from swarm.book.speech.semiotic import Verbaliser, verbaliser

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
    "Oscar Oskar Gustaf Haakon Håkon Harald Olav Erik Knud Valdemar Frederik Kaarle Kustaa Aleksanteri Nikolai Mihai "
    "Carol František Rudolf Václav Karol Ľudovít Lajos Béla Jaume Pere Борис Симеон Петро Олександр Петар Александър "
    "Clement Clemens Clément Clemente Otto Ramses Ramsès Gustav Christian Joseph Josef José Maria"
)
_MINUS = compile_later(r"(?<=^|[\s(])[-−](?=\d)")
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


def rulers(language: Language) -> frozenset[str]:
    """Return the names of rulers in a language, which numerals may follow."""
    numbers = language.numbers
    return RULERS | numbers.rulers | numbers.queens if numbers else frozenset()


def say_numbers(text: str, language: Language) -> str:
    """Return a sentence with its figures as words, if the language has number words."""
    said, numbers = verbaliser(language), language.numbers
    if said is None or language.forms is None or not text:
        return text
    if numbers:
        text = _romans(numbers.prepare(_MINUS.sub(f"{language.forms.minus} ", text)), language, numbers)
    return said.say(text if numbers or not _NUMERAL.search(text) else _romans_of_data(text, said, language.forms))


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


_NUMERAL = compile_later(r"(?<!\p{L})[IVX]+(?!\p{L})")
_RULER = compile_later(
    rf"(?<=(?<!\p{{L}})(\p{{Lu}}[\p{{Ll}}\p{{M}}]+)\s)((?=[IVX]+(?!\p{{L}})){NUMERAL})(?![\p{{L}}\d’'-]|\.\p{{L}})(?:\.(?=\s\p{{Ll}}|[,;:)]))?"
)
_STOPPED = compile_later(rf"(?<!\p{{L}})((?=[IVX]{{2}}){NUMERAL})\.(?=\s\p{{Lu}}\p{{Ll}})")


def _romans_of_data(text: str, said: Verbaliser, forms: SpokenForms) -> str:
    """Return a sentence of a language that is data with words for its numerals: "Karl XII", "XX. század"."""

    def ruler(match: Match) -> str:
        if len(match[2]) < 2 and match[1] not in RULERS:
            return match[0]
        figures = str(value(match[2]))
        return forms.ruler.format(o=said.ordinal(figures) if "{o}" in forms.ruler else "", n=figures)

    marked, stopped = _numeral_marks(forms.ordinal_marks or "(?!)")
    text = marked.sub(lambda match: str(value(match[1])), text)
    text = _RULER.sub(ruler, text) if forms.ruler else text
    return _STOPPED.sub(lambda match: said.ordinal(str(value(match[1]))), text) if stopped else text


@lru_cache(64)
def _numeral_marks(marks: str) -> tuple["Pattern[str]", bool]:
    """Return the pattern of a numeral before the marks of ordinals, and whether a full stop is one of these."""
    marked = rf"(?<![\p{{L}}.])((?=[IVX]+(?!\p{{Lu}})){NUMERAL})(?={marks})"
    return compile_later(marked), matches(marks, ". a") is not None


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

# "03-Feb-2002", and "2012-06", which is no pair of years
_NAMED_MONTH = compile_later(rf"{_ALONE}(\d{{1,2}})([-./])(\p{{L}}{{3,10}})\.?\2(\d{{4}}){_APART}")
_BEFORE_YEAR = compile_later(r"(?<![\p{L}\d.])(\p{L}{3,4})(\.)?(?=\s(?:de\s)?(?:1[5-9]|20)\d\d(?![\d.,:/-]*\d))")
_DAY_BEFORE = compile_later(r"(?<!\d)\d{1,2}\s(?:de\s)?$")
_DAY_AND_MONTH = compile_later(rf"{_ALONE}([12]?\d|3[01])/(1[0-2]|[1-9]){_APART}(?!\s\p{{Ll}})")  # "el 5/3"
_MONTH_OF_YEAR = compile_later(rf"{_ALONE}((?:19|20)\d\d)-(0[1-9]|1[0-2]){_APART}")

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
    text = _BEFORE_YEAR.sub(lambda match: _before_year(match, language), text)
    text = _MONTH_OF_YEAR.sub(lambda match: _month_of_year(match, language, dates), text)
    text = _ISO.sub(lambda match: _say_date(match, int(match[4]), int(match[3]), match[1], language, dates), text)
    text = _NUMERIC.sub(lambda match: _numeric(match, language, dates), text)
    if dates.before:
        text = _SHORT_YEAR.sub(lambda match: _short_year(match, language, dates), text)
        text = _DAY_AND_MONTH.sub(lambda match: _day_and_month(match, language, dates), text)
    return _NAMED_MONTH.sub(lambda match: _named_month(match, language, dates), dates.written(text))


def _named_month(match: Match, language: Language, dates: Dates) -> str:
    found = _months_from(match[3].lower(), language)
    return _say_date(match, int(match[1]), found[0], match[4], language, dates) if len(found) == 1 else match[0]


def _before_year(match: Match, language: Language) -> str:
    """Say "Jan 2020" and "ene. 2020" with the month's whole name."""
    sure = match[1].istitle() or match[2] or _DAY_BEFORE.search(match.string, 0, match.start())
    found = _months_from(match[1].lower(), language) if sure else []
    return month_names(language)[found[0] - 1] if len(found) == 1 else str(match[0])


def _month_of_year(match: Match, language: Language, dates: Dates) -> str:
    """Say "2003-03" as a month; "2003-04" may be two years, one of which follows the other."""
    if int(match[2]) > int(match[1][2:]):
        return str(match[0])
    form = dates.form[dates.form.index("{month}") :].replace(" {day}, ", " ")
    return form.format(month=month_names(language)[int(match[2]) - 1], year=match[1])


def _months_from(short: str, language: Language) -> list[int]:
    """Return the months that begin so: 9 for "sept"."""
    return [month for month, name in enumerate(month_names(language), 1) if name.lower().startswith(short)]


def _whole_month(match: Match, language: Language) -> str:
    """Say "sept." as "septembre", if it is the beginning of a single month."""
    found = [month_names(language)[month - 1] for month in _months_from(match[1].lower(), language)]
    if len(found) != 1 or found[0].lower() == match[1].lower():
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


def _day_and_month(match: Match, language: Language, dates: Dates) -> str:
    """Say "el 5/3" and "am 24/12" as a day; "1/2" may be a fraction."""
    day, month = int(match[1]), int(match[2])
    before = match.string[max(0, match.start() - MAX_WORD_CHARS) : match.start()]
    if day < month or not search(rf"\b(?i:{dates.before})\s$", before):
        return str(match[0])
    form = dates.form.partition("{month}")[0] + "{month}"
    return form.format(day=dates.day(day), month=month_names(language)[month - 1])


def _say_date(match: Match, day: int, month: int, year: str, language: Language, dates: Dates) -> str:
    """Return the words of a date; the match as it is if there is no such date."""
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    return dates.form.format(day=dates.day(day), month=month_names(language)[month - 1], year=year)
