"""The text with its times, as players take it: captions that fit a screen, subtitle files, and chapters as a cue
sheet. Pure."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import ceil

from msgspec import Struct
from msgspec.structs import replace

from swarm.audiobook.sound.tags import Tags

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
    if place is None and not _lines(text):
        place = _best_cut(text, 1 / least, min_columns=1)  # a short piece is better than one that fits no screen
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
    place = _best_cut(text, 1 / MAX_LINES, MAX_COLUMNS) or _best_cut(text, 1 / MAX_LINES, MAX_COLUMNS, min_columns=1)
    return (text[:place].rstrip(), text[place:].lstrip()) if place is not None else ()


def _best_cut(text: str, goal: float, max_columns: int = 0, min_columns: int = MIN_COLUMNS) -> int | None:
    """Return the best place to cut a text in two, near a share of it; None if there is none.

    Neither part is shorter than `min_columns`, nor longer than `max_columns`, unless that is 0.
    """
    widths, best, best_place = _widths(text), (-1.0, 0), None
    whole = widths[-1]
    for place in _places(text):
        before, after = widths[place] - text[:place].endswith(" "), whole - widths[place]
        if min(before, after) < min_columns or (max_columns and max(before, after) > max_columns):
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


def write_subtitles(kind: str, lines: Sequence[SubtitleLine], tags: Tags) -> str:
    """Return a whole file; `kind` is "vtt", "srt" or "lrc".

    A long sentence becomes several cues, each of which fits a screen. A line without text, as of the rest of a long
    number, prolongs the one before it. In WebVTT words have times of their own, where they are known.
    """
    cues = [caption for line in _with_text(lines) for caption in cut_captions(line)]
    return "\n".join({"vtt": _vtt, "srt": _srt, "lrc": _lrc}[kind](cues, tags)) + "\n"


def _with_text(lines: Sequence[SubtitleLine]) -> list[SubtitleLine]:
    found: list[SubtitleLine] = []
    for line in lines:
        if line.text.strip():
            found.append(line)
        elif found:
            found[-1] = replace(found[-1], end_s=line.end_s)
    return found


def _vtt(lines: Sequence[SubtitleLine], _tags: Tags) -> Iterator[str]:
    yield "WEBVTT"
    for line in lines:
        yield ""
        yield f"{_clock(line.start_s, '.')} --> {_clock(line.end_s, '.')}"
        yield "".join(_timed(line))


def _timed(line: SubtitleLine) -> Iterator[str]:
    """Yield the text of a cue, with a time before each word that begins inside the cue and later than the one before.

    Readers refuse a cue whose times do not grow, or that has one of its beginning or its end.
    """
    at, last_ms, end_ms = 0, round(line.start_s * 1000), round(line.end_s * 1000)
    for share, moment_s in line.moments:
        place, moment_ms = round(share * len(line.text)), round(moment_s * 1000)
        if place > at and last_ms < moment_ms < end_ms:
            yield _escaped(line.text[at:place])
            yield f"<{_clock(moment_s, '.')}>"
            at, last_ms = place, moment_ms
    yield _escaped(line.text[at:])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _srt(lines: Sequence[SubtitleLine], _tags: Tags) -> Iterator[str]:
    for number, line in enumerate(lines, 1):
        yield str(number)
        yield f"{_clock(line.start_s, ',')} --> {_clock(line.end_s, ',')}"
        yield line.text
        yield ""


def _lrc(lines: Sequence[SubtitleLine], tags: Tags) -> Iterator[str]:
    yield f"[ti:{_plain(tags.part_title or tags.title)}]"
    yield f"[ar:{_plain(', '.join(tags.authors))}]"
    yield f"[al:{_plain(tags.title)}]"
    for line in lines:
        hundredths = round(line.start_s * 100)
        minutes, hundredths = divmod(hundredths, 6000)
        yield f"[{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}]{_plain(line.text)}"


def _clock(moment_s: float, point: str) -> str:
    milliseconds = round(moment_s * 1000)
    seconds, milliseconds = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{point}{milliseconds:03}"


def _plain(text: str) -> str:
    """Put a text on one line: an empty line would end a cue."""
    return " ".join(text.split())


FRAMES_S = 75  # a cue sheet counts time in the frames of a CD


def write_cue_sheet(name: str, tags: Tags, chapters: Sequence[tuple[str, float]]) -> str:
    """Return the cue sheet of a file of that name, whose chapters have a title and begin at these seconds."""
    return "\n".join(_cue_lines(name, tags, chapters)) + "\n"


def _cue_lines(name: str, tags: Tags, chapters: Sequence[tuple[str, float]]) -> Iterator[str]:
    yield f"PERFORMER {_quoted(tags.author)}"
    yield f"TITLE {_quoted(tags.file_title)}"
    yield f"FILE {_quoted(name)} {'MP3' if name.endswith('.mp3') else 'WAVE'}"  # WAVE stands for all that is decoded
    for number, (title, start_s) in enumerate(chapters, 1):
        seconds, frames = divmod(int(start_s * FRAMES_S), FRAMES_S)
        yield f"  TRACK {number:02} AUDIO"
        yield f"    TITLE {_quoted(title)}"
        yield f"    INDEX 01 {seconds // 60:02}:{seconds % 60:02}:{frames:02}"


def _quoted(text: str) -> str:
    """Return a text in quotes, which it cannot contain itself, on one line."""
    return '"' + " ".join(text.replace('"', "'").split()) + '"'
