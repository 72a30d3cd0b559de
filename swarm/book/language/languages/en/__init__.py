"""What no pattern of its file can say in English: old money, and measures (`measure.py`)."""

from swarm.book.language.known import with_program
from swarm.book.language.language import Language, Match
from swarm.book.language.languages.en.heteronym import SEVERAL_SOUNDS, find_heteronyms
from swarm.book.language.languages.en.measure import say_measures
from swarm.book.language.pattern import compile_later

_BOOK_AND_LINES = compile_later(r"(?<![\p{L}\d.,$£€])(\d{1,2})\.(\d{2,4})[-–](\d{2,4})(?![\d.,%])")
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


def _book_and_lines(match: Match) -> str:
    """Say "Iliad 2.484-493" with its book apart; "2.25-30" is also said so."""
    return f"{match[1]}, {match[2]} to {match[3]}" if int(match[2]) < int(match[3]) else ""


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


LANGUAGE: Language = with_program(
    "en",
    numbers={"first": ((_BOOK_AND_LINES, _book_and_lines),)},
    heteronyms=find_heteronyms,
    sounds=SEVERAL_SOUNDS,
    old_units=_old_units,
)
