"""German ordinals and decades as words, which are written as figures with a full stop, or with "er" behind them."""

import regex

from swarm.book.speech.number_words import spelled
from swarm.book.speech.roman import NUMERAL, value

_MONTHS = "Januar|Jänner|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember"
_NEUTER, _FEMININE = r"Jahrhundert\w*|Kapitel|Mal|Buch|Jahr", "Auflage|Klasse|Ausgabe|Etage|Szene"
_NOUNS = rf"{_MONTHS}|{_NEUTER}|{_FEMININE}|Band|Teil|Stock|Akt|Tag|Bezirk"
_ARTICLE = "der|die|das|dem|den|des|diese[rsmn]?|eine[rmns]?|ein|am|im|vom|zum|zur|beim|seit|bis|ab"
_ORDINAL = regex.compile(rf"(?:\b({_ARTICLE})\s)?(?<![\d.])(\d{{1,3}})\.(?=\s+({_NOUNS})\b)", regex.IGNORECASE)
_NTH = regex.compile(r"\b([Dd](?:er|ie|as|em|en|es)|[AaIi]m|[Vv]om|[Zz]um|[Bb]eim)\s(\d{1,3})\.(?=\s\p{Lu}\p{Ll})")
_KING = regex.compile(rf"\b([Dd](?:er|ie|es|em|en))\s({NUMERAL})\.(?!\p{{L}})")
_DECADE = regex.compile(r"(?<![\p{L}\d.,])(\d{2}|1\d{3}|20\d\d)er(?!\p{L})")
_BEGINS = regex.compile(r"[,;:(„«»–—]\s?$")
_ENDS = regex.compile(r"[\"'“”»«)\s]*+$")
_STRONG = ("der", "die", "das", "diese", "eine")  # behind these an ordinal ends in e


def say_ordinals(text: str) -> str:
    """A German sentence with "3. Mai", "Heinrich der VIII." and "die 20er" as words."""
    text = _KING.sub(lambda match: _behind(match[1], str(value(match[2]))) + _stop(match), text)
    text = _DECADE.sub(lambda match: _decade(match[1]), text)
    return str(_NTH.sub(lambda match: _behind(match[1], match[2]), _ORDINAL.sub(_ordinal, text)))


def _behind(article: str, figures: str) -> str:
    said = spelled(figures, "de", "ordinal")
    return f"{article} {said}" if article.lower() in _STRONG else f"{article} {said}n"


def _ordinal(match: "regex.Match[str]") -> str:
    if match[1]:
        if match[1].lower() in ("ein", "einer") and not regex.fullmatch(_FEMININE, match[3], regex.IGNORECASE):
            return f"{match[1]} {_strong(match)}"
        return _behind(match[1], match[2])
    return _strong(match) if _begins(match) else spelled(match[2], "de", "ordinal")


def _begins(match: "regex.Match[str]") -> bool:
    """Whether it stands at the start, or behind a comma and the like."""
    before = match.string[max(0, match.start() - 2) : match.start()]
    return match.start() <= 1 or bool(_BEGINS.search(before) and not before.isspace())


def _strong(match: "regex.Match[str]") -> str:
    """As it stands without an article: "erster Mai", "erstes Kapitel", "erste Auflage"."""
    said = spelled(match[2], "de", "ordinal")
    if regex.fullmatch(_FEMININE, match[3], regex.IGNORECASE):
        return said
    return f"{said}s" if regex.fullmatch(_NEUTER, match[3], regex.IGNORECASE) else f"{said}r"


def _decade(figures: str) -> str:
    return f"{spelled(figures, 'de', 'year' if len(figures) == 4 else 'cardinal')}er"


def _stop(match: "regex.Match[str]") -> str:
    """A full stop that ends the sentence too."""
    return "." if _ENDS.match(match.string, match.end()) else ""
