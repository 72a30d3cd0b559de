"""Cuts the text of a sentence into captions: pieces that fit a screen, each with its time. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

MAX_COLUMNS = 42  # columns of a line; a wide letter, as in Chinese, takes two
MAX_LINES = 2
MAX_CAPTION_S = 7.0
MIN_CAPTION_S = 0.05
MIN_COLUMNS = 12  # a shorter piece would only flash up
MAX_ABBREVIATION = 3  # letters: "Mr." does not end a sentence

# How good a place to cut is, against its distance from the place that would do best, as a share of the text.
SENTENCE_WORTH, CLAUSE_WORTH, WORD_WORTH, ABBREVIATION_WORTH = 0.5, 0.35, 0.0, -0.2
CLOSING = "\"'”’»)]}」』）"
SENTENCE_END = re.compile(rf"[.!?…。！？][{re.escape(CLOSING)}]*$")
CLAUSE_END = re.compile(rf"[,;:–—、，；：][{re.escape(CLOSING)}]*$")
ABBREVIATION = re.compile(rf"(?:^|\W)[^\W\d_]{{1,{MAX_ABBREVIATION}}}\.$")
# No line begins with one of these.
NEVER_FIRST = frozenset("、。，！？；：」』）ーぁぃぅぇぉっゃゅょァィゥェォッャュョ々…")
LOOK_BACK_CHARACTERS = 12  # decide what kind of place a cut is


class SubtitleLine(Struct, frozen=True):
    """A text and when it is heard, in seconds.

    `moments` are times that are known inside it, in order: the share of its characters before, and the second. Without
    them the characters are taken to be spoken evenly.
    """

    start_s: float
    end_s: float
    text: str
    moments: tuple[tuple[float, float], ...] = ()


def cut_captions(line: SubtitleLine) -> list[SubtitleLine]:
    """Return the captions of a sentence; a text of two lines has a line break."""
    captions = _captions(line)
    if line.moments and any(each.end_s - each.start_s < MIN_CAPTION_S for each in captions):
        return _captions(replace(line, moments=()))  # only a fault of the voice puts so many words in a moment
    return captions


def _captions(line: SubtitleLine) -> list[SubtitleLine]:
    text = " ".join(line.text.split())
    found, done = [], 0
    for piece in _pieces(text, line.end_s - line.start_s):
        place = text.index(piece, done)
        done = place + len(piece)
        start_s, end_s = (_moment(line, end / len(text)) if text else line.start_s for end in (place, done))
        lines = _lines(piece) or (piece,)
        moments = tuple(_inside(line, text, place, lines)) if line.moments else ()
        found.append(SubtitleLine(start_s, end_s if text else line.end_s, "\n".join(lines), moments))
    return found


def _inside(line: SubtitleLine, text: str, first: int, rows: Sequence[str]) -> Iterator[tuple[float, float]]:
    """Yield the moments that are inside a caption, whose rows stand in the text from its character `first` on."""
    size, before = len("\n".join(rows)), 0
    places = [(round(share * len(text)), moment_s) for share, moment_s in line.moments]
    for row in rows:
        first = text.index(row, first)
        for place, moment_s in places:
            if first <= place < first + len(row):
                yield (before + place - first) / size, moment_s
        first, before = first + len(row), before + len(row) + 1


def _moment(line: SubtitleLine, share: float) -> float:
    """Return the second at which a share of the characters is spoken."""
    known = ((0.0, line.start_s), *line.moments, (1.0, line.end_s))
    for (low, low_s), (high, high_s) in pairwise(known):
        if share <= high:
            return low_s + (high_s - low_s) * (share - low) / (high - low) if high > low else low_s
    return line.end_s


def _pieces(text: str, length_s: float) -> list[str]:
    """Cut a text until each piece fits, if it can be cut at all."""
    if _lines(text) and (length_s <= MAX_CAPTION_S or _columns(text) < 2 * MIN_COLUMNS):
        return [text]
    least = max(2, ceil(_columns(text) / (MAX_LINES * MAX_COLUMNS)), ceil(length_s / MAX_CAPTION_S))
    place = _best_cut(text, 1 / least)
    if place is None:
        return [text]
    first, rest, share = text[:place].rstrip(), text[place:].lstrip(), place / len(text)
    return [*_pieces(first, length_s * share), *_pieces(rest, length_s * (1 - share))]


def _lines(text: str) -> Sequence[str]:
    """Return the lines of a caption; none if the text is too long for one."""
    if _columns(text) <= MAX_COLUMNS:
        return (text,)
    if _columns(text) > MAX_LINES * MAX_COLUMNS + 1:
        return ()
    place = _best_cut(text, 1 / MAX_LINES, MAX_COLUMNS)
    return (text[:place].rstrip(), text[place:].lstrip()) if place is not None else ()


def _best_cut(text: str, goal: float, max_columns: int = 0) -> int | None:
    """Return the best place to cut a text in two, near a share of it; None if there is none.

    Neither part is longer than `max_columns`, unless that is 0.
    """
    widths, best, best_place = _widths(text), (-1.0, 0), None
    whole = widths[-1]
    for place in _places(text):
        before, after = widths[place] - text[:place].endswith(" "), whole - widths[place]
        if min(before, after) < MIN_COLUMNS or (max_columns and max(before, after) > max_columns):
            continue
        score = _worth(text[max(0, place - LOOK_BACK_CHARACTERS) : place].rstrip()) - abs(widths[place] / whole - goal)
        if best_place is None or (score, -place) > best:
            best, best_place = (score, -place), place
    return best_place


def _places(text: str) -> Iterator[int]:
    """Yield where a text may be cut: behind spaces, and between letters of scripts that are written without."""
    for place, (before, after) in enumerate(pairwise(text), 1):
        if before == " " or (_is_wide(before) and _is_wide(after) and after not in NEVER_FIRST):
            yield place


def _worth(before: str) -> float:
    """Return how good a cut is behind these characters."""
    if ABBREVIATION.search(before):
        return ABBREVIATION_WORTH
    if SENTENCE_END.search(before):
        return SENTENCE_WORTH
    return CLAUSE_WORTH if CLAUSE_END.search(before) else WORD_WORTH


def _widths(text: str) -> list[int]:
    """Return the columns before each character, and of the whole text."""
    widths = [0]
    for letter in text:
        widths.append(widths[-1] + _width(letter))
    return widths


def _columns(text: str) -> int:
    return sum(map(_width, text))


def _width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if _is_wide(letter) else 1


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"
