"""Finds notes without links: numbered paragraphs below a heading "Notes", to which raised figures refer."""

from itertools import pairwise

import regex

from swarm.book.page.front_matter import named
from swarm.book.page.passage import Passage

MIN_REFERRED_SHARE = 0.5  # this share of the numbers below the heading is in the text as raised figures

_NUMBER = regex.compile(r"[\[(]?(\d{1,3})[.)\]:]?\s+(?=\S)")


def mark_headed_notes(passages: list[Passage], reason: str, document: int) -> None:
    """Leave out the numbered paragraphs below headings "Notes" of a document, and let the text refer to them."""
    heads = [at for at, passage in enumerate(passages) if passage.level and not passage.left_out]
    before = 0
    for at, end in pairwise([*heads, len(passages)]):
        if named(passages[at].text) == reason:
            _mark(passages[before:at], passages[at], passages[at + 1 : end], reason, document)
            before = end


def _mark(above: list[Passage], head: Passage, notes: list[Passage], reason: str, document: int) -> None:
    marked = {label: passage for passage in reversed(above) for label in passage.marks}
    notes = [note for note in notes if note.text]
    labels = [found[1] for note in notes if (found := _NUMBER.match(note.text))]
    referred = sum(1 for label in labels if label in marked)
    if not notes or not _NUMBER.match(notes[0].text) or not referred or referred < MIN_REFERRED_SHARE * len(labels):
        return
    head.left_out, head.level = reason, 0
    key = ""
    for note in notes:
        found = _NUMBER.match(note.text)
        if found:
            key = f"{document}, {head.text}[{found[1]}]"
            note.text = note.text[found.end() :]
            if found[1] in marked:
                marked[found[1]].references += (key,)
        note.left_out, note.note = reason, key
