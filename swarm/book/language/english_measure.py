"""English measures, prices and positions as words: "5 ft. 3 in.", "20 sq. m.", "a $5 bill", "lat. 45° N."."""

from swarm.book.language.english_price import PLURALS, counted, say_prices, stop_of
from swarm.book.language.english_unit import say_products, say_units
from swarm.book.language.language import Match, table
from swarm.book.language.late_pattern import compile_later

_FIGURE = compile_later(r"[\d½¼¾⅓⅔⅛⅜⅝⅞⅕⅖⅗⅘]")
_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
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
_METRES_OR_MILES = compile_later(r"\d[½¼¾]?\s?[mhs]\b|\d\s?hrs?\b")
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
    rf"{_ALONE}(\d{{1,2}})\s?h(?:rs?)?\.?,?\s?(\d{{1,2}})\s?m(?:in)?\b(?:(?:\.?,?\s(\d{{1,2}})\s?s(?:ecs?)?\b))?\.?"
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
LONE = compile_later(r"(?<!\d[½¼¾]?\s?)\b(lbs|oz)\.(?P<ends>(?=[\s\"'”’»)]*$))?")
LONE_UNITS = table("lbs=pounds|oz=ounces")


_GLUED_TIME = compile_later(r"(?<=\d)(?=[ap]\.?m\b)")  # "7.30pm"
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
    said = [counted(match[1], "hour"), counted(match[2], "minute")]
    said += [counted(match[3], "second")] if match[3] else []
    return f"{', '.join(said[:-1])} and {said[-1]}{stop_of(match)}"


def _feet_and_inches(match: Match) -> str:
    return f"{counted(match[1], 'foot')} {counted(match[2], 'inch')}{stop_of(match)}"


def _square(match: Match) -> str:
    said = counted(match[1], f"{_PLACES[match[2]]} {_PLACES[match[3]]}")
    for one, several in PLURALS.items():
        said = said.replace(f"{one}s", several)
    return said + stop_of(match)
