"""Spells sentences for an engine: capitals, dictionary, addresses, dates, powers, numerals, abbreviations, figures."""

from unicodedata import normalize

from swarm.book.language.known import find_language
from swarm.book.language.language import Language
from swarm.book.language.late_pattern import compile_later
from swarm.book.page.phonetic_mark import Marker
from swarm.book.speech.abbreviation import say_abbreviations, shorten
from swarm.book.speech.capitals import NO_USAGE, Usage, lower_capitals
from swarm.book.speech.date import say_dates
from swarm.book.speech.lexicon import NO_LEXICON, Lexicon
from swarm.book.speech.number import say_numbers
from swarm.book.speech.power import say_powers
from swarm.book.speech.relation import say_relations
from swarm.book.speech.roman import figures_in_heading, figures_in_prose, small_figures
from swarm.book.speech.trait import CAPITALS, COUNTS, LETTER, ODD, PRONOUN, SOUNDS, SPELLED, traits_of
from swarm.book.speech.verse import say_verses
from swarm.job.card import EngineCard
from swarm.job.engine_text import change_unmarked, mark, replace_brackets

_LIGATURE = compile_later("[ﬀ-ﬆſ₀-₉]")
_LIGATURES = str.maketrans(
    {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st", "ſ": "s"}
) | str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_BULLET = compile_later(r"^[•●▪◦‣■□❑➢➤✓]\s*(?=\S)")
_DASHES = compile_later(r"(?<!-)-{2,3}(?!-)")
_DOTS = compile_later(r"\s?\.(?:\s\.){2,3}")


class Speech:
    """Spells sentences for one engine, except for what the engine itself says correctly."""

    def __init__(self, card: EngineCard, lexicon: Lexicon = NO_LEXICON, usage: Usage = NO_USAGE) -> None:
        self.card = card
        self.lexicon = lexicon
        self.usage = usage

    def for_card(self, card: EngineCard) -> "Speech":
        """Return the speech of another engine or model for the same book."""
        return Speech(card, self.lexicon, self.usage)

    def takes_phonemes(self, language: str) -> bool:
        """Return whether the engine takes phonemes of words in a language."""
        return _knows(self.card.phonemes, language)

    def say(self, sentence: str, language: str, *, heading: bool = False, marker: Marker | None = None) -> str:
        """Return a sentence as engine text, in which `marker` puts the phonemes of its words.

        Raises UsageError if the lexicon cannot be applied.
        """
        takes = self.takes_phonemes(language)
        text = marker.mark(sentence) if marker and takes else replace_brackets(sentence)
        words = find_language(language)
        traits = traits_of(words)
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
        return change_unmarked(text, lambda piece: _mark_heteronyms(piece, words)) if marked else text

    def _spell(self, text: str, code: str, *, heading: bool) -> str:
        language = find_language(code)
        text = language.old_units(shorten(text, language))
        text = say_powers(say_dates(say_verses(text, language), language), language)
        text = figures_in_heading(text) if heading else figures_in_prose(text, pronoun=language.has_word_i)
        text = small_figures(text, code)
        if not _knows(self.card.abbreviations, code):
            text = say_abbreviations(text, language)
        return text if _knows(self.card.numbers, code) else say_numbers(say_relations(text, language), language)


def _mark_heteronyms(text: str, language: Language) -> str:
    """Put the phonemes of words that are said in several ways into a text."""
    said, at = "", 0
    for start, end, ipa in language.heteronyms(text):
        said, at = said + text[at:start] + mark(text[start:end], ipa), end
    return said + text[at:]


def _plain(text: str) -> str:
    """Return a text in the characters that voices know: no ligatures, lowered figures, loose accents, dashes."""
    text = text.translate(_LIGATURES) if _LIGATURE.search(text) else text
    text = _BULLET.sub("", normalize("NFC", text))
    if "--" in text:
        text = _DASHES.sub("—", text)
    return str(_DOTS.sub("…", text)) if ". ." in text else text


def _knows(languages: tuple[str, ...], language: str) -> bool:
    return "*" in languages or language in languages
