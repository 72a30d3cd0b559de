"""Divides a text into clauses in IPA, for models that read the phonemes of espeak-ng and the marks between them.

It also finds where the words of a text stand among the letters that a model speaks for them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import regex

from swarm.book.model.engine_text import Phonemes, split_at_phonemes
from swarm.voice.espeak.voice import phonemes_of

_WORD = regex.compile(r"[^\s—–]*[\p{L}\p{N}][^\s—–]*")
_CLAUSE_END = regex.compile(r"[,;:.!?…]+(?:[\"”»)]*)(?=\s)|[—–]")


class Spoken(NamedTuple):
    """The letters of some words, or of a mark, with their place among all letters and that of the words in the text."""

    letters: str
    at: int
    start: int
    end: int
    mark: bool


def word_places(text: str, spoken: Sequence[Spoken]) -> list[tuple[int, int]]:
    """Return the first character in the text and the first letter of each word whose place is sure."""
    return [
        place
        for each in spoken
        if not each.mark
        for place in _aligned(text[each.start : each.end], each.start, each.letters, each.at)
    ]


def _aligned(written: str, start: int, letters: str, at: int) -> Iterator[tuple[int, int]]:
    """Yield the places of words: all if as many are written as spoken, clause by clause; else the first one only."""
    words = [match.start() for match in _WORD.finditer(written)]
    said = [match.start() for match in _WORD.finditer(letters)]
    if len(words) == len(said):
        yield from ((start + word, at + sound) for word, sound in zip(words, said, strict=True))
        return
    clauses, sounds = list(_clauses(written)), list(_clauses(letters))
    if len(clauses) == len(sounds) > 1:
        for (clause, place), (sound, letter) in zip(clauses, sounds, strict=True):
            yield from _aligned(clause, start + place, sound, at + letter)
    elif words and said:
        yield start + words[0], at + said[0]


def _clauses(text: str) -> Iterator[tuple[str, int]]:
    begun = 0
    for match in _CLAUSE_END.finditer(text):
        yield text[begun : match.end()], begun
        begun = match.end()
    if text[begun:].strip():
        yield text[begun:], begun


# Marks that models know. A full stop, comma or colon inside a word or number is left to espeak.
_MARK = regex.compile(r"([;!?—–…“”„«»\"()\[\]¿¡。，、！？；：।]|[.,:](?=[\s\"”»)\]]|\.|$))")
_SPOKEN = regex.compile(r"[\p{L}\p{N}]")
_FOREIGN = regex.compile(r"\([a-z^-]{2,40}\)")  # "(en)" where a word is said as in another language
OPENING, DASHES = ("“", "(", "«", "„"), ("—", "–")
TIE = "^"  # between the two letters of a sound that is one for espeak, as in "t^ʃ"


@dataclass(frozen=True)
class Sound:
    """The IPA of some words, and where they stand in the text; or a mark between words, which has no letters."""

    ipa: str
    start: int
    end: int
    mark: bool = False


def sounds_of(identifier: str, text: str, phonemes: Sequence[Phonemes] = (), tie: str = "") -> list[Sound]:
    """Return how a voice of espeak-ng says a text, clause by clause, with the marks in between. Raises EngineFault."""
    pieces: list[tuple[str, str, int]] = []
    at = 0
    for written, ipa in split_at_phonemes(text, phonemes):
        if ipa:
            pieces.append((written, ipa, at))
        else:
            pieces += _pieces(written, at)
        at += len(written)
    asked = [piece for piece, ipa, _ in pieces if not ipa and _SPOKEN.search(piece)]
    answers = iter(phonemes_of(identifier, asked, tie) if asked else ())
    found = []
    for piece, ipa, start in pieces:
        spoken = not ipa and _SPOKEN.search(piece)
        said = _FOREIGN.sub("", next(answers)) if spoken else ipa or piece.strip()
        if said:
            found.append(Sound(said, start, start + len(piece), mark=not ipa and not spoken))
    return found


def _pieces(text: str, at: int) -> list[tuple[str, str, int]]:
    """Return words and marks by turns, each with its place; words have no IPA yet."""
    found = []
    for piece in _MARK.split(text):
        if piece:
            found.append((piece, "", at))
            at += len(piece)
    return found


def cut(letters: str, most: int) -> list[str]:
    """Cut letters into pieces of at most so many: at the end of a clause if there is one, else between words."""
    pieces = []
    while len(letters) > most:
        ends = [letters.rfind(mark, most // 2, most) + 1 for mark in ".!?;:,—"]
        at = max(ends) or letters.rfind(" ", 1, most) + 1 or most
        pieces.append(letters[:at].strip())
        letters = letters[at:].strip()
    return [*pieces, letters] if letters else pieces


def joined(sounds: Sequence[Sound]) -> tuple[str, list[Spoken]]:
    """Join sounds that are written in a model's letters, and return where each stands: marks follow their word."""
    text, places = "", []
    for sound in sounds:
        letters = sound.ipa.strip()
        opens = letters in OPENING
        apart = text and not text.endswith((" ", *OPENING)) and (not sound.mark or opens or letters in DASHES)
        text += " " if apart and letters else ""
        places.append(Spoken(letters, len(text), sound.start, sound.end, sound.mark))
        text += letters
    return text, places
