"""Reads plain text in the notation of Aozora Bunko, a library of Japanese books: readings, notes, rare characters.

"吾輩《わがはい》" is a word with its reading, "［＃...］" an annotation, "※［＃...］" a character that Shift JIS lacks.
"""

import regex
from lxml import etree

from swarm.book.language.late_pattern import compile_later

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
