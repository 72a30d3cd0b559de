"""Takes samples of a document's prose, by which the language of a book is told."""

from collections.abc import Iterable

import regex
from lxml import etree

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.markup import local, words

SAMPLE_CHARS = 1_500

_NO_PROSE = words("head script style template pre code kbd samp math svg nav rt rp")
_LICENCE = compile_later(r"gutenberg|creative commons", regex.IGNORECASE)


def samples_at(root: etree._Element, shares: Iterable[float]) -> list[str]:
    """Return the prose of a document around some places, 0 to 1, without licences, which are often in English."""
    text = prose(root)
    middles = (int(share * len(text)) for share in shares)
    found = (text[max(0, middle - SAMPLE_CHARS // 2) : middle + SAMPLE_CHARS // 2] for middle in middles)
    return [sample for sample in found if sample and not _LICENCE.search(sample)]


def prose(root: etree._Element) -> str:
    """Return the words of a document on one line, without code and formulas."""
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        if event == "end":
            pieces.append(element.tail or "")
        elif local(element) in _NO_PROSE or not isinstance(element.tag, str):
            walk.skip_subtree()
        else:
            pieces.append(element.text or "")
    return " ".join(" ".join(pieces).split())
