"""When the words of a clip begin, packed into a few bytes: a book has hundreds of thousands of words."""

import struct
from collections.abc import Sequence
from itertools import pairwise

MAX_BYTES = 2048  # one clip may have some five hundred words
TICK_S = 0.01
_PAIR = struct.Struct("<HH")
_MOST = 0xFFFF

WordTime = tuple[int, float]  # the first character of a word in the engine's text, and its first moment in s


def pack_words(words: Sequence[WordTime]) -> bytes:
    """Pack the times of words that follow each other; b"" if they do not, or do not fit."""
    pairs = [(character, round(moment_s / TICK_S)) for character, moment_s in words]
    ordered = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(pairs))
    fitting = all(0 <= number <= _MOST for pair in pairs for number in pair) and len(pairs) * _PAIR.size <= MAX_BYTES
    return b"".join(_PAIR.pack(*pair) for pair in pairs) if ordered and fitting else b""


def unpack_words(packed: bytes, length_s: float) -> tuple[WordTime, ...]:
    """Return the times that a peer or a journal has packed for a clip of this length; () if they cannot be."""
    if len(packed) % _PAIR.size:
        return ()
    words = tuple((character, ticks * TICK_S) for character, ticks in _PAIR.iter_unpack(packed))
    ordered = all(one[0] < other[0] and one[1] <= other[1] for one, other in pairwise(words))
    return words if ordered and (not words or words[-1][1] <= length_s) else ()
