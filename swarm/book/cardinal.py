"""One number in words, by num2words."""

from functools import lru_cache

import regex

from swarm.book.speech.number_words import WORDS

MAX_DIGITS = 15  # longer ones are no number that anybody says


@lru_cache(4096)
def spelled(figures: str, language: str, kind: str = "cardinal") -> str:
    """One number in words; as it is where nobody would say it as one."""
    from num2words import num2words

    words = WORDS[language]
    whole, _, decimals = figures.partition("," if words.comma else ".")
    whole = regex.sub(r"\D", "", whole)
    if decimals:
        together = language in ("fr", "es", "it", "pt") and len(decimals) < 3 and decimals[0] != "0"
        said = spelled(decimals, language) if together else digit_by_digit(decimals, language)
        return f"{spelled(whole, language)} {words.point} {said}"
    if len(whole) > MAX_DIGITS or (len(whole) > 1 and whole.startswith("0")):
        return digit_by_digit(whole, language)
    try:
        return str(num2words(int(whole), lang=language, to=kind))
    except (NotImplementedError, OverflowError, ValueError, TypeError, IndexError):
        return figures


def digit_by_digit(figures: str, language: str) -> str:
    """Figures that are no number, one after the other: "zero zero seven"."""
    return " ".join(spelled(digit, language) for digit in figures)
