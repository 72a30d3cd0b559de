"""Writes a text in the phonemes of a Piper voice, and these in the numbers that its network knows."""

import unicodedata
from collections.abc import Sequence

from swarm.job.engine_text import Phonemes
from swarm.voice.espeak.clauses import cut, joined, sounds_of
from swarm.voice.piper.config import BEGIN, END, PAD, PiperConfig

MAX_PHONEMES = 400  # of a piece: memory and time grow with the square of the length


def write(config: PiperConfig, text: str, phonemes: Sequence[Phonemes]) -> list[str]:
    """Return the phonemes of a text in pieces that the network can speak. Raises EngineFault."""
    if config.phoneme_type == "text":
        letters = text.lower()
    else:
        sounds = sounds_of(config.espeak_identifier, text, phonemes)
        letters = joined([(sound.ipa, sound.mark) for sound in sounds])
    plain = unicodedata.normalize("NFD", letters)
    return [piece for piece in cut(plain, MAX_PHONEMES) if any(map(str.isalnum, piece))]


def numbers_of(config: PiperConfig, piece: str) -> list[int]:
    """Return the numbers of a piece: its beginning, each phoneme that the voice knows, its end, and pads between."""
    known = config.phoneme_id_map
    signs = [BEGIN, *(sign for sign in piece if sign in known and sign not in (PAD, BEGIN, END)), END]
    return [number for sign in signs for number in (*known[sign], *known[PAD])][: -len(known[PAD])]
