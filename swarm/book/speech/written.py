"""Cuts a written sentence where the pieces of its spoken form are cut."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

import regex

MAX_COMPARED_WORDS = 2_000  # longer sentences are cut in proportion, since comparing takes quadratic time

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]"
)


def cut_alike(written: str, pieces: Sequence[str]) -> list[str]:
    """Cut a written sentence into one part for each piece of its spoken form.

    The parts together are the whole sentence. A number belongs to the piece in which its spelling begins, so that a
    piece with only the rest of a number has an empty part.
    """
    if len(pieces) == 1:
        return [written]
    if "".join(written.split()) == "".join("".join(pieces).split()):
        return list(pieces)
    starts = [match.start() for match in _WORD.finditer(written)]
    counts = list(accumulate(len(_WORD.findall(piece)) for piece in pieces))
    cuts = _corresponding(_WORD.findall(written.lower()), _WORD.findall(" ".join(pieces).lower()), counts[:-1])
    offsets = [0, *(starts[cut] if cut < len(starts) else len(written) for cut in cuts), len(written)]
    return [written[start:end].strip() for start, end in pairwise(offsets)]


def _corresponding(written: list[str], spoken: list[str], cuts: list[int]) -> list[int]:
    """Return for each count of spoken words the count of written words that correspond to them."""
    if max(len(written), len(spoken)) > MAX_COMPARED_WORDS:
        return [cut * len(written) // len(spoken) for cut in cuts]
    steps = SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes()
    return [_one_corresponding(steps, cut) for cut in cuts]


def _one_corresponding(steps: Sequence[tuple[str, int, int, int, int]], cut: int) -> int:
    for kind, first, end, spoken_first, spoken_end in steps:
        if cut <= spoken_end:
            return first + cut - spoken_first if kind == "equal" else first if cut == spoken_first else end
    return steps[-1][2] if steps else 0
