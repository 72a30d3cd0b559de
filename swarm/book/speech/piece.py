"""Cuts sentences into pieces that fit an engine's limit, at places where a reader would breathe, and the written
sentence where the pieces of its spoken form are cut.
"""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise, takewhile

from swarm.book.language.pattern import compile_later

_LONG = r"(?<!\b(?:Messrs|Lieut|approx|dept|dott|Mmes|Mlles))"  # abbreviations that look like the end of a sentence
# A full stop ends a sentence after four small letters, since "Mr." and "vol." are shorter.
_STOP = rf"(?:[!?…]|(?<=\p{{Ll}}{{4}}){_LONG}\.|\.(?=[\"”»]))[\"'”’»)\]]*"
_ENDED = compile_later(rf"(?:{_STOP}|[。！？][」』”’）]*)$")
_GOES_ON = compile_later(r"\P{L}*\p{Ll}")

MIN_FILL = 0.5  # a good place counts only if the piece before it has this share of the aimed length

# Places to cut, from best to worst: signs of which a text needs one, if any, and a pattern. The next piece begins
# where a match ends.
_PLACES = tuple(
    (frozenset(signs), compile_later(pattern))
    for signs, pattern in (
        ("!?….。！？", rf"{_STOP}\s+(?!\P{{L}}?\p{{Ll}})|[。！？][」』”’）]*"),
        (";:；：", r"[;:][\"'”’»)\]]*\s+|[；：]"),
        ("—–―-", r"(?:(?<!\s)\s++)?[—–―]++(?=\S)|\s[—–-]\s+"),
        (",，、،", r",[\"'”’»)\]]*\s+|[，、،]\s*"),
        (
            "",
            r"\s(?=(?:and|or|but|nor|for|that|which|who|when|while|because|if|as|et|ou|mais|que|qui|dont|car|und|oder|"
            r"aber|dass|weil|wenn|y|o|pero|porque|e|ma|che|perché|mas|en|of|maar|dat|omdat)\s)",
        ),
        ("", r"(?<!\d)\s+|\s+(?!\d)"),  # "20 000" is one number
        ("", r"\s+"),
        ("", r"(?<=[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}])(?=\p{L})"),
    )
)
_GRAPHEME = compile_later(r"\X")


def cut(sentence: str, limit: int) -> list[str]:
    """Cut a sentence into pieces of about equal length, at most `limit` characters; cut no word that fits."""
    text, start = sentence.strip(), 0
    pieces = []
    while len(text) - start > limit:
        end = start + _best_place(text[start : start + limit + 1], limit, len(text) - start)
        pieces.append(text[start:end].strip())
        start = end
    return [piece for piece in (*pieces, text[start:].strip()) if piece]


def ends_sentence(piece: str, following: str) -> bool:
    """Return whether a piece ends a sentence, unlike "“Is it?”" before "he asked"."""
    return bool(_ENDED.search(piece)) and not _GOES_ON.match(following)


def _best_place(window: str, limit: int, left: int) -> int:
    """Return the offset at which to cut a text of `left` characters that begins with `window`."""
    aim = left / math.ceil(left / limit)
    for least in (aim * MIN_FILL, 1):
        for signs, places in _PLACES:
            if signs and signs.isdisjoint(window):
                continue
            ends = [match.end() for match in places.finditer(window)]
            good = [end for end in ends if end >= least and 0 < len(window[:end].rstrip()) <= limit]
            if good:
                return min(good, key=lambda end: abs(end - aim))
    return _inside_word(window, limit)


def _inside_word(text: str, limit: int) -> int:
    """Return the offset at which to cut a word longer than the limit, if possible not before a combining accent."""
    ends = [match.end() for match in _GRAPHEME.finditer(text[:limit])]
    return ends[-2] if len(ends) > 1 else limit


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
