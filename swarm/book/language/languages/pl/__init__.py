"""What no pattern of its file can say in Polish: ordinals and cardinals in the case that a preposition before or a noun
after them shows.
"""

from decimal import Decimal
from functools import cache

import regex

from swarm.book.language.known import with_program
from swarm.book.language.language import Language, Match, table, words
from swarm.book.language.languages.pl.agreement import (
    agree,
    in_genitive,
    join_compounds,
    ordinal_in_case,
    say_between,
    say_plurals,
)
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import month_names, spelled, unit_name, unit_signs

# The cases of an ordinal, by the ending of the masculine, feminine or plural adjective.
_GENITIVE, _DATIVE, _LOCATIVE = "ego", "emu", "ym"
_FEMININE, _OF_FEMININE, _FEMININE_OBJECT = "a", "ej", "ą"
_NEUTER, _OF_PLURAL = "e", "ych"
_LOCATIVE_BEFORE = words("w we na o po przy")
_PREPOSITIONS = _LOCATIVE_BEFORE | words("od do z ze koło około dla bez")
_NOMINATIVE = {"a": _FEMININE, "ę": _FEMININE_OBJECT, "ą": _FEMININE_OBJECT, "o": _NEUTER, "e": _NEUTER}
_FEMININE_BEHIND_IN = words(
    "klasie stronie scenie godzinie połowie grupie minucie sekundzie wojnie ławce próbie turze dobie"
)
_PREPOSITION = r"(?:\b((?i:w|we|na|o|po|przy|od|do|z|ze|koło|około|ok\.|dla|przed))\s)?"
_YEAR = (
    r"(?<![\p{L}\d.,:/-])(1\d{3}|20\d\d|[1-9]\d\d|"
    r"[1-9]\d?(?=\s(?:r\.|roku)\s(?:(?:p\.\s?)?n\.\s?e|przed naszą)))"
)
_YEAR_BEHIND = compile_later(rf"{_PREPOSITION}{_YEAR}\s(r\.|rok(?:u|iem|owi)?\b)")
_YEAR_BEFORE = compile_later(
    rf"{_PREPOSITION}\b([Rr]oku|[Rr]ok|[Rr]okiem|r\.)\s(1\d{{3}}|20\d\d)(?![\d.,:/-]*\d|\p{{L}})"
)
_FIGURE = compile_later(r"\d")
_YEAR_ALONE = compile_later(r"\b([Ww]|[Pp]o)\s(1\d{3}|20\d\d)(?=[.,;:!?)]*(?:$|\s\p{Lu})|[,;)])")
_CENTURY = compile_later(
    rf"{_PREPOSITION}\b((?=[IVX]+\b){NUMERAL})(?:(\s(?:i|oraz|lub)\s|[-–])((?=[IVX]+\b){NUMERAL}))?\s"
    r"(w\.|wiek(?:u|iem|owi)?\b)"
)
_DECADE = compile_later(r"\b([Ll]at(?:a|ach|om)?)\s([2-9]0)\.(?:(\si\s|[-–])([2-9]0)\.)?(?!\d)")
_BEFORE_NOUN = compile_later(r"(?:\b(\p{L}{1,5})\s)?(?<![\d.,:/-])(\d{1,3})\.(?=\s(\p{Ll}{2,}))")
_CLOCK = compile_later(
    r"\b([Oo]|[Pp]o|[Dd]o|[Oo]d|[Pp]rzed|[Oo]koło)\s(godz\.|godzin\p{L}{1,2})?\s?([01]?\d|2[0-4])"
    r"(?:(?::|(?<=godz[^\d]{1,6}\d{1,2}|\b(?:[Oo]|[Pp]rzed)\s\d{1,2})\.)([0-5]\d))?(?![\d:])(?=(\s(?:rano|wieczorem|"
    r"w nocy|po południu)\b)?)"
)
_HOUR = compile_later(r"\b([Gg])odz\.\s?([01]?\d|2[0-4])(?:[:.]([0-5]\d))?(?![\d:])")
_KINGS = "Jan|Zygmunt|Władysław|Kazimierz|Stanisław|August|Stefan|Bolesław|Mieszk|Henryk|Fryderyk|Karol|Mikołaj|Piotr"
_KINGS += "|Ludwik|Franciszk|Pius|Leon|Benedykt|Aleksandr|Wilhelm|Filip|Edward|Jerz|Paweł|Pawł"
_OF_KING = compile_later(rf"\b((?:{_KINGS})(a|em|owi|iem))\s((?=[IVX]+\b){NUMERAL})\b")
_AT_KING = compile_later(
    r"\b(Janie|Pawle|Zygmuncie|Władysławie|Kazimierzu|Stanisławie|Auguście|Stefanie|Bolesławie|Mieszku|Henryku|"
    r"Fryderyku|Karolu|Mikołaju|Piotrze|Ludwiku|Franciszku|Piusie|Leonie|Benedykcie|Aleksandrze|Wilhelmie|Filipie|"
    r"Edwardzie|Jerzym)"
    rf"\s((?=[IVX]+\b){NUMERAL})\b"
)
# "II wojna światowa", "po I wojnie": the noun's ending shows the case.
_NUMBERED_NOUN = compile_later(
    rf"\b((?=[IVX]+\b){NUMERAL})\s(?=(?:[Ww]ojn|[Kk]rucja|Rzesz|Rze(?:cz|czy)pospolit)\p{{L}}*?(a|y|ie|i|ej|ę|ą)\b)"
)
_FIRST_YEAR = compile_later(
    r"\b([Oo]d|[Ww]|[Zz]|[Ll]atach)\s(1\d{3}|20\d\d)(\sdo\s|\si\s|\s?[–-]\s?)(?=(?:1\d{3}|20\d\d)\s(?:r\.|roku\b))"
)
_NTH_TIME = compile_later(r"(?<=\b[Rr]az\s)(\d{1,2})\.(?:(?=[,;:)]|\s\p{Ll})|(?P<ends>(?=[\s\"”»)]*$)))")
_ONE_MILLION = compile_later(r"(?<![\p{L}\d.,:/-]|\d\s)1\s(mln|mld)\b\.?(\szł\b)?")
_LAST_HOUR = compile_later(r"(?<=\bgodziny\s\p{L}{4,20}\sdo\s)([01]?\d|2[0-4])(?![\d:.,])")
_QUEEN = compile_later(rf"\b((?:Elżbiet|Katarzyn|Ann|Mari)(a|y|i|ie|ę|ą))\s((?=[IVX]+\b){NUMERAL})\b")


def _ordinal(number: int, case: str = "y") -> str:
    return ordinal_in_case(spelled(str(number), LANGUAGE, "ordinal"), case)


def _cardinal(figures: str) -> str:
    return spelled(figures, LANGUAGE)


def _case(preposition: str | None, noun: str) -> str:
    """Return the case of a masculine ordinal by the preposition before it and the noun after it."""
    if noun in ("rok", "wiek"):
        return "y"
    if noun.endswith("em"):
        return _LOCATIVE  # the locative sounds like the instrumental
    if noun.endswith("owi"):
        return _DATIVE
    before = (preposition or "").lower()
    return _LOCATIVE if before in _LOCATIVE_BEFORE or before == "przed" else _GENITIVE


def _with(preposition: str | None, said: str) -> str:
    return f"{preposition} {said}" if preposition else said


def _year_after(match: Match) -> str:
    """Say "w 1921 r."; keep the full stop before a new sentence."""
    preposition, year, noun = match[1], int(match[2]), match[3]
    before = (preposition or "").lower()
    said = noun if noun != "r." else "rokiem" if before == "przed" else "roku"
    after = match.string[match.end() :]
    ends = noun == "r." and (not after.strip(" ”»\"')") or (match.start() > 2 and regex.match(r"\s\p{Lu}", after)))
    return _with(preposition, f"{_ordinal(year, _case(preposition, said))} {said}{'.' if ends else ''}")


def _year_before(match: Match) -> str:
    noun = "roku" if match[2] == "r." else match[2]
    return _with(match[1], f"{noun} {_ordinal(int(match[3]), _case(match[1], noun.lower()))}")


def _century(match: Match) -> str:
    preposition, first, join, second, noun = match.groups()
    said = noun if noun != "w." else "wiekiem" if (preposition or "").lower() == "przed" else "wieku"
    case = _case(preposition, said)
    joined = _both(
        str(value(first)), " i " if join in ("-", "–") else join, str(value(second)) if second else None, case
    )
    ends = noun == "w." and not match.string[match.end() :].strip(" ”»\"')")
    return _with(preposition, f"{joined} {said}{'.' if ends else ''}")


def _decade(match: Match) -> str:
    case = {"lata": _NEUTER, "latom": _LOCATIVE}.get(match[1].lower(), _OF_PLURAL)
    ends = not match.string[match.end() :].strip(" ”»\"')")
    return f"{match[1]} {_both(match[2], match[3], match[4], case)}{'.' if ends else ''}"


def _both(first: str, join: str | None, second: str | None, case: str) -> str:
    """Say one ordinal, or two joined by "i", "do" or a dash."""
    said = [_ordinal(int(figures), case) for figures in (first, second) if figures]
    return (join if (join or "").strip("-– ") else " do ").join(said) if second and join else said[0]


def _before_noun(match: Match) -> str:
    """Say "5. klasa", "w 3. rzędzie": the noun's ending shows the case."""
    before, number, noun = (match[1] or "").lower(), int(match[2]), match[3]
    if noun in _FEMININE_BEHIND_IN or noun.endswith(("y", "i")):
        case = _OF_FEMININE
    elif before and before in _PREPOSITIONS and noun.endswith(("a", "u", "ie", "e")):
        case = _LOCATIVE if before in _LOCATIVE_BEFORE and not noun.endswith("a") else _GENITIVE
    elif noun.endswith("em"):
        case = _LOCATIVE
    else:
        case = _NOMINATIVE.get(noun[-1], "y")
    return _with(match[1], _ordinal(number, case))


def _clock(match: Match) -> str:
    """Say "o 10:30" as "o dziesiątej trzydzieści"; keep a bare number that may be no hour."""
    preposition, noun, hour, minutes, part_of_day = match.groups()
    if not noun and not minutes and not part_of_day:
        return match[0]
    ahead = preposition.lower() == "przed"
    if noun == "godz.":
        noun = "godziną" if ahead else "godzinie" if preposition.lower() in _LOCATIVE_BEFORE else "godziny"
    said = _ordinal(int(hour), _FEMININE_OBJECT if ahead else _OF_FEMININE)
    rest = spelled(str(int(minutes)), LANGUAGE) if minutes and int(minutes) else ""
    return " ".join(filter(None, (preposition, noun, said, rest)))


def _hour(match: Match) -> str:
    minutes = spelled(str(int(match[3])), LANGUAGE) if match[3] and int(match[3]) else ""
    return f"{match[1]}odzina {_ordinal(int(match[2]), _FEMININE)} {minutes}".strip()


@cache
def _day() -> "regex.Pattern[str]":
    """Return the pattern of a day, its month and its year."""
    months = "|".join(month_names(LANGUAGE))
    day = r"([12]?\d|3[01])\.?"
    return compile_later(
        rf"(?<![\d.,:/-])(?:{day}(\s?[-–]\s?|\s(?:do|i|lub)\s))?{day}\s((?i:{months}))\b"
        r"(?:\s(1\d{3}|20\d\d)(?![\d.,:/-]*\d|\p{L})(\sr\.|\sroku\b)?)?"
    )


def _date(match: Match) -> str:
    first, join, last, month, year, noun = match.groups()
    said = f"{_both(first or last, join, last if first else None, _GENITIVE)} {month}"
    if not year:
        return said
    ends = noun == " r." and not match.string[match.end() :].strip(" ”»\"')")
    return f"{said} {_ordinal(int(year), _GENITIVE)} roku{'.' if ends else ''}"


@cache
def _counted_signs() -> dict[str, str]:
    """Return for each sign after numbers its genitive plural, which is CLDR's form for five."""
    assert LANGUAGE.forms
    own = {"%": "concentr-percent", "zł": LANGUAGE.forms.money["PLN"], "tys.": LANGUAGE.forms.units["tys"]}
    return {sign: unit_name(unit, Decimal(5), LANGUAGE) for sign, unit in (unit_signs(LANGUAGE) | own).items()}


@cache
def _genitive() -> "regex.Pattern[str]":
    signs = "|".join(map(regex.escape, sorted(_counted_signs(), key=len, reverse=True)))
    return compile_later(
        r"\b((?i:od|do|dla|bez|około|ok\.|blisko|powyżej|poniżej|spośród|wobec|wśród|oprócz|prócz|zamiast|temperatur(?:ze|y)))\s([2-9]|[1-9]\d{1,2})"
        rf"(?:\s?({signs})(?![\p{{L}}²³]))?(?!\d|[.,:/-]\d|\.\s\p{{Ll}}|\p{{L}})"
    )


def _in_genitive(match: Match) -> str:
    """Say "od 5 do 10" in the genitive; a noun after the number already is in it."""
    said = in_genitive(spelled(match[2], LANGUAGE))
    return f"{match[1]} {said} {_counted_signs()[match[3]]}" if match[3] else f"{match[1]} {said}"


def _prepare(text: str) -> str:
    """Say the inflected dates, years, centuries, hours, kings and ordinals, for which there are no general rules."""
    if _FIGURE.search(text):
        text = say_between(text, _cardinal, _ordinal, month_names(LANGUAGE))
        text = say_plurals(join_compounds(text, _cardinal), _cardinal)
        text = _NTH_TIME.sub(lambda match: f"{_ordinal(int(match[1]))}{'.' if match['ends'] is not None else ''}", text)
        text = _ONE_MILLION.sub(_one_million, text)
        text = _day().sub(_date, text)
        text = _FIRST_YEAR.sub(_first_year, text)
        text = _YEAR_BEFORE.sub(_year_before, _YEAR_BEHIND.sub(_year_after, text))
        text = _YEAR_ALONE.sub(lambda match: f"{match[1]} {_ordinal(int(match[2]), _LOCATIVE)}", text)
        text = _HOUR.sub(_hour, _CLOCK.sub(_clock, text))
        text = _LAST_HOUR.sub(lambda match: _ordinal(int(match[1]), _OF_FEMININE), text)
        text = _genitive().sub(_in_genitive, text)
        text = _BEFORE_NOUN.sub(_before_noun, _DECADE.sub(_decade, text))
    text = _CENTURY.sub(_century, text)
    text = _OF_KING.sub(lambda match: f"{match[1]} {_ordinal(value(match[3]), _KING_CASES[match[2]])}", text)
    text = _AT_KING.sub(lambda match: f"{match[1]} {_ordinal(value(match[2]), _LOCATIVE)}", text)
    text = _NUMBERED_NOUN.sub(_numbered_noun, text)
    return _QUEEN.sub(lambda match: f"{match[1]} {_ordinal(value(match[3]), _QUEEN_CASES[match[2]])}", text)


def _one_million(match: Match) -> str:
    return ("milion" if match[1] == "mln" else "miliard") + (" złotych" if match[2] else "")


def _first_year(match: Match) -> str:
    """Say the first of two years in the case of its preposition: "od 1914 do 1918 r."."""
    case = _GENITIVE if match[1].lower() in ("od", "z") else _LOCATIVE
    join = match[3] if match[3].strip("–- ") else " do "
    return f"{match[1]} {_ordinal(int(match[2]), case)}{join}"


def _numbered_noun(match: Match) -> str:
    case = {"a": _FEMININE, "ę": _FEMININE_OBJECT, "ą": _FEMININE_OBJECT}.get(match[2], _OF_FEMININE)
    said = _ordinal(value(match[1]), case)
    return f"{said if match.start() else said.capitalize()} "


_KING_CASES = {"a": _GENITIVE, "em": _LOCATIVE, "iem": _LOCATIVE, "owi": _DATIVE}
_QUEEN_CASES = table("a=a|y=ej|i=ej|ie=ej|ę=ą|ą=ą")


def _fraction(over: int, under: int) -> str:
    counted = {1: "jedna", 2: "dwie"}.get(over) or spelled(str(over), LANGUAGE)
    return f"{counted} {_ordinal(under, _FEMININE if over == 1 else _NEUTER if over < 5 else _OF_PLURAL)}"


LANGUAGE: Language = with_program(
    "pl",
    numbers={"agree": agree, "fraction": _fraction, "prepare": _prepare},
)
