"""Tells what the blocks of a document are by their elements and classes: headings, and lines of verse."""

import regex
from lxml import etree

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.markup import local, types, words

BLOCKS = words(
    "html body div p section article main header footer aside nav address blockquote pre figure figcaption hgroup "
    "h1 h2 h3 h4 h5 h6 ul ol dl li dt dd menu dir table caption thead tbody tfoot tr form fieldset legend details "
    "summary center dialog search"
)
MAX_HEADING_CHARS = 150
CLASS_HEADING_LEVEL = 2  # a class shows a chapter's heading, but no level
SUBTITLE_LEVEL = 9  # no chapter begins at a line under a heading

_STANZA = compile_later(r"\b(?:stanza|linegroup|line-group|strophe)\b", regex.IGNORECASE)
_HEADING_CLASS = compile_later(
    r"(?:^|\s)(?:chapter|chap|kapitel|chapitre)[-_]?(?:title|head|heading|name|number|num|no)\b", regex.IGNORECASE
)
_POEM = compile_later(r"\b(?:poem|poetry|verse|poème|gedicht|poesia|poesía)\b", regex.IGNORECASE)


def heading_level(element: etree._Element, tag: str, *, in_group: bool) -> int:
    """Return the level of the heading that a block is, 0 if it is none; `in_group` tells of a heading group."""
    if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
        return (
            SUBTITLE_LEVEL
            if in_group and local(element.getparent()) == "hgroup" and _follows_heading(element)
            else int(tag[1])
        )
    if tag in ("p", "div") and _HEADING_CLASS.search(element.get("class") or "") and _is_short(element):
        return CLASS_HEADING_LEVEL
    titles = types(element) & {"title", "subtitle", "fulltitle", "ordinal"}
    return SUBTITLE_LEVEL if tag == "p" and (in_group or titles) else 0


def is_stanza(element: etree._Element) -> bool:
    """Return whether the blocks in an element are lines of verse.

    The class tells: those of a stanza are, those of a poem are unless it has stanzas or `br` in it.
    """
    name = element.get("class") or ""
    if _STANZA.search(name):
        return True
    if not _POEM.search(name) or next(element.iter("{*}br"), None) is not None:
        return False
    return not any(_STANZA.search(below.get("class") or "") for below in element.iterdescendants("*"))


def _is_short(element: etree._Element) -> bool:
    """Return whether an element is like a heading: no blocks and little text."""
    if any(local(below) in BLOCKS for below in element.iterdescendants("*")):
        return False
    return sum(map(len, element.itertext())) <= MAX_HEADING_CHARS


def _follows_heading(element: etree._Element) -> bool:
    return any(True for _ in element.itersiblings("{*}h1", "{*}h2", "{*}h3", "{*}h4", "{*}h5", "{*}h6", preceding=True))
