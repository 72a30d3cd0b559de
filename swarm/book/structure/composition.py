"""Composes chapters from documents and a table of contents, for every kind of file."""

from pathlib import Path

import regex

from swarm.book.package.toc import TableOfContents
from swarm.book.page.code import CODE
from swarm.book.page.cut_line import join_cut_lines
from swarm.book.page.front_matter import NOTES
from swarm.book.page.headed_note import mark_headed_notes
from swarm.book.page.letters import AUDIBLE
from swarm.book.page.note import (
    mark_note_headings,
    mark_note_page_headings,
    mark_stray_notes,
    place_notes,
)
from swarm.book.page.passage import Passage
from swarm.book.page.running_head import mark_running_heads
from swarm.book.page.trailing_note import mark_bracketed_notes, mark_trailing_notes
from swarm.book.page.written_note import mark_written_notes
from swarm.book.structure.contents_lines import mark_contents_lines
from swarm.book.structure.division import Named, divide
from swarm.book.structure.title_lines import mark_title_lines
from swarm.book.structure.tongue import mark_tongues
from swarm.book.structure.unmarked_heading import chapter_lines, mark_unmarked_headings
from swarm.book.structure.verdict import chosen, decide, mark_licence
from swarm.errors import BookError, UsageError
from swarm.job.book import ChapterText
from swarm.job.language import normal_language
from swarm.job.reading import Reading


def compose(
    path: Path, documents: list[Named], contents: TableOfContents, title: str, language: str, reading: Reading
) -> tuple[ChapterText, ...]:
    """Compose the chapters of a book, including those that are left out.

    Raises BookError if there is nothing to speak, UsageError if a choice fits nothing in the book.
    """
    passages = [passage for named in documents for passage in named.document.passages]
    keep_code(passages, reading)
    mark_licence(passages)
    mark_title_lines(_opening(documents), title)
    mark_running_heads(passages)
    join_cut_lines(passages)
    lines = chapter_lines(passages, len(contents.entries))
    mark_contents_lines(passages, lines, [entry.title for entry in contents.entries])
    mark_unmarked_headings(lines)
    mark_written_notes(passages, NOTES)
    for number, named in enumerate(documents):
        mark_headed_notes(named.document.passages, NOTES, number)
        mark_trailing_notes(named.document.passages, NOTES, number)
        mark_bracketed_notes(named.document.passages, NOTES, number)
        mark_stray_notes(named.document.passages, NOTES)
        mark_note_page_headings(named.document.passages, NOTES)
    mark_note_headings(passages, NOTES)
    mark_tongues(passages, language)
    parts = divide(documents, contents, title) if documents else []
    rows = place_notes([part.passages for part in parts], reading.notes, language)
    for part, row in zip(parts, rows, strict=True):
        part.passages = row
    chapters = chosen(decide(parts, title), reading)
    if not any(AUDIBLE.search(block.text) for chapter in chapters for block in chapter.blocks):
        raise BookError(f"{path} has no text to speak: its pages are empty or pictures.")
    return tuple(chapters)


def _opening(documents: list[Named]) -> list[Passage]:
    """Return the passages of the first document that has any to speak."""
    rows = (named.document.passages for named in documents)
    return next((row for row in rows if any(passage.text and not passage.left_out for passage in row)), [])


def keep_code(passages: list[Passage], reading: Reading) -> None:
    """Read the code listings after all if the user left it open and most of the book is code."""
    code = [passage for passage in passages if passage.left_out == CODE]
    whole = sum(len(passage.text) for passage in passages)
    if reading.code == "" and 2 * sum(len(passage.text) for passage in code) >= whole:
        for passage in code:
            passage.left_out = ""


def count_notes(documents: list[Named]) -> int:
    """Return the number of notes that the text refers to."""
    return len({key for named in documents for passage in named.document.passages for key in passage.references})


def named_language(named: tuple[str, ...]) -> str:
    """Return the primary subtag of the first valid language; "" if there is none."""
    subtags = (regex.split(r"[-_]", name.strip().lower())[0] for name in named)
    tag = next((tag for tag in subtags if regex.fullmatch(r"[a-z]{2,3}", tag) and tag != "und"), "")
    if not tag:
        return ""
    try:
        return normal_language(tag)
    except UsageError:
        return tag
