"""Dates in figures as they are read: "25/12/1999" is "December 25th, 1999" or "25 décembre 1999"."""

import regex

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
}
_NAMES = {language: tuple(names.split()) for language, names in _MONTHS.items()}
_FORMS = {  # of day, month and year; English has its own
    "fr": "{}{} {} {}",
    "de": "{}.{} {} {}",
    "es": "{}{} de {} de {}",
    "it": "{}{} {} {}",
    "pt": "{}{} de {} de {}",
    "nl": "{}{} {} {}",
}
_FIRST = {"fr": "er", "it": "º"}  # how the first of a month is written

_DIGIT = regex.compile(r"\d")
_ALONE, _APART = r"(?<![\p{L}\d/.,-])", r"(?![\d/-]|[.,]\d)"
_NUMERIC = regex.compile(rf"{_ALONE}(\d{{1,2}})([/.])(\d{{1,2}})\2(\d{{4}}){_APART}")
_ISO = regex.compile(rf"{_ALONE}(\d{{4}})-(\d\d)-(\d\d){_APART}")
_ENGLISH = "|".join((*_NAMES["en"], *"Jan Feb Mar Apr Jun Jul Aug Sept Sep Oct Nov Dec".split()))  # noqa: SIM905
_MONTH_FIRST = regex.compile(rf"\b({_ENGLISH})\b(\.?) (\d{{1,2}})(?![\d:.,/%]*\d|\p{{L}}|[%°:])")
_DAY_FIRST = regex.compile(rf"(?<![\d.,:/$£€-])(\b[Tt]he )?\b(\d{{1,2}}) (?=(?:{_ENGLISH})\b)")


def say_dates(text: str, language: str) -> str:
    """A sentence whose dates are written out; years and days stay figures."""
    if language not in _NAMES or not _DIGIT.search(text):
        return text
    text = _ISO.sub(lambda match: _said(match, 3, 2, 1, language), text)
    if language != "en":
        return str(_NUMERIC.sub(lambda match: _said(match, 1, 3, 4, language), text))
    text = _NUMERIC.sub(_either_way, text)
    text = _MONTH_FIRST.sub(lambda match: _with_day(match[0], f"{match[1]}{match[2]} ", int(match[3])), text)
    return str(_DAY_FIRST.sub(lambda match: _with_day(match[0], match[1] or "the ", int(match[2]), " of "), text))


def _said(match: "regex.Match[str]", day: int, month: int, year: int, language: str) -> str:
    """The date in these groups of a match; as it is where there is no such day."""
    number, place = int(match[day]), int(match[month])
    if not (1 <= number <= 31 and 1 <= place <= 12):
        return str(match[0])
    name = _NAMES[language][place - 1]
    if language == "en":
        return f"{name} {_th(number)}, {match[year]}"
    return _FORMS[language].format(number, _FIRST.get(language, "") if number == 1 else "", name, match[year])


def _either_way(match: "regex.Match[str]") -> str:
    """Britons and Americans write these the other way round: what can be both is read figure by figure."""
    if match[2] == ".":
        return str(match[0])
    first, second = int(match[1]), int(match[3])
    if first == second or second > 12:
        return _said(match, 3, 1, 4, "en")
    return _said(match, 1, 3, 4, "en") if first > 12 else f"{first} {second} {match[4]}"


def _with_day(written: str, before: str, day: int, after: str = "") -> str:
    return f"{before}{_th(day)}{after}" if 1 <= day <= 31 else written


def _th(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day // 10 != 1 else 0, "th")
    return f"{day}{ending}"
