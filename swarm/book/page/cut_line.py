"""Joins the lines of a paragraph that a book has as paragraphs of their own, as books made from PDF files do."""

from itertools import pairwise

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.passage import Passage
from swarm.book.page.running_head import join_pairs

MIN_CUTS = 12  # a book with fewer cuts keeps its lines
MIN_CUT_SHARE = 0.4  # this share of neighbouring paragraphs is one sentence where lines are cut
MIN_LINE_CHARS = 45  # most lines of verse are shorter
MAX_LINE_CHARS = 160
FULL_SHARE = 0.85  # a full line has this share of a long line's characters
MIN_FULL_SHARE = 0.7  # lines of verse differ more in length than cut lines

_OPEN_END = compile_later(r"[\p{L}\d,;’'-]$")
_GOES_ON = compile_later(r"[“‘(]?\p{Ll}")


def join_cut_lines(passages: list[Passage]) -> None:
    """Join paragraphs that are the lines of one, if much of a book ends its paragraphs within a sentence."""
    pairs = [pair for pair in pairwise(range(len(passages))) if all(_is_line(passages[place]) for place in pair)]
    cuts = {pair for pair in pairs if _is_cut(passages[pair[0]].text, passages[pair[1]].text)}
    if len(cuts) < max(MIN_CUTS, MIN_CUT_SHARE * len(pairs)):
        return
    lengths = sorted(len(passages[first].text) for first, _ in cuts)
    full = FULL_SHARE * lengths[len(lengths) * 9 // 10]
    if sum(length >= full for length in lengths) >= MIN_FULL_SHARE * len(lengths):
        join_pairs(passages, [pair for pair in pairs if pair in cuts or _is_full(passages[pair[0]].text, full)])


def _is_line(passage: Passage) -> bool:
    is_text = passage.kind == "paragraph" and not passage.level and not passage.left_out
    return is_text and 0 < len(passage.text) <= MAX_LINE_CHARS and "\n" not in passage.text


def _is_cut(before: str, after: str) -> bool:
    return len(before) >= MIN_LINE_CHARS and bool(_OPEN_END.search(before) and _GOES_ON.match(after))


def _is_full(line: str, full: float) -> bool:
    """Return whether a line goes on though the next one may begin with a name: "where he met" and "Mary."."""
    return len(line) >= full and bool(_OPEN_END.search(line))
