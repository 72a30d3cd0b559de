"""Finds footnotes and endnotes by their types and their shape, and places them where the user wants them."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import islice, pairwise

import regex
from lxml import etree
from msgspec import Struct

from swarm.book.language.known import find_language
from swarm.book.language.pattern import compile_later
from swarm.book.page.bare_text import AUDIBLE
from swarm.book.page.front_matter import named
from swarm.book.page.input_bounds import MAX_BOX_CHARS, MAX_NOTE_CHARS
from swarm.book.page.markup import local, types
from swarm.book.page.passage import Passage

REFERENCE = "e2a-reference"  # attribute of a note's mark: the key of the note
NOTE = "e2a-note"  # attribute of a note: its key
RETURN = "e2a-return"  # attribute of a link from a note back to its mark: the key of the note
MAX_LABEL_PIECES = 8  # texts in a link, of which its label is made
MAX_MUTE_STEPS = 64  # elements whose texts are looked at, to tell whether a block says anything
MAX_HEADING_CHARS = 40  # a longer line is text, not an unmarked heading such as "Notes"
MAX_OPENING_CHARS = 12  # a note's label is in its opening
MIN_WORDS_CHARS = 4  # a note with fewer characters outside its links has no words
MIN_PAGE_NOTES = 2  # a document with fewer notes is no page of notes, unless its first heading says so
MAX_STEPS_UP = 3  # ancestors of a link or block that are searched for ids and classes

_LABEL = compile_later(
    r"[\[({]?\s*(?:(?:note|n\.)\s*)?(\p{L}{0,2}\d{1,4}|[*†‡§¶#①-⓿❶-➓]{1,4}|\p{L}|[ivxlc]{1,6})\s*[.)\]}]?",
    regex.IGNORECASE,
)
_NO_LABEL = compile_later(r"[^\p{L}\p{N}*†‡§¶#]+")
_PLAIN = compile_later(r"\p{L}{0,2}\d{1,4}|\p{L}+")  # a label that must be superscript
_ANCHOR_CLASS = compile_later(
    r"fnanchor|fnref|(?:foot|end)note(?:\s|$)|note[-_]?(?:ref|anchor|call|link|mark)", regex.I
)
_NOTE_CLASS = compile_later(r"^(?:foot|end|rear)-?notes?|^fn$|^fnote|^note-?text", regex.IGNORECASE)
_NAMED_CLASS = compile_later(r"(?:^|_)(?:foot|end)-?note(?:-?text)?$", regex.IGNORECASE)  # "gtxt_footnote"
_NOTE_TYPES = frozenset(("footnote", "endnote", "rearnote", "note"))
_SECTION_TYPES = frozenset(("footnotes", "endnotes", "rearnotes"))
_HOLDERS = frozenset(("p", "li", "div", "aside", "dd", "dt", "tr", "article", "section", "blockquote"))
_HEADINGS = ("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}h5", "{*}h6")
_OWN_LABEL = compile_later(r"^\s*(?:(?:[\[(]?\d{1,3}[.)\]:]|[*†‡§¶]{1,3})(?=\s)|[①-⓿❶-➓]|[.,:)\]](?=\s))\s*")
_BARE_LABEL = compile_later(r"\s*(\d{1,3})\s+(?=\S)")
_WORD = compile_later(r"\p{L}{2}")
_FIGURES = compile_later(r"\d+")
_NUMBERED = compile_later(r"[\[(]?(?:\d{1,3}|[*†‡§¶]{1,3})[.)\]]?\s")

Target = tuple[str, str]  # name of a document, and an id in it
Resolve = Callable[[str, str], Target]


class _Link(Struct):
    """A link that may be the mark of a note."""

    element: etree._Element
    page: int
    at: int  # index of the element in the page
    target: Target
    label: str
    sure: bool  # whether the markup says that it refers to a note
    plain: bool = False  # whether nothing but its label suggests one: the note has to begin with it and lead back


class _Note(Struct):
    """A block that may be a note."""

    element: etree._Element
    opening: str
    apart: bool  # whether its place or class says that it is a note
    back: dict[Target, list[etree._Element]]  # links inside it, by target
    words: bool = True  # whether it has words besides its links


def mark_notes(pages: list[tuple[str, etree._Element]], resolve: Resolve) -> None:
    """Mark notes, their marks and the links back to these in all documents.

    `resolve` returns the target of a reference, from the name of its document and its text.
    """
    links = [link for number in range(len(pages)) for link in _links(number, *pages[number], resolve)]
    targets = _targets(pages, {link.target for link in links})
    crowded = _crowded([element for _, _, element in targets.values()])
    read: dict[etree._Element, _Note | None] = {}  # each block is read once, since any number of ids may be in it
    notes: dict[Target, _Note | None] = {}
    for link in links:
        if link.target not in targets or link.element.get(RETURN):
            continue
        page, at, element = targets[link.target]
        if link.target not in notes:
            block = _block_around(element, crowded)
            if block is not None and block not in read:
                read[block] = _read_note(block, pages[page][0], resolve)
            notes[link.target] = None if block is None else read[block]
        note = notes[link.target]
        if note is None or (page, at) <= (link.page, link.at) or note.element in link.element.iterancestors():
            continue
        ids = ((pages[link.page][0], near) for near in _ids_near(link.element))
        back = [place for place in ids if place in note.back]
        alike = _same_label(link.label, note.opening)
        if (back and alike and note.words) if link.plain else (link.sure or back or note.apart or alike):
            key = "#".join(link.target)
            for part in _with_definition(note.element):
                part.set(NOTE, key)
            link.element.set(REFERENCE, key)
            for place in back:
                for line in note.back[place]:
                    line.set(RETURN, key)
                note.back[place] = []  # any number of links may lead here: each line is marked once


def mark_note_headings(passages: list[Passage], reason: str) -> None:
    """Leave out headings and lines such as "Notes" and "Notes to Book I" right before a note."""
    for passage, following in pairwise(passages):
        short = passage.level or len(passage.text) <= MAX_HEADING_CHARS
        if (
            short
            and following.note
            and not passage.note
            and not passage.left_out
            and _names_notes(passage.text, reason)
        ):
            passage.left_out = reason


def _names_notes(text: str, reason: str) -> bool:
    return reason in (named(text), named(text.partition(" ")[0]))


def mark_note_page_headings(passages: list[Passage], reason: str) -> None:
    """Leave out the headings of a document that has only notes, or of its part from the heading "Notes" on.

    Where headings are many more, they are those of sections without text.
    """
    names = (at for at, passage in enumerate(passages) if passage.level and named(passage.text) == reason)
    for start in {0, next(names, 0)}:
        page = passages[start:]
        notes = sum(1 for passage in page if passage.note)
        least = 1 if page and named(page[0].text) == reason else MIN_PAGE_NOTES
        headings = [passage for passage in page if passage.level]
        if notes < max(least, len(headings) - 1):
            continue
        if all(p.note or p.left_out or p.level or p.kind == "scene" for p in page):
            _leave_out(headings, reason)


def mark_stray_notes(passages: list[Passage], reason: str) -> None:
    """Leave out notes without a mark: numbered lines after a note, up to another note or to the end."""
    run: list[Passage] = []
    after_note = False
    for passage in passages:
        if passage.note:
            _leave_out(run, reason)
            run, after_note = [], True
        elif after_note and not passage.level and _NUMBERED.match(passage.text):
            run.append(passage)
        else:
            run, after_note = [], False
    if after_note:
        _leave_out(run, reason)


def _leave_out(passages: list[Passage], reason: str) -> None:
    for passage in passages:
        passage.left_out = passage.left_out or reason


def place_notes(rows: list[list[Passage]], mode: str, language: str) -> list[list[Passage]]:
    """Return each chapter's passages, with its notes placed as `mode` says: "skip", "inline" or "end"."""
    if mode == "skip":
        return rows
    notes: dict[str, list[Passage]] = defaultdict(list)
    for passage in (passage for row in rows for passage in row if passage.note):
        notes[passage.note].append(passage)
    used: set[str] = set()
    placed = [list(_with_notes(row, notes, used, mode, find_language(language).note)) for row in rows]
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
                waiting += _announced(notes[key], word)
        if mode == "inline":
            yield from waiting
            waiting = []
    if waiting:
        yield Passage("scene")
        yield from waiting


def _announced(note: list[Passage], word: str) -> Iterator[Passage]:
    if len(note) > 1 and (_LABEL.fullmatch(note[0].text) or not AUDIBLE.search(note[0].text)):
        note = note[1:]  # the label stands in a block of its own
    for number, passage in enumerate(note):
        text = passage.text if number else f"{word} {_without_label(passage)}".strip()
        yield Passage("paragraph", text, language=passage.language, trace=passage.trace, sayings=passage.sayings)


def _without_label(note: Passage) -> str:
    """Return a note's text without its label; a bare number is the label if the note's id ends in it."""
    text = str(_OWN_LABEL.sub("", note.text))
    bare = _BARE_LABEL.match(text)
    return text[bare.end() :] if bare and bare[1] in _FIGURES.findall(note.note.rpartition("#")[2]) else text


def is_named_note(element: etree._Element, tag: str) -> bool:
    """Tell whether a block without a link is a note by its class and its label: "footnote", "1 Ibid."."""
    if tag not in _HOLDERS or not any(map(_NAMED_CLASS.search, (element.get("class") or "").split())):
        return False
    return bool(_NUMBERED.match(_opening(element))) and sum(map(len, element.itertext())) <= MAX_NOTE_CHARS


def _links(number: int, name: str, root: etree._Element, resolve: Resolve) -> Iterator[_Link]:
    for at, element in enumerate(root.iter("*")):
        href = element.get("href")
        if not href or "#" not in href or local(element) != "a":
            continue
        label = "".join(islice(element.itertext(), MAX_LABEL_PIECES)).strip()
        sure = "noteref" in types(element)
        typed = sure or bool(_ANCHOR_CLASS.search(_classes_near(element)))
        if typed or (_LABEL.fullmatch(label) and (not _PLAIN.fullmatch(label) or _is_superscript(element))):
            yield _Link(element, number, at, resolve(name, href), label, sure)
        elif _FIGURES.fullmatch(label) and _is_in_a_sentence(element):
            yield _Link(element, number, at, resolve(name, href), label, sure, plain=True)


def _is_in_a_sentence(link: etree._Element) -> bool:
    """Return whether words surround a link, unlike those of a contents list."""
    parent, before = link.getparent(), link.getprevious()
    around = (parent.text if before is None else before.tail, link.tail)
    return any(map(_WORD.search, filter(None, around)))


def _targets(
    pages: list[tuple[str, etree._Element]], wanted: set[Target]
) -> dict[Target, tuple[int, int, etree._Element]]:
    """Return for each wanted id its page, the index of its element in the page, and the element."""
    found: dict[Target, tuple[int, int, etree._Element]] = {}
    names = {name for name, _ in wanted}
    for number, (name, root) in enumerate(pages):
        for at, element in enumerate(root.iter("*")) if name in names else ():
            for key in (element.get("id"), element.get("name")):
                if key and (name, key) in wanted:
                    found.setdefault((name, key), (number, at, element))
    return found


def _crowded(targets: list[etree._Element]) -> frozenset[etree._Element]:
    """Return the elements around several targets, each in a block of its own: a box of notes is not one note."""
    counts: Counter[etree._Element] = Counter()
    for block in {_holder(element) for element in targets}:
        if block is not None:
            counts.update([*block.iterancestors()][:MAX_STEPS_UP])
    return frozenset(step for step, count in counts.items() if count > 1)


def _holder(element: etree._Element) -> etree._Element | None:
    """Return the nearest block around an element, or the block after it if that one or the element is empty."""
    block = next((step for step in (element, *element.iterancestors()) if local(step) in _HOLDERS), None)
    for empty in (block, element):
        if empty is not None and _is_mute(empty):
            following = next(empty.itersiblings("*"), None)
            bare = not (empty.tail or "").strip()
            if bare and following is not None and local(following) in _HOLDERS:
                return following
    return block


def _is_mute(element: etree._Element) -> bool:
    """Tell whether the first texts of an element have nothing that can be spoken."""
    steps = islice(element.iter(), MAX_MUTE_STEPS)  # a box may begin with thousands of empty anchors
    texts = (text for step in steps for text in (_own_text(step), step.tail if step is not element else "") if text)
    return not AUDIBLE.search("".join(islice(texts, MAX_LABEL_PIECES)))


def _own_text(element: etree._Element) -> str:
    return (element.text or "") if isinstance(element.tag, str) else ""  # a comment has a text too


def _block_around(element: etree._Element, crowded: frozenset[etree._Element]) -> etree._Element | None:
    """Return the block around an element that would be the note."""
    block = _holder(element)
    if block is None:
        return None
    for step in [*block.iterancestors()][:MAX_STEPS_UP]:
        block = step if _is_note(step) and step not in crowded and not _is_headed(step) else block
    return block


def _read_note(block: etree._Element, name: str, resolve: Resolve) -> _Note | None:
    """Return a block as a note; None if it is too long for what does not say that it is one, or has a heading."""
    size = sum(map(len, block.itertext()))
    if _is_headed(block) or size > (MAX_BOX_CHARS if _is_note(block) else MAX_NOTE_CHARS):
        return None
    back: dict[Target, list[etree._Element]] = defaultdict(list)
    linked = 0
    for line in block.iter("{*}a"):
        if "#" in (line.get("href") or ""):
            back[resolve(name, line.get("href"))].append(line)
            linked += sum(map(len, line.itertext()))
    opening = _opening(block)
    return _Note(block, opening, _is_note(block) or _apart(block), back, size >= linked + MIN_WORDS_CHARS)


def _is_headed(block: etree._Element) -> bool:
    return next(block.iter(*_HEADINGS), None) is not None


def _opening(block: etree._Element) -> str:
    """Return the first characters of a note, in which the ends of blocks are spaces."""
    text = ""
    for event, step in etree.iterwalk(block, events=("start", "end")):
        text += _own_text(step) if event == "start" else (step.tail or "") if step is not block else ""
        text += " " if local(step) in _HOLDERS else ""
        if len(text.strip()) > MAX_OPENING_CHARS:
            break
    return text.strip()[:MAX_OPENING_CHARS]


def _with_definition(element: etree._Element) -> Iterator[etree._Element]:
    """Yield the block of a note; if that is a term, which has only the note's label, also its definition."""
    yield element
    if local(element) == "dt":
        yield from islice((step for step in element.itersiblings("*") if local(step) == "dd"), 1)


def _is_note(element: etree._Element) -> bool:
    if types(element) & _NOTE_TYPES:
        return True
    singular = (word for word in (element.get("class") or "").split() if not word.lower().endswith("s"))
    return any(_NOTE_CLASS.search(word) for word in singular)


def _apart(block: etree._Element) -> bool:
    return any(
        types(step) & _SECTION_TYPES or _NOTE_CLASS.search(step.get("class") or step.get("id") or "")
        for step in (block, *block.iterancestors())
    )


def _same_label(label: str, opening: str) -> bool:
    label = _NO_LABEL.sub("", label)
    text = opening[1:] if opening.startswith(("[", "(")) else opening
    return bool(label) and text.startswith(label) and not AUDIBLE.match(text, len(label))


def _ids_near(element: etree._Element) -> Iterator[str]:
    before = element.getprevious()
    for step in (element, *element.iterdescendants("*"), *[*element.iterancestors()][:MAX_STEPS_UP], before):
        for key in ("id", "name") if step is not None else ():
            if step.get(key):
                yield step.get(key)


def _classes_near(element: etree._Element) -> str:
    parent = element.getparent()
    above = parent.get("class") if parent is not None and local(parent) in ("sup", "span") else ""
    return f"{element.get('class') or ''} {above or ''}"


def _is_superscript(element: etree._Element) -> bool:
    """Return whether a link is superscript, by an element or a style."""
    steps = (*[*element.iterancestors()][:MAX_STEPS_UP], element, *element.iterdescendants("*"))
    return any(
        local(step) == "sup" or "super" in (step.get("class") or "") + (step.get("style") or "") for step in steps
    )
