"""Divides a text into clauses in IPA, for models that read the phonemes of espeak-ng and the marks between them."""

from collections.abc import Sequence
from dataclasses import dataclass

import regex

from swarm.job.engine_text import Phonemes, split_at_phonemes
from swarm.voice.espeak.voice import phonemes_of

# Marks that models know. A full stop, comma or colon inside a word or number is left to espeak.
_MARK = regex.compile(r"([;!?—–…“”„«»\"()\[\]¿¡。，、！？；：।]|[.,:](?=[\s\"”»)\]]|\.|$))")
_SPOKEN = regex.compile(r"[\p{L}\p{N}]")
_FOREIGN = regex.compile(r"\([a-z^-]{2,40}\)")  # "(en)" where a word is said as in another language
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
