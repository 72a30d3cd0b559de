"""The English language, and its figures that are no plain numbers: telephone numbers, military hours, tables, pence, "a
100-year-old".
"""

from collections.abc import Callable
from functools import cache

import regex

from swarm.book.language import language
from swarm.book.language.language import Forms, Language, Match, table, words
from swarm.book.language.languages.en.abbreviation import ABBREVIATIONS
from swarm.book.language.languages.en.heteronym import SEVERAL_SOUNDS, find_heteronyms
from swarm.book.language.languages.en.measure import say_measures
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import digit_by_digit, month_names, short_month_names, spelled

POINT = "point"

_FIGURE_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
_DIALLED = compile_later(
    r"(?<=\b(?:[Dd]ial(?:l?ed|l?ing)?|[Cc]all(?:ed|ing)?|[Pp]hon(?:e|ed|ing)|[Rr]ing|rang|[Ff]ax)\s)"
    r"\d{3,5}(?: \d{3,4}){1,2}(?![\d-])"
)
_TRUNK = compile_later(rf"{_FIGURE_ALONE}0\d{{2,4}}(?: \d{{3,4}}){{1,2}}(?![\d-])")  # "0800 123 4567"
_MILITARY = compile_later(
    rf"(?:{_FIGURE_ALONE}(0\d)([0-5]\d)|(?<=\b(?:[Aa]t|by|until|till|from|to|before|after|since|around)\s)(1\d|2[0-3])([0-5]\d))"
    rf"(?=\s(?:hours|hrs)\b)|{_FIGURE_ALONE}(0\d)([0-5]\d)h\b"
)
_TABLE = compile_later(
    r"(?<=\b(?:Table|Figure|Fig\.|Chart|Exhibit|Example|Equation|Exercise|Problem|Map|Plate|Listing|Box)\s)"
    r"(\d{1,2})[-–](\d{1,3})(?![\d–-])"
)
_PENCE = compile_later(rf"{_FIGURE_ALONE}([1-9]\d?)p\b(?!\.\s?\d)")
# A voice would say "CO2" as "ko 2" and "C3PO" as "C 3 po".
_LETTERS_BEFORE = compile_later(r"(?<![\p{L}\d-])(\p{Lu})(\p{Lu})(?=\d)")
_LETTERS_BEHIND = compile_later(
    r"(?<=\d)(?!AM|PM|AD|BC|CE|[KMGT]B|K[GM]|CM|MM|ML|TH|ND|RD|ST|WD)(\p{Lu})(\p{Lu})(?!\p{L})"
)
_BARE_DECIMAL = compile_later(r"(?<![\p{L}\d.])\.(\d{1,6})(?![\d]|\.\d)(?!['’]s\b)")
_CALIBRES = words("22 25 30 32 36 38 40 41 44 45 50 303 357 380 410 455 577")
_SEVERAL_BY = compile_later(r"(?<=\bby\s)(\d)s(?!\p{L})")  # "2×4s"
_TOLL_FREE = compile_later(r"(?<![\d-])1-(8\d\d|900)-(?=\p{Lu})")
_PLUS = compile_later(r"(?<=\d)\+(?![\d\p{L}+])")
_BOTH_NTH = compile_later(r"(?<=\d(?:st|nd|rd|th))\s?[-–]\s?(?=\d+(?:st|nd|rd|th)\b)")
_OFTEN = compile_later(
    r"(?<=\d)\s?[x×](?=\s(?:daily|weekly|(?:a|per) (?:day|week|month|year)|faster|more|larger|bigger|as)\b)"
)
_ACT_SCENE_LINE = compile_later(
    rf"(?<![\p{{L}}\d.])({NUMERAL})\.({NUMERAL.lower()})\.(\d{{1,3}})(?!\d)", regex.IGNORECASE
)
_BOOK_AND_LINES = compile_later(r"(?<![\p{L}\d.,$£€])(\d{1,2})\.(\d{2,4})[-–](\d{2,4})(?![\d.,%])")
_PREFIXED = compile_later(r"(?<=\b(?:[Mm]id|[Pp]re|[Pp]ost|[Ll]ate|[Ee]arly)-)\d{1,2}(?:st|nd|rd|th)\b")
# "In his 20's" has a plural, "1980's greatest hit" has none.
_SPOKEN_DECADE = compile_later(
    r"(?<=\b(?:[Hh]is|[Hh]er|[Mm]y|[Oo]ur|[Yy]our|[Tt]heir|[Ii]ts|[Tt]he|[Ll]ate|[Ee]arly|[Mm]id)[\s-])((?:1\d|20)?\d0)['’]s(?!\p{L})"
)
_ROUND = compile_later(r"(?<=\b[Aa]\s)(100|1,?000|1,000,000)(?=-\p{L}|\s\p{Ll}{4,})")
_ROUND_WORDS = {"100": "hundred", "1000": "thousand", "1000000": "million"}


def several(word: str) -> str:
    """Return the plural of a number word: "fours", "fifties"."""
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word}s"


def _act_scene_line(match: Match) -> str:
    """Say "III.ii.45" as "3, 2, 45"."""
    return f"{value(match[1])}, {value(match[2])}, {match[3]}"


def _book_and_lines(match: Match) -> str:
    """Say "Iliad 2.484-493" with its book apart; "2.25-30" is also said so."""
    return f"{match[1]}, {match[2]} to {match[3]}" if int(match[2]) < int(match[3]) else ""


def english_figures(
    cardinal: Callable[[str], str], ordinal: Callable[[str], str], digits: Callable[[str], str]
) -> tuple[tuple["regex.Pattern[str]", Callable[[Match], str]], ...]:
    """Return the patterns with their spellings; the arguments spell figures in words."""

    def grouped(match: Match) -> str:
        return ", ".join(digits(group) for group in match[0].split())

    def hours(match: Match) -> str:
        hour, minute = filter(None, match.groups())
        said = f"oh {cardinal(hour[1])}" if hour[0] == "0" else cardinal(hour)
        if minute == "00":
            return f"{said} hundred"
        return f"{said} oh {cardinal(minute[1])}" if minute[0] == "0" else f"{said} {cardinal(minute)}"

    def bare_decimal(match: Match) -> str:
        """Say ".05" as "point 0 5", but the calibre of a gun, ".45", as a number."""
        calibre = match[1] in _CALIBRES and len(match[1]) > 1
        return match[1] if calibre else f"{POINT} {digits(match[1])}"

    return (
        (_SPOKEN_DECADE, lambda match: f"{match[1]}s"),
        (_BARE_DECIMAL, bare_decimal),
        (_ACT_SCENE_LINE, _act_scene_line),
        (_BOOK_AND_LINES, _book_and_lines),
        (_TOLL_FREE, lambda match: f"1 {digits(match[1])} "),
        (_BOTH_NTH, lambda match: " to "),
        (_OFTEN, lambda match: " times"),
        (_PLUS, lambda match: " plus"),
        (_SEVERAL_BY, lambda match: several(cardinal(match[1]))),
        (_LETTERS_BEFORE, lambda match: f"{match[1]} {match[2]} "),
        (_LETTERS_BEHIND, lambda match: f" {match[1]} {match[2]}"),
        (_DIALLED, grouped),
        (_TRUNK, grouped),
        (_MILITARY, hours),
        (_TABLE, lambda match: f"{match[1]} {match[2]}"),
        (_PENCE, lambda match: f"{match[1]} {'penny' if match[1] == '1' else 'pence'}"),
        (_PREFIXED, lambda match: ordinal(match[0][:-2])),
        (_ROUND, lambda match: _ROUND_WORDS[match[1].replace(",", "")]),
    )


# Four-digit numbers that are no years, by a counted noun after them or a word of measure before them.
_FOUR = r"(?<![\p{L}\d.,:/$£€-])(?:1\d|20)\d\d(?![\d.,:/-]*\d|\p{L})"
_YEAR_BEFORE = r"(?<=\b(?i:in|since|by|until|till|during|years?|from|before|after)\s)"
_YEAR, _ALONE = r"(?<![\p{L}\d.,])(1[1-9]\d\d|20\d\d)", r"(?![.,]?\d|\p{L})"
_THINGS = (
    "men|women|people|children|persons|soldiers|sailors|horses|ships|guns|feet|miles|yards|metres|meters|kilometres|"
    "kilometers|acres|tons|tonnes|pounds|dollars|francs|florins|crowns|years|days|hours|minutes|pages|words|copies|"
    "inhabitants|souls|votes|workers|troops|prisoners|slaves|species|barrels|gallons|bushels|volumes|houses|sheep|"
    "cattle|times|square|cubic"
)
_MANY = compile_later(
    rf"(?<!{_YEAR_BEFORE}){_FOUR}(?=\s(?:{_THINGS})\b)|"
    rf"(?<=\b(?i:about|some|nearly|almost|over|than|only|approximately|roughly|another)\s){_FOUR}"
    r"(?=\s(?!(?:was|has|is|his|as|us|this|its|does|always|perhaps|across|towards|besides|unless|thus)\b)\p{Ll}{2,}s\b)"
)
_TELEPHONE = compile_later(r"(?<![\d.,$£€-])(?:\+?1[- ])?(?:\(\d{3}\)\s?|\d{3}-)?\d{3}-\d{4}(?![\d,.-]*\d)")
_HALF = r"(?:\s?(?:½|¼|¾|1/2|1/4|3/4))?"
_COIN_ALONE = r"(?<![\p{L}\d.,:/])"
_POUNDS = compile_later(
    rf"£\s?(\d{{1,3}}(?:,\d{{3}})*|\d+),?\s(\d{{1,2}})\s?s\b\.?(?:,?\s?(?:and\s)?(\d{{1,2}}{_HALF})\s?d\b\.?)?"
)
_SHILLINGS = compile_later(rf"{_COIN_ALONE}(\d{{1,3}})\s?s\b\.?,?\s?(?:and\s)?(\d{{1,2}}{_HALF})\s?d\b(\.?)")
_COIN = compile_later(rf"(?<!\b[Tt]he\s){_COIN_ALONE}(\d{{1,3}}{_HALF})(s|d)\.")  # "the 3d. of May" is the third
_ENDS = compile_later(r"[\"'”’»)\s]*+$")
_DECADE = compile_later(r"[2-9]0")
_FEET = compile_later(r"(?<![\d.,])([1-9])\s?['’′]\s?(\d{1,2}(?:½)?)\s?[\"”″](?!\p{L})")


_ROUGH = {"100": "hundreds", "1000": "thousands", "10000": "tens of thousands", "1000000": "millions"}
_ROUGHLY = compile_later(
    r"(?<![\p{L}\d.,:/$£€-])(100|1,?000|10,?000|1,000,000)['’]?s(?!\p{L})(?=\sof\b|[.,;!?]|"
    r"\smore\b)"
)
_PART_TH = compile_later(
    r"(?=[1-9])(?:(?<![\d/.])([1-9]\d?)/([1-9]\d{0,2})(?:ths?|rds?)\b|(?<![\d/.])([1-9]\d?)/(16|32|"
    r"64)(?![\d/]))"
)
_SHORT_DATE = compile_later(r"(?<![\d/.,])(\d{1,2})/(\d{1,2})/(\d{2})(?![\d/])")
_EMERGENCY = compile_later(
    r"(?<=\b(?:[Cc]all(?:ed|ing)?|[Dd]ial(?:l?ed|l?ing)?|rang|ring|phoned?)\s)(911|999|"
    r"112)(?!\d)"
)
_MANY_THINGS = compile_later(
    r"(?<![\p{L}\d.,$£€])(\d{1,4}(?:\.\d{1,2})?)(\s?bn\b|m(?=\s(?:people|men|women|votes|tons|tonnes|jobs|homes|copies|users|"
    r"viewers|visitors|children|workers|soldiers|readers|followers|acres|barrels)\b))"
)
_SECONDS = compile_later(r"(?<![\p{L}\d.,])(\d{1,4}\.\d{1,3})s(?![\p{L}\d’'])")
_RUPEES = compile_later(r"\bRs\.?\s?(\d{1,3}(?:,\d{2,3})*|\d+)(?![\d/])")
_PLACES = compile_later(r"(?<![\p{L}\d.,])\d{1,3}(?:\.\d{1,3}){2,4}(?![\d\p{L}])(?!\.\d)")  # "section 4.3.2"
_ROOM = compile_later(
    r"(?<=\b(?:Room|room|Flight|flight|Boeing|Highway|Route|Interstate|Channel|Apartment|Apt|Suite|Airbus|Locker|"
    r"Cell)\s(?:A)?)"
    r"([1-9])(\d)(\d)(?:(-)(?=\d00\b)|(?![\d.,:%/-]*\d|\p{L}))"
)


def _room(match: Match) -> str:
    """Say "Room 237" as "Room 2 37", and "Flight 705" as "Flight 7 oh 5"."""
    series = " " if match[4] else ""  # the number of "747-400" names a series
    if match[2] == "0":
        return f"{match[1]} oh {match[3]}{series}" if match[3] != "0" else ""
    return f"{match[1]} {match[2]}{match[3]}{series}"


def _part(number: int) -> str:
    return "third" if number == 3 else spelled(str(number), LANGUAGE, "ordinal")


def _fraction(over: int, under: int) -> str:
    return f"{spelled(str(over), LANGUAGE)} {_part(under)}{'s' if over > 1 else ''}"


def _part_th(match: Match) -> str:
    over, under = int(match[1] or match[3]), int(match[2] or match[4])
    return _fraction(over, under) if over < under else ""


def _th(day: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(day % 10 if day // 10 != 1 else 0, "th")
    return f"{day}{ending}"


def _with_day(match: Match, before: str, day: int, after: str = "") -> str:
    return f"{before}{_th(day)}{after}" if 1 <= day <= 31 else match[0]


# Any word in capitals may be a month here: names of months take a while to load, and few books need them.
_MONTH_DAY = compile_later(r"\b(\p{Lu}\p{L}+)(\.?) (\d{1,2})(?![\d:.,/%]*\d|\p{L}|[%°:])")
_MONTH_DAYS = compile_later(r"\b(\p{Lu}\p{L}+)(\.?) (\d{1,2})\s?[–-]\s?(\d{1,2})(?![\d:.,/%–-]*\d|\p{L})")
_DAY_MONTH = compile_later(r"(?<![\d.,:/$£€-])(\b[Tt]he )?\b(\d{1,2}) (?=(\p{Lu}\p{L}+)\b)")


_MONTH_HYPHEN = compile_later(r"\b(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)-(?=\d{1,2}(?![\d-]))")
_SMALL_MONTH = compile_later(
    r"\b(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.(?=\s\d)|\b(?:january|february|april|june|july|august|september|october|november|december)\b(?=\s\d)|"
    r"(?<=\b\d{1,2}\s)(?:january|february|april|june|july|august|september|october|november|december|"
    r"(?:may|march)(?=\s\d{4}\b))\b"
)


@cache
def _months() -> frozenset[str]:
    return frozenset((*month_names(LANGUAGE), *short_month_names(LANGUAGE), "Sep"))


def _month_day(match: Match) -> str:
    return _with_day(match, f"{match[1]}{match[2]} ", int(match[3])) if match[1] in _months() else match[0]


def _month_days(match: Match) -> str:
    first, last = int(match[3]), int(match[4])
    if match[1] not in _months() or not 1 <= first < last <= 31:
        return match[0]
    return f"{match[1]}{match[2]} {_th(first)} to {_th(last)}"


def _day_month(match: Match) -> str:
    return _with_day(match, match[1] or "the ", int(match[2]), " of ") if match[3] in _months() else match[0]


def _say_written_dates(text: str) -> str:
    """Say "June 3" as "June 3rd" and "4 July" as "the 4th of July"."""
    text = _MONTH_HYPHEN.sub(r"\1 ", text)
    text = _SMALL_MONTH.sub(lambda match: match[0].capitalize(), text)
    text = _MONTH_DAYS.sub(_month_days, text)
    return str(_DAY_MONTH.sub(_day_month, _MONTH_DAY.sub(_month_day, text)))


# Rules for decades and for early years, which are said in pairs.
_YEARS: tuple[language.Step, ...] = (
    (compile_later(rf"{_YEAR}s(?!\p{{L}})"), lambda match: several(spelled(match[1], LANGUAGE, "year"))),
    (
        compile_later(r"(?<![\p{L}\d.,])['’]?([2-9]0)s(?!\p{L})"),
        lambda match: several(spelled(match[1], LANGUAGE)),
    ),
    (
        compile_later(rf"(?:{_YEAR_BEFORE}|(?<=\bA\.?\s?D\.?\s))(10[1-9]\d){_ALONE}"),
        lambda match: spelled(match[1], LANGUAGE, "year"),
    ),
    (
        compile_later(r"(?<![\p{L}\d.,])(10[1-9]\d)(?=\s(?:A\.?\s?D|B\.?\s?C|C\.?\s?E)\b)"),
        lambda match: spelled(match[1], LANGUAGE, "year"),
    ),
)


def _short_date(match: Match) -> str:
    """Say "11/17/05" as a date, and figure by figure if there is no such one."""
    month, day, year = map(int, match.groups())
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0].replace("/", " ")
    said = f"oh {spelled(str(year), LANGUAGE)}" if 0 < year < 10 else spelled(str(year), LANGUAGE)
    return f"{month_names(LANGUAGE)[month - 1]} {spelled(str(day), LANGUAGE, 'ordinal')}, {said}"


def _numeric(match: Match, say: Callable[[int, int, str], str]) -> str:
    """Say a date; as Americans read it, if Britons would read it differently."""
    first, second, year = int(match[1]), int(match[3]), match[4]
    if match[2] == ".":
        return match[0]
    return say(first, second, year) if first > 12 else say(second, first, year)


def _old_units(text: str) -> str:
    """Say "£3 10s. 6d." as "3 pounds 10 shillings and 6 pence", and feet and inches; numbers stay figures."""
    text = say_measures(text)
    if "£" in text:
        text = _POUNDS.sub(_pounds, text)
    if "s" in text and "d" in text:
        text = _SHILLINGS.sub(lambda match: f"{_shillings(match[1])} and {_pence(match[2])}{_stop(match)}", text)
    text = _COIN.sub(_coin, text)
    return _FEET.sub(lambda match: f"{match[1]} {'foot' if match[1] == '1' else 'feet'} {match[2]}", text)


def _pounds(match: Match) -> str:
    pounds = f"{match[1]} pound{'' if match[1] == '1' else 's'}"
    if match[3] is None:
        return f"{pounds} {_shillings(match[2])}{_stop(match)}"
    return f"{pounds} {_shillings(match[2])} and {_pence(match[3])}{_stop(match)}"


def _shillings(number: str) -> str:
    return f"{number} shilling{'' if number == '1' else 's'}"


def _pence(number: str) -> str:
    return "1 penny" if number == "1" else f"{number} pence"


def _coin(match: Match) -> str:
    """Say a sum of one coin, but not "in his 20s."."""
    if match[2] == "s" and _DECADE.fullmatch(match[1]):
        return match[0]
    return (_shillings(match[1]) if match[2] == "s" else _pence(match[1])) + _stop(match)


def _stop(match: Match) -> str:
    """Return "." if the full stop of an abbreviation also ends the sentence, else ""."""
    return "." if match[0].endswith(".") and _ENDS.match(match.string, match.end()) else ""


_STARTS = "He She It They We You The Then But And There This That These Those When If His Her"
_SLASH = compile_later(r"(?<![\d/.])(\d{1,2})/(\d{1,2})(?![\d/])")


_BIBLE_BOOKS = words(
    "Genesis Exodus Leviticus Numbers Deuteronomy Joshua Judges Ruth Samuel Kings Chronicles Ezra Nehemiah Esther "
    "Job Psalm Psalms Proverbs Ecclesiastes Canticles Isaiah Jeremiah Lamentations Ezekiel Daniel Hosea Joel Amos "
    "Obadiah Jonah Micah Nahum Habakkuk Zephaniah Haggai Zechariah Malachi Matthew Mark Luke John Acts Romans "
    "Corinthians Galatians Ephesians Philippians Colossians Thessalonians Timothy Titus Philemon Hebrews James Peter "
    "Jude Revelation Revelations Ecclesiasticus Maccabees Tobit Judith Baruch Sirach"
)
_BIBLE_SHORTS = table(
    "Gen=Genesis|Exod=Exodus|Ex=Exodus|Lev=Leviticus|Num=Numbers|Deut=Deuteronomy|Josh=Joshua|Judg=Judges|Sam=Samuel|"
    "Chron=Chronicles|Chr=Chronicles|Neh=Nehemiah|Esth=Esther|Ps=Psalm|Pss=Psalms|Prov=Proverbs|Eccles=Ecclesiastes|"
    "Eccl=Ecclesiastes|Cant=Canticles|Isa=Isaiah|Is=Isaiah|Jer=Jeremiah|Lam=Lamentations|Ezek=Ezekiel|Dan=Daniel|"
    "Hos=Hosea|Obad=Obadiah|Mic=Micah|Nah=Nahum|Hab=Habakkuk|Zeph=Zephaniah|Hag=Haggai|Zech=Zechariah|Mal=Malachi|"
    "Matt=Matthew|Mt=Matthew|Mk=Mark|Lk=Luke|Jn=John|Rom=Romans|Cor=Corinthians|Gal=Galatians|Eph=Ephesians|"
    "Phil=Philippians|Col=Colossians|Thess=Thessalonians|Tim=Timothy|Tit=Titus|Philem=Philemon|Heb=Hebrews|Jas=James|"
    "Pet=Peter|Rev=Revelation|Apoc=Apocalypse|Macc=Maccabees|Ecclus=Ecclesiasticus"
)
_SCRIPTURE = language.Scripture(
    _BIBLE_BOOKS | words("verse verses Verse Verses"),
    _BIBLE_SHORTS,
    " ",
    table("1=First|2=Second|3=Third|I=First|II=Second|III=Third"),
    comma=False,
    plain=words(
        "Gen Exod Lev Deut Josh Neh Ps Prov Eccles Isa Jer Ezek Matt Mt Mk Lk Jn Rom Cor Gal Eph Thess Heb Rev"
    ),
)

LANGUAGE: Language = Language(
    code="en",
    dot="dot",
    locale="en_GB",  # the spelling of the engines' dictionaries: "kilometres"
    numbers=language.Numbers(
        point=POINT,
        equals="equals",
        relations=table(
            "<=is less than|>=is greater than|≤=is at most|≥=is at least|≠=is not|≈=is about|±=plus or minus|"
            "√=the square root of|∞=infinity|÷=divided by"
        ),
        to="to",
        minus="minus",
        join="and",
        coins="",
        halves=("one half", "one quarter", "three quarters"),
        money={
            "$": Forms("dollar", "dollars"),
            "£": Forms("pound", "pounds"),
            "¢": Forms("cent", "cents"),
            "¥": Forms("yen", "yen"),
        },
        fraction=_fraction,
        units={
            "km/h": Forms("kilometre an hour", "kilometres an hour"),  # a story does not say "per hour"
            "mph": Forms("mile an hour", "miles an hour"),
            "oz": "mass-ounce",
            "lb": "mass-pound",
            "hrs": "duration-hour",
            "hr": "duration-hour",
            "yds": "length-yard",
        },
        signs={"%": Forms("percent", "percent")},  # voices stumble over "per cent"
        comma=False,
        years=True,
        scales=table(
            "million=million|billion=billion|trillion=trillion|thousand=thousand|bn=billion|m=million|M=million|"
            "B=billion|tn=trillion|k=thousand|K=thousand"
        ),
        clock=language.ClockWords(
            full="o'clock", late="hundred hours", oh="oh", written=r"\.([0-5]\d)(?=\s?[ap]\.?\s?m\b)"
        ),
        ordinal="st|nd|rd|th",
        king="the ",
        king_form=str.capitalize,
        last_ordinal_king=99,
        pronoun=True,
        score=" to ",
        centuries=(
            (compile_later(rf"\b((?=[IVX]{{2}}){NUMERAL})(?:th|st|nd|rd)\b"), "ordinal"),
            (compile_later(rf"(?<=\b\p{{Lu}}\p{{L}}+\s[Tt]he\s)((?=[IVX]{{2}}){NUMERAL})\b"), "ordinal"),
        ),
        first=(
            *english_figures(
                lambda figures: spelled(figures, LANGUAGE),
                lambda figures: spelled(figures, LANGUAGE, "ordinal"),
                lambda figures: digit_by_digit(figures, LANGUAGE),
            ),
            (_MANY_THINGS, lambda match: f"{match[1]} {'billion' if match[2].endswith('bn') else 'million'}"),
            (_SECONDS, lambda match: f"{match[1]} seconds"),
            (_RUPEES, lambda match: f"{match[1]} {'rupee' if match[1] == '1' else 'rupees'}"),
            (_PLACES, lambda match: f" {POINT} ".join(match[0].split("."))),
            (_ROUGHLY, lambda match: _ROUGH[match[1].replace(",", "")]),
            (_PART_TH, _part_th),
            (_SHORT_DATE, _short_date),
            (_EMERGENCY, lambda match: digit_by_digit(match[1], LANGUAGE)),
            (_ROOM, _room),
            (compile_later(r"#(?=\d)"), lambda match: "number "),
            (_TELEPHONE, lambda match: digit_by_digit(regex.sub(r"\D", "", match[0]), LANGUAGE)),
            (_SLASH, lambda match: f"{match[1]} {match[2]}"),
            (_MANY, lambda match: spelled(match[0], LANGUAGE)),
        ),
        year_steps=_YEARS,
    ),
    dates=language.Dates(form="{month} {day}, {year}", day=_th, numeric=_numeric, written=_say_written_dates),
    powers=language.Powers(
        squared=" squared",
        cubed=" cubed",
        other=" to the power of {}",
        square=Forms("square {}metre", "square {}metres"),
        cubic=Forms("cubic {}metre", "cubic {}metres"),
    ),
    abbreviations=ABBREVIATIONS,
    speakers=language.Speakers(
        verbs=(
            "said|says|asked|asks|replied|replies|answered|cried|exclaimed|continued|added|returned|observed|"
            "remarked|whispered|shouted|muttered|murmured|called|began|went on|put in|interrupted|repeated|"
            "growled|screamed|sighed|laughed|inquired|enquired|responded|declared|ejaculated|rejoined|"
            "suggested|thought|pleaded|snapped|roared|chuckled|echoed|resumed|retorted|grumbled|demanded|"
            "stammered|groaned|sobbed|hissed|insisted|protested|admitted|agreed|explained|announced|warned|"
            "urged|squeaked|wondered|mused|gasped|yelled|bellowed|ventured|shrieked|panted|cackled|sneered|grunted|"
            "moaned|wailed|drawled|barked|bawled|purred|pursued|persisted|commented|begged|commanded|ordered"
        ),
        sure="said|says|asked|replied|answered|cried|exclaimed|added|whispered|shouted|muttered|murmured",
        article="the",
        others="they|we|both|one of|another of|some of|several of|a|an",
        me="I",
        turn="the other",
        he="he|him|his|himself",
        she="she|her|hers|herself",
        man=(
            "man|boy|gentleman|father|husband|brother|son|uncle|king|prince|lord|fellow|lad|grandfather|nephew|landlord|"
            "priest|vicar|papa|dad|master|youth|sailor|soldier|chap"
        ),
        woman=(
            "woman|girl|lady|mother|wife|sister|daughter|aunt|queen|princess|maid|widow|grandmother|niece|landlady|nurse|"
            "mistress|housekeeper|mamma|mama|duchess|countess|matron|governess"
        ),
        mister="Mr|Sir|Lord|Master|Uncle|Brother|King|Prince|Count|Monsieur|M|Herr|Don|Señor|Signor|Mister|Father",
        mistress="Mrs|Miss|Ms|Lady|Aunt|Queen|Princess|Countess|Madame|Mme|Mlle|Mademoiselle|Frau|Doña|Señora|Sister|Mother",
        titles="Dr|Captain|Colonel|Professor|Major|General|Doctor|Inspector|Sergeant|Reverend|Judge|Squire",
    ),
    sentences=language.Sentences(
        starts=_STARTS,
        closing="etc did_I do_I am_I was_I had_I have_I should_I will_I would_I can_I could_I must_I than_I",
        names="Pt App Br Sr Ste SS Msgr Mstr Corp Ens Flt Sqn Ldr Brig Pfc Atty Drs",
        open="Int INT Ext EXT Bn Inf Cav Bde Div Mme Mmes Mlle Mlles Pvt Cpl Adm Cmdr Supt Insp Wm Chas Geo Thos Jas "
        "Jos Robt Benj Messrs Rev Hon Ft Mt approx Capt Lieut Lt Col Gen Sgt Maj Gov Esq Bros bk pt sect art cp",
        numbered="mk n nn fols repr yrs yr mos mo wks ms mss para paras no nos eq eqs bk pt sect art cp ext alt "
        "pop vv ver ll fol pl",
        speech_verbs="said|asked|cried|whispered|shouted|replied|answered|began|called|exclaimed|murmured|muttered|"
        "thought|added|repeated|screamed|sighed|growled|continued",
    ),
    counted=language.Counted(
        words=r"chapter|chap\.|ch\.|book|part|volume|vol\.|act|scene|canto|section|letter|stave|appendix|figure|"
        r"fig\.|plate|article|world war",
        plurals=r"vols\.|chaps?\.|chs\.|bks\.|pts\.|figs\.|chapters|books|parts|volumes|acts|scenes|cantos|sections|letters|appendices|figures|plates|articles|"
        "types|phases|stages|classes|psalms",
        short="vols?|chap|bk|pt",
        lettered=r"appendix|section|letter|figure|fig\.|plate|part",
    ),
    parts=language.PartNames(
        title_page="title page|titlepage|half title|halftitle|half title page|halftitlepage",
        cover="cover|cover page|coverpage",
        imprint="imprint",
        copyright="copyright|copyright page|uncopyright",
        colophon="colophon",
        licence="license|licence|the full project gutenberg license|full project gutenberg license|"
        "project gutenberg license",
        contents="contents|table of contents|toc|nav|navigation",
        pictures="illustrations|list of illustrations|loi|list of figures",
        notes="notes|endnotes|footnotes|end notes|note",
        index="index",
        bibliography="bibliography|select bibliography|selected bibliography|works cited",
        transcriber="transcriber s note|transcriber s notes|transcribers note|transcribers notes|"
        "transcriber s endnote|transcriber s endnotes",
        advertisement="advertisement|advertisements|advertising|publisher s advertisements|books by the same author|"
        "by the same author|other books by this author|also available|newsletter|coming soon",
        other_books="(?:also|other (?:books|works|titles|novels)|more (?:books )?|books|novels|works) (?:by|from) "
        ".{1,60}|praise for .{1,80}",
    ),
    legal=language.LegalWords(
        copyright=r"\bcopyright\b",
        rights="all rights reserved|no part of this (?:book|publication)",
        deposit="library of congress|cataloging",
        published="(?:first )?published (?:in|by)|printed (?:in|by)",
        transcribed=r"transcriber.s notes?\b|electronic (?:text|edition) (?:was|has been)",
    ),
    short_words=words(
        "he she it me my us we our his him her you they them i a an no not so do did go up at as am is was are "
        "were be by if in of on or to the and all but for had has how let may new now off old one out own put ran "
        "red run sat saw say see set sir son ten too top two use war way who why yes yet god man men boy oh ah ha "
        "day end far few got dear dead stop help fire lady lord king good well will act scene enter exit book "
        "part from with that this have"
    ),
    initials=table("WWI=World War One|WWII=World War Two"),
    note="Note:",
    credits=language.CreditWords(by="By {}", read_by="Read by {}", end="The End", part="Part {} of {}"),
    heteronyms=find_heteronyms,
    sounds=SEVERAL_SOUNDS,
    old_units=_old_units,
    has_word_i=True,
    scripture=_SCRIPTURE,
    function_words=words(
        "the of and to in a that it was he his for with as her had not is on at by which you she they this have"
    ),
)
