"""Money and measures of old England as words: "£3 10s. 6d." is "3 pounds 10 shillings and 6 pence"."""

import regex

_HALF = r"(?:\s?(?:½|¼|¾|1/2|1/4|3/4))?"
_ALONE = r"(?<![\p{L}\d.,:/])"
_POUNDS = regex.compile(
    rf"£\s?(\d{{1,3}}(?:,\d{{3}})*|\d+),?\s(\d{{1,2}})\s?s\b\.?(?:,?\s?(?:and\s)?(\d{{1,2}}{_HALF})\s?d\b\.?)?"
)
_SHILLINGS = regex.compile(rf"{_ALONE}(\d{{1,3}})\s?s\b\.?,?\s?(?:and\s)?(\d{{1,2}}{_HALF})\s?d\b(\.?)")
_LONE = regex.compile(rf"(?<!\b[Tt]he\s){_ALONE}(\d{{1,3}}{_HALF})(s|d)\.")  # "the 3d. of May" is the third
_ENDS = regex.compile(r"[\"'”’»)\s]*+$")
_DECADE = regex.compile(r"[2-9]0")
_FEET = regex.compile(r"(?<![\d.,])([1-9])\s?['’′]\s?(\d{1,2}(?:½)?)\s?[\"”″](?!\p{L})")


def say_old_money(text: str, language: str) -> str:
    """An English sentence with its shillings and pence, and its feet and inches, as words; numbers stay figures."""
    if language != "en":
        return text
    if "£" in text:
        text = _POUNDS.sub(_pounds, text)
    if "s" in text and "d" in text:
        text = _SHILLINGS.sub(lambda match: f"{_shillings(match[1])} and {_pence(match[2])}{_stop(match)}", text)
    text = _LONE.sub(_lone, text)
    return str(_FEET.sub(lambda match: f"{match[1]} {'foot' if match[1] == '1' else 'feet'} {match[2]}", text))


def _pounds(match: "regex.Match[str]") -> str:
    pounds = f"{match[1]} pound{'' if match[1] == '1' else 's'}"
    if match[3] is None:
        return f"{pounds} {_shillings(match[2])}{_stop(match)}"
    return f"{pounds} {_shillings(match[2])} and {_pence(match[3])}{_stop(match)}"


def _shillings(number: str) -> str:
    return f"{number} shilling{'' if number == '1' else 's'}"


def _pence(number: str) -> str:
    return "1 penny" if number == "1" else f"{number} pence"


def _lone(match: "regex.Match[str]") -> str:
    """A sum of one coin; "in his 20s." is none."""
    if match[2] == "s" and _DECADE.fullmatch(match[1]):
        return str(match[0])
    return (_shillings(match[1]) if match[2] == "s" else _pence(match[1])) + _stop(match)


def _stop(match: "regex.Match[str]") -> str:
    """A full stop that ends the sentence too."""
    return "." if match[0].endswith(".") and _ENDS.match(match.string, match.end()) else ""
