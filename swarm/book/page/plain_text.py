"""Reads plain text as paragraphs, headings and verse, which it tells by blank lines and indents."""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import regex
from lxml import etree

from swarm.book.language.language import words
from swarm.book.language.late_pattern import compile_later
from swarm.book.page.chapter_line import TextParagraph, headings
from swarm.book.page.front_matter import CONTENTS, named
from swarm.errors import UsageError
from swarm.job.language import normal_language

MAX_HEADER_CHARS = 4_000  # the part of a text that may name its title and author
MAX_HEADER_PARAGRAPHS = 3  # first paragraphs in which title and author may be named
MIN_DOTTED_LINES = 3  # fewer dotted lines are no table of contents
MIN_BRACED_PAGES = 3
LONG_LINE_CHARS = 120  # a text whose average line is longer has a paragraph on each line
MAX_VERSE_CHARS = 50  # longer lines are verse only if they are indented

# The numbers of printed pages: "[Pg 12]", "[Page 12]"; those in braces only if they rise one by one.
_PAGE_MARK = compile_later(r"\[(?:Pg|Page|p\.)\s?[\divxlc]{1,6}\] ?")
_BRACED = compile_later(r"\{(\d{1,4})\} ?")
_DOTTED = compile_later(r"\S.{0,150}?(?:\s?\.){4,200}+\s*[\divxlc]{1,6}\s*", regex.IGNORECASE)
_ABOUT = compile_later(r"^(title|author|lang(?:uage)?):\s*(\S.*)$", regex.IGNORECASE | regex.MULTILINE)
_CUT = compile_later(
    r"(?<![\p{L}\p{M}-])([\p{L}\p{M}’'-]{1,40}?)([-‐¬\u00ad])[ \t]*\n[ "
    r"\t]*([\p{L}\p{M}’']++(?:-\p{L}++)*)"
)
_WORD = compile_later(r"[\p{L}\p{M}’']++(?:-[\p{L}\p{M}’']++)*")
# A word may be left out in front of these: German "Haus- und Hoftür".
_SHARED_HYPHEN = words("und oder bzw bis sowie noch and or en of och eller og i lub oraz et ou")
_UNDERLINED = compile_later(r"(?<![\p{L}\p{N}])_(\S(?:[^_]*\S)?)_(?![\p{L}\p{N}])")


class _LineEnds:
    """The ends of a text's lines, some of which cut a word at a hyphen."""

    def __init__(self, text: str) -> None:
        self._cut = bool(_CUT.search(text))
        self._words = frozenset(map(str.lower, _WORD.findall(_CUT.sub(" ", text)))) if self._cut else frozenset[str]()

    def join(self, lines: list[str]) -> str:
        """Join the lines of a paragraph, and the words that were cut between them."""
        text = "\n".join(line.strip() for line in lines)
        return (_CUT.sub(self._joined, text) if self._cut else text).replace("\n", " ")

    def _joined(self, match: "regex.Match[str]") -> str:
        """Join a word without its hyphen, unless the text has it with one elsewhere, or its parts only as words."""
        first, hyphen, second = match[1], match[2], match[3]
        if second.lower() in _SHARED_HYPHEN:
            return f"{first}- {second}"
        whole, parted = f"{first}{second}".lower(), f"{first}-{second}".lower()
        if whole in self._words or hyphen in "¬\u00ad":
            return f"{first}{second}"
        compound = (
            parted in self._words
            or second[0].isupper()
            or "-" in first
            or {first.lower(), second.lower()} <= self._words
        )
        return f"{first}-{second}" if compound else f"{first}{second}"


def plain_tree(text: str) -> etree._Element:
    """Return a text as the tree of an HTML page."""
    root = etree.Element("html")
    body = etree.SubElement(root, "body")
    runs = list(_paragraphs(_without_pages(_without_controls(text))))
    contents = _contents([lines for lines, _ in runs])
    titles = headings([TextParagraph(" ".join(" ".join(lines).split()), len(lines), gap) for lines, gap in runs])
    ends = _LineEnds(text)
    for place, (lines, _) in enumerate(runs):
        element = etree.SubElement(body, "h2" if place in titles else "p")
        if place in contents:
            element.set("role", "doc-toc")
        elif place < MAX_HEADER_PARAGRAPHS and all(_ABOUT.fullmatch(line.strip()) for line in lines):
            element.set("role", "doc-title-page")
        if element.tag == "h2" or _is_verse(lines):
            element.text = _without_underlines(lines[0])
            for line in lines[1:]:
                etree.SubElement(element, "br").tail = _without_underlines(line)
        else:
            element.text = _without_underlines(ends.join(lines))
    return root


def _contents(paragraphs: list[list[str]]) -> frozenset[int]:
    """Return the places of the lines with dots before a page number, if they are several, and of their title."""
    dotted = [[line for line in lines if _DOTTED.fullmatch(line.strip())] for lines in paragraphs]
    if sum(map(len, dotted)) < MIN_DOTTED_LINES:
        return frozenset()
    places = {place for place, lines in enumerate(dotted) if lines}
    titles = {place - 1 for place in places if place and named(" ".join(paragraphs[place - 1])) == CONTENTS}
    return frozenset(places | titles)


def _without_pages(text: str) -> str:
    """Return a text without the numbers of printed pages in brackets, or in braces if they rise one by one."""
    braced = [int(number) for number in _BRACED.findall(text)]
    if len(braced) >= MIN_BRACED_PAGES and all(after - before == 1 for before, after in pairwise(braced)):
        text = _BRACED.sub("", text)
    return str(_PAGE_MARK.sub("", text))


def said_about(text: str) -> dict[str, str]:
    """Return the title, author and language that the opening lines name, by these words."""
    lines = [(match[1].lower(), match[2].strip().strip("\"'")) for match in _ABOUT.finditer(text[:MAX_HEADER_CHARS])]
    found = {"language" if name == "lang" else name: value for name, value in lines}
    if "language" in found:
        with suppress(UsageError):  # an unknown language stays as it is written
            found["language"] = normal_language(found["language"])
    return found


def _without_controls(text: str) -> str:
    """Return a text with spaces for the characters that XML cannot hold."""
    return str(regex.sub(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", " ", text.replace("\f", "\n\n")))


def _paragraphs(text: str) -> Iterator[tuple[list[str], int]]:
    """Yield the lines of each paragraph, and the number of blank lines above it.

    Each line is a paragraph if the text has no blank lines or its lines are long.
    """
    lines = text.expandtabs().split("\n")
    filled = [line for line in lines if line.strip()]
    line_by_line = len(filled) == len(lines) or sum(map(len, filled)) > LONG_LINE_CHARS * max(1, len(filled))
    run: list[str] = []
    gap = above = 0
    for line in [*lines, ""]:
        if line.strip():
            above = gap if not run else above
            run.append(line.rstrip())
            gap = 0
        if run and (line_by_line or not line.strip()):
            yield run, above
            run = []
        gap += not line.strip()


def _is_verse(lines: list[str]) -> bool:
    """Return whether lines are verse: all are indented, or all are short and begin with capitals."""
    if len(lines) < 2:
        return False
    if all(line.startswith("  ") for line in lines):
        return True
    return max(map(len, lines)) <= MAX_VERSE_CHARS and all(line.lstrip(" “‘\"'«—")[:1].isupper() for line in lines)


def _without_underlines(line: str) -> str:
    return str(_UNDERLINED.sub(r"\1", line.strip()))
