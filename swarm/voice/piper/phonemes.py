"""Writes a text in the phonemes of a Piper voice, and these in the numbers that its network knows."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace

from swarm.job.engine_text import Phonemes
from swarm.voice.espeak.clauses import Sound, cut, joined, sounds_of
from swarm.voice.espeak.word_places import word_places
from swarm.voice.piper.config import BEGIN, END, PAD, PiperConfig

MAX_PHONEMES = 400  # longer pieces are cut: memory and time grow with the square of the length


def write(config: PiperConfig, text: str, phonemes: Sequence[Phonemes]) -> tuple[list[str], list[tuple[int, int]]]:
    """Return the phonemes of a text in pieces that the network can speak, and the places of words in a single piece.

    A word has its first character in the text and its first phoneme. Raises EngineFault.
    """
    if config.phoneme_type == "text":
        sounds = [Sound(text.lower(), 0, len(text))]
    else:
        sounds = sounds_of(config.espeak_identifier, text, phonemes)
    plain = [replace(sound, ipa=unicodedata.normalize("NFD", sound.ipa)) for sound in sounds]
    letters, spoken = joined(plain)
    pieces = [piece for piece in cut(letters, MAX_PHONEMES) if any(map(str.isalnum, piece))]
    return pieces, word_places(text, spoken) if pieces == [letters] else []


def numbers_of(config: PiperConfig, piece: str) -> list[int]:
    """Return the numbers of a piece: its beginning, each phoneme that the voice knows, its end, and pads between."""
    known = config.phoneme_id_map
    signs = [BEGIN, *(sign for sign in piece if sign in known and sign not in (PAD, BEGIN, END)), END]
    return [number for sign in signs for number in (*known[sign], *known[PAD])][: -len(known[PAD])]
