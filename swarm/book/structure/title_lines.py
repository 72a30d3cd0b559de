"""Leaves out the lines of a title page before the first chapter: "The Ferry", "By A. B. Smith", "London, 1890"."""

from itertools import islice

import regex

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.front_matter import TITLE_PAGE
from swarm.book.page.letters import plain
from swarm.book.page.likeness import is_sentence
from swarm.book.page.passage import Passage

MAX_TITLE_LINES = 12
MAX_LINE_CHARS = 120
MAX_PASSAGES_BEFORE = 100  # later passages are not searched, even if all before are empty

_BY = compile_later(
    r"(?:\p{L}+\s){0,2}(?i:(?:(?:written|edited|translated|illustrated|told)\s+)?by|von|par|por|door|di|автор:)\s+"
    r"(?:(?i:the late|the rev\.?|sir|lady|mrs?\.?|dr\.?)\s+)?"
    r"\p{Lu}[\p{L}.'’-]*+(?:\s(?:\p{Lu}[\p{L}.'’-]*+|de|van|von|du|la)){1,5}(?:\n.*)?",
    regex.DOTALL,
)
_MADE = compile_later(
    r"(?i:author of|illustrat|translat|edition|publish|& (?:co|sons)\b|printed|rights reserved|réservés|"
    r"éditeur|édition|verlag|imprim)|\b1[5-9]\d\d\b|\b20\d\d\b"
)
_COPYRIGHT = compile_later(r"copyright|©", regex.IGNORECASE)
_TOLD = compile_later(r"[,;!?…][\"'”’»)]*$")
_CHAPTER = compile_later(
    r"(?i:chapter|book|part|volume|letter|act|scene|canto|prologue|preface|introduction|kapitel|teil|buch|band|chapitre|"
    r"partie|livre|tome|capítulo|parte|libro|capitolo|hoofdstuk|deel)\b|(?!1[5-9]\d\d\b|20\d\d\b)[IVXLC\d]+\b[.:]?"
)


def mark_title_lines(passages: list[Passage], title: str) -> None:
    """Leave out the lines at the start of a book from its title to the line of its author, and what follows that.

    At least one heading has to remain for the chapter. Without both title and author no line is taken.
    """
    read = (passage for passage in islice(passages, MAX_PASSAGES_BEFORE) if passage.text and not passage.left_out)
    lines: list[Passage] = []
    for passage in islice(read, MAX_TITLE_LINES):
        if not _may_be_line(passage) or (lines and _CHAPTER.match(passage.text)):
            break
        lines.append(passage)
    else:
        return
    if lines and lines[-1].level and not passage.level:
        lines = lines[:-1]  # the last heading names the text that follows
    if not plain(title) or not lines or not plain(lines[0].text).startswith(plain(title)):
        return
    texts = [line.text.strip() for line in lines]
    authors = [at for at in range(1, len(lines)) if _names_author(texts, at)]
    end = authors[-1] + 1 if authors else 0
    while end and end < len(lines) and _goes_on(texts[end], title):
        end += 1
    for line in lines[:end]:
        line.left_out, line.level, line.grounds = TITLE_PAGE, 0, line.text


def _may_be_line(passage: Passage) -> bool:
    """Tell whether a passage may be a line of a title page: a heading, or a short paragraph that is no sentence."""
    if len(passage.text) > MAX_LINE_CHARS:
        return False
    told = _TOLD.search(passage.text) or is_sentence(passage.text)
    return bool(passage.level) or not told or bool(_MADE.search(passage.text))


def _goes_on(text: str, title: str) -> bool:
    """Tell whether a line below the author belongs to the title page; a copyright page is judged as a whole."""
    return plain(text) == plain(title) or bool(_MADE.search(text) and not _COPYRIGHT.search(text))


def _names_author(texts: list[str], at: int) -> bool:
    """Tell whether a line names the author, by itself or with the word before it: "By", "A. B. Smith"."""
    return bool(_BY.fullmatch(texts[at])) or bool(at > 1 and _BY.fullmatch(f"{texts[at - 1]} {texts[at]}"))
