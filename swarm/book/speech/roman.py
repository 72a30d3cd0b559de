"""Roman numerals of headings and chapters as figures, which every engine can say."""

import regex

from swarm.book.language.known import every_language
from swarm.book.language.language import Match
from swarm.book.language.numeral import NUMERAL, value

_WORDS, _SHORT, _LETTERED_WORDS = (
    "|".join(filter(None, (getattr(language.counted, kind) for language in every_language())))
    for kind in ("words", "short", "lettered")
)
_AFTER_WORD = regex.compile(rf"(?<=\b(?i:{_WORDS})\s)({NUMERAL})(?!\p{{L}}|[’']\p{{L}}|\.\p{{L}})")
_AFTER_ABBREVIATION = regex.compile(
    rf"(?<=(?:^|[\s(\[])(?:{_SHORT})\.\s)({NUMERAL})\b(?!(?<=\bI)\s)(?:\.(?=\s\p{{Ll}}|[,;:)]))?",
    regex.IGNORECASE,
)  # "I don't. I do." and "A good chap. I like him." are none
_AT_START = regex.compile(rf"^({NUMERAL})(?=\s*(?:$|[.:)\]—–]))", regex.MULTILINE)
_SET_OFF = regex.compile(r"\s*[(:;)\]]|$")  # stands behind a chapter's number, never behind a pronoun
_LETTERS = frozenset("CDLM")  # these are mostly initials before a full stop
_LETTERED = regex.compile(rf"\b(?i:{_LETTERED_WORDS})\s$")


def figures_in_heading(text: str) -> str:
    """Return a heading whose numerals are figures: "XIV: The Ship", "Chapter XIV", "I." but not "I am born"."""
    text = _AT_START.sub(_unless_initial, text)
    return _in_text(text, single=True)


def figures_in_prose(text: str) -> str:
    """Return a sentence whose references are figures: "Chapter XIV", "vol. ii", but not "the part I played"."""
    return _in_text(text, single=False)


def _in_text(text: str, *, single: bool) -> str:
    def figure(match: Match) -> str:
        lone = not single and len(match[1]) == 1 and not _SET_OFF.match(match.string, match.end())
        lone = lone or (
            match[1] in _LETTERS and bool(_LETTERED.search(match.string, max(0, match.start() - 12), match.start()))
        )
        return match[0] if lone else str(value(match[1]))

    return str(_AFTER_ABBREVIATION.sub(lambda match: str(value(match[1])), _AFTER_WORD.sub(figure, text)))


def _unless_initial(match: Match) -> str:
    initial = match[1] in _LETTERS and match.string[match.end() : match.end() + 1] == "."
    return match[0] if initial else str(value(match[1]))
