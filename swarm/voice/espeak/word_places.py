"""Finds where the words of a text stand among the letters that a model speaks for them."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import regex

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
