"""Composes chapters from documents and a table of contents, for every kind of file.

Leaves out a table of contents in the midst of a document and the lines of a title page before the first chapter.
"""

from collections import Counter
from collections.abc import Iterable
from itertools import islice
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
from swarm.book.page.front_matter import CONTENTS, NOTES, TITLE_PAGE, named
from swarm.book.page.likeness import is_sentence
from swarm.book.page.note import mark_note_headings, mark_note_page_headings, mark_stray_notes, place_notes
from swarm.book.page.passage import Passage
from swarm.book.page.printed_page import join_cut_lines, mark_running_heads
from swarm.book.page.unlinked_note import (
    mark_bracketed_notes,
    mark_headed_notes,
    mark_trailing_notes,
    mark_written_notes,
)
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
MAX_PASSAGE_CHARS = 100_000  # a longer block is no table of contents
MAX_CELLS = 3  # a row has a number, a title and a page
MIN_CODE_SHARE = 0.9  # if so much is code, the markup calls a text so, or the book has nothing else
MIN_SHARE = 0.8  # this share of the lines names headings in a table of contents

_PAGE = compile_later(r"(?<=[.…·\s])[\divxlc]{1,5}\s?$", regex.IGNORECASE)
_NUMBER = compile_later(r"^\s*(?:\d{1,3}|[IVXLC]{1,7})[.:)]?\s+")
_PIECES = compile_later(r"[.:;—–-]\s|\s[—–-]|\n")


class _Run(Struct):
    """Passages in a row that may be a table of contents."""

    name: Passage | None = None
    lines: list[Passage] = field(default_factory=list)
    fillers: list[Passage] = field(default_factory=list)  # fillers that follow the last line
    named: set[str] = field(default_factory=set)  # titles that the lines name
    count: int = 0

    def is_contents(self) -> bool:
        return self.count >= (MIN_NAMED_LINES if self.name else MIN_LINES)


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
    keys = [] if passage.level else _named_titles(passage.text, titles, least=2 if once else 1)
    if keys and run.named.isdisjoint(keys):
        run.lines += [*run.fillers, passage]
        run.fillers = []
        run.named.update(keys)
        run.count += len(keys)
        return True
    if run.name is None or passage.level or len(passage.text) > MAX_FILLER_CHARS or len(run.fillers) >= MAX_FILLERS:
        return False
    if keys or once:
        return False  # a title that was named already is the first heading of the text
    run.fillers.append(passage)
    return True


def _named_titles(text: str, titles: Counter[str], *, least: int) -> list[str]:
    """Return the titles that a block names: one in a line or a row of cells, or one in most of its lines."""
    if len(text) > MAX_PASSAGE_CHARS:
        return []
    if len(text) <= MAX_CONTENTS_LINE_CHARS:
        whole = _named_title(text.replace("\n", " "), titles, least)
        if whole:
            return [whole]
    lines = [line for line in text.split("\n") if plain(line)]
    if len(lines) < 2:
        return []
    keys = [key for key in (_named_title(line, titles, least) for line in lines) if len(key) >= MIN_NAME_CHARS]
    cells = len(lines) <= MAX_CELLS and len(text) <= MAX_CONTENTS_LINE_CHARS
    return keys if len(keys) >= (1 if cells else MIN_SHARE * len(lines)) else []


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


MAX_TITLE_LINES = 12
MAX_TITLE_LINE_CHARS = 120
MAX_PASSAGES_BEFORE = 100  # later passages are not searched, even if all before are empty

_BY = compile_later(
    r"(?:\p{L}+\s){0,2}(?i:(?:(?:written|edited|translated|illustrated|told)\s+)?by|von|par|por|door|di|автор:)\s+"
    r"(?:(?i:the late|the rev\.?|sir|lady|mrs?\.?|dr\.?)\s+)?"
    r"\p{Lu}[\p{L}.'’-]*+(?:\s(?:\p{Lu}[\p{L}.'’-]*+|de|van|von|du|la)){1,5}(?:\n.*)?",
    regex.DOTALL,
)
_MADE = compile_later(
    r"(?i:author of|illustrat|translat|edition|publish|& (?:co|sons)\b|printed|rights reserved|réservés|"
    r"éditeur|édition|verlag|imprim)|\b1[5-9]\d\d\b|\b20\d\d\b"
)
_COPYRIGHT = compile_later(r"copyright|©", regex.IGNORECASE)
_TOLD = compile_later(r"[,;!?…][\"'”’»)]*$")
_CHAPTER = compile_later(
    r"(?i:chapter|book|part|volume|letter|act|scene|canto|prologue|preface|introduction|kapitel|teil|buch|band|chapitre|"
    r"partie|livre|tome|capítulo|parte|libro|capitolo|hoofdstuk|deel)\b|(?!1[5-9]\d\d\b|20\d\d\b)[IVXLC\d]+\b[.:]?"
)


def mark_title_lines(passages: list[Passage], title: str) -> None:
    """Leave out the lines at the start of a book from its title to the line of its author, and what follows that.

    At least one heading has to remain for the chapter. Without both title and author no line is taken.
    """
    read = (passage for passage in islice(passages, MAX_PASSAGES_BEFORE) if passage.text and not passage.left_out)
    lines: list[Passage] = []
    for passage in islice(read, MAX_TITLE_LINES):
        if not _may_be_line(passage) or (lines and _CHAPTER.match(passage.text)):
            break
        lines.append(passage)
    else:
        return
    if lines and lines[-1].level and not passage.level:
        lines = lines[:-1]  # the last heading names the text that follows
    if not plain(title) or not lines or not plain(lines[0].text).startswith(plain(title)):
        return
    texts = [line.text.strip() for line in lines]
    authors = [at for at in range(1, len(lines)) if _names_author(texts, at)]
    end = authors[-1] + 1 if authors else 0
    while end and end < len(lines) and _continues_title_page(texts[end], title):
        end += 1
    for line in lines[:end]:
        line.left_out, line.level, line.grounds = TITLE_PAGE, 0, line.text


def _may_be_line(passage: Passage) -> bool:
    """Tell whether a passage may be a line of a title page: a heading, or a short paragraph that is no sentence."""
    if len(passage.text) > MAX_TITLE_LINE_CHARS:
        return False
    told = _TOLD.search(passage.text) or is_sentence(passage.text)
    return bool(passage.level) or not told or bool(_MADE.search(passage.text))


def _continues_title_page(text: str, title: str) -> bool:
    """Tell whether a line below the author belongs to the title page; a copyright page is judged as a whole."""
    return plain(text) == plain(title) or bool(_MADE.search(text) and not _COPYRIGHT.search(text))


def _names_author(texts: list[str], at: int) -> bool:
    """Tell whether a line names the author, by itself or with the word before it: "By", "A. B. Smith"."""
    return bool(_BY.fullmatch(texts[at])) or bool(at > 1 and _BY.fullmatch(f"{texts[at - 1]} {texts[at]}"))


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
    mark_title_lines(_opening(documents), title)
    mark_running_heads(passages)
    join_cut_lines(passages)
    lines = chapter_lines(passages, len(contents.entries))
    mark_contents_lines(passages, lines, [entry.title for entry in contents.entries])
    mark_unmarked_headings(lines)
    mark_written_notes(passages, NOTES)
    for number, page in enumerate(documents):
        mark_headed_notes(page.document.passages, NOTES, number)
        mark_trailing_notes(page.document.passages, NOTES, number)
        mark_bracketed_notes(page.document.passages, NOTES, number)
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


def _opening(documents: list[Named]) -> list[Passage]:
    """Return the passages of the first document that has any to speak."""
    rows = (named.document.passages for named in documents)
    return next((row for row in rows if any(passage.text and not passage.left_out for passage in row)), [])


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
