"""A written sentence cut where the pieces of its spoken form are cut."""

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

import regex

MAX_COMPARED_WORDS = 2_000  # comparing takes quadratic time; longer sentences are cut in proportion

_WORD = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]|[\p{L}\p{M}]+|\p{N}+|[^\s\p{L}\p{M}\p{N}]"
)


def cut_alike(written: str, pieces: Sequence[str]) -> list[str]:
    """Cut a written sentence into the parts that the pieces of its spoken form say, one part for each piece.

    The parts together are the whole sentence. A number goes with the piece in which its spelling begins, so that the
    part of a piece that says nothing but the rest of a number is empty.
    """
    if len(pieces) == 1:
        return [written]
    if "".join(written.split()) == "".join("".join(pieces).split()):
        return list(pieces)
    starts = [match.start() for match in _WORD.finditer(written)]
    counts = list(accumulate(len(_WORD.findall(piece)) for piece in pieces))
    cuts = _corresponding(_WORD.findall(written), _WORD.findall(" ".join(pieces)), counts[:-1])
    offsets = [0, *(starts[cut] if cut < len(starts) else len(written) for cut in cuts), len(written)]
    return [written[start:end].strip() for start, end in pairwise(offsets)]


def _corresponding(written: list[str], spoken: list[str], cuts: list[int]) -> list[int]:
    """Return for each number of spoken words how many written words they say."""
    if max(len(written), len(spoken)) > MAX_COMPARED_WORDS:
        return [cut * len(written) // len(spoken) for cut in cuts]
    steps = SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes()
    return [_one_corresponding(steps, cut) for cut in cuts]


def _one_corresponding(steps: Sequence[tuple[str, int, int, int, int]], cut: int) -> int:
    for kind, first, end, spoken_first, spoken_end in steps:
        if cut <= spoken_end:
            return first + cut - spoken_first if kind == "equal" else first if cut == spoken_first else end
    return steps[-1][2] if steps else 0
