"""Plain text as paragraphs, headings, verse and breaks, told by blank lines and indents."""

from collections.abc import Iterator
from contextlib import suppress

import regex
from lxml import etree

from swarm.book.page.running_head import interrupts
from swarm.errors import UsageError
from swarm.job.language import normal_language

MAX_HEADING_CHARS = 80
MIN_CHAPTER_CHARS = 1_000  # between two numbers that stand alone on a line
MAX_HEADER_CHARS = 4_000  # the opening lines in which a text says who wrote it
LONG_LINE_CHARS = 120  # a line longer than this is a paragraph of its own

_CHAPTER = regex.compile(
    r"(?:chapter|book|part|volume|letter|act|scene|canto|chapitre|livre|partie|tome|acte|scène|kapitel|teil|buch|band|"
    r"capítulo|libro|parte|capitolo|hoofdstuk|deel)\s+(?:[\divxlc]+|\p{L}+)\b.{0,60}|"
    r"(?:prologue|epilogue|preface|introduction|foreword|afterword|conclusion|prolog|epilog|vorwort|prólogo|epílogo|"
    r"prefazione|epilogo)\.?|(?=[MDCLXVI])[MDCLXVI]{1,8}\.?",
    regex.IGNORECASE,
)
_LONE_NUMBER = regex.compile(r"[-–—]?\s?([1-9]\d{0,2})\.?\s?[-–—]?")
_ABOUT = regex.compile(r"^(title|author|language):\s*(\S.*)$", regex.IGNORECASE | regex.MULTILINE)
_UNDERLINED = regex.compile(r"(?<![\p{L}\p{N}])_(\S(?:[^_]*\S)?)_(?![\p{L}\p{N}])")


def plain_tree(text: str) -> etree._Element:
    """Return a text as a tree of the elements that a page has."""
    root = etree.Element("html")
    body = etree.SubElement(root, "body")
    runs = list(_paragraphs(_controlled(text)))
    numbered = _numbered_chapters([" ".join(lines).strip() for lines, _ in runs])
    for place, (lines, gap) in enumerate(runs):
        element = etree.SubElement(body, "h2" if place in numbered or _is_heading(lines, gap) else "p")
        if element.tag == "h2" or _is_verse(lines):
            element.text = _said(lines[0])
            for line in lines[1:]:
                etree.SubElement(element, "br").tail = _said(line)
        else:
            element.text = _said(" ".join(lines))
    return root


def _numbered_chapters(paragraphs: list[str]) -> set[int]:
    """Return where numbers stand alone that count chapters: from 1 on, far apart, and in no sentence.

    Numbers of pages cut sentences, those of lists and verses stand close.
    """
    found: list[int] = []
    cutting, since = 0, MIN_CHAPTER_CHARS
    for place, paragraph in enumerate(paragraphs):
        number = _LONE_NUMBER.fullmatch(paragraph)
        if number and int(number[1]) == len(found) + 1 and since >= MIN_CHAPTER_CHARS:
            found.append(place)
            cutting += bool(place) and interrupts(paragraphs[place - 1], "".join(paragraphs[place + 1 : place + 2]))
            since = 0
        since += len(paragraph)
    return set(found) if len(found) > 1 and cutting * 10 < len(found) else set()


def said_about(text: str) -> dict[str, str]:
    """Return what the opening lines say: title, author, language."""
    found = {match[1].lower(): match[2].strip().strip("\"'") for match in _ABOUT.finditer(text[:MAX_HEADER_CHARS])}
    if "language" in found:
        with suppress(UsageError):  # a word that names no language stays
            found["language"] = normal_language(found["language"])
    return found


def _controlled(text: str) -> str:
    """Return a text without the characters that XML cannot hold."""
    return str(regex.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text.replace("\f", "\n\n")))


def _paragraphs(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield runs of lines, with the number of blank lines above each; in a text without any, each line is a run."""
    lines = text.expandtabs().split("\n")
    filled = [line for line in lines if line.strip()]
    apart = len(filled) == len(lines) or sum(map(len, filled)) > LONG_LINE_CHARS * max(1, len(filled))
    run: list[str] = []
    gap = above = 0
    for line in [*lines, ""]:
        if line.strip():
            above = gap if not run else above
            run.append(line.rstrip())
            gap = 0
        if run and (apart or not line.strip()):
            yield run, above
            run = []
        gap += not line.strip()


def _is_heading(lines: list[str], gap: int) -> bool:
    """Return whether a run of lines names a chapter: by its words, or by capitals where blank lines set it apart."""
    text = " ".join(" ".join(lines).split())
    if len(text) > MAX_HEADING_CHARS or len(lines) > 2:
        return False
    if _CHAPTER.fullmatch(text):
        return text[:1].isupper()
    return gap >= 2 and text.isupper() and len(text) > 3 and not text.startswith("*")


def _is_verse(lines: list[str]) -> bool:
    """Return whether all lines are indented more than a paragraph's first, or short and begin with capitals."""
    if len(lines) < 2:
        return False
    if all(line.startswith("  ") for line in lines):
        return True
    return max(map(len, lines)) <= 50 and all(line.lstrip(" “‘\"'«—")[:1].isupper() for line in lines)


def _said(line: str) -> str:
    return str(_UNDERLINED.sub(r"\1", line.strip()))
