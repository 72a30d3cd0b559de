"""English units behind numbers and fractions as words: "½ tsp.", "2–3 min", "9×13-in.", "12 st. 7 lb."."""

import regex

from swarm.book.language.english_price import counted, stop_of
from swarm.book.language.language import Match, table
from swarm.book.language.late_pattern import compile_later

_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
_FIGURE_NEXT = r"(?=[\d½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘])"  # this excludes most places at once
_COUNT = r"(?:\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?|\d{1,6}(?:\.\d{1,3})?)"
_FRACTION = r"[½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘]|[1-9]\d?[/⁄](?:1[0-6]|[2-9]|32|64)(?!\d)"
_UNITS = table(
    "tsp=teaspoon|tsps=teaspoon|Tbsp=tablespoon|tbsp=tablespoon|tbsps=tablespoon|Tbs=tablespoon|oz=ounce|ozs=ounce|"
    "lb=pound|"
    "lbs=pound|pt=pint|pts=pint|qt=quart|qts=quart|gal=gallon|gals=gallon|bu=bushel|min=minute|mins=minute|sec=second|"
    "secs=second|hr=hour|hrs=hour|yr=year|yrs=year|mo=month|mos=month|wk=week|wks=week|mi=mile|yd=yard|yds=yard|"
    "ft=foot|sq ft=square foot|"
    "sq mi=square mile|sq yd=square yard|km=kilometre|cm=centimetre|mm=millimetre|kg=kilogram|mg=milligram|"
    "ml=millilitre|"
    "mL=millilitre|dl=decilitre|cl=centilitre|mcg=microgram|µg=microgram|μg=microgram|µm=micrometre|μm=micrometre|"
    "nm=nanometre|kWh=kilowatt hour|kW=kilowatt|MW=megawatt|GW=gigawatt|kV=kilovolt|mV=millivolt|mA=milliampere|Ω=ohm|"
    "kΩ=kilohm|hPa=hectopascal|kn=knot|Hz=hertz|kHz=kilohertz|MHz=megahertz|GHz=gigahertz|KB=kilobyte|kB=kilobyte|MB=megabyte|GB=gigabyte|"
    "TB=terabyte|dB=decibel|hp=horsepower|kcal=kilocalorie|kJ=kilojoule|kPa=kilopascal|cc=cubic centimetre|deg=degree|"
    "gns=guinea|gn=guinea|"
    "doz=dozen|km/h=kilometre an hour|mph=mile an hour|kph=kilometre an hour|m/s=metre a second|km/s=kilometre a "
    "second|"
    "ft/s=foot a second|mg/kg=milligram a kilogram|fps=frame a second|rpm=revolution a minute|mg/l=milligram a litre|"
    "mg/L=milligram a litre|Mbps=megabit a second|Gbps=gigabit a second|Mb/s=megabit a second|MB/s=megabyte a second"
)
_ONE_LETTER = table("g=gram|l=litre|L=litre|W=watt|V=volt|m=metre")
_SAME = frozenset(("hertz", "kilohertz", "megahertz", "gigahertz", "dozen", "horsepower"))  # they have no plural
_SIGNS = "|".join(map(regex.escape, sorted(_UNITS, key=len, reverse=True)))
_MEASURE = compile_later(
    rf"{_FIGURE_NEXT}{_ALONE}(?P<range>{_COUNT}\s?(?:[-–]|to|or)\s?)?(?:(?P<count>{_COUNT})(?P<part>\s?(?:{_FRACTION}))?|"
    rf"(?P<part>{_FRACTION}))"
    rf"(?P<joint>\s|-)?(?:(?P<unit>{_SIGNS})(?![\p{{L}}’'/²³^])\.?|(?P<unit>[gLlWV])(?![\p{{L}}’'/²³^-])(?=\s*[,;:)]|"
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
    rf"{_FIGURE_NEXT}{_ALONE}(?P<count>{_COUNT}(?:\s?(?:{_FRACTION}))?|{_FRACTION})\s?[cC]\.?(?=\s(?:\p{{Ll}}+[,\s]\s?){{0,3}}"
    rf"(?:{'|'.join(_FOODS.split())})\b)"
)
_INCHES = compile_later(rf"(?<![\d.])({_COUNT}|{_FRACTION})(?:\s?[x×]\s?({_COUNT}))?-in\.?(?![\p{{L}}])")
_BY = compile_later(r"(?<=\d(?:″|\")?)\s?[x×]\s?(?=\d)")
_TIMES = compile_later(r"(?<=\d)\s?[x×]\s?(?=10[⁰¹²³-⁹⁻−^]|\d+\s?=)")
# "$3.50/lb", "5 miles/hr" and "1 kg/m³"
_PER = compile_later(
    r"(?<=[$£€]\d[\d.,]{0,9}|\d\s?%|\d\s?(?:miles|feet|words|times|dollars|pounds|calls|cents|km|mg|kg|g))/"
    r"(lb|hr|yr|mile|day|week|month|hour|year|oz|kg|gal|person|night|min|m[²³])(?!\p{L})"
)
_EACH = table("lb=pound|hr=hour|yr=year|oz=ounce|kg=kilogram|gal=gallon|min=minute|m²=square metre|m³=cubic metre")
_STONE = compile_later(rf"{_ALONE}(\d{{1,2}})\s?st\.?,?\s(?:(\d{{1,2}})\s?lbs?\b\.?)")
_PAST = compile_later(r"(?<![\d/])(½|¼|1/2|1/4)[\s-](?=(?:past|to)[\s-]\d)")  # "½ past 8"
_DEGREES_OF = compile_later(
    r"(?<=\d)(\s?)deg(?:rees|s)?\.?\s?([FC])(?:\.(?=\s\p{Ll}|[,;:)])|(?=\.?[\s\"'”’»)]*$)|(?![\p{L}.]))"
)
_OR_DEGREES = compile_later(r"(?<=\d\s?°\s?[CF]?)\s?/\s?(?=\d)")
_DEGREE = compile_later(
    r"(?<![\d.])(\d{1,3})\s?°(?=\s(?:angles?|turns?|bends?|heat|slopes?|views?|arcs?|rotations?|weather|water|oven)\b)"
)
_LONE_INCHES = compile_later(rf"(?<![\d.])({_COUNT}\s?(?:{_FRACTION})?)\s?″")
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
    text = _INCHES.sub(lambda match: f"{match[1]}{' by ' + match[2] if match[2] else ''}-inch", text)
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
