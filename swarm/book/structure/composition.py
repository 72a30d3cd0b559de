"""Composes chapters from documents and a table of contents, for every kind of file.

Leaves out a table of contents in the midst of a document and the lines of a title page before the first chapter.
"""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import regex
from msgspec import Struct, field

from swarm.book.language.pattern import compile_later
from swarm.book.model.book import ChapterText, Doubt
from swarm.book.model.language_code import NO_LANGUAGE, normal_language
from swarm.book.model.reading_choice import Reading
from swarm.book.package.toc import TableOfContents
from swarm.book.page.bare_text import AUDIBLE, plain
from swarm.book.page.block import CODE, SUBTITLE_LEVEL
from swarm.book.page.chapter_line import chapter_lines, mark_unmarked_headings
from swarm.book.page.front_matter import CONTENTS, NOTES, named
from swarm.book.page.note import mark_note_headings, mark_note_page_headings, mark_stray_notes, place_notes
from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import mark_running_heads
from swarm.book.page.unlinked_note import mark_trailing_notes, mark_written_notes
from swarm.book.structure.book_language import mark_foreign_passages
from swarm.book.structure.division import Named, divide
from swarm.book.structure.inclusion import caution, chosen, cite, code_caution, decide, mark_licence
from swarm.errors import BookError, UsageError

MIN_LINES = 3  # fewer lines like "Chapter One" are no table of contents without a name
MIN_NAMED_LINES = 2  # a line such as "Contents" needs fewer lines below it
MIN_NAME_CHARS = 4  # a line may say a part of a title, but no shorter part
MAX_NAME_CHARS = 40  # a longer line is no name such as "Contents"
MAX_CONTENTS_LINE_CHARS = 200
MAX_FILLER_CHARS = 24  # lines such as "Page" or "Chapter" may stand between the others
MAX_FILLERS = 3  # more fillers in a row end the table
MIN_CODE_SHARE = 0.9  # if so much is code, the markup calls a text so, or the book has nothing else

_PAGE = compile_later(r"(?<=[.…·\s])[\divxlc]{1,5}\s?$", regex.IGNORECASE)
_NUMBER = compile_later(r"^\s*(?:\d{1,3}|[IVXLC]{1,7})[.:)]?\s+")
_PIECES = compile_later(r"[.:;—–-]\s|\s[—–-]|\n")


class _Run(Struct):
    """Passages in a row that may be a table of contents."""

    name: Passage | None = None
    lines: list[Passage] = field(default_factory=list)
    fillers: list[Passage] = field(default_factory=list)  # fillers that follow the last line
    named: set[str] = field(default_factory=set)  # titles that the lines name

    def is_contents(self) -> bool:
        return len(self.named) >= (MIN_NAMED_LINES if self.name else MIN_LINES)


def mark_contents_lines(passages: Iterable[Passage], chapters: Iterable[Passage], entries: Iterable[str]) -> None:
    """Leave out rows of paragraphs that name headings, chapters that only their words show, or `entries` of a list."""
    passages = list(passages)
    lines = [passage.text for passage in chapters]
    heads = [p.text for p in passages if 0 < p.level < SUBTITLE_LEVEL and not p.left_out]
    titles = Counter(key for text in (*heads, *lines, *set(entries)) for key in _keys(text))
    own = {id(passage) for passage in chapters}
    run = _Run()
    for passage in passages:
        if passage.left_out or not passage.text:
            continue
        once = id(passage) in own
        if len(passage.text) <= MAX_NAME_CHARS and named(passage.text) == CONTENTS:
            _finish(run)
            run = _Run(passage)
        elif not (run.name or once) or not _continues_contents(run, passage, titles, once=once):
            _finish(run)
            run = _Run()
            if once:
                _continues_contents(run, passage, titles, once=True)
    _finish(run)


def _continues_contents(run: _Run, passage: Passage, titles: Counter[str], *, once: bool) -> bool:
    """Add a passage to a run if it is its next line; `once` tells that its own text is one of the titles."""
    key = "" if passage.level else _named_title(passage.text.replace("\n", " "), titles, 2 if once else 1)
    if key and key not in run.named:
        run.lines += [*run.fillers, passage]
        run.fillers = []
        run.named.add(key)
        return True
    if run.name is None or passage.level or len(passage.text) > MAX_FILLER_CHARS or len(run.fillers) >= MAX_FILLERS:
        return False
    if key or once:
        return False  # a title that was named already is the first heading of the text
    run.fillers.append(passage)
    return True


def _named_title(line: str, titles: Counter[str], least: int) -> str:
    """Return the title that a line names, with or without numbers around it; "" if it names none."""
    if len(line) > MAX_CONTENTS_LINE_CHARS:
        return ""
    bare = _PAGE.sub("", line).rstrip(" .…·")
    keys = (plain(text) for text in (line, bare, _NUMBER.sub("", bare)))
    return next((key for key in keys if key and titles[key] >= least), "")


def _keys(title: str) -> set[str]:
    """Return what a line of contents may say of a title: all of it, its opening, or what is behind one."""
    pieces = [plain(piece) for piece in _PIECES.split(title[:MAX_CONTENTS_LINE_CHARS])]
    parts = {*pieces[:1], *("".join(pieces[at:]) for at in range(1, len(pieces)))}
    return {"".join(pieces), *(part for part in parts if len(part) >= MIN_NAME_CHARS)} - {""}


def _finish(run: _Run) -> None:
    """Leave out the passages of a run that is a table of contents."""
    if not run.is_contents():
        return
    words = (run.name or run.lines[0]).text
    for passage in (*([run.name] if run.name else []), *run.lines):
        passage.left_out, passage.grounds = CONTENTS, words


class Composition(Struct, frozen=True):
    """The chapters of a book, and lines about what a listener may miss."""

    chapters: tuple[ChapterText, ...]
    cautions: tuple[str, ...]
    doubts: tuple[Doubt, ...]


def compose(
    path: Path, documents: list[Named], contents: TableOfContents, title: str, language: str, reading: Reading
) -> Composition:
    """Compose the chapters of a book, including those that are left out.

    Raises BookError if there is nothing to speak, UsageError if a choice fits nothing in the book.
    """
    passages = [passage for named in documents for passage in named.document.passages]
    says_code = keep_code(passages, reading)
    mark_licence(passages)
    mark_running_heads(passages)
    lines = chapter_lines(passages, len(contents.entries))
    mark_contents_lines(passages, lines, [entry.title for entry in contents.entries])
    mark_unmarked_headings(lines)
    mark_written_notes(passages, NOTES)
    for number, page in enumerate(documents):
        mark_trailing_notes(page.document.passages, NOTES, number)
        mark_stray_notes(page.document.passages, NOTES)
        mark_note_page_headings(page.document.passages, NOTES)
    mark_note_headings(passages, NOTES)
    mark_foreign_passages(passages, language)
    parts = divide(documents, contents, title) if documents else []
    rows = place_notes([part.passages for part in parts], reading.notes, language)
    for part, row in zip(parts, rows, strict=True):
        part.passages = row
    decision = decide(parts, title, reading, code=says_code)
    chapters, cited = cite(chosen(decision.chapters, reading, decision.found), reading)
    if not any(AUDIBLE.search(block.text) for chapter in chapters for block in chapter.blocks):
        raise BookError(f"{path} has no text to speak: its pages are empty or pictures.")
    cautions = filter(None, (caution(chapters), code_caution(chapters)))
    return Composition(tuple(chapters), tuple(cautions), (*cited, *decision.doubts))


def keep_code(passages: list[Passage], reading: Reading) -> bool:
    """Read the code listings after all if the user left it open and the book is hardly more; tell if they are read."""
    code = [passage for passage in passages if passage.left_out == CODE]
    whole = sum(len(passage.text) for passage in passages)
    if reading.code or not code or sum(len(passage.text) for passage in code) < MIN_CODE_SHARE * whole:
        return reading.code == "say"
    for passage in code:
        passage.left_out = ""
    return True


def count_notes(documents: list[Named]) -> int:
    """Return the number of notes that the text refers to."""
    return len({key for named in documents for passage in named.document.passages for key in passage.references})


def named_region(named: tuple[str, ...], language: str) -> str:
    """Return the region that the first tag of a language names: "PT" for `pt-PT`; "" if none does."""
    tags = (
        regex.match(rf"{language}[-_](?:[a-z]{{4}}[-_])?([a-z]{{2}}|\d{{3}})\b", name.strip().lower()) for name in named
    )
    return next((tag[1].upper() for tag in tags if tag), "")


def named_language(named: tuple[str, ...]) -> str:
    """Return the primary subtag of the first valid language; "" if there is none."""
    subtags = (regex.split(r"[-_]", name.strip().lower())[0] for name in named)
    tag = next((tag for tag in subtags if regex.fullmatch(r"[a-z]{2,3}", tag) and tag not in NO_LANGUAGE), "")
    if not tag:
        return ""
    try:
        return normal_language(tag)
    except UsageError:
        return tag
