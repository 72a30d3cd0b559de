"""Numbers in words, by num2words and the rules of a language."""

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache

from swarm.book.language.language import Language
from swarm.book.language.late_pattern import compile_later

# Words between figures and a unit: "2 mil km²", "5 million km".
THOUSANDS = (
    r"(?:mil|mila|mille|(?:millones|milhões|millions|milioni|miliardi|milliards)\sd[ei]|million|billion|thousand|"
    r"Millionen|Tausend|Mio\.|Mrd\.|miljoen|duizend|tysięcy|milionów|tys\.|mln|тысяч|миллионов|тыс\.|млн)"
)
_NO_FIGURE, _NO_DIGIT = compile_later(r"\D"), compile_later(r"[^0-9]")
MAX_DIGITS = 15  # the digits of longer numbers are said one by one


@lru_cache(4096)
def spelled(figures: str, language: Language, kind: str = "cardinal") -> str:
    """Return one number in words: a cardinal, an "ordinal" or a "year".

    Digits are said one by one if there are many or the first is 0. Figures without words are returned as they are.
    """
    from num2words import num2words

    numbers = language.numbers
    if numbers is None:
        return figures
    whole, _, decimals = figures.partition("," if numbers.comma else ".")
    whole = whole if whole.isdecimal() else _NO_FIGURE.sub("", whole)
    if decimals:
        said = numbers.decimal(whole, decimals) if numbers.decimal else ""
        if said:
            return said
        together = numbers.pairs and len(decimals) < 3 and decimals[0] != "0"
        said = spelled(decimals, language) if together else digit_by_digit(decimals, language)
        return f"{spelled(whole, language)} {numbers.point} {said}"
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        return digit_by_digit(whole, language)
    try:
        return _amended(str(num2words(int(whole), lang=language.code, to=kind)), numbers.amend)
    except (NotImplementedError, OverflowError, ValueError, TypeError, IndexError):
        return figures


def _amended(said: str, amend: Mapping[str, str]) -> str:
    for wrong, right in amend.items():
        said = said.replace(wrong, right)
    return said


def digit_by_digit(figures: str, language: Language) -> str:
    """Return the words of single digits: "zero zero seven"."""
    return " ".join(spelled(digit, language) for digit in figures)


def amount(figures: str, language: Language) -> Decimal:
    """Return the value of a number as a language writes it; only the last digits of a very long one count."""
    comma = language.numbers is None or language.numbers.comma
    whole, _, decimals = figures.partition("," if comma else ".")
    digits = _NO_DIGIT.sub("", whole)[-MAX_DIGITS:] or "0"
    return Decimal(f"{digits}.{decimals[:MAX_DIGITS]}" if decimals.isdecimal() else digits)
