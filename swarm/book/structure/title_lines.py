"""Leaves out the lines of a title page in the headings before the first chapter: "The Ferry", "By A. B. Smith"."""

from itertools import islice

import regex

from swarm.book.page.front_matter import TITLE_PAGE
from swarm.book.page.letters import plain
from swarm.book.page.passage import Passage

MAX_TITLE_LINES = 12
MAX_LINE_CHARS = 120
MAX_PASSAGES_BEFORE = 100  # that are left out or empty

_BY = regex.compile(
    r"(?i:(?:(?:written|edited|translated|illustrated|told)\s+)?by|von|par|por|door|автор:)\s+"
    r"(?:(?i:the late|the rev\.?|sir|lady|mrs?\.?|dr\.?)\s+)?"
    r"\p{Lu}[\p{L}.'’-]*+(?:\s(?:\p{Lu}[\p{L}.'’-]*+|de|van|von|du|la)){1,5}"
)
_MADE = regex.compile(
    r"(?i:author of|illustrat|translat|edition|publish|& (?:co|sons)\b|printed)|\b1[5-9]\d\d\b|\b20\d\d\b"
)
_CHAPTER = regex.compile(
    r"(?i:chapter|book|part|volume|letter|act|scene|canto|prologue|preface|introduction|kapitel|teil|buch|band|chapitre|"
    r"partie|livre|tome|capítulo|parte|libro|capitolo|hoofdstuk|deel)\b|[IVXLC\d]+\b[.:]?"
)


def mark_title_lines(passages: list[Passage], title: str) -> None:
    """Leave out the headings at the start of a book from its title to the line of its author, and what follows that.

    At least one heading has to remain for the chapter. Without both title and author no heading is taken.
    """
    read = (passage for passage in islice(passages, MAX_PASSAGES_BEFORE) if passage.text and not passage.left_out)
    lines: list[Passage] = []
    for passage in islice(read, MAX_TITLE_LINES):
        if not passage.level or len(passage.text) > MAX_LINE_CHARS or (lines and _CHAPTER.match(passage.text)):
            break
        lines.append(passage)
    else:
        return
    if not passage.level:
        lines = lines[:-1]  # the last heading names the text that follows
    authors = [at for at, line in enumerate(lines) if at and _BY.fullmatch(line.text.strip())]
    if not authors or not plain(title) or not plain(lines[0].text).startswith(plain(title)):
        return
    end = authors[-1] + 1
    while end < len(lines) and _MADE.search(lines[end].text):
        end += 1
    for line in lines[:end]:
        line.left_out, line.level = TITLE_PAGE, 0
