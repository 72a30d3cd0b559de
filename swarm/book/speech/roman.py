"""Roman numerals of headings and references as figures, which every engine can say."""

import regex

from swarm.book.language.known import every_language
from swarm.book.language.language import Match
from swarm.book.language.numeral import NUMERAL, value

_WORDS, _SHORT, _LETTERED_WORDS = (
    "|".join(filter(None, (getattr(language.counted, kind) for language in every_language())))
    for kind in ("words", "short", "lettered")
)
COUNTED = regex.compile(rf"\b(?i:{_WORDS})$|^\P{{L}}*(?i:{_SHORT})\.$")  # a word before a numeral
# The same words as a set; those that only a pattern can tell are none of it, and `COUNTED` has to be asked.
COUNTED_WORDS = frozenset(regex.findall(r"\p{L}+", f"{_WORDS}|{_SHORT}".replace("?", "").casefold())) | frozenset(
    regex.findall(r"\p{L}+(?=\p{L}\?)", f"{_WORDS}|{_SHORT}".casefold())
)
ARE_LISTED = not regex.search(r"[\[(){*+]|\\[^.]", f"{_WORDS}|{_SHORT}")
_AFTER_WORD = regex.compile(rf"(?<=\b(?i:{_WORDS})\s)({NUMERAL})(?!\p{{L}}|[’']\p{{L}}|\.\p{{L}})")
# Neither "I don't. I do." nor "A good chap. I like him." has a numeral.
_AFTER_STOP = regex.compile(r"\.\s[MDCLXVI]", regex.IGNORECASE)
_AFTER_ABBREVIATION = regex.compile(
    rf"(?<=(?:^|[\s(\[])(?:{_SHORT})\.\s)({NUMERAL})\b(?!(?<=\bI)\s)(?:\.(?=\s\p{{Ll}}|[,;:)]))?",
    regex.IGNORECASE,
)
_AT_START = regex.compile(rf"^({NUMERAL})(?=\s*(?:$|[.:)\]—–]))", regex.MULTILINE)
_SET_OFF = regex.compile(r"\s*[(:;)\]]|\.(?:\s|$)|$")  # follows a chapter's number, but no pronoun
# Numerals in small letters are references: "see note viii". A few are also words.
_SMALL = regex.compile(
    rf"(?<![\p{{L}}\p{{N}}.’'-])((?=[ivx]{{2,}}\b|[ivxlc]{{3,}}\b)(?!xxx\b)(?i:{NUMERAL}))\b(?![’'-]|\.\p{{L}})"
)
_SMALL_VI = regex.compile(r"\bvi\b")
_VI_IS_A_WORD = ("es", "it", "pt")
_INITIALS = frozenset("CDLM")  # before a full stop these are mostly initials
_LETTERED = regex.compile(rf"\b(?i:{_LETTERED_WORDS})\s$")


def figures_in_heading(text: str) -> str:
    """Return a heading with figures for numerals: in "XIV: The Ship", "Chapter XIV" and "I.", not in "I am born"."""
    text = _AT_START.sub(_unless_initial, text)
    return _in_text(text, single=True)


def figures_in_prose(text: str) -> str:
    """Return a sentence with figures for references: in "Chapter XIV" and "vol. ii", not in "the part I played"."""
    return _in_text(text, single=False)


def small_figures(text: str, language: str) -> str:
    """Return a sentence with figures for numerals in small letters, as in "page xiv"."""
    if language in _VI_IS_A_WORD and _SMALL_VI.search(text):
        return text
    return str(_SMALL.sub(lambda match: str(value(match[1])), text))


def _in_text(text: str, *, single: bool) -> str:
    def figure(match: Match) -> str:
        lone = not single and len(match[1]) == 1 and not _SET_OFF.match(match.string, match.end())
        lone = lone or (
            match[1] in _INITIALS and bool(_LETTERED.search(match.string, max(0, match.start() - 12), match.start()))
        )
        return match[0] if lone else str(value(match[1]))

    text = _AFTER_WORD.sub(figure, text)
    if not _AFTER_STOP.search(text):  # true of most sentences, and the next pattern takes ten times as long
        return text
    return _AFTER_ABBREVIATION.sub(lambda match: str(value(match[1])), text)


def _unless_initial(match: Match) -> str:
    initial = match[1] in _INITIALS and match.string[match.end() : match.end() + 1] == "."
    return match[0] if initial else str(value(match[1]))
