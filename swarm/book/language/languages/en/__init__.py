"""What no pattern of its file can say in English: addresses, old money, and measures (`measure.py`)."""

from swarm.book.language.known import find_language, with_program
from swarm.book.language.language import Language, Match, table
from swarm.book.language.languages.en.heteronym import SEVERAL_SOUNDS, find_heteronyms
from swarm.book.language.languages.en.measure import say_measures
from swarm.book.language.pattern import compile_later
from swarm.book.language.spelling import digit_by_digit, spelled

_BOOK_AND_LINES = compile_later(r"(?<![\p{L}\d.,$£€])(\d{1,2})\.(\d{2,4})[-–](\d{2,4})(?![\d.,%])")
_HALF = r"(?:\s?(?:½|¼|¾|1/2|1/4|3/4))?"
_COIN_ALONE = r"(?<![\p{L}\d.,:/])"
_POUNDS = compile_later(
    rf"£\s?(\d{{1,3}}(?:,\d{{3}})*|\d+),?\s(\d{{1,2}})\s?s\b\.?(?:,?\s?(?:and\s)?(\d{{1,2}}{_HALF})\s?d\b\.?)?"
)
_SHILLINGS = compile_later(rf"{_COIN_ALONE}(\d{{1,3}})\s?s\b\.?,?\s?(?:and\s)?(\d{{1,2}}{_HALF})\s?d\b(\.?)")
_COIN = compile_later(rf"(?<!\b[Tt]he\s){_COIN_ALONE}(\d{{1,3}}{_HALF})(s|d)\.")  # "the 3d. of May" is the third
_ENDS = compile_later(r"[\"'”’»)\s]*+$")
_DIGIT = compile_later(r"\d")
_DECADE = compile_later(r"[2-9]0")
_FEET = compile_later(r"(?<![\d.,])([1-9])\s?['’′]\s?(\d{1,2}(?:½)?)\s?[\"”″](?!\p{L})")

_KINDS = table(
    "St=Street|Ave=Avenue|Av=Avenue|Rd=Road|Blvd=Boulevard|Ln=Lane|Dr=Drive|Ct=Court|Pl=Place|Sq=Square|Ter=Terrace|"
    "Cres=Crescent|Pkwy=Parkway|Expy=Expressway|Hwy=Highway|Cir=Circle|Way=Way"
)
_WINDS = table("NE=Northeast|NW=Northwest|SE=Southeast|SW=Southwest|N=North|S=South|E=East|W=West")
_ROOMS = table("Apt=Apartment|Ste=Suite|Rm=Room|Fl=Floor")
_STATES = table(
    "AK=Alaska|AL=Alabama|AR=Arkansas|AZ=Arizona|CA=California|CO=Colorado|CT=Connecticut|DC=D C|"
    "DE=Delaware|FL=Florida|GA=Georgia|HI=Hawaii|IA=Iowa|ID=Idaho|IL=Illinois|IN=Indiana|KS=Kansas|"
    "KY=Kentucky|LA=Louisiana|MA=Massachusetts|MD=Maryland|ME=Maine|MI=Michigan|MN=Minnesota|MO=Missouri|"
    "MS=Mississippi|MT=Montana|NC=North Carolina|ND=North Dakota|NE=Nebraska|NH=New Hampshire|"
    "NJ=New Jersey|NM=New Mexico|NV=Nevada|NY=New York|OH=Ohio|OK=Oklahoma|OR=Oregon|PA=Pennsylvania|"
    "RI=Rhode Island|SC=South Carolina|SD=South Dakota|TN=Tennessee|TX=Texas|UT=Utah|VA=Virginia|"
    "VT=Vermont|WA=Washington|WI=Wisconsin|WV=West Virginia|WY=Wyoming"
)
_WIND, _POST, _KIND = "|".join(_WINDS), "|".join(_STATES), "|".join((*_KINDS, *_KINDS.values()))
_ADDRESS = compile_later(  # "2788 N. San Tomas Expy", "21B Baker St.", "350 5th Ave NW"
    rf"(?<![\p{{L}}\d.,:/$£€#-])(?P<number>\d{{1,5}})(?P<letter>[A-Za-z])?\s(?:(?P<before>{_WIND})\.?\s(?=[\p{{Lu}}\d]))?"
    rf"(?P<name>(?:(?:\p{{Lu}}[\p{{L}}'’-]*\.?|\d{{1,3}}(?:st|nd|rd|th))\s){{1,4}}?)(?P<kind>{_KIND})\b"
    rf"(?P<stop>\.)?(?:\s(?P<behind>{_WIND})\b(?!['’])\.?)?"
)
_STREET_ENDS = compile_later(  # "5 Main St" ends so, but "5 Dr Smiths" and "5 East St. Louis" do not
    rf"[,;:)]|\s\p{{Ll}}|[\s\"”’]*$|\s(?:{'|'.join((*_ROOMS, *_ROOMS.values()))}|Unit|#)|"
    rf",?(?:\s\p{{Lu}}\p{{L}}+,?){{1,3}}\s(?:{_POST})\b"
)
_POSTAL = compile_later(r"[A-Z]{2}\b")
_ROOM = compile_later(rf"\b({'|'.join(_ROOMS)})\.?(?=\s#?\d)")
_STATE = compile_later(
    rf"(?<=,\s|\p{{Ll}}\s)({_POST})\s(\d{{5}})(?:-(\d{{4}}))?(?![\d-])|"
    rf"(?<=\p{{Lu}}\p{{Ll}}+, )({_POST})(?=[\s\"”]*$|[,;)]|\s\p{{Ll}}(?<!\b(?:OK|IN|OR|ME|HI|OH|PA|MA|LA)..))"
)


def _say_addresses(text: str) -> str:
    """Say the streets, rooms and states of addresses; other numbers than those of houses stay figures."""
    text = _STATE.sub(_state, text) if _POSTAL.search(text) else text
    return _ADDRESS.sub(_address, _ROOM.sub(lambda match: _ROOMS[match[1]], text)) if _DIGIT.search(text) else text


def _address(match: Match) -> str:
    kind = _KINDS.get(match["kind"], match["kind"])
    sure = match["kind"] not in ("St", "Dr") or len(match["number"]) > 2 or match["letter"] or match["behind"]
    sure = sure or (match["stop"] and match["name"].strip() not in (*_WINDS.values(), "Mount", "Old", "Port", "Fort"))
    if not sure and not _STREET_ENDS.match(match.string, match.end()):
        return match[0]
    parts = (_house(match["number"]), match["letter"], _WINDS.get(match["before"]), match["name"].strip(), kind)
    return " ".join(filter(None, (*parts, _WINDS.get(match["behind"])))) + _stop(match)


def _house(number: str) -> str:
    """Say "221" as "two twenty-one" and "1600" as "sixteen hundred"."""
    language = find_language("en")
    if len(number) < 3 or number.endswith("000") or (len(number) > 4 and number.endswith("00")):
        return number
    if len(number) > 4 or number[0] == "0":
        return digit_by_digit(number, language)
    first, last = spelled(number[:-2], language), spelled(number[-2:].lstrip("0") or "0", language)
    if number.endswith("00"):
        return f"{first} hundred"
    return f"{first} {'oh ' if number[-2] == '0' else ''}{last}"


def _state(match: Match) -> str:
    name = _STATES[match[1] or match[4]]
    digits = (digit_by_digit(each, find_language("en")) for each in (match[2], match[3]) if each)
    return " ".join((name, *digits))


def _book_and_lines(match: Match) -> str:
    """Say "Iliad 2.484-493" with its book apart; "2.25-30" is also said so."""
    return f"{match[1]}, {match[2]} to {match[3]}" if int(match[2]) < int(match[3]) else ""


def _old_units(text: str) -> str:
    """Say "£3 10s. 6d." as "3 pounds 10 shillings and 6 pence", and feet and inches; numbers stay figures."""
    text = say_measures(_say_addresses(text))
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


LANGUAGE: Language = with_program(
    "en",
    numbers={"first": ((_BOOK_AND_LINES, _book_and_lines),)},
    heteronyms=find_heteronyms,
    sounds=SEVERAL_SOUNDS,
    old_units=_old_units,
)
