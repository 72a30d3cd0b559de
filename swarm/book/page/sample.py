"""Takes samples of a document's prose, by which the language of a book is told."""

import regex
from lxml import etree

from swarm.book.page.markup import local, words

SAMPLE_CHARS = 1_500  # of one sample

_NO_PROSE = words("head script style template pre code kbd samp math svg nav rt rp")
_LICENCE = regex.compile(r"gutenberg|creative commons", regex.IGNORECASE)


def sample_at(root: etree._Element, share: float) -> str:
    """Return the prose of a document around a place, 0 to 1; "" if it is a licence, which is often in English."""
    text = prose(root)
    middle = int(share * len(text))
    found = text[max(0, middle - SAMPLE_CHARS // 2) : middle + SAMPLE_CHARS // 2]
    return "" if _LICENCE.search(found) else found


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
