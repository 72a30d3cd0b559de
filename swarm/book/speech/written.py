"""Cuts a written sentence where the pieces of its spoken form are cut."""

from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise, takewhile

from swarm.book.language.late_pattern import compile_later

MAX_COMPARISONS = 3_000_000  # sentences that would take more are cut in proportion: a tenth of a second

_WORD = compile_later(
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
    head = _alike(zip(written, spoken, strict=False))
    tail = _alike(zip(reversed(written[head:]), reversed(spoken[head:]), strict=False))
    middle, said = written[head : len(written) - tail], spoken[head : len(spoken) - tail]
    inner = iter(_compared(middle, said, [cut - head for cut in cuts if head < cut < head + len(said)]))
    longer = len(written) - len(spoken)
    return [cut if cut <= head else cut + longer if cut >= head + len(said) else head + next(inner) for cut in cuts]


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """Count the pairs of equal words before the first pair of others."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _compared(written: list[str], spoken: list[str], cuts: list[int]) -> list[int]:
    """Return what corresponds to each cut where both begin and end with other words."""
    counts = Counter(spoken)
    if sum(counts[word] for word in written) * min(len(written), len(spoken)) > MAX_COMPARISONS:
        return [cut * len(written) // len(spoken) for cut in cuts]
    steps = SequenceMatcher(None, written, spoken, autojunk=False).get_opcodes() if cuts else []
    return [_one_corresponding(steps, cut) for cut in cuts]


def _one_corresponding(steps: Sequence[tuple[str, int, int, int, int]], cut: int) -> int:
    for kind, first, end, spoken_first, spoken_end in steps:
        if cut <= spoken_end:
            return first + cut - spoken_first if kind == "equal" else first if cut == spoken_first else end
    return steps[-1][2] if steps else 0
