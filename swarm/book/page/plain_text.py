"""Reads plain text as paragraphs, headings and verse, which it tells by blank lines and indents.

Reads also the notation of Aozora Bunko, a library of Japanese books: readings, notes, rare characters.

"吾輩《わがはい》" is a word with its reading, "［＃...］" an annotation, "※［＃...］" a character that Shift JIS lacks.
"""

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import regex
from lxml import etree

from swarm.book.language.language import words
from swarm.book.language.pattern import compile_later
from swarm.book.model.language_code import normal_language
from swarm.book.page.chapter_line import TextParagraph, headings
from swarm.book.page.front_matter import CONTENTS, named
from swarm.errors import UsageError

MAX_HEADER_CHARS = 4_000  # the part of a text that may name its title and author
MAX_HEADER_PARAGRAPHS = 3  # first paragraphs in which title and author may be named
MAX_TITLE_LINE_CHARS = 80
MIN_DOTTED_LINES = 3  # fewer dotted lines are no table of contents
MIN_BRACED_PAGES = 3
LONG_LINE_CHARS = 120  # a text whose average line is longer has a paragraph on each line
MAX_VERSE_CHARS = 50  # longer lines are verse only if they are indented

# The numbers of printed pages: "[Pg 12]", "[Page 12]"; those in braces only if they rise one by one.
_PAGE_MARK = compile_later(r"\[(?:Pg|Page|p\.)\s?[\divxlc]{1,6}\] ?")
_BRACED = compile_later(r"\{(\d{1,4})\} ?")
_DOTTED = compile_later(r"\S.{0,150}?(?:\s?\.){4,200}+\s*[\divxlc]{1,6}\s*", regex.IGNORECASE)
_ABOUT = compile_later(r"^(title|author|lang(?:uage)?):\s*(\S.*)$", regex.IGNORECASE | regex.MULTILINE)
_BYLINE = (
    r"^[ \t]*(?i:by|von|par|di|por|door|av|af)[ \t]+"
    r"(?P<author>\p{Lu}[\p{L}.’'-]*+(?:[ \t](?:\p{Ll}{1,3}[ \t])?\p{Lu}[\p{L}.’'-]*+){1,4})[ \t]*$"
)
_BY = compile_later(_BYLINE, regex.MULTILINE)
_OPENING = compile_later(
    rf"\A\s*(?P<title>\S[^\n]{{0,{MAX_TITLE_LINE_CHARS}}}[^\s.,;:])[ \t]*\n\s*{_BYLINE}\s*\n\s*\n", regex.MULTILINE
)
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
    ends, named = _LineEnds(text), _opening(text)
    above = {line.strip() for line in named[0].split("\n")} if named else set[str]()
    for place, (lines, _) in enumerate(runs):
        element = etree.SubElement(body, "h2" if place in titles else "p")
        if place in contents:
            element.set("role", "doc-toc")
        elif place < MAX_HEADER_PARAGRAPHS and all(
            line.strip() in above or _ABOUT.fullmatch(line.strip()) for line in lines
        ):
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
    """Return the title, author and language that the opening lines name, by these words or as "The Ship / by A. B."."""
    lines = [(match[1].lower(), match[2].strip().strip("\"'")) for match in _ABOUT.finditer(text[:MAX_HEADER_CHARS])]
    found = {"language" if name == "lang" else name: value for name, value in lines}
    if not found.keys() & {"title", "author"} and (named := _opening(text)):
        found |= named.groupdict()
    if "language" in found:
        with suppress(UsageError):  # an unknown language stays as it is written
            found["language"] = normal_language(found["language"])
    return found


def _opening(text: str) -> "regex.Match[str] | None":
    """Return the title and the line "by A. B." above a text; None if it has several such lines, as collections do."""
    return _OPENING.match(text) if sum(1 for _ in _BY.finditer(text)) == 1 else None


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


LEGEND = "【テキスト中に現れる記号について】"  # opens the box that explains the notation
MIN_SIGNS = 3  # readings or annotations of a text without that box
MAX_TITLE_LINES = 5
PLANES = 94  # rows and cells of a plane of JIS X 0213

_READING = r"《([\p{Hiragana}\p{Katakana}ー・　 ]{1,60})》"
_NOTATION = compile_later(rf"[\p{{Han}}々〆ヶ]{_READING}|［＃[^［］\n]{{1,200}}］")
# A run of letters of one script that a reading stands behind, or whatever "｜" begins.
_RUBY = compile_later(
    rf"(?:｜([^｜《》\n]{{1,60}})|([\p{{Han}}々〆ヶ仝〇]{{1,30}}+|[\p{{Hiragana}}]{{1,30}}+|[\p{{Katakana}}ー]{{1,30}}+|"
    rf"[\p{{Latin}}]{{1,60}}+)){_READING}"
)
_ANNOTATION = compile_later(r"［＃(?:[^［］\n]|［[^［］\n]{0,200}+］){1,400}+］")
_RARE = compile_later(
    r"※［＃[^［］\n]{0,100}?(?:第[34]水準(?P<plane>[12])-(?P<row>\d{1,2})-(?P<cell>\d{1,2})|U\+(?P<code>[0-9A-F]{4,5}))[^［］\n]{0,60}］"
)
_HEADING = compile_later(r"［＃(?:「.{1,80}?」は|ここから)?(?:窓|同行)?[大中小]見出し(?:終わり)?］")
_RUN_IN = compile_later(r"(?:窓|同行)[大中小]見出し")
_BOX = compile_later(r"^-{20,}\n[^\n]*\n?(?:(?!-{20})[^\n]*\n){0,60}?-{20,}$", regex.MULTILINE)
_SOURCE = compile_later(r"^底本：", regex.MULTILINE)


def is_aozora(text: str) -> bool:
    """Return whether a text is in this notation."""
    if LEGEND in text:
        return True
    return sum(1 for _, _ in zip(range(MIN_SIGNS), _NOTATION.finditer(text), strict=False)) == MIN_SIGNS


def aozora_tree(text: str) -> tuple[etree._Element, dict[str, str]]:
    """Return a text as the tree of an HTML page, in which words have their readings, and its metadata by name."""
    root = etree.Element("html")
    body = etree.SubElement(root, "body")
    text = _RARE.sub(_character, text)
    opening, lines = _parts(text)
    for line in opening:
        etree.SubElement(body, "p", role="doc-title-page").text = line
    is_heading = is_source = False
    for line in lines:
        marks = _HEADING.findall(line)
        is_heading = is_heading or any("ここから" in mark for mark in marks)
        heads = is_heading or (bool(marks) and not _RUN_IN.search(line))
        is_heading = is_heading and not any("終わり" in mark for mark in marks)
        is_source = is_source or bool(_SOURCE.match(line))
        words = _ANNOTATION.sub("", line).strip("　 \t")
        if words:
            element = etree.SubElement(body, "h2" if heads else "p")
            if is_source:
                element.set("role", "doc-colophon")
            _write(element, words)
    return root, _about(opening)


def _parts(text: str) -> tuple[list[str], list[str]]:
    """Return the lines of title and author that open a text, and the lines after them, without the legend."""
    head, gap, rest = text.strip("\n\ufeff").partition("\n\n")
    opening = [line.strip("　 \t") for line in head.split("\n")]
    if (LEGEND not in text and not _SOURCE.search(text)) or len(opening) > MAX_TITLE_LINES or not gap:
        opening, rest = [], text
    return [_ANNOTATION.sub("", _RUBY.sub(r"\1\2", line)) for line in opening], _BOX.sub("", rest).split("\n")


def _about(opening: list[str]) -> dict[str, str]:
    """Return title and author: the first line, and the last that names no translator."""
    if not opening:
        return {"language": "ja"}
    authors = [line for line in opening[1:] if not line.endswith("訳")]
    return {"title": opening[0], "language": "ja"} | ({"author": authors[-1]} if authors else {})


def _write(element: etree._Element, words: str) -> None:
    """Put words into an element, each one that has a reading as ruby."""
    end, last = 0, None
    for match in _RUBY.finditer(words):
        _append(element, last, words[end : match.start()])
        last = etree.SubElement(element, "ruby")
        last.text = match[1] or match[2]
        etree.SubElement(last, "rt").text = match[3]
        end = match.end()
    _append(element, last, words[end:])


def _append(element: etree._Element, last: etree._Element | None, words: str) -> None:
    """Add words behind the last ruby of an element, or to its beginning."""
    words = words.replace("｜", "")
    if last is None:
        element.text = (element.text or "") + words
    else:
        last.tail = (last.tail or "") + words


def _character(match: "regex.Match[str]") -> str:
    """Return the character that an annotation describes by its place in JIS X 0213 or Unicode; "" if there is none."""
    if match["code"]:
        code = int(match["code"], 16)
        return chr(code) if code <= 0x10FFFF and not 0xD800 <= code < 0xE000 else ""
    row, cell = int(match["row"]), int(match["cell"])
    if not (1 <= row <= PLANES and 1 <= cell <= PLANES):
        return ""
    plane = b"\x8f" if match["plane"] == "2" else b""
    return (plane + bytes((0xA0 + row, 0xA0 + cell))).decode("euc_jis_2004", "ignore")
