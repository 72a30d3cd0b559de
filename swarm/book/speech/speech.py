"""Spells sentences for an engine: capitals, dictionary, addresses, dates, powers, numerals, abbreviations, figures.

A sentence of words without any feature is said as it is written.

The rules take most of the time from a book to its segments, and few sentences have anything for them. The features of a
word are found once for a whole book, so that a sentence costs little more than to look up its words.
"""

from functools import lru_cache, reduce
from operator import or_
from unicodedata import is_normalized, normalize

import regex

from swarm.book.language.known import find_language
from swarm.book.language.language import Abbreviations, Language
from swarm.book.language.pattern import compile_later
from swarm.book.language.spelling import LONE_UNITS
from swarm.book.model.engine_text import change_unmarked, mark, replace_brackets
from swarm.book.model.speaker import Speaker
from swarm.book.page.spoken_mark import Marker
from swarm.book.speech.abbreviation import say_abbreviations, say_verses, shorten
from swarm.book.speech.arithmetic import say_powers, say_relations
from swarm.book.speech.capitals import NO_USAGE, Usage, lower_capitals
from swarm.book.speech.date import say_dates
from swarm.book.speech.lexicon import NO_LEXICON, Lexicon
from swarm.book.speech.roman import (
    ARE_LISTED,
    COUNTED,
    COUNTED_WORDS,
    figures_in_heading,
    figures_in_prose,
    rulers,
    small_figures,
)
from swarm.book.speech.semiotic import say_numbers, say_per_area

# Each trait is one bit.
ODD = 1  # a figure, or a character that is neither a letter nor common punctuation
SHORT = 2  # an abbreviation
NUMERAL = 4  # perhaps a Roman numeral, but no "I" in a language in which that is a pronoun
PRONOUN = 8  # "I" in a language in which it is a pronoun
COUNTS = 16  # a word or a name that a numeral may follow
SMALL = 32  # perhaps a Roman numeral in small letters
CAPITALS = 64  # two capitals
LETTER = 128  # a single capital
SOUNDS = 256  # a word of several sounds

SPELLED = ODD | SHORT | NUMERAL | SMALL  # one of these alone may change a sentence
MAX_WORDS = 50_000  # the cache is cleared at this size
MAX_WORD_CHARS = 40

_ODD = compile_later(
    r"[[^\p{L}\"'“”‘’„«»‹›(),;:!?.…—–-]\p{Lm}ºªſﬀ-ﬆ]|\p{L}[.:]\p{L}|^[-–—]*[-–]$|^\.{1,2}$|--|(?<!\p{L})"
    r"(?=[IVX]*[ІХ])[IVXІХ]{2,6}(?!\p{L})",
    regex.V1,
)
_NUMERAL = compile_later(
    r"(?<!\p{L})(?![LCDM]['’]\p{L})[IVXLCDM]+(?!\p{Ll})|(?<!\p{L})[IVX]+(?:i?[eè]re?|er|i?[eè]me|s?te|[dn]de?|de|st|th|rd)(?!\p{L})"
)
_NO_PRONOUN = compile_later(rf"(?<!\p{{L}})(?!I(?!\p{{L}}))(?:{_NUMERAL.pattern})")
_PRONOUN = compile_later(r"(?<!\p{L})I(?!\p{L})")
_SMALL = compile_later(r"(?<![\p{L}'’-])(?:[ivx]{2,}|[ivxlc]{3,})(?![\p{L}'’-])|(?<!\p{L})[ivx]+(?:e|ème)(?!\p{L})")
_ONE_SMALL = compile_later(r"^[ivxlc]$")
_CAPITALS, _LETTER = compile_later(r"\p{Lu}['’]?\p{Lu}"), compile_later(r"[\p{Lu}--[IA]]", regex.V1)
_PIECE, _STOPPED = compile_later(r"\p{L}+"), compile_later(r"(?<!\p{L})\p{L}++(?=\.)")
_AROUND = "\"'“”‘’„«»‹›(),;:!?.…—"
_COMMON = compile_later(r"[A-Za-zÀ-ÖØ-öø-žА-Яа-яё]+")
_SOUND = compile_later(r"[\p{L}'’-]+")


class TokenFeatures(dict[str, int]):
    """The traits of the words of one language, by word. A word is what stands between white space."""

    def __init__(self, language: Language) -> None:
        super().__init__()
        pronoun = language.numbers is not None and language.numbers.pronoun
        self._stopped, self._whole = _parts_of(language.abbreviations)
        self._whole |= frozenset(LONE_UNITS.split("|"))
        self._rulers = rulers(language)
        self._sounds = language.sounds
        self._listed = (
            self._sounds | COUNTED_WORDS | {word.lower() for word in self._stopped | self._whole | self._rulers}
        )
        self._patterns = [(_ODD, ODD), (_SMALL, SMALL), (_CAPITALS, CAPITALS)]
        if language.forms and language.forms.roman:
            self._patterns.append((_ONE_SMALL, SMALL))
        self._patterns += [(_NO_PRONOUN, NUMERAL), (_PRONOUN, PRONOUN)] if pronoun else [(_NUMERAL, NUMERAL)]

    def of(self, text: str) -> int:
        """Return the traits of a text's words together."""
        return reduce(or_, map(self.__getitem__, text.split()), 0)

    def __missing__(self, word: str) -> int:
        if len(word) > MAX_WORD_CHARS:
            return -1
        if len(self) >= MAX_WORDS:
            self.clear()
        bare = word.strip(_AROUND)
        self[word] = found = (
            0 if self._is_plain(bare) and (ARE_LISTED or not COUNTED.search(word)) else self._find(word)
        )
        return found

    def _is_plain(self, bare: str) -> bool:
        """Return whether a word without the punctuation around it has no trait, which is quickly told of most."""
        common = bare.isalpha() if bare.isascii() else _COMMON.fullmatch(bare)
        if not common or not (bare.islower() or bare[1:].islower()) or (len(bare) < 6 and bare[0] in "IVX"):
            return False
        low = bare.lower()
        return (
            low not in self._listed
            and bool(low.strip("ivxlc"))
            and (len(low) > 7 or low.strip("ivx") not in ("e", "ème"))
        )

    def _find(self, word: str) -> int:
        found = sum(trait for pattern, trait in self._patterns if pattern.search(word))
        pieces = _PIECE.findall(word)
        if not self._whole.isdisjoint(pieces) or not self._stopped.isdisjoint(_STOPPED.findall(word)):
            found |= SHORT
        if not self._rulers.isdisjoint(pieces) or _is_counted(word, pieces):
            found |= COUNTS
        if _LETTER.fullmatch(word):
            found |= LETTER
        if not self._sounds.isdisjoint(_SOUND.findall(word.lower())):
            found |= SOUNDS
        return found if is_normalized("NFC", word) else found | ODD


def _is_counted(word: str, pieces: list[str]) -> bool:
    """Return whether a numeral may follow a word, of which `pieces` are the letters."""
    listed = not ARE_LISTED or any(piece.replace("İ", "i").casefold() in COUNTED_WORDS for piece in pieces)
    return listed and bool(COUNTED.search(word))  # decided last, since the pattern takes long


def _parts_of(short: Abbreviations) -> tuple[frozenset[str], frozenset[str]]:
    """Return the words of abbreviations before a full stop, and those that need none, with a capital too."""
    stopped = {word for table in (short.titles, short.numbered, short.anywhere) for word in _words_of(*table)}
    whole = set(_words_of(*short.whole))
    return _with_capitals(stopped | short.prepared), _with_capitals(whole | short.prepared_whole)


def _words_of(*texts: str) -> list[str]:
    """Return the words of abbreviations, except of those that are odd by another character, such as "n°"."""
    return [word for text in texts if not any(map(_ODD.search, text.split())) for word in _PIECE.findall(text)]


def _with_capitals(words: set[str]) -> frozenset[str]:
    return frozenset(words | {word[:1].upper() + word[1:] for word in words})


@lru_cache(64)
def features_of(language: Language) -> TokenFeatures:
    """Return the traits of the words of a language."""
    return TokenFeatures(language)


HAVE_A_TAGGER = ("hibari",)  # engines that tell nouns from verbs by themselves

_LIGATURE = compile_later("[ﬀ-ﬆſ₀-₉]")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "ſ": "s"}
) | str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_LATIN = str.maketrans("ІХ", "IX")
_RAISED = compile_later(r"(?<=[\p{L}\d.])[ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ]+")  # "Mᵐᵉ" and "1ᵉʳ", but "xⁿ" is a power
_CYRILLIC_NUMERAL = compile_later(r"(?<!\p{L})[IVXІХ]{2,6}(?!\p{L})")  # typed with Ukrainian or Russian letters
_BULLET = compile_later(r"^[•●▪◦‣■□❑➢➤✓]\s*(?=\S)")
_DASHES = compile_later(r"(?<!-)-{2,3}(?!-)")
_DOTS = compile_later(r"\s?\.(?:\s\.){2,3}")


class Speech:
    """Spells sentences for one engine, except for what the engine itself says correctly."""

    def __init__(self, card: Speaker, lexicon: Lexicon = NO_LEXICON, usage: Usage = NO_USAGE) -> None:
        self.card = card
        self.lexicon = lexicon
        self.usage = usage

    def for_card(self, card: Speaker) -> "Speech":
        """Return the speech of another engine or model for the same book."""
        return Speech(card, self.lexicon, self.usage)

    def say(self, sentence: str, language: str, *, heading: bool = False, marker: Marker | None = None) -> str:
        """Return a sentence as engine text, in which `marker` puts the phonemes of its words.

        Raises UsageError if the lexicon cannot be applied.
        """
        takes = _knows(self.card.phonemes, language)
        text = marker.mark(sentence) if marker and takes else replace_brackets(sentence)
        words = find_language(language, self.usage.region)
        traits = features_of(words)
        found = traits.of(text)
        if found & ODD or "--" in text or ". ." in text:
            text = _plain(text)
            found = traits.of(text)
        before = text
        if found & (CAPITALS | LETTER):
            text = change_unmarked(text, lambda piece: lower_capitals(piece, words, self.usage, self.lexicon.capitals))
        if self.lexicon is not NO_LEXICON:
            text = change_unmarked(text, lambda piece: self.lexicon.apply(piece, language, phonemes=takes))
        found = found if text == before else traits.of(text)
        if heading or found & SPELLED or (found & PRONOUN and found & COUNTS):
            text = change_unmarked(text, lambda piece: self._spell(piece, language, heading=heading))
        marked = takes and traits.of(text) & SOUNDS
        if not marked:
            return text
        tagged = self.card.name not in HAVE_A_TAGGER
        return change_unmarked(text, lambda piece: _mark_heteronyms(piece, words, tagged=tagged))

    def _spell(self, text: str, code: str, *, heading: bool) -> str:
        language = find_language(code, self.usage.region)
        text = language.old_units(shorten(text, language))
        text = say_powers(say_per_area(say_dates(say_verses(text, language), language), language), language)
        text = figures_in_heading(text) if heading else figures_in_prose(text, pronoun=language.has_word_i)
        text = small_figures(text, code)
        if not _knows(self.card.abbreviations, code):
            text = say_abbreviations(text, language)
        if _knows(self.card.numbers, code):
            return text
        if language.numbers is None:  # the slash of "mg/ml" is one of its forms
            return say_relations(say_numbers(text, language), language)
        return say_numbers(say_relations(text, language), language)


def _mark_heteronyms(text: str, language: Language, *, tagged: bool) -> str:
    """Put the phonemes of words that are said in several ways into a text."""
    said, at = "", 0
    for start, end, ipa in language.heteronyms(text, tagged):
        said, at = said + text[at:start] + mark(text[start:end], ipa), end
    return said + text[at:]


def _plain(text: str) -> str:
    """Return a text in the characters that voices know: no ligatures, lowered figures, loose accents, dashes."""
    text = text.translate(_LIGATURES) if _LIGATURE.search(text) else text
    text = _RAISED.sub(lambda match: normalize("NFKC", match[0]), text)
    text = _BULLET.sub("", normalize("NFC", text))
    text = text.replace("․", ".")  # the dot of Armenian keyboards
    text = _CYRILLIC_NUMERAL.sub(lambda match: match[0].translate(_LATIN), text)
    if "--" in text:
        text = _DASHES.sub("—", text)
    return str(_DOTS.sub("…", text)) if ". ." in text else text


def _knows(languages: tuple[str, ...], language: str) -> bool:
    return "*" in languages or language in languages
