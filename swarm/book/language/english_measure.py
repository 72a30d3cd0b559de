"""English measures, prices and positions as words: "5 ft. 3 in.", "20 sq. m.", "a $5 bill", "lat. 45° N."."""

import regex

from swarm.book.language.language import Match, table

_ALONE = r"(?<![\p{L}\d.,:/$£€-])"
_COUNT = r"\d{1,3}(?:,\d{3})*(?:\.\d{1,3})?\s?[½¼¾]?"
_FEET_AND_INCHES = regex.compile(
    rf"{_ALONE}(\d{{1,3}})\s?ft\.?,?\s(\d{{1,2}}\s?[½¼¾]?)\s?"
    r"in(?:\.|(?=[,;:)]|\s(?:tall|high|long|wide|deep|thick|in height|in length|and)\b|\s*$))"
)
# "5 in. of rain", but neither "5 in the morning" nor "he came in. 5 men left".
_INCHES = regex.compile(
    rf"{_ALONE}({_COUNT})\s?in\.(?=\s(?:of|by|long|wide|high|deep|thick|tall|broad|square|in|x|and|to)\b|\s?[×,;:)])"
)
_SQUARE = regex.compile(rf"{_ALONE}({_COUNT})\s?(sq|cu)\.?\s(m\.|m|ft|in|yds?|mi|miles|feet|km)(?!\p{{L}})\.?")
_PLACES = table(
    "m.=mile|m=metre|ft=foot|in=inch|yd=yard|yds=yard|mi=mile|miles=mile|feet=foot|km=kilometre|sq=square|cu=cubic"
)
_PLURALS = table("foot=feet|inch=inches")
_MILES = regex.compile(
    rf"{_ALONE}({_COUNT})\s?m\.(?=\s(?:from|to|on|in|north|south|east|west|[NSEW]|away|long|wide|off|distant|above|"
    r"below|along|down|up|farther|further)\b|[,;)])"
)
_METRES = regex.compile(
    rf"{_ALONE}({_COUNT})\s?m(?=\s(?:long|wide|high|deep|tall|thick|away|from|above|below|across|apart)\b)"
)
_POSITION = regex.compile(r"\b([Ll]at|[Ll]ong)\.(?=\s?\d{1,3}\s?°)")
_POSITION_AFTER = regex.compile(
    r"(?<=\b(?:north|south|east|west)\s)(lat|long)\.(?=\s\p{Ll}|[,;)]|(?P<ends>[\s\"”’]*$))?"
)
_MINUTES = regex.compile(r"(?<=\d\s?°\s?\d{1,2})['’](?!\p{L})")
_COMPASS = regex.compile(r"(?<=\d\s?[°′″”\"])\s?([NSEW])\b(\.?)")
_WINDS = table("N=north|S=south|E=east|W=west")
_TRAIN = regex.compile(
    r"(?<=\b[Tt]he )(1[0-2]|[1-9])\.([0-5]\d)"
    r"(?=\s(?:from|train|express|bus|boat|for|at|up|down|mail|local|out|p\.?m|a\.?m)\b|\sto\s\p{Lu})|"
    r"(?<=\b(?:by|catch|caught|catching|take|took|miss|missed) the )(1[0-2]|[1-9])\.([0-5]\d)(?![\d%]|\s?(?:%|per))"
)
_PRICED = regex.compile(
    r"([$£€])(\d{1,3}(?:,\d{3})*|\d+)[\s-](?=(?:bills?|notes?|coins?|pieces?|gold|tickets?|stamps?|prizes?|fines?|rewards?|"
    r"fees?|tips?|cheques?|checks?|bets?|limits?|deposits?|loans?)\b)"
)
_SIGNS = table("$=dollar|£=pound|€=euro")
_SHILLINGS = regex.compile(
    r"(?<=\b(?:cost|costs|costing|paid|price|priced|worth|charged?|for|at)\s)(1?\d)/(1[01]|\d)(?![\d/])(?!\s(?:of|a|an)\b)"
)
# Groups of three digits behind thin spaces, or several behind common ones: "1 000 000", "250 000", but not "5 200".
_THOUSANDS = regex.compile(
    r"(?<![\d.,:/-]|\d\s)\d{1,3}(?:(?:[\u00a0\u202f\u2009]\d{3})+|(?: \d{3}){2,}|(?: 000)+)(?![\d:/-]|[.,]\d|\s\d)"
)
_ENDS = regex.compile(r"[\"'”’»)\s]*+$|\s+\p{Lu}")
LONE = regex.compile(r"(?<!\d[½¼¾]?\s?)\b(lbs|oz)\.(?P<ends>(?=[\s\"'”’»)]*$))?")
LONE_UNITS = table("lbs=pounds|oz=ounces")


def say_measures(text: str) -> str:
    """Return a sentence with the words of its measures, prices and positions; numbers stay figures."""
    text = _THOUSANDS.sub(lambda match: ",".join(match[0].split()), text)
    text = _FEET_AND_INCHES.sub(_feet_and_inches, text)
    text = _INCHES.sub(lambda match: _counted(match[1], "inch"), text)
    text = _SQUARE.sub(_square, text)
    text = _METRES.sub(
        lambda match: _counted(match[1], "metre"), _MILES.sub(lambda match: _counted(match[1], "mile"), text)
    )
    if "°" in text:
        text = _POSITION.sub(lambda match: f"{match[1]}itude", text)
        text = _COMPASS.sub(lambda match: f" {_WINDS[match[1]]}{_stop(match)}", _MINUTES.sub("′", text))
        text = _POSITION_AFTER.sub(lambda match: f"{match[1]}itude{'' if match['ends'] is None else '.'}", text)
    text = _TRAIN.sub(lambda match: f"{match[1] or match[3]}:{match[2] or match[4]}", text)
    text = _SHILLINGS.sub(_shillings, text)
    return _PRICED.sub(lambda match: f"{match[2]} {_SIGNS[match[1]]} ", text)


def _counted(count: str, unit: str) -> str:
    count = count.strip()
    return f"{count} {unit if count == '1' else _PLURALS.get(unit, f'{unit}s')}"


def _feet_and_inches(match: Match) -> str:
    return f"{_counted(match[1], 'foot')} {_counted(match[2], 'inch')}{_stop(match)}"


def _square(match: Match) -> str:
    said = _counted(match[1], f"{_PLACES[match[2]]} {_PLACES[match[3]]}")
    for one, several in _PLURALS.items():
        said = said.replace(f"{one}s", several)
    return said + _stop(match)


def _shillings(match: Match) -> str:
    """Say "cost 7/6" as "cost 7 and 6", unless it may be a fraction."""
    return f"{match[1]} and {match[2]}" if int(match[1]) > int(match[2]) > 0 else match[0]


def _stop(match: Match) -> str:
    """Return "." if the full stop of an abbreviation also ends the sentence, else ""."""
    return "." if match[0].endswith(".") and _ENDS.match(match.string, match.end()) else ""
