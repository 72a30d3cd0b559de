"""Leaves out a table of contents in the midst of a document: a line "Contents", and below it titles of the book."""

from collections import Counter
from collections.abc import Iterable

import regex
from msgspec import Struct, field

from swarm.book.language.late_pattern import compile_later
from swarm.book.page.block import SUBTITLE_LEVEL
from swarm.book.page.front_matter import CONTENTS, named
from swarm.book.page.letters import plain
from swarm.book.page.passage import Passage

MIN_LINES = 3  # fewer lines like "Chapter One" are no table of contents without a name
MIN_NAMED_LINES = 2  # a line such as "Contents" needs fewer lines below it
MIN_NAME_CHARS = 4  # a line may say a part of a title, but no shorter part
MAX_NAME_CHARS = 40  # a longer line is no name such as "Contents"
MAX_LINE_CHARS = 200
MAX_FILLER_CHARS = 24  # lines such as "Page" or "Chapter" may stand between the others
MAX_FILLERS = 3  # more fillers in a row end the table
MAX_PASSAGE_CHARS = 100_000  # a longer block is no table of contents
MAX_CELLS = 3  # a row has a number, a title and a page
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
        elif not (run.name or once) or not _goes_on(run, passage, titles, once=once):
            _finish(run)
            run = _Run()
            if once:
                _goes_on(run, passage, titles, once=True)
    _finish(run)


def _goes_on(run: _Run, passage: Passage, titles: Counter[str], *, once: bool) -> bool:
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
    if len(text) <= MAX_LINE_CHARS:
        whole = _named_title(text.replace("\n", " "), titles, least)
        if whole:
            return [whole]
    lines = [line for line in text.split("\n") if plain(line)]
    if len(lines) < 2:
        return []
    keys = [key for key in (_named_title(line, titles, least) for line in lines) if len(key) >= MIN_NAME_CHARS]
    cells = len(lines) <= MAX_CELLS and len(text) <= MAX_LINE_CHARS
    return keys if len(keys) >= (1 if cells else MIN_SHARE * len(lines)) else []


def _named_title(line: str, titles: Counter[str], least: int) -> str:
    """Return the title that a line names, with or without numbers around it; "" if it names none."""
    if len(line) > MAX_LINE_CHARS:
        return ""
    bare = _PAGE.sub("", line).rstrip(" .…·")
    keys = (plain(text) for text in (line, bare, _NUMBER.sub("", bare)))
    return next((key for key in keys if key and titles[key] >= least), "")


def _keys(title: str) -> set[str]:
    """Return what a line of contents may say of a title: all of it, its opening, or what is behind one."""
    pieces = [plain(piece) for piece in _PIECES.split(title[:MAX_LINE_CHARS])]
    parts = {*pieces[:1], *("".join(pieces[at:]) for at in range(1, len(pieces)))}
    return {"".join(pieces), *(part for part in parts if len(part) >= MIN_NAME_CHARS)} - {""}


def _finish(run: _Run) -> None:
    """Leave out the passages of a run that is a table of contents."""
    if not run.is_contents():
        return
    words = (run.name or run.lines[0]).text
    for passage in (*([run.name] if run.name else []), *run.lines):
        passage.left_out, passage.grounds = CONTENTS, words
