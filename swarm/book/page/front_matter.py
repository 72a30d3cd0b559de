"""Recognises parts that are not the book itself: title pages, imprints, licences, lists and notes.

An `epub:type` in the markup always counts. A title, a landmark or a file name counts only if the text fits it, since a
chapter may well be called "Cover".
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import regex

from swarm.book.language.known import part_names
from swarm.book.language.pattern import compile_later
from swarm.book.page.bare_text import plain, plain_words
from swarm.book.page.likeness import (
    MAX_SMALL_CHARS,
    MAX_TINY_CHARS,
    are_notes,
    is_bibliography,
    is_index,
    is_legal_page,
    is_licence,
    is_list,
    is_title_page,
    is_wordless_page,
    legal_signs,
    size_of,
    transcribed,
)
from swarm.book.page.markup import words

TITLE_PAGE = "title page"
COVER = "cover page"
IMPRINT = "imprint"
COPYRIGHT = "copyright page"
COLOPHON = "colophon"
LICENCE = "licence"
CONTENTS = "table of contents"
PICTURES = "list of illustrations"
NOTES = "notes"
INDEX = "index"
BIBLIOGRAPHY = "bibliography"
TRANSCRIBER = "transcriber's note"
ADVERTISEMENT = "advertisement"

_BY_TYPE = {
    "titlepage": TITLE_PAGE,
    "title-page": TITLE_PAGE,
    "halftitlepage": TITLE_PAGE,
    "cover": COVER,
    "imprint": IMPRINT,
    "copyright-page": COPYRIGHT,
    "colophon": COLOPHON,
    "toc": CONTENTS,
    "landmarks": CONTENTS,
    "page-list": CONTENTS,
    "pagelist": CONTENTS,
    "loi": PICTURES,
    "lot": "list of tables",
    "endnotes": NOTES,
    "rearnotes": NOTES,
    "footnotes": NOTES,
    "endnote": NOTES,
    "rearnote": NOTES,
    "footnote": NOTES,
    "annotation": NOTES,
    "index": INDEX,
    "bibliography": BIBLIOGRAPHY,
}
# These parts are read even if they are part of a title page.
_KEPT = words("dedication epigraph foreword preface introduction prologue epilogue afterword")
_GUTENBERG_MARKS = frozenset(("pgheader", "pg-boilerplate", "pg-header", "pg-footer"))
_TRANSCRIBER_MARKS = words("tnote tnotes transnote transnotes trans-note transcriber transcribernote")

_PART_NAMES = part_names()
_BY_NAME = {
    reason: frozenset(map(plain_words, "|".join(getattr(parts, field) for parts in _PART_NAMES).split("|"))) - {""}
    for reason, field in {
        TITLE_PAGE: "title_page",
        COVER: "cover",
        IMPRINT: "imprint",
        COPYRIGHT: "copyright",
        COLOPHON: "colophon",
        LICENCE: "licence",
        CONTENTS: "contents",
        PICTURES: "pictures",
        NOTES: "notes",
        INDEX: "index",
        BIBLIOGRAPHY: "bibliography",
        TRANSCRIBER: "transcriber",
        ADVERTISEMENT: "advertisement",
    }.items()
}
SMALL = frozenset((TITLE_PAGE, COVER, IMPRINT, COPYRIGHT, COLOPHON))
_PAGES = SMALL | {CONTENTS, ADVERTISEMENT}  # parts that seldom span two files
COLOPHON_SHARE = 0.1  # a colophon is in the first or last tenth of a book
MAX_TRANSCRIBER_CHARS = 20_000
MIN_ENTRIES = 4
MIN_HALF_CHARS = 8  # a line of contents may say half a title, but no shorter half
MAX_TITLE_CHARS = 300
MAX_CONTENTS_PROSE_CHARS = 300  # more text in other lines is prose
MIN_CONTENTS_SHARE = 0.8  # this share of a table of contents is titles of other parts

_PAGE_NUMBER = compile_later(r"(?<=[.…·\s])\d{1,4}\s?$")
_BETWEEN_HALVES = compile_later(r"[.:;—–-]\s|\s[—–-]|\n")
_START = compile_later(
    r"\*\*\*\s*START OF (?:THE|THIS) PROJECT GUTENBERG|gutenberg\.net\.au/licen[cs]e|Faded ?Page e-?book #",
    regex.IGNORECASE,
)
_END = compile_later(
    r"(?:\*\*\*\s*|^)END OF (?:THE |THIS )?PROJECT GUTENBERG|^This site is full of FREE ebooks", regex.IGNORECASE
)


_CREDIT = compile_later(
    r"(?:This (?:file|e-?book|e-?text) was )?(?:produced|prepared|transcribed|created) (?:by|from)|"
    r"E-?text (?:prepared|produced)|To contact Project Gutenberg",
    regex.IGNORECASE,
)
_ALSO = compile_later("|".join(parts.other_books for parts in _PART_NAMES if parts.other_books))


def inherited(above: str, types: Iterable[str], classes: Iterable[str] = ()) -> str:
    """Return the reason to leave out a block, "" to keep it; `above` is the reason of the element around it."""
    if above in SMALL and not _KEPT.isdisjoint(types):
        return ""
    return above or marked(types, classes)


def marked(types: Iterable[str], classes: Iterable[str] = ()) -> str:
    """Return the reason to leave out an element with these types, classes and id; "" to keep it."""
    if not _GUTENBERG_MARKS.isdisjoint(classes):
        return LICENCE
    if not _TRANSCRIBER_MARKS.isdisjoint(classes):
        return TRANSCRIBER
    return next((_BY_TYPE[word] for word in sorted(types) if word in _BY_TYPE), "")


def named(name: str) -> str:
    """Return the reason to leave out a part with this title or file name; "" if the name gives none."""
    plain = plain_words(name)
    found = next((reason for reason, names in _BY_NAME.items() if plain in names), "")
    return found or (ADVERTISEMENT if _ALSO.fullmatch(plain) else "")


def is_page_apart(names: Iterable[str], texts: list[str], at: float, title: str) -> bool:
    """Return whether a document is a page of front matter, so that the next document is no part of it."""
    promised = (named(name) for name in names)
    if any(reason in _PAGES and plausible(reason, texts, at) for reason in promised):
        return True
    return is_legal_page(texts, at) or bool(transcribed("", texts)) or is_titled_page(title, texts)


def plausible(reason: str, texts: list[str], at: float) -> bool:
    """Return whether a chapter's texts fit the reason that its name gives; `at` is its place in the book, 0 to 1."""
    size = size_of(texts)
    tiny = size <= MAX_TINY_CHARS
    if reason in (TITLE_PAGE, COVER):
        return is_wordless_page(texts)
    if reason in (COPYRIGHT, IMPRINT):
        return size <= MAX_SMALL_CHARS and (tiny or bool(legal_signs(texts)))
    if reason == COLOPHON:
        return size <= MAX_SMALL_CHARS and (tiny or not COLOPHON_SHARE < at < 1 - COLOPHON_SHARE)
    if reason in (CONTENTS, PICTURES, ADVERTISEMENT):
        return is_list(texts) and (reason != ADVERTISEMENT or size <= MAX_SMALL_CHARS)
    if reason == TRANSCRIBER:
        return size <= (MAX_TRANSCRIBER_CHARS if at >= 0.5 else MAX_SMALL_CHARS)
    if reason == NOTES:
        return are_notes(texts, at)
    looks = {INDEX: is_index, BIBLIOGRAPHY: is_bibliography, LICENCE: is_licence}
    return looks[reason](texts) if reason in looks else size <= MAX_SMALL_CHARS


def ends_gutenberg_header(text: str) -> bool:
    """Return whether a block is the last one of Project Gutenberg's header."""
    return _names(text, "gutenberg", "faded") and bool(_START.search(text))


def begins_gutenberg_footer(text: str) -> bool:
    """Return whether a block is the first one of Project Gutenberg's footer, which has the licence."""
    return _names(text, "gutenberg", "free ebooks") and bool(_END.search(text))


def _names(text: str, *names: str) -> bool:
    """Return whether a text has a name that the patterns of an archive need, which take ten times as long."""
    folded = text.casefold()
    return any(name in folded for name in names)


def is_credit(text: str) -> bool:
    """Return whether a block says who made Project Gutenberg's file."""
    return bool(_CREDIT.match(text))


def is_titled_page(title: str, texts: list[str]) -> bool:
    """Return whether texts are the title page of the book with this title."""
    return bool(title) and is_title_page(texts) and any(plain(text).startswith(plain(title)) for text in texts[:4])


@dataclass(frozen=True, slots=True)
class TitleLines:
    """What lines of contents may say of a book's titles, in `plain` form: how often each is there, and the longest."""

    counts: Counter[str]
    longest: int


def count_titles(titles: Iterable[str]) -> TitleLines:
    """Count what lines of contents may say of titles: the title, and each half of "I. The Storm"."""
    counts = Counter(line for title in titles for line in _halves(title))
    return TitleLines(counts, max(map(len, counts), default=0))


def is_contents(title: str, texts: list[str], titles: TitleLines) -> bool:
    """Return whether most lines of a page name other parts, as `count_titles` counted them."""
    own = _halves(title)
    lines = [(_plain_line(line, titles.longest), len(line)) for text in texts for line in text.split("\n")]
    lines = [(line, size) for line, size in lines if line]
    named = [size for line, size in lines if titles.counts[line] > (line in own)]
    if len(lines) < MIN_ENTRIES or len(named) < MIN_CONTENTS_SHARE * len(lines):
        return False
    # Paragraphs of prose above a list of sections are text, however few they are.
    return sum(size for _, size in lines) - sum(named) <= max(MAX_CONTENTS_PROSE_CHARS, sum(named))


def _plain_line(line: str, longest: int) -> str:
    """Return a line in `plain` form, or its opening if even that is longer than any title."""
    opening = plain(line[: 2 * longest])
    return opening if len(opening) > longest else plain(_PAGE_NUMBER.sub("", line))


def _halves(title: str) -> set[str]:
    pieces = [plain(piece) for piece in _BETWEEN_HALVES.split(title[:MAX_TITLE_CHARS])]
    whole = {"".join(pieces), *("".join(pieces[at:]) for at in range(1, len(pieces))), *pieces[:1]}
    return {line for line in whole if len(line) >= MIN_HALF_CHARS or line == "".join(pieces)} - {""}
