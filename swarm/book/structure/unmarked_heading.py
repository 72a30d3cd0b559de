"""Finds the headings of chapters in books that mark none: a paragraph "Chapter One", bare numbers in a row."""

from collections.abc import Iterable

from swarm.book.page.block import CLASS_HEADING_LEVEL, SUBTITLE_LEVEL
from swarm.book.page.chapter_line import TextParagraph, headings
from swarm.book.page.passage import Passage

MIN_MARKED = 2  # headings or entries that show that a book marks its chapters


def chapter_lines(passages: Iterable[Passage], entries: int) -> list[Passage]:
    """Return the paragraphs that name chapters, if neither headings nor `entries` of a table of contents do."""
    if entries >= MIN_MARKED:
        return []
    texts = [passage for passage in passages if passage.text and not passage.left_out]
    if sum(1 for passage in texts if 0 < passage.level < SUBTITLE_LEVEL) >= MIN_MARKED:
        return []
    lines = [TextParagraph(" ".join(passage.text.split()), passage.text.count("\n") + 1, 0) for passage in texts]
    return [texts[place] for place in sorted(headings(lines)) if not texts[place].level]


def mark_unmarked_headings(lines: Iterable[Passage]) -> None:
    """Make headings of the paragraphs that name chapters and are still spoken."""
    for passage in lines:
        if not passage.left_out:
            passage.kind, passage.level = "heading", CLASS_HEADING_LEVEL
