"""What no pattern of its file can say in Russian: numbers in the case and gender that the words beside them show."""

from functools import lru_cache

import regex

from swarm.book.language.known import with_program
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import MAX_DIGITS, month_names


def _with(preposition: str | None, said: str) -> str:
    return f"{preposition} {said}" if preposition else said


UNITS_OF_MANY = table(
    "км=километров|м=метров|см=сантиметров|мм=миллиметров|кг=килограммов|г=граммов|л=литров|мл=миллилитров|мин=минут|"
    "ч=часов|руб=рублей|р=рублей|%=процентов|тыс=тысяч|млн=миллионов|°C=градусов Цельсия|°С=градусов Цельсия|"
    "° C=градусов Цельсия|° С=градусов Цельсия|°=градусов"
)


# num2words names the cases by letters: nominative, genitive, dative, accusative, instrumental, prepositional.
_ROMAN = rf"(?=[IVX]+\b){NUMERAL}"
_CENTURY = compile_later(
    rf"(?:\b((?i:в|во|о|на|к|с|до|от|из|по))\s)?\b({_ROMAN})(?:(\s?[–—-]\s?|\sи\s)({_ROMAN}))?\s?"
    r"(век(?:ах|ами|ам|ом|ов|а|е|и|у)?\b|столети(?:ями|ях|ям|ем|е|и|й|я|ю)\b|вв?\.)"
)
_NOUN_CASES = {
    **dict.fromkeys(("века", "веков", "столетия", "столетий"), "g"),
    **dict.fromkeys(("век", "веки", "столетие"), "n"),
    **dict.fromkeys(("веке", "веках", "столетии", "столетиях"), "p"),
    **dict.fromkeys(("веку", "векам", "столетию"), "d"),
    "веком": "i",
    "веками": "i",
    "столетием": "i",
}
_HIS_NUMBERED = "съезд|конгресс|том|раздел|тур|этап|класс|курс|созыв|собор|пленум|фестивал|чемпионат|акт|раунд|корпус"
_HER_NUMBERED = "глав|част|книг|степен|категори|групп|династи|республик|арми|сесси|конференци|стади|фаз"
_NUMBERED = compile_later(
    rf"(?<![\p{{L}}\d.])({_ROMAN})\s(?=(?i:(?:{_HIS_NUMBERED})(?P<his>ом|ем|[аяуюеьй]?)|(?:{_HER_NUMBERED})(?P<hers>[ое]й|[аяыиуюеь]))\b)"
)
_KINGS = (
    "Пётр Петр Александр Людовик Карл Иван Генрих Павел Павл Фридрих Вильгельм Наполеон Иоанн Филипп Эдуард Георг "
    "Густав Бенедикт Франциск Станислав Август Сигизмунд Михаил Рамзес Ричард Фердинанд Альфонс Отто Максимилиан "
    "Константин Лев Льв Фёдор Федор Урбан Климент Роберт Оттон Эдвард Леопольд Аменхотеп Тутмос Владислав Казимир "
    "Болеслав Стефан Рамсес"
)
_KING = compile_later(rf"\b(?:{'|'.join(_KINGS.split())})(а|у|ом|е|)\s({_ROMAN})\b")
_KING_IN_Y = compile_later(
    rf"\b(?:Никола|Серге|Алексе|Матве|Андре|Григори|Васили|Пи|Юли|Дмитри|Иннокенти)(й|я|ю|ем|е|и)\s({_ROMAN})\b"
)
_QUEEN = compile_later(
    rf"\b(?:Екатерин|Елизавет|Анн|Мари|Виктори|Изабелл|Маргарит|Клеопатр|Христин)(а|я|ы|и|е|у|ю|ой|ей)\s({_ROMAN})\b"
)
_KING_CASES = {"": "n", "й": "n", "а": "g", "я": "g", "у": "d", "ю": "d", "ом": "i", "ем": "i", "е": "p", "и": "p"}
_QUEEN_CASES = {"а": "n", "я": "n", "ы": "g", "и": "g", "е": "p", "у": "a", "ю": "a", "ой": "i", "ей": "i"}
_WORLD_WAR = compile_later(rf"\b({_ROMAN})\s(?=(?:мировая|(мировой)|(мировую))\b)")
_SUFFIXED = compile_later(
    r"(?<![\p{L}\d.,])(\d{1,3}(?:[ \u00a0]\d{3})+|\d{1,7})-(ый|ий|ой|й|ая|я|ое|ее|е|ого|его|го|ому|ему|му|ом|ем|м|ую"
    r"|юю|ю|ые|ых|х|ыми|ми|ым|ти|мя|ью)"
    r"(?!\p{L})(?=(?:\s(\p{L}+))?)"
)
_SUFFIX_FORMS = {  # an ending tells the case, the gender and the plural of an ordinal
    **dict.fromkeys(("ый", "ий", "ой", "й"), ("n", "m", False)),
    **dict.fromkeys(("ая", "я"), ("n", "f", False)),
    **dict.fromkeys(("ое", "ее", "е"), ("n", "n", False)),
    **dict.fromkeys(("ого", "его", "го"), ("g", "m", False)),
    **dict.fromkeys(("ому", "ему", "му"), ("d", "m", False)),
    **dict.fromkeys(("ом", "ем", "м"), ("p", "m", False)),
    **dict.fromkeys(("ую", "юю", "ю"), ("a", "f", False)),
    **dict.fromkeys(("ых", "х"), ("g", "m", True)),
    "ые": ("n", "m", True),
    "ыми": ("i", "m", True),
    "ми": ("i", "m", True),
    "ым": ("i", "m", False),
}
_COMPOUND = compile_later(
    r"(?<![\p{L}\d.,])(\d{1,3}|1000)-((?:летн|летк|летие|летия|этажн|дневн|часов|процентн|метров|градусн|минутн|месячн|"
    r"кратн)\p{L}*)"
)
_YEAR = r"(1\d{3}|20\d\d|[1-9]\d\d)"
_YEARS = compile_later(
    rf"(?:\b((?i:в|во|о|на|к|ко|с|до|от|из|по|после|около|между))\s)?(?<![\p{{L}}\d.,:/-])(?:{_YEAR}(\s?[–—-]\s?|"
    rf"\sи\s))?"
    rf"(?:{_YEAR}|([1-9]\d?)(?=\s(?:года|году|год)\sдо\sн))\s(год(?:ами|ах|ам|ом|ов|а|у|ы)?)\b"
)
_MONTH_AND_YEAR = compile_later(
    r"\b((?i:(?:январ|феврал|апрел|июн|июл|сентябр|октябр|ноябр|декабр)[ьяею]|ма[йяею]|(?:март|август)[аеу]?))\s(1\d{3}|20\d\d)"
    r"(?![\d.,:/-]*\d|-?\p{L}|\s(?:г\b|год))"
)
# "в 1812", but not "до 1500 рублей"
_BARE_YEAR = compile_later(
    r"\b((?i:в|к|по)|(?i:с|до|от|после)(?=\s\d\d(?!00)))\s(1[5-9]\d\d|20\d\d)"
    r"(?=[.,;:!?)»](?!\d)|\s*$|\s(?:и|а|но|по|до|он|она|они|мы|я|был[аио]?)\b)"
)
_FROM_TO = compile_later(rf"\b([СсОо]т?)\s{_YEAR}(?:\sгода)?\s(по|до)\s{_YEAR}(?=\s(?:год|года)\b)(?!\d)")
_FROM_DAY = compile_later(  # "с 3 по 5 июня"
    r"\b([Сс])\s(\d{1,2})\sпо\s(\d{1,2})\s(?=(?:январ|феврал|март|апрел|ма|июн|июл|август|сентябр|октябр|ноябр|декабр)[яа]\b)"
)
_OBLIQUE = compile_later(
    r"\b((?i:около|до|от|более|менее|больше|меньше|моложе|старше|младше|свыше|из|без|после|у|для|кроме|среди|против|вместо|течение|порядка))\s"
    r"([1-9]\d{0,2}|(?!(?:1[5-9]|20)\d\d(?<!00)\s)(?:[1-9]\d{3,5}|[1-9]\d{0,2}[ \u00a0]\d{3})(?=\s\p{Ll}{3,}))"
    r"(?![\d.,:/-]*\d|-|\s?[%°]|\s\d)(?=(?:\s\p{Ll}+[оы]го)?\s(?!(?:млн|млрд|тыс|руб|мин|сек|коп|долл|куб)(?!\p{L}))(\p{Ll}{3,})|\s(?:до|по)\s\d|[,.;:)](?!\d)|$)"
)
# "к 5 часам", "с 12 солдатами", "в 3 больших городах": the plural shows the case.
_ENDINGS = {"ьми": "i", "ам": "d", "ям": "d", "ами": "i", "ями": "i", "ах": "p", "ях": "p"}
_BEFORE_CASE = {"d": words("к ко по благодаря"), "p": words("в во на о об при")}
_IN_PLURAL = compile_later(
    r"(?:\b(\p{L}{1,10})\s)?(?<![\d.,:/-])([2-9]|[1-9]\d{1,2})(?=\s(?:\p{Ll}+[ыи](?:х|м|ми)\s)?\p{Ll}{1,}?(ами|ями|ьми|ах|ях|ам|ям)\b)"
)
_TO_YEAR = compile_later(r"\b([Кк]о?)\s(\d{1,2})(?=\sгоду\b)")
_HOURS = compile_later(r"\b([Сс])\s(\d{1,2})\sдо\s(\d{1,2})(?![\d.,:/-]*\d)")
_OBLIQUE_UNIT = compile_later(
    r"\b((?i:около|до|от|более|менее|больше|меньше|свыше|из|без|после|у|для))\s"
    r"([2-9]|1(?=\s(?:тыс|млн))|[1-9]\d{1,5}|[1-9]\d{0,2}[ \u00a0]\d{3})\s?"
    rf"({'|'.join(sorted(UNITS_OF_MANY, key=len, reverse=True))})(?![\p{{L}}/²³])(?:\.(?=\s[\p{{Ll}}\d]|[,;:)]))?"
)
_ROUBLES = compile_later(
    r"(?<![\d.,])(\d{1,3}(?:[ \u00a0]\d{3})*|\d+),(\d\d)\s(?:руб\b|р\b|₽)(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?"
)
_SHORT_ROUBLES = compile_later(r"(?<=\d\s)р\.(?=\s[\p{Ll}\d]|[,;:)])")
_FULL_HOUR = compile_later(
    r"(?:\b((?i:с|до|от|после|около|к))\s)?(?<![\d:.,])([01]?\d|2[0-4]):(?:00|(?<=\b(?i:с|до|от|после|около|к)\s\d?\d:)([0-5]\d))(?![\d:])"
)
_TENTHS = [(f"{part}ая", f"{part}ых") for part in ("десят", "сот", "тысячн", "десятитысячн", "стотысячн", "миллионн")]
_NO_NOUN = words("или при для она они над под без как так что где кто уже ещё еще тоже также была были")


_FIGURE = compile_later(r"\d")
_ONE_THOUSAND = compile_later(r"^(?:одна тысяча|одной тысячи|одну тысячу)\b")


@lru_cache(2048)
def _inflected(number: int, kind: str, case: str, gender: str = "m", plural: bool = False) -> str:
    from num2words import num2words

    said = str(num2words(number, lang="ru", to=kind, case=case, gender=gender, plural=plural, animate=False))
    return _ONE_THOUSAND.sub(_thousand, said)


def _thousand(match: Match) -> str:
    return str(match[0]).split()[1]


def _ordinal(number: int, case: str = "n", gender: str = "m", plural: bool = False) -> str:
    return _inflected(number, "ordinal", case, gender, plural)


def _both(first: str | None, join: str | None, second: str, case: str, gender: str = "m") -> str:
    """Say one Roman or common number as an ordinal, or two that are joined."""
    said = [_ordinal(value(each) if each.isalpha() else int(each), case, gender) for each in (first, second) if each]
    return (join or "").join(said)


def _century(match: Match) -> str:
    """Say "в XIX веке" and "XVIII–XIX вв.": the noun shows the case, or else the preposition."""
    preposition, first, join, second, noun = match.groups()
    before = (preposition or "").lower()
    if noun in ("в.", "вв."):
        case = {"в": "p", "во": "p", "о": "p", "на": "p", "к": "d"}.get(before, "g")
        one, many = {"p": ("веке", "веках"), "d": ("веку", "векам"), "g": ("века", "веков")}[case]
        ends = not match.string[match.end() :].strip(" ”»\"')")
        said = (one if noun == "в." else many) + ("." if ends else "")
    else:
        said, case = noun, _NOUN_CASES.get(noun, "g")
    gender = "n" if noun.startswith("столети") and case == "n" else "m"
    numbers = _both(first, join, second, case, gender) if second else _both(None, None, first, case, gender)
    return _with(preposition, f"{numbers} {said}")


def _numbered(match: Match) -> str:
    """Say "II съезд" and "на V главе": the ending of the noun shows the case."""
    if match["hers"] is None:
        case, gender = _KING_CASES.get(match["his"], "n"), "m"
    else:
        case, gender = _QUEEN_CASES.get(match["hers"], "n"), "f"
    return f"{_ordinal(value(match[1]), case, gender)} "


def _world_war(match: Match) -> str:
    said = _ordinal(value(match[1]), "g" if match[2] else "a" if match[3] else "n", "f")
    return f"{said if match.start() else said.capitalize()} "


def _suffixed(match: Match) -> str:
    """Say "3-й", "5-го", "60-х", "5-ти": the ending shows the case."""
    number, suffix, noun = int(regex.sub(r"\D", "", match[1])), match[2], (match[3] or "").lower()
    if suffix == "ти" or (suffix == "х" and number < 5) or (suffix == "ми" and number % 10 in (7, 8)):
        return _inflected(number, "cardinal", "g")
    if suffix in ("мя", "ью"):
        return _inflected(number, "cardinal", "i")
    case, gender, plural = _SUFFIX_FORMS[suffix]
    if suffix == "й" and noun.endswith(("ы", "и", "ой", "ей", "е")):
        case, gender = "g", "f"
    decade = number % 10 == 0 and (number > 1000 or 20 <= number <= 90)
    neuters = noun.endswith("а") and noun not in ("марта", "августа")  # "3-е лица"
    if suffix == "е" and (neuters or noun.endswith(("ы", "и")) or (decade and not noun.endswith(("е", "о")))):
        plural = True
    return _ordinal(number, case, gender, plural)


def _compound(match: Match) -> str:
    """Say "20-летний" as one word."""
    number = int(match[1])
    said = {1: "одно", 90: "девяносто", 100: "сто", 1000: "тысяче"}.get(number) or _inflected(number, "cardinal", "g")
    return said.replace(" ", "") + str(match[2])


def _year(match: Match) -> str:
    """Say "в 1812 году" and "1941–1945 годах": the noun shows the case, with "году" the preposition."""
    preposition, first, join, second, early, noun = match.groups()
    before = (preposition or "").lower()
    case = {"год": "n", "годы": "n", "годах": "p", "годом": "i", "годам": "d", "годами": "i"}.get(noun, "g")
    if noun == "году":
        case = "d" if before in ("к", "ко", "по") else "p"
    return _with(preposition, f"{_both(first, join, second or early, case)} {noun}")


def _from_to(match: Match) -> str:
    case = "n" if match[3] == "по" else "g"
    return f"{match[1]} {_ordinal(int(match[2]), 'g')} {match[3]} {_ordinal(int(match[4]), case)}"


@lru_cache(1)
def _dates() -> "regex.Pattern[str]":
    months = "|".join(month_names(LANGUAGE))
    return compile_later(
        rf"(?:\b((?i:на|по|за|ко?))\s)?(?<![\p{{L}}\d.,:/-])(?:([12]?\d|3[01])(\s?[–—-]\s?|\sи\s))?([12]?\d|3[01])\s((?i:{months}))\b"
        r"(?:\s(1\d{3}|20\d\d)(?![\d.,:/-]*\d|-?\p{L})(?:\s(?:(?:года|году|год)\b|г\.(?=\s?[\p{Ll},;:)])))?)?"
    )


def _date(match: Match) -> str:
    before, first, join, day, month, year = match.groups()
    case = "g" if not before else "d" if before.lower().startswith("к") else "n"
    said = _with(before, f"{_both(first, join, day, case, 'n')} {month}")
    return f"{said} {_ordinal(int(year), 'g')} года" if year else said


def _from_day(match: Match) -> str:
    """Say "с 3 по 5 июня": the second day is no genitive."""
    return f"{match[1]} {_ordinal(int(match[2]), 'g', 'n')} по {_ordinal(int(match[3]), 'n', 'n')} "


def _full_hour(match: Match) -> str:
    hour = int(match[2])
    if match[3]:
        case = "d" if match[1].lower() == "к" else "g"
        minutes = "ноль " * (match[3][0] == "0") + _inflected(int(match[3]), "cardinal", case, "f")
        return f"{match[1]} {_inflected(hour, 'cardinal', case)} {minutes}"
    one = _category(hour) == "one"
    if not match[1]:
        return f"{hour} {Forms('час', 'часа', few='часа', many='часов').of(_category(hour))}"
    if match[1].lower() == "к":
        return f"{match[1]} {_inflected(hour, 'cardinal', 'd')} {'часу' if one else 'часам'}"
    return f"{match[1]} {_genitive(match[2])} {'часа' if one else 'часов'}"


def _bare_year(match: Match) -> str:
    case = {"в": "p", "к": "d", "по": "n"}.get(match[1].lower(), "g")
    return f"{match[1]} {_ordinal(int(match[2]), case)}"


def _category(number: int) -> str:
    """Return CLDR's plural category of a whole number."""
    if number % 10 == 1 and number % 100 != 11:
        return "one"
    return "few" if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else "many"


def _decimal(whole: str, part: str) -> str:
    """Say "3,5" as "три целых пять десятых"; "" if it has more than six decimals."""
    if len(part) > len(_TENTHS) or len(whole) > MAX_DIGITS:
        return ""
    one, many = _TENTHS[len(part) - 1]
    said = _inflected(int(whole or 0), "cardinal", "n", "f")
    unit = "целая" if _category(int(whole or 0)) == "one" else "целых"
    return (
        f"{said} {unit} {_inflected(int(part), 'cardinal', 'n', 'f')} {one if _category(int(part)) == 'one' else many}"
    )


def _prepare(text: str) -> str:
    """Say the inflected centuries, kings, years, dates and ordinals, for which there are no general rules."""
    text = _NUMBERED.sub(_numbered, _WORLD_WAR.sub(_world_war, _CENTURY.sub(_century, text)))
    for kings in (_KING, _KING_IN_Y):
        text = kings.sub(lambda match: _numbered_name(match, _KING_CASES[match[1]], "m"), text)
    text = _QUEEN.sub(lambda match: _numbered_name(match, _QUEEN_CASES[match[1]], "f"), text)
    if not _FIGURE.search(text):
        return text
    text = _FULL_HOUR.sub(_full_hour, _FROM_TO.sub(_from_to, text))
    text = _FROM_DAY.sub(_from_day, text)
    text = _dates().sub(_date, text)
    text = _SHORT_ROUBLES.sub("руб.", _ROUBLES.sub(_roubles, text))
    text = _HOURS.sub(lambda match: f"{match[1]} {_genitive(match[2])} до {_genitive(match[3])}", text)
    text = _OBLIQUE_UNIT.sub(_oblique_unit, text)
    text = _TO_YEAR.sub(lambda match: f"{match[1]} {_ordinal(int(match[2]), 'd')}", _IN_PLURAL.sub(_in_plural, text))
    text = _MONTH_AND_YEAR.sub(lambda match: f"{match[1]} {_ordinal(int(match[2]), 'g')} года", text)
    text = _COMPOUND.sub(_compound, _SUFFIXED.sub(_suffixed, _YEARS.sub(_year, text)))
    text = _BARE_YEAR.sub(_bare_year, text)
    return str(_OBLIQUE.sub(_oblique, text))


def _in_plural(match: Match) -> str:
    before, case = (match[1] or "").lower(), _ENDINGS[match[3]]
    if case != "i" and before not in _BEFORE_CASE[case]:
        return match[0]
    return _with(match[1], _inflected(int(match[2]), "cardinal", case))


def _oblique_unit(match: Match) -> str:
    """Say "около 5 км" and "из 21 тыс." in the genitive."""
    number, unit = int(regex.sub(r"\D", "", match[2])), match[3]
    if unit in ("тыс", "млн") and _category(number) == "one":
        gender, said = ("f", "тысячи") if unit == "тыс" else ("m", "миллиона")
        return f"{match[1]} {_inflected(number, 'cardinal', 'g', gender)} {said}"
    return f"{match[1]} {_genitive(match[2])} {UNITS_OF_MANY[unit]}"


def _oblique(match: Match) -> str:
    """Say "около 5 домов" and "из 21 страны" in the genitive."""
    noun = match[3] or ""
    feminine = noun.endswith(("ы", "и", "ой", "ей")) and noun not in _NO_NOUN
    return f"{match[1]} {_genitive(match[2], 'f' if feminine else 'm')}"


def _genitive(figures: str, gender: str = "m") -> str:
    return _inflected(int(regex.sub(r"\D", "", figures)), "cardinal", "g", gender)


def _roubles(match: Match) -> str:
    """Write "3,50 руб." as roubles and kopecks."""
    return f"{match[1]} руб" + (f" {int(match[2])} коп" if match[2] != "00" else "")


def _numbered_name(match: Match, case: str, gender: str) -> str:
    name = str(match[0]).rpartition(" ")[0]
    return f"{name} {_ordinal(value(match[2]), case, gender)}"


def _agree(said: str, noun: str) -> str:
    noun = noun.lower()
    if len(noun) < 3 or noun in _NO_NOUN or noun == "евро":  # which is masculine
        return said
    if said.endswith("два"):
        return f"{said[:-1]}е" if noun.endswith(("ы", "и", "ие", "ые")) else said
    if not said.endswith("один"):
        return said
    ending = {"а": "на", "я": "на", "у": "ну", "ю": "ну", "о": "но", "е": "но"}.get(noun[-1])
    return f"{said[:-2]}{ending}" if ending else said


_THIRDS = Forms("треть", "третей", few="трети")
_QUARTERS = Forms("четверть", "четвертей", few="четверти")


def _fraction(over: int, under: int) -> str:
    counted = _inflected(over, "cardinal", "n", "f")
    if under in (3, 4):
        return f"{counted} {(_THIRDS if under == 3 else _QUARTERS).of(_category(over))}"
    one = _category(over) == "one"
    return f"{counted} {_ordinal(under, 'n', 'f') if one else _ordinal(under, 'g', 'm', plural=True)}"


LANGUAGE: Language = with_program(
    "ru", numbers={"agree": _agree, "fraction": _fraction, "decimal": _decimal, "prepare": _prepare}
)
