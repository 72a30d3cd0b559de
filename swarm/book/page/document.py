"""Reads a document as people see it: passages in order, each visible word once, and the places of its anchors.

Takes the numbers of verses off their lines.
"""

from collections.abc import Set
from itertools import islice
from unicodedata import normalize

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.language.pattern import compile_later
from swarm.book.model.reading_choice import Reading
from swarm.book.page import front_matter
from swarm.book.page.bare_text import AUDIBLE, without_zero_width
from swarm.book.page.block import BLOCKS, CODE, HEADER, heading_level, is_code, is_stanza, mark_tables, may_be_code
from swarm.book.page.boilerplate import (
    drop_cap,
    is_boilerplate,
    is_caption,
    is_scene_break,
    says_nothing,
    without_page,
    without_picture_mark,
    without_printed_numbers,
)
from swarm.book.page.formula import EXPONENT, INDEX, RAISED, VARIABLE, alternative_of, read_formula
from swarm.book.page.markup import local, types
from swarm.book.page.note import NOTE, REFERENCE, RETURN, is_named_note
from swarm.book.page.passage import Look, Passage, Tracer
from swarm.book.page.spoken_mark import Collector
from swarm.book.page.stylesheet import is_line

_NUMBER = r"(?:\d{1,3}[:.]\d{1,3}|[\[({]\d{1,3}[:.]?\d{0,3}[\])}]|\d{1,3})"
_AT_START = compile_later(rf"(?m)^\s{{0,4}}{_NUMBER}\s{{1,4}}(?=[“‘\"'(¿¡«]?\p{{L}})")
_INSIDE = compile_later(r"(?<=[.!?:;,”’\"'»)\]]\s)[\[({]?\d{1,3}:\d{1,3}[\])}]?\s{1,4}(?=[“‘\"'(¿¡«]?\p{L})")

_ORNATE = compile_later(r"\s?(?:[﴾﴿]\s?\d{1,3}\s?[﴾﴿]|۝\s?\d{0,3})")
_CLASS = compile_later(r"(?:^|\s)(?:v|vn|vs|verse|verse[-_]?(?:num|number|no)|v[-_]?num)(?:\s|$)", regex.IGNORECASE)
_LONE = compile_later(r"\s?(\d{1,3})\s?")
_CAPITAL = compile_later(r"[“‘\"'(¿¡«]?\p{Lu}\p{Ll}")  # "<b>3</b>And": the number of a verse stands apart
_TAGS, _RAISED = frozenset(("span", "b", "strong", "small")), frozenset(("sup", "a"))


def verse_number(element: etree._Element, tag: str) -> str:
    """Return the number of a verse that an element is, by its class or by the capital behind it; "" if it is none."""
    if tag not in _TAGS and tag not in _RAISED:
        return ""
    number = None if len(element) else _LONE.fullmatch(element.text or "")
    if number is None:
        return ""
    told = _CLASS.search(element.get("class") or "") or (tag in _TAGS and _CAPITAL.match(element.tail or ""))
    return number[1] if told else ""


def without_verse_numbers(text: str) -> str:
    """Return a text without the numbers of its verses."""
    return str(_ORNATE.sub("", _INSIDE.sub("", _AT_START.sub("", text))))


SVG_BLOCKS = frozenset(("svg", "text"))
CELLS = frozenset(("td", "th"))
LINES = frozenset(("div", "p", "li", "ul", "ol"))  # elements that may be lines in a stanza
ROOTS = frozenset(("html", "body"))  # authoring tools often give these their own language
MAX_CELL_CHARS = 120  # a row with longer cells is not read as one paragraph
MAX_PATH_CHARS = 400  # the path of a block keeps its end
DEFAULT_READING = Reading()

_SVG = "{http://www.w3.org/2000/svg}"
_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_MARK = "\ufffc"  # placeholder for the mark of a note
_MARKS = compile_later(r"[\[(]\s*\ufffc\s*[\])]|\ufffc")
_VERSE = "\u2028"  # placeholder for the end of a line of verse
_VERSES = compile_later(r"\s*\u2028\s*")
_BOLD = frozenset(("b", "strong"))
_AFTER_WORD = compile_later(r"(?:\p{L}{3}|\p{L}[.,;:!?。，、；：！？]|(?<!\d)(?:1[5-9]|20)\d\d[.,;]?)[”\"»’)]*$")
_MARK_FIGURES = compile_later(r"[\[(〔（]?\s?(?:[0-9]{1,3}|[①-⓿❶-➓])\s?[\])〕）]?")
_BASE = compile_later(r"[\p{L}\d)]$")
# Marks of notes without a link, such as "word¹" and "word*", but not "*word*".
_LOOSE_MARKS = compile_later(
    r"(?<=(?:\p{L}{3}|\p{L}[.,;:!?])[”\"»’)]*)[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,3}(?![\p{L}\p{N}])|"
    r"(?<=\p{L}{2}[.,;:!?]?[”\"»’)]*)(?:[†‡]{1,2}|(?<!\*\S{0,40})\*{1,2}(?!\S{0,40}\*))(?![\p{L}\p{N}])"
)
_CAP = "\ufff9"  # placeholder after a drop cap
# "T he" is one word, "A man" is two.
_CAPS = compile_later(r"(?<![AIOYEÀaioyeà])\ufff9\s+(?=\p{Ll}|\p{Lu}{2})|\ufff9")
_NO_SPACE = compile_later(r"[.,;:!?)\]]")
_OVER = compile_later(r"\s*[/⁄]")
_LONE_LETTER = compile_later(r"\W*\p{L}")
_ORNAMENT = compile_later(r"[\s*·•⁂⁎⁑#~_=+\-–—§|/\\.°＊※＃～〜\u25a0-\u25ff★☆\u2720-\u2767]+")


class Document(Struct):
    """The passages of one document. `anchors` maps each wanted id to the index of the passage after it."""

    passages: list[Passage]
    anchors: dict[str, int]
    language: str = ""


def read_document(
    root: etree._Element, anchors: Set[str], reading: Reading = DEFAULT_READING, tracer: Tracer | None = None
) -> Document:
    """Read a document. Passages begin at the ids in `anchors`, and have traces if there is a tracer."""
    return _Walk(anchors, reading, tracer).read(root)


class _Open(Struct):
    """An open block, with the properties that its content inherits."""

    element: etree._Element | None = None
    level: int = 0  # level of the open heading, 0 outside headings
    left_out: str = ""
    language: str = ""
    note: str = ""
    pre: bool = False
    stanza: bool = False
    caption: bool = False
    path: str = ""


class _Walk:
    """Reads a document by a walk through its tree."""

    def __init__(self, anchors: Set[str], reading: Reading, tracer: Tracer | None) -> None:
        self.wanted = anchors
        self.tracer = tracer
        self.reading = reading
        self.document = Document([], {})
        self.parts: list[str] = []  # texts of the open block, whose lines end with \n
        self.header = ""  # column name to put before the next text of a cell
        self.references: list[str] = []  # keys of the notes that the open block refers to
        self.marks: list[str] = []  # raised figures of the open block that lead nowhere
        self.open = [_Open()]
        self.lines: list[etree._Element] = []  # open inline elements that a style puts on lines of their own
        self.sayings = Collector()
        self.linked = self.bold = 0  # characters of the open block
        self.groups: list[int] = []  # the index of the first passage of each open heading group

    def read(self, root: etree._Element) -> Document:
        self.document.language = _language(root)
        mark_tables(root)
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
        """Begin an element; return whether its content is to be read."""
        if is_boilerplate(element):
            self._anchor(element)
            self._drop(element)
            if self.tracer:
                self.tracer.skip(element)
            return False
        tag = local(element)
        if _is_block(element, tag):
            self._begin(element, tag)
        self._anchor(element)
        self.sayings.begin_element(element, self.parts)
        replacement = self._replacement(element, tag)
        if replacement is not None:
            if self.tracer:
                self.tracer.take_whole(len(self.parts), replacement.removesuffix(_CAP), element)
            self.parts.append(replacement)
            return False
        if tag == "a" and element.get("href"):
            self.linked += sum(map(len, element.itertext()))
        elif tag in _BOLD:
            self.bold += sum(map(len, element.itertext()))
        if tag == "br":
            self.parts.append("\n")
        elif tag == "hr":
            self._flush()
            self._keep(Passage("scene"))
        elif tag in CELLS:
            self._begin_cell(element)
        elif is_line(element) and not _LONE_LETTER.fullmatch("".join(islice(element.itertext(), 2))):
            self.parts.append(_VERSE)
            self.lines.append(element)
        elif tag == "tspan" and (element.get("x") or element.get("dy")):
            self.parts.append(" ")
        self._add(element.text)
        return True

    def _begin_cell(self, element: etree._Element) -> None:
        if sum(map(len, self.parts)) > MAX_CELL_CHARS:
            self._flush()  # each cell of a table with prose is a paragraph, maybe in a language of its own
        elif self.parts:
            self.parts.append("\n")
        self.header = f"{element.get(HEADER)}: " if element.get(HEADER) else ""

    def _drop(self, element: etree._Element) -> None:
        reference = element.get(REFERENCE)
        if reference:
            self.references.append(reference)
        if reference or element.get(RETURN) or "noteref" in types(element):
            self.parts.append(_MARK)

    def _replacement(self, element: etree._Element, tag: str) -> str | None:
        """Return the text that replaces an element's own; None if its own text is read."""
        if tag == "math":
            formula = alternative_of(element) or read_formula(element)
            return f" {formula}{'' if _NO_SPACE.match(element.tail or '') else ' '}"
        if tag == "ruby" and self.reading.ruby == "reading":
            return "".join("".join(reading.itertext()) for reading in element.iter("{*}rt")) or None
        verse = verse_number(element, tag)
        if verse:
            return f" {verse} " if self.reading.verse_numbers == "say" else " "
        if tag == "sup":
            if _OVER.match(element.tail or ""):
                return f" {''.join(element.itertext()).strip()}" if self._after_figure() else None
            links = list(element.iter("{*}a"))
            figures = "".join(islice(element.itertext(), 4))
            raised = None if any(map(is_boilerplate, links)) else self._raised(figures)
            self.marks += [figures.strip(" []()〔〕（）")] if raised == "" and not links else []
            return raised if not raised or not links else None
        if tag == "sub" and INDEX.fullmatch(element.text or "") and VARIABLE.search("".join(self.parts[-2:])):
            return f" {element.text}"
        cap = drop_cap(element)
        if cap:
            return cap + _CAP
        if tag == "img" and self._tells(element) and not says_nothing(element.get("alt") or ""):
            return f" {element.get('alt')} "
        return None

    def _tells(self, picture: etree._Element) -> bool:
        """Tell whether a picture's alternative text is read: if the user wants it, or if the picture is a heading."""
        heading = self.open[-1].element if self.open[-1].level else None
        return self.reading.alt_text or (heading is not None and not "".join(islice(heading.itertext(), 99)).strip())

    def _after_figure(self) -> bool:
        return bool(self.parts) and self.parts[-1][-1:].isdecimal()

    def _raised(self, figures: str) -> str | None:
        """Return the text for superscript digits: an exponent, or "" for a note's number; None for other text.

        A note's number comes after a word or a year; an exponent, as in "m<sup>2</sup>", does not.
        """
        before, figures = "".join(self.parts[-3:])[-8:], figures.strip()
        if _AFTER_WORD.search(before):
            return "" if _MARK_FIGURES.fullmatch(figures) else None
        if not EXPONENT.fullmatch(figures):
            return None
        if _BASE.search(before):
            return figures.translate(RAISED)
        return " " if self.reading.verse_numbers == "skip" and figures.isdecimal() else f"{figures} "

    def _begin(self, element: etree._Element, tag: str) -> None:
        above = self.open[-1]
        self._break(above, tag)
        level = heading_level(element, tag, in_group=bool(self.groups)) or above.level
        if tag == "hgroup":
            self.groups.append(len(self.document.passages))
        note = element.get(NOTE) or above.note
        names = {*(element.get("class") or "").split(), element.get("id") or ""}
        self.open.append(
            _Open(
                element,
                level=level,
                left_out=self._left_out(element, tag, note, names),
                language=(_language(element) if tag not in ROOTS else "") or above.language,
                note=note,
                pre=above.pre or tag == "pre",
                stanza=above.stanza or is_stanza(element),
                caption=above.caption or is_caption(element),
                path=_path(above.path, element, tag),
            )
        )
        if tag in ("p", "div", "figure") and is_scene_break(element):
            self._keep(Passage("scene"))

    def _left_out(self, element: etree._Element, tag: str, note: str, names: set[str]) -> str:
        """Return the reason to leave out a block; that of a code listing is taken back if the book is little else."""
        is_note = note or (self.reading.notes == "skip" and is_named_note(element, tag))
        reason = (
            front_matter.NOTES if is_note else front_matter.inherited(self.open[-1].left_out, types(element), names)
        )
        is_left = not reason and self.reading.code != "say" and may_be_code(element, tag) and is_code(element)
        return CODE if is_left else reason

    def _end(self, element: etree._Element) -> None:
        self.sayings.end_element(element, self.parts)
        if self.lines and element is self.lines[-1]:
            self.lines.pop()
            self.parts.append(_VERSE)
        if element is not self.open[-1].element:
            return
        tag = local(element)
        self.header = "" if tag == "tr" else self.header
        inside = len(self.open) > 1 and self.open[-2].stanza
        if inside:
            self._break(self.open[-2], tag)
        else:
            self._flush()
        self.open.pop()
        if tag == "hgroup":
            self.groups.pop()

    def _break(self, around: _Open, tag: str) -> None:
        """End the line of verse in a stanza, or the passage elsewhere, before a block begins or ends."""
        if around.stanza and tag in LINES and not around.level:
            self.parts.append(_VERSE)
        else:
            self._flush()

    def _anchor(self, element: etree._Element) -> None:
        for key in ("id", "name"):
            name = element.get(key)
            if name in self.wanted and name not in self.document.anchors:
                if not self.open[-1].level:
                    self._flush()  # an anchor cuts any block but a heading
                place = self.groups[0] if self.groups else len(self.document.passages)
                self.document.anchors[name] = place

    def _add(self, text: str | None) -> None:
        if text and self.header and not text.isspace():
            self.parts.append(self.header)
            self.header = ""
        if text:
            if self.tracer:
                self.tracer.trace_text(len(self.parts), text)
            self.parts.append(text if self.open[-1].pre else " ".join(text.split("\n")))

    def _flush(self) -> None:
        parts, self.parts, sayings = self.parts, [], self.sayings.take_sayings()
        look, self.linked, self.bold = Look(self.open[-1].path, self.linked, self.bold), 0, 0
        text = "".join(parts)
        if self.tracer and parts:
            self.tracer.end_block(parts)
        if not text or text.isspace():
            return
        text = _VERSES.sub(_line_break, text.strip(_VERSE + " ")) if _VERSE in text else text
        text = without_zero_width(text)
        text = _MARKS.sub("", text) if _MARK in text else text
        text = _CAPS.sub("", text)
        self.marks += [normalize("NFKC", mark) for mark in _LOOSE_MARKS.findall(text)]
        text = _LOOSE_MARKS.sub("", text)
        text = without_page(text) if self.open[-1].caption else text
        lines = [" ".join(line.split()) for line in without_printed_numbers(text).split("\n")]
        paragraphs = "\n".join(lines).split("\n\n")
        for paragraph in paragraphs:
            said = without_picture_mark(paragraph.strip())
            said = without_verse_numbers(said) if self.reading.verse_numbers == "skip" else said
            if said:
                passage = self._passage(said)
                passage.look = look
                self._keep(passage)
                passage.sayings = sayings if len(paragraphs) == 1 else ()

    def _passage(self, text: str) -> Passage:
        level = self.open[-1].level
        if not AUDIBLE.search(text) and _ORNAMENT.fullmatch(text):
            return Passage("scene")
        references, self.references = tuple(self.references), []
        marks, self.marks = tuple(self.marks), []
        trace = self.tracer.trace(text) if self.tracer else None
        return Passage(
            "heading" if level else "paragraph", text, level, references=references, marks=marks, trace=trace
        )

    def _keep(self, passage: Passage) -> None:
        inherited = self.open[-1]
        passage.left_out, passage.language, passage.note = inherited.left_out, inherited.language, inherited.note
        self.document.passages.append(passage)


def _line_break(gap: "regex.Match[str]") -> str:
    """Return the break between two lines of verse: a blank line if the gap has several line breaks."""
    return "\n\n" if gap[0].count("\n") > 1 else "\n"


def _language(element: etree._Element) -> str:
    return element.get(_XML_LANG) or element.get("lang") or ""


def _path(above: str, element: etree._Element, tag: str) -> str:
    """Return the path of a block: that of the one above, its tag, its types and classes, and its id."""
    classes = " ".join((element.get("class") or "", *sorted(types(element)))).split()
    name = element.get("id") or ""
    return f"{above} {'.'.join((tag, *classes))}{'#' if name else ''}{name}"[-MAX_PATH_CHARS:]


def _is_block(element: etree._Element, tag: str) -> bool:
    return tag in BLOCKS or (tag in SVG_BLOCKS and str(element.tag).startswith(_SVG))
