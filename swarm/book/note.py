"""Footnotes and endnotes: found by their types and by their shape, left out, or read where they are referred to."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.markup import local, types
from swarm.book.passage import Passage

REFERENCE = "e2a-reference"  # attributes that mark a tree: the note that a mark refers to,
NOTE = "e2a-note"  # the note that an element is,
RETURN = "e2a-return"  # and a link back from a note to its mark
MAX_NOTE_CHARS = 20_000
NEAR = 3  # steps from a link to an ancestor with an id or a telling class

# How a listener is told that a note follows.
WORDS = {"en": "Note:", "fr": "Note :", "de": "Anmerkung:", "es": "Nota:", "it": "Nota:", "pt": "Nota:", "nl": "Noot:"}

_LABEL = regex.compile(
    r"[\[({]?\s*(?:(?:note|n\.)\s*)?(\d{1,4}|[*†‡§¶#]{1,4}|\p{L}|[ivxlc]{1,6})\s*[.)\]}]?", regex.IGNORECASE
)
_PLAIN = regex.compile(r"\d{1,4}|\p{L}+")  # a label that needs to stand high to be one
_ANCHOR_CLASS = regex.compile(r"fnanchor|fnref|note[-_]?(?:ref|anchor|call|link|mark)", regex.I)
_NOTE_CLASS = regex.compile(r"^(?:foot|end|rear)-?notes?|^fn$|^fnote|^note-?text", regex.IGNORECASE)
_NOTE_TYPES = frozenset(("footnote", "endnote", "rearnote", "note"))
_SECTION_TYPES = frozenset(("footnotes", "endnotes", "rearnotes"))
_HOLDERS = frozenset(("p", "li", "div", "aside", "dd", "tr", "article", "section", "blockquote"))
_HEADINGS = ("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}h5", "{*}h6")
_WRITTEN = regex.compile(
    r"\s*\[(?:Foot|End)?note\s*(\d{1,4}|\p{L}|[*†‡§]{1,3})?\s*[:.]\s*(.*?)\]?\s*", regex.IGNORECASE | regex.DOTALL
)

Target = tuple[str, str]  # a document and an id in it
Resolve = Callable[[str, str], Target]


class _Link(Struct):
    element: etree._Element
    page: int
    target: Target
    label: str
    typed: bool


def mark_notes(pages: list[tuple[str, etree._Element]], resolve: Resolve) -> None:
    """Mark the notes of all documents, and what refers to them; `resolve` says where a reference in one leads."""
    links = [link for number in range(len(pages)) for link in _links(number, *pages[number], resolve)]
    numbers = {name: number for number, (name, _) in enumerate(pages)}
    targets = _targets(pages, numbers, {link.target for link in links})
    sources = {(pages[link.page][0], near): link for link in links for near in _ids_near(link.element)}
    for link in links:
        found = targets.get(link.target)
        if found is None or link.element.get(RETURN):
            continue
        page, element = found
        holder = _holder(element, link.element)
        back = [] if holder is None else _back_links(holder, pages[page][0], link, sources, resolve)
        if holder is not None and _later(page, holder, link) and (back or _looks_like_note(holder, link)):
            key = "#".join(link.target)
            holder.set(NOTE, key)
            link.element.set(REFERENCE, key)
            for line in back:
                line.set(RETURN, key)


def mark_written_notes(passages: list[Passage], reason: str) -> None:
    """Notes that plain text shows in brackets, "[Footnote 1: ...]", and their marks, "[1]"."""
    labels: set[str] = set()
    for number, passage in enumerate(passages):
        written = _WRITTEN.fullmatch(passage.text) if passage.text.startswith("[") else None
        if written:
            label = written[1] or ""
            labels.add(label)
            passage.text, passage.left_out, passage.note = written[2], reason, f"{number}[{label}]"
    if labels - {""}:
        marks = regex.compile(rf"\s?\[(?:{'|'.join(sorted(map(regex.escape, labels - {''})))})\]")
        _strip_marks(passages, marks)


def _strip_marks(passages: list[Passage], marks: "regex.Pattern[str]") -> None:
    """Take the marks out of the text, each referring to the next note of its label."""
    waiting: dict[str, list[Passage]] = defaultdict(list)
    for passage in passages:
        if passage.note:
            for referring in waiting.pop(passage.note.partition("[")[2], [])[-1:]:
                referring.references = (*referring.references, passage.note)
        for mark in marks.findall(passage.text) if not passage.left_out else ():
            waiting[mark.strip()[1:]].append(passage)
        passage.text = marks.sub("", passage.text)


def place_notes(rows: list[list[Passage]], mode: str, language: str) -> list[list[Passage]]:
    """Each chapter's passages with its notes where the mode wants them: "skip", "inline" or "end"."""
    if mode == "skip":
        return rows
    notes: dict[str, list[Passage]] = defaultdict(list)
    for passage in (passage for row in rows for passage in row if passage.note):
        notes[passage.note].append(passage)
    used: set[str] = set()
    placed = [list(_with_notes(row, notes, used, mode, WORDS.get(language, ""))) for row in rows]
    return [[passage for passage in row if passage.note not in used] for row in placed]


def _with_notes(
    row: list[Passage], notes: dict[str, list[Passage]], used: set[str], mode: str, word: str
) -> Iterator[Passage]:
    waiting: list[Passage] = []
    for passage in row:
        yield passage
        for key in passage.references if not passage.left_out else ():
            if key in notes and key not in used:
                used.add(key)
                waiting += _said(notes[key], word)
        if mode == "inline":
            yield from waiting
            waiting = []
    if waiting:
        yield Passage("scene")
        yield from waiting


def _said(note: list[Passage], word: str) -> Iterator[Passage]:
    for number, passage in enumerate(note):
        text = passage.text if number or not word else f"{word} {passage.text}"
        yield Passage("paragraph", text, language=passage.language)


def _links(number: int, name: str, root: etree._Element, resolve: Resolve) -> Iterator[_Link]:
    for element in root.iter("{*}a"):
        href = element.get("href") or ""
        if "#" not in href:
            continue
        label = "".join(element.itertext()).strip()
        typed = "noteref" in types(element) or bool(_ANCHOR_CLASS.search(_classes_near(element)))
        if typed or (_LABEL.fullmatch(label) and (not _PLAIN.fullmatch(label) or _high(element))):
            yield _Link(element, number, resolve(name, href), label, typed)


def _targets(
    pages: list[tuple[str, etree._Element]], numbers: dict[str, int], wanted: set[Target]
) -> dict[Target, tuple[int, etree._Element]]:
    found: dict[Target, tuple[int, etree._Element]] = {}
    for name in {name for name, _ in wanted if name in numbers}:
        number = numbers[name]
        for element in pages[number][1].iter("*"):
            for key in (element.get("id"), element.get("name")):
                if key and (name, key) in wanted:
                    found.setdefault((name, key), (number, element))
    return found


def _holder(element: etree._Element, link: etree._Element) -> etree._Element | None:
    """The block that is the note, from the element that a mark leads to; None where that cannot be a note."""
    block = next((step for step in (element, *element.iterancestors()) if local(step) in _HOLDERS), None)
    if block is None or block in link.iterancestors():
        return None
    for step in [*block.iterancestors()][:NEAR]:
        if _is_note(step):
            block = step
    parent = block.getparent()
    while parent is not None and local(parent) in ("li", "dd", "tr", "article", "aside") and _first(parent, block):
        block, parent = parent, parent.getparent()
    if link in block.iterdescendants("{*}a") or next(block.iter(*_HEADINGS), None) is not None:
        return None
    return block if sum(map(len, block.itertext())) <= MAX_NOTE_CHARS else None


def _first(parent: etree._Element, block: etree._Element) -> bool:
    return not (parent.text or "").strip() and next(parent.iterchildren("*"), None) is block


def _is_note(element: etree._Element) -> bool:
    if types(element) & _NOTE_TYPES:
        return True
    singular = (word for word in (element.get("class") or "").split() if not word.lower().endswith("s"))
    return any(_NOTE_CLASS.search(word) for word in singular)


def _looks_like_note(holder: etree._Element, link: _Link) -> bool:
    if _is_note(holder):
        return True
    apart = any(
        types(step) & _SECTION_TYPES or _NOTE_CLASS.search(step.get("class") or step.get("id") or "")
        for step in (holder, *holder.iterancestors())
    )
    opening = "".join(holder.itertext()).strip()[:12]
    label = regex.sub(r"[^\p{L}\p{N}*†‡§¶#]+", "", link.label)
    same = bool(label) and regex.match(rf"[\[(]?{regex.escape(label)}(?![\p{{L}}\p{{N}}])", opening)
    return apart or bool(same)


def _back_links(
    holder: etree._Element, name: str, link: _Link, sources: dict[Target, _Link], resolve: Resolve
) -> list[etree._Element]:
    """Links in a note that lead back to the mark."""
    return [
        line
        for line in holder.iter("{*}a")
        if "#" in (line.get("href") or "") and sources.get(resolve(name, line.get("href"))) is link
    ]


def _later(page: int, holder: etree._Element, link: _Link) -> bool:
    """Whether a note stands after its mark, as it does unless the mark is the note's own link back."""
    if page != link.page:
        return page > link.page
    chain = [*reversed([*link.element.iterancestors()]), link.element]
    others = [*reversed([*holder.iterancestors()]), holder]
    for one, other in zip(chain, others, strict=False):
        if one is not other:
            parent = one.getparent()
            return parent is None or parent.index(other) > parent.index(one)
    return False


def _ids_near(element: etree._Element) -> Iterator[str]:
    before = element.getprevious()
    for step in (element, *element.iterdescendants("*"), *[*element.iterancestors()][:NEAR], before):
        for key in ("id", "name") if step is not None else ():
            if step.get(key):
                yield step.get(key)


def _classes_near(element: etree._Element) -> str:
    parent = element.getparent()
    above = parent.get("class") if parent is not None and local(parent) in ("sup", "span") else ""
    return f"{element.get('class') or ''} {above or ''}"


def _high(element: etree._Element) -> bool:
    """Whether a link stands above the line."""
    steps = (*[*element.iterancestors()][:NEAR], element, *element.iterdescendants("*"))
    return any(
        local(step) == "sup" or "super" in (step.get("class") or "") + (step.get("style") or "") for step in steps
    )
