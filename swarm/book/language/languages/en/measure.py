"""English measures, units, prices and positions as words: "5 ft. 3 in.", "½ tsp.", "2–3 min", "a $5 bill", "£1/2/6",
"lat. 45° N.".
"""

from math import gcd

import regex

from swarm.book.language.language import Match, table
from swarm.book.language.pattern import compile_later

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


_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
_FIGURE_NEXT = r"(?=[\d½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘])"  # this excludes most places at once
_UNIT_COUNT = r"(?:\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?|\d{1,6}(?:\.\d{1,3})?)"
_FRACTION = r"[½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘]|[1-9]\d?[/⁄](?:1[0-6]|[2-9]|32|64)(?!\d)"
_UNITS = table(
    "tsp=teaspoon|tsps=teaspoon|Tbsp=tablespoon|tbsp=tablespoon|tbsps=tablespoon|Tbs=tablespoon|oz=ounce|ozs=ounce|"
    "lb=pound|lbs=pound|pt=pint|pts=pint|qt=quart|qts=quart|gal=gallon|gals=gallon|bu=bushel|min=minute|mins=minute|"
    "sec=second|secs=second|hr=hour|hrs=hour|yr=year|yrs=year|mo=month|mos=month|wk=week|wks=week|mi=mile|yd=yard|"
    "yds=yard|ft=foot|sq ft=square foot|sq mi=square mile|sq yd=square yard|km=kilometre|cm=centimetre|mm=millimetre|"
    "kg=kilogram|mg=milligram|ml=millilitre|mL=millilitre|dl=decilitre|cl=centilitre|mcg=microgram|µg=microgram|"
    "μg=microgram|µm=micrometre|μm=micrometre|nm=nanometre|kWh=kilowatt hour|kW=kilowatt|MW=megawatt|GW=gigawatt|"
    "kV=kilovolt|mV=millivolt|mA=milliampere|Ω=ohm|kΩ=kilohm|hPa=hectopascal|kn=knot|Hz=hertz|kHz=kilohertz|"
    "MHz=megahertz|GHz=gigahertz|KB=kilobyte|kB=kilobyte|MB=megabyte|GB=gigabyte|TB=terabyte|dB=decibel|"
    "hp=horsepower|kcal=kilocalorie|kJ=kilojoule|kPa=kilopascal|cc=cubic centimetre|deg=degree|gns=guinea|gn=guinea|"
    "doz=dozen|km/h=kilometre an hour|mph=mile an hour|kph=kilometre an hour|m/s=metre a second|"
    "km/s=kilometre a second|ft/s=foot a second|mg/kg=milligram a kilogram|fps=frame a second|"
    "rpm=revolution a minute|mg/l=milligram a litre|mg/L=milligram a litre|Mbps=megabit a second|"
    "mbps=megabit a second|kbps=kilobit a second|ns=nanosecond|mol=mole|rad=radian|lm=lumen|"
    "Gbps=gigabit a second|Mb/s=megabit a second|MB/s=megabyte a second"
)
_ONE_LETTER = table("g=gram|l=litre|L=litre|W=watt|V=volt|m=metre")
_SAME = frozenset(("hertz", "kilohertz", "megahertz", "gigahertz", "dozen", "horsepower"))  # they have no plural
_UNIT_SIGNS = "|".join(map(regex.escape, sorted(_UNITS, key=len, reverse=True)))
_MEASURE = compile_later(
    rf"{_FIGURE_NEXT}{_ALONE}(?P<range>{_UNIT_COUNT}\s?(?:[-–]|to|or)\s?)?(?:(?P<count>{_UNIT_COUNT})(?P<part>\s?(?:{_FRACTION}))?|"
    rf"(?P<part>{_FRACTION}))"
    rf"(?P<joint>\s|-)?(?:(?P<unit>{_UNIT_SIGNS})(?![\p{{L}}\d’'/²³^])\.?|(?P<unit>[gLlWV])(?![\p{{L}}’'/²³^-])(?=\s*[,;:)]|"
    rf"\s\p{{Ll}}|\.?[\s\"”’)]*$))"
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
_INCHES_ACROSS = compile_later(
    rf"(?<![\d.])({_UNIT_COUNT}|{_FRACTION})(?:\s?[x×]\s?({_UNIT_COUNT}))?-in\.?(?![\p{{L}}-])"
)
_BY = compile_later(r"(?<=\d(?:″|\"|\s?(?:[ckm]?m|ft|in)\.?)?)\s?[x×]\s?(?=\d)")
_TIMES = compile_later(r"(?<=\d)\s?[x×]\s?(?=10[⁰¹²³-⁹⁻−^]|\d+\s?=)")
# "$3.50/lb", "5 miles/hr" and "1 kg/m³"
_PER = compile_later(
    r"(?<=[$£€]\d[\d.,]{0,9}|\d\s?%|\d\s?(?:miles|feet|words|times|dollars|pounds|calls|cents|km|mg|kg|g))/"
    r"(lb|hr|yr|wk|mile|day|week|month|hour|year|oz|kg|gal|person|night|min|m[²³])(?!\p{L})"
)
_EACH = table(
    "wk=week|lb=pound|hr=hour|yr=year|oz=ounce|kg=kilogram|gal=gallon|min=minute|m²=square metre|m³=cubic metre"
)
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
_PLURALS = table("foot=feet")


def say_products(text: str) -> str:
    """Return a sentence with words for the × of sizes and of powers of ten."""
    return str(_BY.sub(" by ", _TIMES.sub(" times ", text))) if "x" in text or "×" in text else text


def say_units(text: str) -> str:
    """Return a sentence in which the units behind figures are words; the figures remain."""
    text = _PAST.sub(lambda match: "half " if match[1] in ("½", "1/2") else "a quarter ", text)
    text = _PER.sub(lambda match: f" per {_EACH.get(match[1], match[1])}", text) if "/" in text else text
    text = _DEGREES_OF.sub(r"\1°\2", text)
    if "°" in text:
        text = _DEGREE.sub(r"\1-degree", _OR_DEGREES.sub(" or ", text))
    elif "″" in text and "′" not in text:
        text = _LONE_INCHES.sub(lambda match: counted(match[1], "inch"), text)
    text = _STONE.sub(lambda match: f"{match[1]} stone {counted(match[2], 'pound')}{stop_of(match)}", text)
    text = _INCHES_ACROSS.sub(lambda match: f"{match[1]}{' by ' + match[2] if match[2] else ''}-inch", text)
    text = _CUPS.sub(_cups, text)
    return _MEASURE.sub(_measure, text)


def _cups(match: Match) -> str:
    single = _ONE.fullmatch(match["count"])
    return f"{match['count']} cup{'' if single else 's'}"


def _measure(match: Match) -> str:
    """Say "½ tsp." as "½ teaspoon", "1-lb. bag" as "1-pound bag"."""
    unit = _UNITS.get(match["unit"]) or _ONE_LETTER[match["unit"]]
    number = f"{match['range'] or ''}{match['count'] or ''}{match['part'] or ''}"
    if match["joint"] == "-":
        return f"{number}-{unit}{stop_of(match)}"
    single = match["count"] in (None, "1") and not match["range"] and not (match["count"] and match["part"])
    return f"{number} {unit if single or unit in _SAME else _several(unit)}{stop_of(match)}"


def _several(unit: str) -> str:
    first, space, rest = unit.partition(" a")
    words = first.split()
    last = _PLURALS.get(words[-1], f"{words[-1]}s")
    return " ".join((*words[:-1], last)) + space + rest


_FIGURE = compile_later(r"[\d½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘]")
_COUNT = r"\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?\s?[½¼¾]?"
_FEET_AND_INCHES = compile_later(
    rf"{_ALONE}(\d{{1,3}})\s?ft\.?,?\s(\d{{1,2}}\s?[½¼¾]?)\s?"
    r"in(?:\.|(?=[,;:)]|\s(?:tall|high|long|wide|deep|thick|in height|in length|and)\b|\s*$))"
)
# "5 in. of rain", but neither "5 in the morning" nor "he came in. 5 men left".
_INCHES = compile_later(
    rf"{_ALONE}({_COUNT})\s?in\.(?=\s(?:of|by|long|wide|high|deep|thick|tall|broad|square|in|x|and|to)\b|\s?[×,;:)])"
)
_SQUARE = compile_later(rf"{_ALONE}({_COUNT})\s?(sq|cu)\.?\s(m\.|m|ft|in|yds?|mi|miles|feet|km)(?!\p{{L}})\.?")
_PLACES = table(
    "m.=mile|m=metre|ft=foot|in=inch|yd=yard|yds=yard|mi=mile|miles=mile|feet=foot|km=kilometre|sq=square|cu=cubic"
)
_MILES = compile_later(
    rf"{_ALONE}({_COUNT})\s?m\.(?=\s(?:from|to|on|in|north|south|east|west|[NSEW]|away|that|per|an?|long|wide|off|distant|above|"
    r"below|along|down|up|farther|further)\b|[,;)])"
)
# "20 m. high", "50 m. of rope" and "the 100 m. hurdles" are metres rather than miles.
_METRES = compile_later(
    rf"{_ALONE}({_COUNT})\s?m(?:\.?(?=\s(?:high|deep|tall|thick|in (?:height|depth|diameter)|of\s\p{{L}}{{3,}}|"
    r"freestyle|backstroke|breaststroke|butterfly|medley|hurdles|sprint|dash|relay|race|final)\b)|"
    r"(?=\s(?:long|wide|away|from|above|below|across|apart|to|at|by|per|and|or|in|on)\b))"
)
_SPRINT = compile_later(r"(?<=\b[Tt]he\s)((?:[1248]00)|1,?500)\s?m\b\.?(?=\s\p{Ll}|[,;:)])")
_METRES_OR_MILES = compile_later(r"\d[½¼¾]?\s?[mhs]\b|\d\s?hrs?\b|:\d\d:")
_METRIC = compile_later(r"\d\s?(?:[ckm]m|kg)\b|\b(?:kilo|centi|milli)?met(?:re|er)s?\b")
_ON_THE_WAY = compile_later(
    r"\b(?:miles?|walk\p{L}*|rode|rid(?:e|ing)|driv\p{L}+|drove|march\p{L}*|travel\p{L}*|journeys?|roads?|railways?|"
    r"distan(?:ce|t)|routes?|towns?|villages?)\b"
)
_LAST_LENGTH = compile_later(rf"{_ALONE}({_COUNT})\s?m\.(?=[\s\"'”’»)]*(?:$|\s\p{{Lu}}\p{{Ll}}))")
_SIGNED = compile_later(
    rf"{_ALONE}({_COUNT})\s(m|s|h)(?=[,;:)]|\s\(|\.(?:[\s\"'”’»)]*$|\s\p{{Lu}})|\s*$|\s(?!people\b|men\b|women\b|"
    rf"copies\b)\p{{Ll}})"
)
_SIGNS_OF_UNITS = table("m=metre|s=second|h=hour")
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
_PART_INCHES = compile_later(r"(?<=[½¼¾⅛⅜⅝⅞]\s?|\d/(?:2|4|8|16)\s)in\.(?P<ends>(?=[\s\"'”’»)]*$))?(?=\s|[,;:)]|$)")
_FEET_BY = compile_later(r"(?<![\d.,])(\d{1,3})\s?['’′]\s?(?:[x×]|by)\s?(\d{1,3})\s?['’′](?!\p{L}|\d)")
_BEFORE_NOUN = compile_later(  # "a 1.5m fence", but neither "a 2m jackpot" nor "a 3 m long pole"
    rf"(?<=\b(?:[Aa]n?|[Tt]he|[Tt]his|[Hh]is|[Hh]er)\s)({_COUNT})\s?(m|km|kg|cm|mm|g|l|ml|mph|ft|lb|oz|mi)(?=\s(?!(?:people|"
    r"pounds?|dollars?|euros?|jackpot|deal|budget|long|high|wide|deep|tall|thick|away|above|below|from|to|of|in|at|on|"
    r"and|or|is|was|per|by|off|each|apart|north|south|east|west|she|he|they|we|you|it|that|which|with)\b)\p{Ll}{3,})"
)
_SINGLE = table(
    "m=metre|km=kilometre|kg=kilogram|cm=centimetre|mm=millimetre|g=gram|l=litre|ml=millilitre|mph=mile-an-hour|ft=foot|"
    "lb=pound|oz=ounce|mi=mile"
)


def say_measures(text: str) -> str:
    """Return a sentence with the words of its measures, prices and positions; numbers stay figures."""
    if not _FIGURE.search(text) and "deg" not in text and "°" not in text:
        return text  # only "ten degrees north lat." needs no figure
    text = say_products(_FEET_BY.sub(r"\1 by \2 feet", _GLUED_TIME.sub(" ", text)))
    text = _FROM_TIME.sub(" to ", text) if "-" in text or "–" in text else text
    text = _TIME_BEFORE.sub(r"\1:\2", text)
    text = _PART_INCHES.sub(lambda match: "inches" + ("" if match["ends"] is None else "."), _MIXED.sub(r"\1 ", text))
    if _HEAT.search(text):
        text = _OVEN.sub(r"\1°\2", text)
    text = _BEFORE_NOUN.sub(lambda match: f"{match[1].strip()} {_SINGLE[match[2]]}", text)
    text = _THOUSANDS.sub(lambda match: ",".join(match[0].split()), text)
    text = _THOUSAND.sub(_thousand, text)
    text = _FEET_AND_INCHES.sub(_feet_and_inches, text)
    text = _INCHES.sub(lambda match: counted(match[1], "inch"), text)
    text = _SQUARE.sub(_square, text)
    text = _say_lengths(_DURATION.sub(_duration, text)) if _METRES_OR_MILES.search(text) else text
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


def _say_lengths(text: str) -> str:
    """Say "20 m." as metres or miles by the words beside it, and "50 s" and "2 h" as times."""
    metric = "metre" if _METRIC.search(text) else ""
    text = _METRES.sub(lambda match: counted(match[1], "metre") + stop_of(match), text)
    text = _SPRINT.sub(lambda match: f"{match[1]} metres", text)
    text = _MILES.sub(lambda match: counted(match[1], metric or "mile"), text)
    unit = metric or ("mile" if _ON_THE_WAY.search(text) else "metre")
    text = _LAST_LENGTH.sub(lambda match: f"{counted(match[1], unit)}.", text)
    return _SIGNED.sub(lambda match: counted(match[1], _SIGNS_OF_UNITS[match[2]]), text)


def _duration(match: Match) -> str:
    """Say "2 h 5 min" and "2:05:09", but "12:30:00" may be a time of the day."""
    counts = (match[1], match[2] or match[4], match[3] or match[5] or "0")
    parts = zip(counts, ("hour", "minute", "second"), strict=True)
    said = [counted(str(int(count)), unit) for count, unit in parts if int(count)]
    if match[5] and not int(match[5]):
        return match[0]
    return " and ".join(filter(None, (", ".join(said[:-1]), *said[-1:]))) + stop_of(match)


def _feet_and_inches(match: Match) -> str:
    return f"{counted(match[1], 'foot')} {counted(match[2], 'inch')}{stop_of(match)}"


def _square(match: Match) -> str:
    said = counted(match[1], f"{_PLACES[match[2]]} {_PLACES[match[3]]}")
    for one, several in PLURALS.items():
        said = said.replace(f"{one}s", several)
    return said + stop_of(match)
