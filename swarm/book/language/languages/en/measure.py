"""English measures, units, prices and positions as words: "5 ft. 3 in.", "½ tsp.", "2–3 min", "a $5 bill", "£1/2/6",
"lat. 45° N.".
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from math import gcd

import regex

from swarm.book.language.known import find_language
from swarm.book.language.language import Match, table
from swarm.book.language.pattern import compile_later
from swarm.book.language.spelling import UNITS, unit_name

PLURALS = table("foot=feet|inch=inches")
_PRICED = compile_later(
    r"([$£€])(\d{1,3}(?:,\d{3})*|\d+)[\s-](?=(?:bills?|notes?|coins?|pieces?|gold|tickets?|stamps?|prizes?|fines?|"
    r"rewards?|"
    r"fees?|tips?|cheques?|checks?|bets?|limits?|deposits?|loans?)\b)"
)
_PRICED_MILLIONS = compile_later(
    r"([$£€])(\d[\d.,]{0,12})[\s-]?(million|billion|trillion|thousand)[\s-](?=(?:dollar )?(?:house|home|mansion|deal|"
    r"project|budget|contract|"
    r"loan|grant|lawsuit|fund|bond|prize|jackpot|business|company|industry|film|painting|fine|debt|gift|donation|"
    r"investment|"
    r"boat|yacht|jet|plant|bridge|estate|fortune|market|question|reward|ransom)\b)"
)
_MONEY_SIGNS = table("$=dollar|£=pound|€=euro")
_A_DAY = compile_later(
    r"([$£€])(\d{1,3}(?:,\d{3})*)-a-(?=(?:day|week|month|year|night|head|plate|piece|barrel)\s\p{Ll})"
)
_A_SUM = compile_later(
    r"(?<=\b(?:an?|his|her|my|that|the|another)\s)\$(\d{1,3})(?=[.,;!?](?!\d)|\s(?:on|in|for|and|"
    r"from|to|out)\b)"
)
_PRICE_BEFORE = compile_later(
    r"\b(?:cost|costs|costing|paid|pay|pays|price|prices|priced|worth|charged?|for|gave|gives?|spent|spend|earns?|"
    r"earned|"
    r"wages|lent|lend|borrow(?:ed)?|owed?|owes|tickets?|seats?|sold|bought|sells?|fare|fee|rent|only|fined|saved|"
    r"tip(?:ped)?)\s"
    r"(?:(?:was|is|at|of|about|only|just|me|him|her|us|them|you|it|a|the)\s){0,2}$|\bat\s$"
)
_PRICE_BEHIND = compile_later(
    r"\s(?:each|apiece|a (?:pair|week|day|month|year|dozen|yard|pound|bottle|head|piece|copy|hundred|bushel|ton|gallon|"
    r"pint|quart|time|night|volume|foot|box|seat)|the (?:dozen|pair|yard|pound|bottle|set|lot|hundred)|per \p{L}+|net|"
    r"cloth|in (?:cash|silver|stamps|change|my pocket|his pocket|her pocket))\b"
)
_DATE_BEFORE = compile_later(
    r"\b(?i:on|by|since|until|till|from|before|after|dated|of|to|ratio|page|no|No|date|between|chapter|score|scored|"
    r"form)\.?\s$"
)
_SLASHED = compile_later(
    r"(?<![\d/.£$€-])(\d{1,2})/(1[01]|\d)(?:d\b\.?)?(?![\d/½-])(?!\s(?:of|time|rhythm|measure|bar|beat)\b)"
)
_ONLY_SHILLINGS = compile_later(r"(?<![\d/.£$€])(\d{1,3})/[-–—](?![\d/])")
_POUNDS_AND_MORE = compile_later(r"£\s?(\d{1,4})([/.])(\d{1,2})\2(\d{1,2}|-)(?![\d/])")
_SEVERAL = compile_later(r"\s\p{Ll}+s\b")  # "4/6 patients"
_FAMED = ((24, 7), (9, 11), (16, 9))  # 24/7, 9/11 and 16/9 are no sums of shillings
MAX_SHILLINGS = 63  # three guineas are the largest sum that was written so
_ENDS = compile_later(r"[\"'”’»)\s]*+$|\s+\p{Lu}")


def say_prices(text: str) -> str:
    """Say "a $5 bill", and such sums of shillings as "7/6", "10/-", "£1/2/6" that are no dates or fractions."""
    if "£" in text:
        text = _POUNDS_AND_MORE.sub(_pounds_and_more, text)
    if "$" in text or "£" in text or "€" in text:
        text = _say_sums(text)
    text = _PRICED_MILLIONS.sub(lambda match: f"{match[2]} {match[3]} {_MONEY_SIGNS[match[1]]} ", text)
    text = _PRICED.sub(lambda match: f"{match[2]} {_MONEY_SIGNS[match[1]]} ", text)
    if "/" not in text:
        return text
    text = _ONLY_SHILLINGS.sub(lambda match: counted(match[1], "shilling"), text)
    return _SLASHED.sub(_old_price, text)


def _say_sums(text: str) -> str:
    """Say "a $5-a-day job" and "a $20"; other sums are left to the general rules."""
    text = _A_DAY.sub(lambda match: f"{match[2]} {_MONEY_SIGNS[match[1]]} a ", text)
    return _A_SUM.sub(r"\1", text)


def _pounds_and_more(match: Match) -> str:
    pounds, shillings, pence = counted(match[1], "pound"), counted(match[3], "shilling"), match[4]
    return f"{pounds} {shillings}" if pence in ("-", "0") else f"{pounds}, {match[3]} and {pence}"


def counted(count: str, unit: str) -> str:
    """Return a number with its unit in singular or plural."""
    count = count.strip()
    return f"{count} {unit if count == '1' else PLURALS.get(unit, f'{unit}s')}"


def _old_price(match: Match) -> str:
    """Say "7/6" as "7 and 6" where a word tells a price, or where it is neither date nor fraction."""
    shillings, pence = int(match[1]), int(match[2])
    before = match.string[max(0, match.start() - 30) : match.start()]
    said = f"{shillings} and {pence}{stop_of(match)}"
    if not shillings or not pence or shillings > MAX_SHILLINGS or (shillings, pence) in _FAMED:
        return match[0]
    whole = shillings > pence
    unreduced = pence in (6, 9) and gcd(shillings, pence) > 1
    if (whole or unreduced or pence == 11) and (
        _PRICE_BEFORE.search(before) or _PRICE_BEHIND.match(match.string, match.end())
    ):
        return said
    sure = (unreduced and not _SEVERAL.match(match.string, match.end())) or (whole and pence >= 6)
    return match[0] if not sure or _DATE_BEFORE.search(before) else said


def stop_of(match: Match) -> str:
    """Return "." if the full stop of an abbreviation also ends the sentence, else ""."""
    return "." if match[0].endswith(".") and _ENDS.match(match.string, match.end()) else ""


_ALONE = r"(?<![\p{L}\d.,:/$£€]|[^\s(][-−])"
_FIGURE_NEXT = r"(?=[\d½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘])"  # this excludes most places at once
_UNIT_COUNT = r"(?:\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?|\d{1,6}(?:\.\d{1,3})?)"
_FRACTION = r"[½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘]|[1-9]\d?[/⁄](?:1[0-6]|[2-9]|32|64)(?!\d)"
_RATE = r"(?:/(?P<each>{signs}|[gLlshVm]|day|week|month|year)(?P<cube>[²³23](?!\d))?)?"
# "5in", "a 9-in. pan", "5 in. of rain", "½ in", "6 ft. 3 in. tall", but neither "5 in the morning" nor "he came in."
_INCH = (
    r"(?P<unit>in)\b(?!-)(?:(?<=[\d½¼¾⅛⅜⅝⅞]-?in)\.?|(?<=(?:[½¼¾⅛⅜⅝⅞]|/\d\d?|\b(?:by|to)\s\d\d?|\d[-–]\d\d?|(?:ft|feet)\.?,?\s\d\d?\s?½?)\s?in)"
    r"(?=[,;:)]|\s(?:tall|high|long|wide|deep|thick|and|by)\b|\s*$|\.(?:\s\p{L}|[\s\"”’)]*$))\.?|"
    r"\.(?=\s(?:of|by|long|wide|high|deep|thick|tall|broad|square|in|x|and|to)\b|\s?[×,;:)]|[\s\"”’)]*$))"
)
# Of one letter are units only before a word in small letters or a mark: "a 60 W bulb", "5 g.", but "Room 5 L".
_LETTER = (
    r"(?P<unit>[gLlWV]|(?<=\s|\.\d{1,3})s(?!\.?,?\s(?:and\s)?\d{1,2}\s?½?\s?d\b)|h|m(?!\s(?:people|men|women|children|"
    r"(?!(?:hurdles|finals|heats|relays|races|sprints|across|towards|always|perhaps|besides|unless)\b)\p{Ll}{3,}s)\b))"
    r"(?![\p{L}\d’'/²³^-])(?=\s*[,;:)]|\s\p{Ll}|\s\(|\.?[\s\"”’)]*$|(?<=[msh])\.\s\p{L})\.?"
)
_LETTERS = {
    "g": "mass-gram", "l": "volume-liter", "L": "volume-liter", "W": "power-watt", "V": "electric-volt",
    "m": "length-meter", "s": "duration-second", "h": "duration-hour", "in": "length-inch",
}  # fmt: skip
# What stands around a measure that is no plural: "a 1.5m fence", "every 5 min stop", "the 5 km run".
_ONE_BEFORE = compile_later(r"\b(?i:an?|every|each|another)\s$")
_MAYBE_ONE_BEFORE = compile_later(r"\b(?i:the|this|his|her|their)\s$")
_NOUN_BEHIND = compile_later(
    r"\s(?!(?:people|pounds?|dollars?|euros?|long|high|wide|deep|tall|thick|away|above|below|from|to|of|in|at|on|and|or|is|"
    r"was|per|by|off|each|apart|north|south|east|west|she|he|they|we|you|it|that|which|with)\b)\p{Ll}{3,}"
)


@cache
def _units() -> tuple[Mapping[str, str], "regex.Pattern[str]"]:
    """Return the names of units by sign, CLDR's or the file's own, and the pattern of a measure with one."""
    forms = find_language("en").forms
    names = {**UNITS, **_LETTERS, **(forms.units if forms else {})}
    names = {sign: name for sign, name in names.items() if sign.isascii() or not set(sign) & set("°º′″‰")}
    signs = "|".join(map(regex.escape, sorted(names.keys() - _LETTERS.keys(), key=len, reverse=True)))
    return names, regex.compile(
        rf"{_FIGURE_NEXT}{_ALONE}(?P<range>{_UNIT_COUNT}\s?(?:[-–]|to|or)\s?)?(?:(?P<count>{_UNIT_COUNT})"
        rf"(?P<part>[\s-]?(?:{_FRACTION}))?|(?P<part>{_FRACTION}))(?P<joint>\s|-)?(?:(?:(?P<power>sq|cu)\.?\s?)?"
        rf"(?:(?P<unit>{signs}|[gLlm](?=/))\.?(?:(?<=\.)|(?P<square>[²³23](?!\d))?{_RATE.format(signs=signs)})(?![\p{{L}}\d’'/²³^])"
        rf"|(?<=(?:sq|cu)\.?\s?)(?P<unit>m|in)\b\.?)|{_INCH}|{_LETTER})"
    )


# "1 c. milk" is a cup, but a "5 c. stamp" costs cents and a "12 c. chapel" is old.
_FOODS = (
    "milk buttermilk water flour sugar butter cream rice oil broth stock wine cheese honey molasses syrup vinegar "
    "juice oats cornmeal meal raisins nuts walnuts pecans almonds berries blueberries onions? celery carrots? beans "
    "peas potatoes tomatoes crumbs cocoa chocolate shortening lard margarine coffee starch coconut salt apples? "
    "chicken meat ham beef noodles lentils parsley spinach corn cider tea"
)
_CUPS = compile_later(
    rf"{_FIGURE_NEXT}{_ALONE}(?P<count>{_UNIT_COUNT}(?:\s?(?:{_FRACTION}))?|{_FRACTION})\s?[cC]\.?(?=\s(?:\p{{Ll}}+[,\s]\s?){{0,3}}"
    rf"(?:{'|'.join(_FOODS.split())})\b)"
)
_BY = compile_later(r"(?<!\d[-.]\d{4})(?<=\d(?:″|\"|\s?(?:[ckm]?m|ft|in)\.?)?)\s?[x×]\s?(?=\d)")
_TIMES = compile_later(r"(?<=\d)\s?[x×]\s?(?=10[⁰¹²³-⁹⁻−^]|\d+\s?=)")
_EACH = compile_later(r"(?<=\d\s\p{Ll}{3,12})/(\p{L}{1,5})(?![\p{L}/])")  # "5 miles/hr"
_STONE = compile_later(rf"{_ALONE}(\d{{1,2}})\s?st\.?,?\s(?:(\d{{1,2}})\s?lbs?\b\.?)")
_PAST = compile_later(r"(?<![\d/])(½|¼|1/2|1/4)[\s-](?=(?:past|to)[\s-]\d)")  # "½ past 8"
_DEGREES_OF = compile_later(
    r"(?<=\d)(\s?)deg(?:rees|s)?\.?\s?([FC])(?:\.(?=\s\p{Ll}|[,;:)])|(?=\.?[\s\"'”’»)]*$)|(?![\p{L}.]))"
)
_OR_DEGREES = compile_later(r"(?<=\d\s?°\s?[CF]?)\s?/\s?(?=\d)")
_DEGREE = compile_later(
    r"(?<![\d.])(\d{1,3})\s?°(?=\s(?:angles?|turns?|bends?|heat|slopes?|views?|arcs?|rotations?|weather|water|oven)\b)"
)
_LONE_INCHES = compile_later(rf"(?<![\d.])({_UNIT_COUNT}\s?(?:{_FRACTION})?)\s?″")
_ONE = compile_later(rf"1|{_FRACTION}")


def say_products(text: str) -> str:
    """Return a sentence with words for the × of sizes and of powers of ten."""
    return str(_BY.sub(" by ", _TIMES.sub(" times ", text))) if "x" in text or "×" in text else text


def say_units(text: str) -> str:
    """Return a sentence in which the units behind figures are words; the figures remain."""
    text = _PAST.sub(lambda match: "half " if match[1] in ("½", "1/2") else "a quarter ", text)
    text = _DEGREES_OF.sub(r"\1°\2", text)
    if "°" in text:
        text = _DEGREE.sub(r"\1-degree", _OR_DEGREES.sub(" or ", text))
    elif "″" in text and "′" not in text:
        text = _LONE_INCHES.sub(lambda match: counted(match[1], "inch"), text)
    text = _STONE.sub(lambda match: f"{match[1]} stone {counted(match[2], 'pound')}{stop_of(match)}", text)
    text = _CUPS.sub(_cups, text)
    text = _units()[1].sub(_measure, text)
    return _EACH.sub(_each, text) if "/" in text else text


def _each(match: Match) -> str:
    names = _units()[0]
    return f" per {_name(names[match[1]], True)}" if match[1] in names else match[0]


def _cups(match: Match) -> str:
    single = _ONE.fullmatch(match["count"])
    return f"{match['count']} cup{'' if single else 's'}"


def _measure(match: Match) -> str:
    """Say "½ tsp." as "½ teaspoon", "1-lb. bag" as "1-pound bag"; the number remains."""
    number = f"{match['range'] or ''}{match['count'] or ''}{match['part'] or ''}"
    single = match["count"] in (None, "1") and not match["range"] and not (match["count"] and match["part"])
    joint = "-" if match["joint"] == "-" else " "
    said = _named(match, single or joint == "-" or _is_adjective(match))
    return f"{number}{joint}{said}{stop_of(match)}"


def _is_adjective(match: Match) -> bool:
    before = match.string[max(0, match.start() - 10) : match.start()]
    maybe = _MAYBE_ONE_BEFORE.search(before) and not match[0].endswith(".")
    return bool(_ONE_BEFORE.search(before) or (maybe and _NOUN_BEHIND.match(match.string, match.end())))


def _named(match: Match, single: bool) -> str:
    """Return the name of a measure's unit: "square feet", "grams per litre"."""
    names, unit = _units()[0], match["unit"]
    power = {"sq": "square ", "cu": "cubic ", "²": "square ", "2": "square ", "³": "cubic ", "3": "cubic "}
    name = _name(names[unit], single)
    if unit == "m" and match[0].endswith("m.") and _is_mile(match):
        name = "mile" if single else "miles"
    each, raised = match["each"], match["cube"] if match["each"] else match["square"]
    if raised and (each == "s" or "/" in unit):  # "9.8 m/s²"
        return f"{name}{f' per {_name(names[each], True)}' if each else ''} {'cubed' if raised in '³3' else 'squared'}"
    said = power.get(match["power"] or match["square"], "") + name
    return f"{said} per {power.get(raised, '')}{_name(names.get(each, each), True)}" if each else said


def _name(name: str, single: bool) -> str:
    known = "-" in name or "|" in name
    return unit_name(name, Decimal(1 if single else 2), find_language("en")) if known else name


def _is_mile(match: Match) -> bool:
    """Return whether "20 m." are miles, by the words around them."""
    text = match.string
    if match["power"] or _METRIC.search(text):
        return not _METRIC.search(text)
    return bool(_MILES_BEHIND.match(text, match.end()) or (_ENDS.match(text, match.end()) and _ON_THE_WAY.search(text)))


_FIGURE = compile_later(r"[\d½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘]")
_COUNT = r"\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?\s?[½¼¾]?"
_MILES_BEHIND = compile_later(
    r"\s(?:from|to|on|in(?!\s(?:height|depth|diameter|\d))|north|south|east|west|[NSEW]|away|that|per|an?|long|wide|off|distant|"
    r"above|below|along|down|up|farther|further)\b|[,;)]"
)
_METRIC = compile_later(r"\d\s?(?:[ckm]m|kg)\b|\b(?:kilo|centi|milli)?met(?:re|er)s?\b")
_ON_THE_WAY = compile_later(
    r"\b(?:miles?|walk\p{L}*|rode|rid(?:e|ing)|driv\p{L}+|drove|march\p{L}*|travel\p{L}*|journeys?|roads?|railways?|"
    r"distan(?:ce|t)|routes?|towns?|villages?)\b"
)
_DURATION = compile_later(
    rf"{_ALONE}(\d{{1,2}})(?:\s?h(?:rs?)?\.?,?\s?(\d{{1,2}})\s?m(?:in)?\b(?:(?:\.?,?\s(\d{{1,2}})\s?s(?:ecs?)?\b))?\.?|"
    rf"(?<!(?:\d|\b(?:[Aa]t|by|until|till|from|since|before|after|around)),?\s\d\d?):([0-5]\d):([0-5]\d)(?!:|\.?\d|\s?[AaPp]\.?[Mm]\b))"
)
_POSITION = compile_later(r"\b([Ll]at|[Ll]ong)\.(?=\s?\d{1,3}\s?(?:°|deg))")
_POSITION_AFTER = compile_later(
    r"(?<=\b(?:north|south|east|west)\s)(lat|long)\.(?=\s\p{Ll}|[,;)]|(?P<ends>[\s\"”’]*$))?"
)
_MINUTES = compile_later(r"(?<=\d\s?°\s?\d{1,2})['’](?!\p{L})")
_COMPASS = compile_later(r"(?<=\d\s?(?:[°′″”\"]|(?:deg|min|sec)\.?))\s?([NSEW])\b(\.?)")
_WINDS = table("N=north|S=south|E=east|W=west")
_TRAIN = compile_later(
    r"(?=[1-9])(?:(?<=\b[Tt]he )(1[0-2]|[1-9])\.([0-5]\d)"
    r"(?=\s(?:from|train|express|bus|boat|for|at|up|down|mail|local|out|left|leaves|came|comes|arrived|was late|"
    r"is late|pulled|steamed|p\.?m|a\.?m)\b|\sto\s\p{Lu})|"
    r"(?<=\b(?:by|catch|caught|catching|take|took|miss|missed) the )(1[0-2]|[1-9])\.([0-5]\d)(?![\d%]|\s?(?:%|per)))"
)
_HOURS = r"(1[0-2]|[1-9])\.([0-5][05]|[0-5]\d(?=.{1,60}\b(?:train|boat|bus|ferry|flight|express)\b))"
_NO_TIME = compile_later(
    r"[%$£€]|\b(?:per cent|percent|average|rates?|index|points?|prices?|odds|ratio|scored?|shares?|stocks?|"
    r"gr[eo]w|fell|rose|dropped|inches|feet|pounds|ounces|grams?|metres?|meters?|miles|GPA|pH|versions?|sections?|chapters?|closed|opened|traded|valued|measured)\b"
)
_AT_TIME = compile_later(
    rf"(?<=\b(?:[Aa]t|till|until|from|to|before|after|by|past|about)\s){_HOURS}(?![\d%:.]*\d)"
    r"(?=[,;:?!)]|\.?[\"'”’»)\s]*$|\s(?:and|in the|on|to|till|that|this|sharp|precisely|exactly|for|from|or|with|"
    r"when|every|each|tomorrow|tonight|to-morrow|to-night|we|he|she|they|I)\b)"
)
# Groups of three digits behind thin spaces, or several behind common ones: "1 000 000", "250 000", but not "5 200".
_THOUSANDS = compile_later(
    r"(?<![\d.,:/-]|\d\s)\d{1,3}(?:(?:[\u00a0\u202f\u2009]\d{3})+|(?: \d{3}){2,}|(?: 000)+)(?![\d:/-]|[.,]\d|\s\d)"
)
# A single group behind a common space needs a word: "about 3 500", "3 500 men", but not "page 3 500 men".
_THOUSAND = compile_later(
    r"(?<![\d.,:/-]|\d\s|[#№§]\s?)[1-9]\d{0,2} \d{3}(?![\d:/-]|[.,]\d|\s\d)"
    r"(?P<counted>(?=\s(?!(?:was|has|is|his|as|us|this|its|does|always|perhaps)\b)"
    r"(?:\p{Ll}{2,}s|men|women|people|children|feet|sheep)\b))?"
)
_AMOUNT_BEFORE = compile_later(
    r"(?:[£$€]\s?|\b(?i:about|some|nearly|almost|over|than|only|around|another|of|to|costs?|paid|least|most)\s)$"
)
_PLACE_BEFORE = compile_later(  # a page or a year is one number, what follows it another
    r"(?<![.!?]\s|^)\b\p{Lu}\p{L}*\.?\s$|"
    r"\b(?i:nos?|pp?|ch|vol|pages?|chapters?|lines?|rooms?|numbers?|verses?|figures?|tables?|notes?|volumes?|"
    r"sections?|parts?|"
    r"in|by|since|and)\.?\s$"
)
_GLUED_TIME = compile_later(r"(?<=\d)(?=[ap]\.?m\b|[AP]\.?M\b)")  # "7.30pm"
_FROM_TIME = compile_later(
    r"(?<=\b[ap]\.?m\.?)\s?[-–]\s?(?=\d)|(?<=\d[.:][0-5]\d)\s?[-–]\s?(?=\d{1,2}[.:][0-5]\d\s?[ap]\.?m\b)"
)
_TIME_BEFORE = compile_later(r"(?<![\d.:])(\d{1,2})\.([0-5]\d)(?=\sto\s\d{1,2}[.:][0-5]\d\s?[ap]\.?m\b)")
_ARC_SECONDS = compile_later(r"(?<=°\s?\d{1,2}\s?[′'’]\s?\d{1,2}(?:\.\d{1,3})?)[\"”](?!\p{L})")
_OVEN = compile_later(r"(?<![\p{L}\d.,:/$£€-])(\d{2,3})\s?([FC])(?=[\s.,;:)/(]|$)(?!\.\s?\p{L})")
_HEAT = compile_later(
    r"\b(?:[Oo]vens?|[Hh]eat\p{L}*|[Pp]reheat\p{L}*|[Bb]ak(?:e|ed|ing)|[Rr]oast\p{L}*|[Tt]emperature|[Dd]egrees?|[Cc]ook\p{L}*|[Ss]immer|\d\d?\sdegrees)\b"
)
_MIXED = compile_later(r"(?<![\d/-])(\d{1,2})-(?=(?:1/2|[13]/4|[12]/3|[1357]/8|\d{1,2}/16)(?!\d))")  # "1-1/2 inches"
_FEET_BY = compile_later(r"(?<![\d.,])(\d{1,3})\s?['’′]\s?(?:[x×]|by)\s?(\d{1,3})\s?['’′](?!\p{L}|\d)")


def say_measures(text: str) -> str:
    """Return a sentence with the words of its measures, prices and positions; numbers stay figures."""
    if not _FIGURE.search(text) and "deg" not in text and "°" not in text:
        return text  # only "ten degrees north lat." needs no figure
    text = say_products(_FEET_BY.sub(r"\1 by \2 feet", _GLUED_TIME.sub(" ", text)))
    text = _FROM_TIME.sub(" to ", text) if "-" in text or "–" in text else text
    text = _TIME_BEFORE.sub(r"\1:\2", text)
    text = _MIXED.sub(r"\1 ", text)
    if _HEAT.search(text):
        text = _OVEN.sub(r"\1°\2", text)
    text = _THOUSANDS.sub(lambda match: ",".join(match[0].split()), text)
    text = _THOUSAND.sub(_thousand, text)
    text = _DURATION.sub(_duration, text)
    if "°" in text or "deg" in text:
        text = _ARC_SECONDS.sub("″", text)
        text = _POSITION.sub(lambda match: f"{match[1]}itude", text)
        text = _COMPASS.sub(lambda match: f" {_WINDS[match[1]]}{stop_of(match)}", _MINUTES.sub("′", text))
        text = _POSITION_AFTER.sub(lambda match: f"{match[1]}itude{'' if match['ends'] is None else '.'}", text)
    text = _TRAIN.sub(lambda match: f"{match[1] or match[3]}:{match[2] or match[4]}", text)
    if "." in text and not _NO_TIME.search(text):
        text = _AT_TIME.sub(r"\1:\2", text)
    return say_prices(say_units(text))


def _thousand(match: Match) -> str:
    before = match.string[max(0, match.start() - 30) : match.start()]
    one = _AMOUNT_BEFORE.search(before) or (match["counted"] is not None and not _PLACE_BEFORE.search(before))
    return str(match[0]).replace(" ", ",") if one else match[0]


def _duration(match: Match) -> str:
    """Say "2 h 5 min" and "2:05:09", but "12:30:00" may be a time of the day."""
    counts = (match[1], match[2] or match[4], match[3] or match[5] or "0")
    parts = zip(counts, ("hour", "minute", "second"), strict=True)
    said = [counted(str(int(count)), unit) for count, unit in parts if int(count)]
    if match[5] and not int(match[5]):
        return match[0]
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:]))) + stop_of(match)
