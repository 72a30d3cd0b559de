"""A document's text as a reader sees it: passages in order, every visible word once, and where its anchors stand."""

from collections.abc import Set
from typing import Literal

import regex
from lxml import etree
from msgspec import Struct

from swarm.book import matter
from swarm.book.markup import local, types


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BLOCKS = _words(
    "html body div p section article main header footer aside nav address blockquote pre figure figcaption hgroup "
    "h1 h2 h3 h4 h5 h6 ul ol dl li dt dd menu dir table caption thead tbody tfoot tr form fieldset legend details "
    "summary center dialog search"
)
SVG_BLOCKS = frozenset(("svg", "text"))
CELLS = frozenset(("td", "th"))
DROPPED = _words(
    "head title script style template rt rp rtc audio video canvas iframe datalist annotation annotation-xml "
    "metadata defs desc case"
)
UNSPOKEN_TYPES = frozenset(("noteref", "pagebreak"))
PAGE_NUMBERS = frozenset(("pagenum", "pageno", "x-ebookmaker-pageno"))
SUBTITLE = 9  # the level of a line under a heading: no chapter begins there

_SVG = "{http://www.w3.org/2000/svg}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_HIDDEN = regex.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", regex.IGNORECASE)
_NOTEREF = "\ufffc"
_NOTEREFS = regex.compile(r"[\[(]\s*\ufffc\s*[\])]|\ufffc")
# Joiners stay where a script needs them to shape its letters.
_ZERO_WIDTH = regex.compile(
    r"[[\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\p{Cc}]--[\t\n\r\f]]"
    r"|(?<![\p{Arabic}\p{Syriac}\p{Mongolian}\p{Devanagari}\p{Bengali}\p{Gurmukhi}\p{Gujarati}\p{Oriya}\p{Tamil}"
    r"\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Khmer}\p{Myanmar}\p{M}])[\u200c\u200d]",
    regex.V1,
)
_SPACES = regex.compile(r"[^\S\n]+")
_ORNAMENT = regex.compile(r"[\s*·•⁂⁎⁑#~_=+\-–—§☙❦❧✦✧✶✻❖◆◇○●◊|/\\.°]+")
_HEARD = regex.compile(r"[\p{L}\p{N}]")


class Passage(Struct):
    """A block with what decides its chapter: the level of a heading (0: none) and why it is left out."""

    kind: Literal["heading", "paragraph", "scene"]
    text: str = ""
    level: int = 0
    left_out: str = ""


class Document(Struct):
    """What one document says: passages, and for each anchor asked for, the passage it stands before."""

    passages: list[Passage]
    anchors: dict[str, int]
    language: str = ""


def read_document(root: etree._Element, anchors: Set[str]) -> Document:
    """Read a tree; `anchors` are the ids at which something may begin."""
    return _Walk(anchors).read(root)


def tidy(text: str) -> str:
    """A text on one line: zero-width characters gone, white space single."""
    return " ".join(_ZERO_WIDTH.sub("", text).split())


class _Walk:
    def __init__(self, anchors: Set[str]) -> None:
        self.wanted = anchors
        self.document = Document([], {})
        self.parts: list[str] = []  # of the block being read; lines end with \n
        self.levels: list[int] = []  # of the headings that are open
        self.left_out: list[str] = []  # one for each open block
        self.open: list[etree._Element] = []  # blocks
        self.groups: list[int] = []  # where open heading groups began
        self.pre = 0

    def read(self, root: etree._Element) -> Document:
        self.document.language = root.get(_XML_LANG) or root.get("lang") or ""
        walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
        for event, element in walk:
            if event == "start":
                if not self._start(element):
                    walk.skip_subtree()
            else:
                if event == "end":
                    self._end(element)
                if element is not root:
                    self._add(element.tail)
        self._flush()
        return self.document

    def _start(self, element: etree._Element) -> bool:
        """Take an element in; whether what is inside it is to be read."""
        if _dropped(element):
            self.parts.append(_NOTEREF if "noteref" in types(element) else "")
            return False
        tag = local(element)
        if _is_block(element, tag):
            self._open(element, tag)
            self.open.append(element)
        self._anchor(element)
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self._flush()
            self._keep(Passage("scene"))
        elif tag in CELLS and self.parts:
            self.parts.append("\n")
        said_whole = element.get("alttext") if tag == "math" else None
        self._add(said_whole or element.text)
        return not said_whole

    def _open(self, element: etree._Element, tag: str) -> None:
        self._flush()
        classes = {*(element.get("class") or "").split(), element.get("id")} - {None}
        inherited = self.left_out[-1] if self.left_out else ""
        self.left_out.append(inherited or matter.marked(types(element), (str(word) for word in classes)))
        if tag == "hgroup":
            self.groups.append(len(self.document.passages))
        self.pre += tag == "pre"
        self.levels.append(_level(element, tag, bool(self.groups)) or (self.levels[-1] if self.levels else 0))

    def _end(self, element: etree._Element) -> None:
        if not self.open or element is not self.open[-1]:
            return
        self._flush()
        tag = local(self.open.pop())
        self.left_out.pop()
        self.levels.pop()
        self.pre -= tag == "pre"
        if tag == "hgroup":
            self.groups.pop()

    def _anchor(self, element: etree._Element) -> None:
        for key in ("id", "name"):
            name = element.get(key)
            if name in self.wanted and name not in self.document.anchors:
                if not (self.levels and self.levels[-1]):
                    self._flush()  # a heading is never cut, any other block is
                place = self.groups[0] if self.groups else len(self.document.passages)
                self.document.anchors[name] = place

    def _add(self, text: str | None) -> None:
        if text:
            self.parts.append(text if self.pre else " ".join(text.split("\n")))

    def _flush(self) -> None:
        text, self.parts = "".join(self.parts), []
        if not text or text.isspace():
            return
        text = _NOTEREFS.sub("", _ZERO_WIDTH.sub("", text))
        lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
        for paragraph in "\n".join(lines).split("\n\n"):
            if paragraph.strip():
                self._keep(self._passage(paragraph.strip()))

    def _passage(self, text: str) -> Passage:
        if not _HEARD.search(text) and _ORNAMENT.fullmatch(text):
            return Passage("scene")
        level = self.levels[-1] if self.levels else 0
        return Passage("heading" if level else "paragraph", text, level)

    def _keep(self, passage: Passage) -> None:
        passage.left_out = self.left_out[-1] if self.left_out else ""
        self.document.passages.append(passage)


def _is_block(element: etree._Element, tag: str) -> bool:
    return tag in BLOCKS or (tag in SVG_BLOCKS and str(element.tag).startswith(_SVG))


def _level(element: etree._Element, tag: str, in_group: bool) -> int:
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return SUBTITLE if in_group and local(element.getparent()) == "hgroup" and _later(element) else int(tag[1])
    titles = types(element) & {"title", "subtitle", "fulltitle", "ordinal"}
    return SUBTITLE if tag == "p" and (in_group or titles) else 0


def _later(element: etree._Element) -> bool:
    return any(True for _ in element.itersiblings("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}h5", "{*}h6", preceding=True))


def _dropped(element: etree._Element) -> bool:
    if local(element) in DROPPED or element.get("hidden") is not None or types(element) & UNSPOKEN_TYPES:
        return True
    style = element.get("style")
    if style and _HIDDEN.search(style):
        return True
    names = element.get("class")
    return bool(names) and not PAGE_NUMBERS.isdisjoint(names.split()) and len("".join(element.itertext())) < 16
