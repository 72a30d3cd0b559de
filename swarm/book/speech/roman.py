"""Roman numerals of headings and references as figures, which every engine can say, and those of rulers as words."""

from collections.abc import Callable
from functools import lru_cache

import regex

from swarm.book.language.known import every_language
from swarm.book.language.language import Language, Match, SpokenForms, words
from swarm.book.language.pattern import NUMERAL, compile_later, value
from swarm.book.language.spelling import spelled

_WORDS, _PLURALS, _SHORT, _LETTERED_WORDS = (
    "|".join(filter(None, (getattr(language.counted, kind) for language in every_language())))
    for kind in ("words", "plurals", "short", "lettered")
)
# A single "I" behind these is a numeral, but other single letters are letters: "Type I", "Type C", "Vitamin D".
_STAGES = (
    "phase|stage|type|class|level|title|grade|tier|category|vatican|stadium|stufe|klasse|typ|fase|tipo|clase|classe|"
    "etapa|vaticano|vatikanum|faza|etap|klasa|watykan|тип|типа|фаза|этап|класс|класса"
)
# The last word of each, such as "war" of "world war".
_LAST_WORDS = "|".join(word.rpartition(" ")[2] for word in f"{_WORDS}|{_PLURALS}|{_STAGES}".split("|"))
COUNTED = compile_later(rf"\b(?i:{_LAST_WORDS})$|^\P{{L}}*(?i:{_SHORT})\.$")  # a word before a numeral
# The same words as a set; those that only a pattern can tell are none of it, and `COUNTED` has to be asked.
COUNTED_WORDS = frozenset(regex.findall(r"\p{L}+", f"{_LAST_WORDS}|{_SHORT}".replace("?", "").casefold())) | frozenset(
    regex.findall(r"\p{L}+(?=\p{L}\?)", f"{_LAST_WORDS}|{_SHORT}".casefold())
)
ARE_LISTED = not regex.search(r"[\[(){*+]|\\[^.]", f"{_LAST_WORDS}|{_SHORT}")
_AFTER_WORD = compile_later(
    rf"(?<=\b(?i:{_WORDS})\s)({NUMERAL})(?!\p{{L}}|[’'](?!s\b)\p{{L}}|\.\p{{L}})(?:\.(?=[,;:)]))?"
)
_JOIN = (
    r"(?:,\s(?:(?:and|or|und|et|y|e|en|i|и)\s)?|\s?[–—-]\s?|"
    r"\s(?:and|or|to|und|oder|bis|et|ou|à|y|o|a|al|e|ed|en|of|tot|i|oraz|lub|do|и|или|до|&)\s)"
)
_SEVERAL = compile_later(
    rf"(?<=\b(?i:{_WORDS}|{_PLURALS}|{_STAGES})\s){NUMERAL}(?:{_JOIN}{NUMERAL}(?![\p{{L}}’']|\.\p{{L}})){{1,12}}"
)
_ONE_OF_SEVERAL = compile_later(rf"(?<![\p{{L}}]){NUMERAL}(?!\p{{L}})")
_LONG_NUMERAL = compile_later(r"[IVX]{2}")
_STAGE = compile_later(rf"(?<=\b(?i:{_STAGES})\s)(I)(?![\p{{L}}’']|\.\p{{L}})")
_NO_PRONOUN_BEHIND = compile_later(
    r"\s(?:diabetes|diabetics?|errors?|trials?|stud(?:y|ies)|hypersensitivity|reactions?|civili[sz]ations?|collagen|"
    r"(?:and|or|to)\s[IVX]{2})\b|\s?[–—-]\s?I|[:;)]"
)
# Neither "I don't. I do." nor "A good chap. I like him." has a numeral.
_AFTER_STOP = compile_later(r"\.\s[MDCLXVI]", regex.IGNORECASE)
_AFTER_ABBREVIATION = compile_later(
    rf"(?<=(?:^|[\s(\[])(?i:{_SHORT})\.\s)({NUMERAL}|{NUMERAL.lower()})\b(?!(?<=\bI)\s|(?<=\b[CDLM])\.)"
    r"(?:\.(?=\s\p{Ll}|[,;:)]))?"
)
_AT_START = compile_later(rf"^({NUMERAL})(?=\s*(?:$|[.:)\]—–]))", regex.MULTILINE)
_SET_OFF = compile_later(r"\s*[(:;)\]]|\.(?:\s|$)|$")  # a chapter's number stands before this, but no pronoun
_SMALL_NUMERAL = NUMERAL.lower()
# Numerals in small letters are references: "see note viii". A few are also words.
_SMALL = compile_later(
    rf"(?<![\p{{L}}\p{{N}}.’'-])((?=[ivx]{{2,}}\b|[ivxlc]{{3,}}\b)(?!xxx\b|liv\.)(?i:{NUMERAL}))\b(?![’'-]|"
    rf"\.\p{{L}})(?:\.(?=\s\p{{Ll}}|[,;:)]))?"
)
_CITED = compile_later(
    rf"(?<![\p{{L}}\p{{N}}.’'-])(?!liv\.)((?=[ivxlc]{{2}}|"
    rf"[ix]\.){_SMALL_NUMERAL})\.\s(\d{{1,3}})(?:\.\s(\d{{1,3}}))?(?![\d:°½]|[.,/]\d|\s?[%ap]\b)"
)
_SMALL_RANGE = compile_later(
    rf"(?<![\p{{L}}\p{{N}}.’'-])((?i:{NUMERAL}))(\s?[–-]\s?)((?i:{NUMERAL}))(?![\p{{L}}\p{{N}}’'-])"
)
_SMALL_VI = compile_later(r"\bvi\b")
_VI_IS_A_WORD = ("es", "it", "pt")
_INITIALS = frozenset("CDLM")  # before a full stop these are mostly initials
MAX_BEFORE_CHARS = 40
# No pronoun "I" stands before these, nor behind a name as in "of Book I" or "in chapter I"; but "in part I agree".
_NO_PRONOUN_NEXT = compile_later(
    r"\s(?:is|has|of|deals|contains|begins|ends|tells|shows|gives|describes|covers|consists|opens|closes|treats)\b"
)
_NUMBERED_BEFORE = compile_later(
    r"(?<!\b(?i:the|an?|this|that|these|every|each|any|no|my|your|his|her|our|their|which|what)\s)"
    r"(?:(?<=[\p{L}\p{N},;]\s)(?:Chapter|Book|Part|Volume|Act|Scene|Canto|Section|Stave|Appendix|Figure|Plate|Article)"
    r"|(?<=\b(?i:in|of|from|see|to|with|and)\s)(?:chapter|act|scene|canto|volume|section|stave))\s$|\bWorld War\s$"
)
# "The Part I Played"
_DETERMINED = compile_later(rf"\b(?i:the|an?|this|that|my|your|his|her|our|their)\s(?i:{_WORDS})\sI\s")
_DETERMINED_STAGE = compile_later(
    r"\b(?i:the|an?|this|that|these|every|each|any|no|my|your|his|her|its|our|their|which|what)(?:\s\p{L}+)?\s\p{L}+\s$"
)
_NAMED_LETTER = compile_later(r"\b(?i:the|an?|this|that|each|every|capital)\s(?:letter|figure|plate|section|part)\s$")
_LETTERED = compile_later(rf"\b(?i:{_LETTERED_WORDS})\s$")


def figures_in_heading(text: str) -> str:
    """Return a heading with figures for numerals: in "XIV: The Ship", "Chapter XIV" and "I.", not in "I am born"."""
    text = _AT_START.sub(_unless_initial, text)
    return _in_text(text, heading=True, pronoun=bool(_DETERMINED.search(text)))


def figures_in_prose(text: str, *, pronoun: bool = True) -> str:
    """Return a sentence with figures for references: in "Chapter XIV" and "vol. ii", not in "the part I played".

    `pronoun` tells that the language has a pronoun "I".
    """
    return _in_text(text, heading=False, pronoun=pronoun)


def small_figures(text: str, language: str) -> str:
    """Return a sentence with figures for numerals in small letters, as in "page xiv"."""
    if language in _VI_IS_A_WORD and _SMALL_VI.search(text):
        return text
    if "-" in text or "–" in text:
        text = _SMALL_RANGE.sub(_small_range, text)
    if "." in text:
        text = _CITED.sub(_citation, text)
    return str(_SMALL.sub(lambda match: str(value(match[1])), text))


def _small_range(match: Match) -> str:
    """Say "pp. iv-x", one of which has to be a numeral for sure."""
    first, last = match[1], match[3]
    small = first.islower() and last.islower() and max(len(first), len(last)) > 1
    return f"{value(first)}{match[2]}{value(last)}" if small and value(first) < value(last) else match[0]


def _citation(match: Match) -> str:
    """Say "xxi. 4. 2" with pauses in place of full stops, which would end sentences."""
    return ", ".join(filter(None, (str(value(match[1])), match[2], match[3])))


def _in_text(text: str, *, heading: bool, pronoun: bool) -> str:
    def figure(match: Match) -> str:
        kept = len(match[1]) == 1 and (
            _is_letter(match, heading) or (pronoun and match[1] == "I" and _is_pronoun(match))
        )
        return match[0] if kept else str(value(match[1]))

    text = _SEVERAL.sub(_several, text)
    text = _STAGE.sub(lambda match: match[0] if pronoun and _is_no_stage(match) else "1", text)
    text = _AFTER_WORD.sub(figure, text)
    if not _AFTER_STOP.search(text):  # true of most sentences, and the next pattern takes ten times as long
        return text
    return _AFTER_ABBREVIATION.sub(lambda match: str(value(match[1])), text)


def _several(match: Match) -> str:
    """Say "II, III and IV", one of which has to be a numeral for sure."""
    if not _LONG_NUMERAL.search(match[0]):
        return match[0]
    return str(_ONE_OF_SEVERAL.sub(lambda each: str(value(each[0])), match[0]))


def _is_no_stage(match: Match) -> bool:
    """Return whether "I" after "type" is the pronoun: behind "the type", or in small letters before a verb."""
    if _NO_PRONOUN_BEHIND.match(match.string, match.end()):
        return False
    before = match.string[max(0, match.start() - MAX_BEFORE_CHARS) : match.start()]
    word = before.split()[-1]
    if not word.istitle():
        return True
    determined = _DETERMINED_STAGE.search(before)
    return bool(determined) and (word == "Vatican" or match.string[match.end() :].lstrip()[:1].isupper())


def _is_letter(match: Match, heading: bool) -> bool:
    """Return whether a single capital is a letter: in "the letter V", "Appendix C", "section X", but not "Section V".

    In prose C, D, L and M are letters unless they are set off.
    """
    if _NAMED_LETTER.search(match.string, max(0, match.start() - MAX_BEFORE_CHARS), match.start()):
        return True
    set_off = heading or bool(_SET_OFF.match(match.string, match.end()))
    lettered = _LETTERED.search(match.string, max(0, match.start() - 12), match.start())
    if match[1] == "X":
        return bool(lettered and lettered[0].islower() and not set_off)
    return match[1] in _INITIALS and (bool(lettered) or not set_off)


def _is_pronoun(match: Match) -> bool:
    """Return whether "I" after "part" or "chapter" is the pronoun, as in "the part I played"."""
    comma = match.string.startswith(",", match.end())
    if comma or _SET_OFF.match(match.string, match.end()) or _NO_PRONOUN_NEXT.match(match.string, match.end()):
        return False
    return not _NUMBERED_BEFORE.search(match.string, max(0, match.start() - MAX_BEFORE_CHARS), match.start())


def _unless_initial(match: Match) -> str:
    initial = match[1] in _INITIALS and match.string[match.end() : match.end() + 1] == "."
    return match[0] if initial else str(value(match[1]))


# Numerals are said after the names of rulers, but not in "Malcolm X".
RULERS = words(
    "Louis Ludwig Lodewijk Luis Luigi Henri Henry Heinrich Enrique Enrico Hendrik Charles Karl Carlos Carlo Karel "
    "George Georges Georg Jorge Giorgio Edward Édouard Eduard Eduardo Edoardo William Guillaume Wilhelm Guillermo "
    "Guglielmo Willem Philip Philippe Philipp Felipe Filippo Filips Francis François Franz Francisco Francesco "
    "Napoleon Napoléon Napoleón Napoleone James Jacques Richard Ricardo Riccardo John Jean Johann Juan Giovanni João "
    "Paul Pablo Paolo Peter Pierre Pedro Pietro Pius Pie Pío Pio Leo Léon León Leone Benedict Benoît Benedikt "
    "Benedicto Benedetto Gregory Grégoire Gregor Gregorio Alexander Alexandre Alejandro Alessandro Nicholas Nicolas "
    "Nikolaus Nicolás Nicola Frederick Frédéric Friedrich Federico Catherine Katharina Catalina Caterina Elizabeth "
    "Élisabeth Elisabeth Isabel Elisabetta Mary Alfonso Fernando Ferdinand Umberto Emanuele Johannes João Luís "
    "Filipe Filip Giovanni Afonso Alfonso Isabella Victoria Viktoria Vittorio Constantine Konstantin Innocent Urban "
    "Oscar Oskar Gustaf Haakon Håkon Harald Olav Erik Knud Valdemar Frederik Kaarle Kustaa Aleksanteri Nikolai Mihai "
    "Carol František Rudolf Václav Karol Ľudovít Lajos Béla Jaume Pere Борис Симеон Петро Олександр Петар Александър "
    "Clement Clemens Clément Clemente Otto Ramses Ramsès Gustav Christian Joseph Josef José Maria"
)
# The initials in "Joseph M. Brown" are no numerals, nor is the English pronoun in "Mary I said".
_KING = rf"\b(\p{{Lu}}\p{{L}}+)\s((?=[IVX]+\b){NUMERAL})\b(?!\.\p{{L}}|['’](?!s\b)\p{{L}}|(?<=\s[IVX])\.\s+\p{{Lu}})"
_REIGNS = r"(?:King|Queen|Pope|Emperor|Empress|Tsar|Czar|Kaiser)"
_KING_STOP = r"(?:\.(?=\s+\p{Ll}|['’]s\b|[,;:)—]))?"
_KINGS = {
    False: compile_later(_KING + _KING_STOP),
    True: compile_later(rf"{_KING}(?!(?<=\sI)(?<!\b{_REIGNS}\s\p{{Lu}}\p{{L}}+\sI)\s(?!of\b)){_KING_STOP}"),
}
# "World War II" and "Vatican II", but neither "Malcolm X" nor "Washington DC".
_NUMBERED_NAME = compile_later(
    rf"(?<=\p{{Lu}}\p{{Ll}}+\s)((?=[IVX]{{2,}}\b){NUMERAL})(?![\p{{L}}\p{{N}}’'-]|\.\p{{L}})"
)


@lru_cache(64)
def rulers(language: Language) -> frozenset[str]:
    """Return the names of rulers in a language, which numerals may follow."""
    numbers = language.numbers
    return RULERS | numbers.rulers | numbers.queens if numbers else frozenset()


def say_kings(text: str, language: Language) -> str:
    """Return a sentence with words for the numerals of rulers, "Louis XIV", and of what is numbered, "Vatican II"."""
    numbers = language.numbers
    assert numbers

    def king(match: Match) -> str:
        number = value(match[2])
        if match[1] not in rulers(language):
            return match[0]
        if number <= numbers.last_ordinal_king:
            form = numbers.queen_form if match[1] in numbers.queens else numbers.king_form
            return f"{match[1]} {numbers.king}{form(spelled(str(number), language, 'ordinal'))}"
        return f"{match[1]} {spelled(str(number), language)}"

    text = _KINGS[numbers.pronoun].sub(king, text)
    return str(_NUMBERED_NAME.sub(lambda match: spelled(str(value(match[1])), language), text))


_ONE_NUMERAL = compile_later(r"(?<!\p{L})[IVX]+(?!\p{L})")
_RULER = compile_later(
    rf"(?<=(?<!\p{{L}})(\p{{Lu}}[\p{{Ll}}\p{{M}}]+)\s)((?=[IVX]+(?!\p{{L}})){NUMERAL})(?![\p{{L}}\d’'-]|\.\p{{L}})(?:\.(?=\s\p{{Ll}}|[,;:)]))?"
)
_STOPPED = compile_later(rf"(?<!\p{{L}})((?=[IVX]{{2}}){NUMERAL})\.(?=\s\p{{Lu}}\p{{Ll}})")


def numerals_of_data(text: str, ordinal: Callable[[str], str], forms: SpokenForms) -> str:
    """Return a sentence of a language that is data with words for its numerals: "Karl XII", "XX. század"."""
    if not _ONE_NUMERAL.search(text):
        return text

    def ruler(match: Match) -> str:
        if len(match[2]) < 2 and match[1] not in RULERS:
            return match[0]
        figures = str(value(match[2]))
        return forms.ruler.format(o=ordinal(figures) if "{o}" in forms.ruler else "", n=figures)

    marked, stopped = _numeral_marks(forms.ordinal_marks or "(?!)")
    text = marked.sub(lambda match: str(value(match[1])), text)
    text = _RULER.sub(ruler, text) if forms.ruler else text
    return _STOPPED.sub(lambda match: ordinal(str(value(match[1]))), text) if stopped else text


@lru_cache(64)
def _numeral_marks(marks: str) -> tuple["regex.Pattern[str]", bool]:
    """Return the pattern of a numeral before the marks of ordinals, and whether a full stop is one of these."""
    marked = rf"(?<![\p{{L}}.])((?=[IVX]+(?!\p{{Lu}})){NUMERAL})(?={marks})"
    return compile_later(marked), regex.match(marks, ". a") is not None
