"""What no pattern of its file can say in Russian: numbers in the case and gender that the words beside them show."""

from decimal import Decimal
from functools import lru_cache

import regex

from swarm.book.language.known import with_program
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import MAX_DIGITS, month_names, unit_name, unit_signs


def _with(preposition: str | None, said: str) -> str:
    return f"{preposition} {said}" if preposition else said


UNITS_OF_MANY = table(
    "км=километров|м=метров|см=сантиметров|мм=миллиметров|кг=килограммов|г=граммов|л=литров|мл=миллилитров|мин=минут|"
    "ч=часов|руб=рублей|р=рублей|%=процентов|тыс=тысяч|млн=миллионов|°C=градусов Цельсия|°С=градусов Цельсия|"
    "° C=градусов Цельсия|° С=градусов Цельсия|°=градусов|$=долларов|€=евро|£=фунтов|₽=рублей|"
    "км/ч=километров в час|м/с=метров в секунду"
)
# Prepositions, and the ends of phrases such as "в возрасте", whose number is in the genitive.
_OF = (
    "около|до|от|более|менее|больше|меньше|свыше|из|без|после|у|для|порядка|возрасте|расстоянии|высоте|глубине|скоростью|"
    "размере|количестве|протяжении|радиусе|пределах"
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
_PLACES = compile_later(  # "на 2 этаже", "5 глава", "3 место", but not "2 этажа", "21 том" and "в 1 томе"
    rf"(?:\b(\p{{L}}{{1,3}})\s)?(?<![\p{{L}}\d.,:/–—-]|\d\s)(\d{{1,3}})\s(?=(?i:(?:{_HIS_NUMBERED}|век|этаж|ряд|номер|вагон|месяц|сезон|квартал|эпизод|"
    rf"батальон|полк)(?P<his>ом|[аеу]?)|(?:{_HER_NUMBERED}|страниц|комнат|палат|камер|школ|бригад|строк|минут|недел|песн|серии?|сцен|лини)"
    r"(?P<hers>[ое]й|[аяыиуюеь])|мест(?P<its>[оае]|ом))(?!\p{L}))"
)
_COUNTED = compile_later(
    r"\b(?i:(?:глав|книг|сцен)(?P<hers>[аыеу]|ой)|(?:част|песн)(?P<hers>ью?|и)|(?:том|акт)(?P<his>ом|[аеу]?))\s\K(\d{1,3})"
    r"(?![\d.,:/–—-]*\d|-?\p{L}|\s?%|(?:,|\sи|\s[–—-])\s\d)"
)
_SHARED_SUFFIX = compile_later(r"(?<![\p{L}\d.,])(\d{1,4})(\s?[–—-]\s?)(?=\d{1,4}-(\p{Ll}{1,3})(?!\p{L}))")
_SHARED_COMPOUND = compile_later(
    r"(?<![\p{L}\d.,])(\d{1,3})(?=\s?[–—-]\s?\d{1,3}-(?:летн|дневн|минутн|месячн|часов|процентн|этажн|метров))"
)
_BETWEEN = compile_later(r"\b([Мм]ежду)\s(\d{1,3})\sи\s(\d{1,3})(?=\s\p{Ll}+(?:ами|ями|ьми)\b)")
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
    r"|юю|ю|ей|ые|ых|х|ыми|ми|ым|ти|и|ух|[её]х|умя|емя|мя|ью)"
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
    "ей": ("g", "f", False),
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
    r"\b((?i:(?:январ|феврал|апрел|июн|июл|сентябр|октябр|ноябр|декабр)[ьяею]|ма[йяею]|(?:март|август)[аеу]?|(?:весн|зим)(?:[аыеу]|ой)|осен(?:ь|и|ью)|лет(?:о|а|ом)))\s(1\d{3}|20\d\d)"
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
    rf"\b((?i:{_OF}|моложе|старше|младше|кроме|среди|против|вместо|течение|"
    r"с(?=\s[\d\s]+\s(?:лет|час(?:ов|а)|утра|вечера|дня|ночи|метров|километров|рублей|шагов)\b)))\s"
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
    rf"\b((?i:{_OF}|с(?=\s\d{{1,3}}\s?%\sдо\s)))\s"
    r"([2-9]|1(?=\s(?:тыс|млн))|[1-9]\d{1,5}|[1-9]\d{0,2}[ \u00a0]\d{3})\s?"
    rf"({'|'.join(map(regex.escape, sorted(UNITS_OF_MANY, key=len, reverse=True)))})(?![\p{{L}}/²³])"
    r"(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?"
)
_ROUBLES = compile_later(
    r"(?<![\d.,])(\d{1,3}(?:[ \u00a0]\d{3})*|\d+),(\d\d)\s(?:руб\b|р\b|₽)(?:\.(?=\s[\p{Ll}\d]|[,;:)]))?"
)
_SIGN_BEFORE = compile_later(
    rf"(?<=\b(?i:{_OF})\s)([$€£₽])\s?(\d{{1,3}}(?:[ \u00a0]\d{{3}})+|\d+)(?!\d|[,.]\d|\s\d{{3}}|\s(?:млн|млрд|тыс))"
)
_ONE_THOUSAND_OF = compile_later(r"\b((?i:на|за|через|про|в|по))\s(\d?\d?1)[ \u00a0]?000(?=\s\p{Ll}{4,})")
_HALF_MORE = compile_later(
    rf"(?<![\d.,])(?<!\b(?i:{_OF})\s)([1-9]\d?),5\s(?=(?:раза|час(?:а|ов)|года|лет|месяц(?:а|ев)|дня|дней|метр(?:а|ов)|"
    r"километр(?:а|ов)|века|литра|(минуты|недели|тысячи|секунды|версты|тонны))(?!\p{L}))"
)
_DECIMAL_OF = compile_later(
    rf"\b((?i:{_OF})|[Вв]|[Нн]а|[Зз]а|[Чч]ерез)\s(\d{{1,6}}),(\d{{1,3}})(?![\d.,:/–—-]*\d)"
    rf"(?!\s(?:млн|млрд|тыс)\.?\s(?:руб|долл))(?:\s?(%|[\p{{L}}°²³/]+)(?:\.(?=\s[\p{{Ll}}\d]|[,;:)]))?)?"
)
_FRACTION_OF = compile_later(rf"\b((?i:{_OF}))\s(\d{{1,2}})/([2-9]|[1-9]\d{{1,2}})(?![\d/])")
_SHORT_ROUBLES = compile_later(r"(?<=\d\s)р\.(?=\s[\p{Ll}\d]|[,;:)])")
_FULL_HOUR = compile_later(
    r"(?:\b((?i:с|до|от|после|около|к))\s)?(?<![\d:.,])([01]?\d|2[0-4]):(?:00|(?<=\b(?i:с|до|от|после|около|к)\s\d?\d:)([0-5]\d))(?![\d:])"
)
_TENTHS = [(f"{part}ая", f"{part}ых") for part in ("десят", "сот", "тысячн", "десятитысячн", "стотысячн", "миллионн")]
_HER_SOFT = (
    "очь",
    "верь",
    "асть",
    "ость",
    "изнь",
    "ышь",
    "шадь",
    "ощадь",
    "овать",
    "етрадь",
    "епень",
    "чередь",
    "тупень",
)
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


def _placed(match: Match) -> str:
    """Say "на 2 этаже" and "5 глава" as ordinals: only 1 counts a singular, and 2 to 4 its genitive."""
    before, number = (match[1] or "").lower(), int(match[2])
    end = match["hers"] or match["its"] or match["his"] or ""
    her, one = match["hers"] is not None, _category(number) == "one"
    if her:
        case = _QUEEN_CASES.get(end, "n")
        counted = one if end in "аяьую" else end in "ыи" and _category(number) == "few"
    else:
        case = "n" if end == "о" else _KING_CASES[end]
        case = "p" if end == "у" and before in ("в", "во", "на") else case
        counted = (
            number == 1 or one if end in ("", "о", "ом") else number == 1 or (end == "а" and _category(number) == "few")
        )
        century = match.string[match.end() : match.end() + 3].lower() == "век"
        counted = _category(number) == "few" and end == "а" and before != "из" if century else counted
    if counted:
        return match[0]
    return f"{_with(match[1], _ordinal(number, case, 'f' if her else 'n' if match['its'] else 'm'))} "


def _behind_noun(match: Match) -> str:
    """Say "глава 5" and "в томе 2" as ordinals: the ending of the noun shows the case."""
    if match["hers"] is None:
        return _ordinal(int(match[3]), _KING_CASES[match["his"]])
    end = match["hers"]
    return _ordinal(int(match[3]), "n" if end == "ь" else "i" if end == "ью" else _QUEEN_CASES[end], "f")


def _world_war(match: Match) -> str:
    said = _ordinal(value(match[1]), "g" if match[2] else "a" if match[3] else "n", "f")
    return f"{said if match.start() else said.capitalize()} "


def _suffixed(match: Match) -> str:
    """Say "3-й", "5-го", "60-х", "5-ти": the ending shows the case."""
    number, suffix, noun = int(regex.sub(r"\D", "", match[1])), match[2], (match[3] or "").lower()
    if (
        suffix in ("ти", "и", "ух", "ех", "ёх")
        or (suffix == "х" and number < 5)
        or (suffix == "ми" and number % 10 in (7, 8))
    ):
        return _inflected(number, "cardinal", "g")
    if suffix in ("мя", "ью", "умя", "емя"):
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


def _decimal_of(match: Match) -> str:
    """Say "до 2,5 км" and "в 1,2 раза" in the case that the preposition asks for."""
    before, whole, part, sign = match.groups()
    unit = unit_signs(LANGUAGE).get(sign or "")
    case = "a" if before.lower() in ("в", "на", "за", "через") else "g"
    if len(part) > len(_TENTHS):
        return str(match[0])
    many, whole_many = (_category(int(each)) != "one" for each in (part, whole))
    tenth = _TENTHS[len(part) - 1][1 if many else 0]
    words = (
        _inflected(int(whole), "cardinal", case, "f"),
        "целых" if whole_many else {"a": "целую", "g": "целой"}[case],
        _inflected(int(part), "cardinal", case, "f"),
        tenth if many else tenth[:-2] + {"a": "ую", "g": "ой"}[case],
    )
    name = "процента" if sign == "%" else unit_name(unit, Decimal("1.5"), LANGUAGE) if unit else sign
    said = " ".join(filter(None, (before, *words, name)))
    return said if name != sign else f"{said}{'.' if match[0].endswith('.') else ''}"


def _fraction_of(match: Match) -> str:
    """Say "около 2/3" in the genitive."""
    over, under = int(match[2]), int(match[3])
    one = _category(over) == "one"
    names = {3: ("трети", "третей"), 4: ("четверти", "четвертей")}.get(under)
    said = names[0 if one else 1] if names else _ordinal(under, "g", "f", plural=not one)
    return f"{match[1]} {_inflected(over, 'cardinal', 'g', 'f')} {said}"


def _half_more(match: Match) -> str:
    """Say "1,5 раза" as "полтора" and "2,5 часа" with a half."""
    if match[1] == "1":
        return "полторы " if match[2] else "полтора "
    return f"{_inflected(int(match[1]), 'cardinal', 'n', 'f' if match[2] else 'm')} с половиной "


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
    text = _COUNTED.sub(_behind_noun, _PLACES.sub(_placed, _SIGN_BEFORE.sub(r"\2\1", text)))
    text = _SHARED_COMPOUND.sub(lambda match: _genitive(match[1]), text)
    text = _SHARED_SUFFIX.sub(r"\1-\3\2", text)
    text = _FRACTION_OF.sub(_fraction_of, _DECIMAL_OF.sub(_decimal_of, _HALF_MORE.sub(_half_more, text)))
    text = _BETWEEN.sub(
        lambda match: f"{match[1]} {' и '.join(_inflected(int(match[at]), 'cardinal', 'i') for at in (2, 3))}", text
    )
    text = _ONE_THOUSAND_OF.sub(
        lambda match: f"{match[1]} {_inflected(int(match[2]) * 1000, 'cardinal', 'a').replace('одна ', 'одну ')}", text
    )
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
    if noun.endswith(_HER_SOFT):
        return f"{said[:-2]}на"
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
