"""Abbreviations as words, if engines do not know them and their meaning is certain."""

from collections.abc import Collection, Mapping
from functools import lru_cache

import regex

from swarm.book.language.language import Language, Match
from swarm.book.language.pattern import NUMERAL, compile_later

_INITIAL = compile_later(r"\s\p{Lu}\.")
_END = compile_later(r"[\s\"'”’»)]*+$")
# Names keep their particles in every language.
_PARTICLES = r"(?:de|de la|du|des|von|van|van der|le|la|di|da|del|della)\s|d[’']"
_TAIL = r"(?<![.,;:!?)\]»”’\"'])"  # punctuation at the end of a sentence is no part of an address

_WEB = compile_later(
    rf"(?:https?://|ftp://|www\.)(?:[^\s/@]{{1,64}}@)?([\p{{L}}\p{{N}}.-]{{1,253}})(?::\d+)?(?:/\S*{_TAIL})?",
    regex.IGNORECASE,
)

_MAIL = compile_later(r"(?:mailto:)?([\w.+-]{1,64})@([\p{L}\p{N}-]{1,63}(?:\.[\p{L}\p{N}-]{1,63}){1,8})")

_ISBN = compile_later(r"\bISBN(?:-1[03])?:?\s*(?:97[89][\s-]?)?\d[\d\s-]{8,14}[\dXx]\b")


def say_abbreviations(text: str, language: Language) -> str:
    """Return a sentence with its abbreviations as words."""
    text = language.abbreviations.prepare(text)
    for finder, said in _finders(language):
        text = _said(text, finder, said)
    return text


def _said(text: str, finder: "regex.Pattern[str]", said: Mapping[str, str]) -> str:
    return finder.sub(lambda match: match[0] if _is_initial(match) else said[match[1]] + _stop(match), text)


def _is_initial(match: Match) -> bool:
    """Return whether a single letter is the first of several initials: in "D. H. Lawrence", "D." is not "Don"."""
    return len(match[1]) == 1 and match[1].isupper() and bool(_INITIAL.match(match.string, match.end()))


def _stop(match: Match) -> str:
    """Return "." if the full stop of an abbreviation also ends the sentence, " " in front of a number, else ""."""
    if match[0].endswith(".") and _END.match(match.string, match.end()):
        return "."
    return " " if match.string[match.end() :][:1].isalnum() else ""


@lru_cache(64)  # compiling the patterns takes milliseconds
def _finders(language: Language) -> tuple[tuple["regex.Pattern[str]", Mapping[str, str]], ...]:
    short = language.abbreviations
    found = (
        (short.titles, _after_title(language), short.whole),
        (
            _with_capitals(short.numbered),
            rf"\s?(?:\d|(?:(?=[IVXLC]{{2}}){NUMERAL}|(?=[ivxlc]{{2}}){NUMERAL.lower()})(?:er|re|e)?\b)",
            short.whole | frozenset(map(_capital, short.whole)),
        ),
        (anywhere := _with_capitals(short.anywhere), "", frozenset(anywhere)),
    )
    return tuple((_finder(said, after, whole), said) for said, after, whole in found if said)


def _with_capitals(said: Mapping[str, str]) -> Mapping[str, str]:
    """Return abbreviations with those forms that begin a sentence: "Vgl." beside "vgl."."""
    return {_capital(short): _capital(words) for short, words in said.items()} | dict(said)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _after_title(language: Language) -> str:
    """Return the pattern of the text after a title: a name, or another title before a name."""
    short = language.abbreviations
    titles = "|".join(filter(None, (*map(regex.escape, short.titles), short.also)))
    joins = "|".join(filter(None, (short.joins, "&")))
    name = rf"(?:{_PARTICLES})?\p{{Lu}}"
    return rf"(?:{short.joint}{name}|(?:\s(?:{titles})\.?){{1,3}}\s{name}|\s(?:{joins})\s(?:{titles})\b)"


def _finder(said: Mapping[str, str], after: str, whole: Collection[str]) -> "regex.Pattern[str]":
    """Return the pattern of the abbreviations in `said` before `after`; those in `whole` need no full stop."""
    names = "|".join(map(regex.escape, sorted(said, key=len, reverse=True)))
    complete = "|".join(map(regex.escape, sorted(set(whole) & set(said), key=len, reverse=True)))
    undotted = rf"|(?<=(?:{complete}))" if complete else ""
    return compile_later(rf"(?<![\p{{L}}\d.])({names})(?:\.{undotted})(?={after})")


def shorten(text: str, language: Language) -> str:
    """Return a text with the names of sites for web addresses, and without the digits of ISBNs."""
    if "ISBN" in text:
        text = _ISBN.sub("ISBN", text)
    if "@" in text:
        text = _MAIL.sub(rf"\1 {language.at} \2", text)
    if "://" in text or "www." in text.lower():
        text = _WEB.sub(lambda match: match[1].lower().removeprefix("www.").strip("."), text)
    return text
