"""Roman numerals: those of headings and chapters as figures, which every engine can say."""

import regex

NUMERAL = r"(?=[MDCLXVI])M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?<=[MDCLXVI])"
_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}

_COUNTED = (  # what books number in Roman: chapters and the like, in the languages of the corpus
    r"chapter|chap\.|ch\.|book|part|volume|vol\.|act|scene|canto|section|letter|stave|appendix|figure|fig\.|plate|"
    r"chapitre|livre|partie|tome|acte|scène|chant|lettre|kapitel|buch|teil|band|akt|szene|gesang|brief|"
    r"capítulo|libro|parte|tomo|acto|escena|carta|capitolo|atto|scena|lettera|livro|ato|cena|hoofdstuk|deel|boek"
)
_AFTER_WORD = regex.compile(rf"(?<=\b(?i:{_COUNTED})\s)({NUMERAL})(?!\p{{L}}|[’']\p{{L}}|\.\p{{L}})")
_AFTER_ABBREVIATION = regex.compile(
    rf"(?<=(?:^|[\s(\[])(?:vols?|chap|bk|pt|t|cap)\.\s)({NUMERAL})\b(?!(?<=\bI)\s)(?:\.(?=\s\p{{Ll}}|[,;:)]))?",
    regex.IGNORECASE,
)  # "I don't. I do." and "A good chap. I like him." are none
_AT_START = regex.compile(rf"^({NUMERAL})(?=\s*(?:$|[.:)\]—–]))", regex.MULTILINE)
_SET_OFF = regex.compile(r"\s*[(:;)\]]|$")  # what follows a chapter's number and no pronoun
_LETTERS = frozenset("CDLM")  # before a full stop more often an initial
_LETTERED = regex.compile(r"\b(?i:appendix|section|letter|figure|fig\.|plate|part|lettre|brief|carta|lettera)\s$")


def value(numeral: str) -> int:
    """What a numeral is worth."""
    worth = [_VALUES[letter] for letter in numeral.upper()]
    following = [*worth[1:], 0]
    return sum(-one if one < after else one for one, after in zip(worth, following, strict=True))


def figures_in_heading(text: str) -> str:
    """A heading whose numerals are figures: "XIV: The Ship", "Chapter XIV", "I." but not "I am born"."""
    text = _AT_START.sub(_unless_initial, text)
    return _in_text(text, single=True)


def figures_in_prose(text: str) -> str:
    """A sentence whose references are figures: "Chapter XIV", "vol. ii", but not "the part I played"."""
    return _in_text(text, single=False)


def _in_text(text: str, *, single: bool) -> str:
    def figure(match: "regex.Match[str]") -> str:
        lone = not single and len(match[1]) == 1 and not _SET_OFF.match(match.string, match.end())
        lone = lone or (
            match[1] in _LETTERS and bool(_LETTERED.search(match.string, max(0, match.start() - 12), match.start()))
        )
        return match[0] if lone else str(value(match[1]))

    return str(_AFTER_ABBREVIATION.sub(lambda match: str(value(match[1])), _AFTER_WORD.sub(figure, text)))


def _unless_initial(match: "regex.Match[str]") -> str:
    initial = match[1] in _LETTERS and match.string[match.end() : match.end() + 1] == "."
    return match[0] if initial else str(value(match[1]))
