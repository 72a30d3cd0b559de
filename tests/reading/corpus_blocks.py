"""Cuts e-books into blocks without any of the reading rules, and gives them the marks that people made.

A block is a run of text whose nearest block-level element is the same. Nothing is dropped, so the marks stay true
whatever the rules or a model do.
"""

import hashlib
import posixpath
import sys
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree

from swarm.book.page.block import BLOCKS
from swarm.book.page.markup import local, parse, words
from swarm.book.page.passage import visible_chars
from swarm.errors import PageError

HERE = Path(__file__).parent
FOLDS = 5
LABELS = words(
    "body heading titlepage dedication epigraph verse caption table listing formula note reference index contents "
    "pagenumber runninghead navigation imprint licence shop scan metadata markup separator answer unmarked"
)
MAX_BEGINNING_CHARS = 40

_SILENT = frozenset(("head", "script", "style", "template", "rt", "rp", "title", "desc", "noscript"))
_BREAKS = BLOCKS | {"td", "th", "hr", "text", "svg", "option", "textarea", "button"}
_CONTAINER = "META-INF/container.xml"
_PAGES = (".xhtml", ".html", ".htm", ".xht")
_PAGE_TYPES = ("application/xhtml+xml", "text/html", "text/x-oeb1-document", "application/x-dtbook+xml")


class Block(NamedTuple):
    """A block of a book. `start` and `end` count the visible characters of its document before and up to its end."""

    document: int
    number: int
    name: str  # the document's name in the zip file
    element: etree._Element
    tag: str
    text: str
    start: int
    end: int
    beside: bool  # whether the document is beside the reading order


class Mark(NamedTuple):
    """What a person said of a run of blocks."""

    document: int
    first: int
    last: int
    label: str
    spoken: str  # y, n, or ? where either is fine
    chapter: bool
    joined: bool
    section: bool
    language: str  # "" for the book's own
    digest: str
    beginning: str


def fold(repository: str) -> int:
    """Return the fold of an origin, 0 to 4. Nobody who makes rules or features looks at the last one."""
    return hashlib.sha256(repository.encode()).digest()[0] % FOLDS


def documents(book: zipfile.ZipFile) -> list[tuple[str, bool]]:
    """Return the names of a book's pages, and whether they are beside the reading order.

    Those of the reading order come first, then the others in the manifest's order.
    """
    names = {name.casefold(): name for name in book.namelist()}
    package = _package_name(book, names)
    root = etree.fromstring(book.read(package), etree.XMLParser(recover=True, resolve_entities=False, no_network=True))
    items: dict[str, str] = {}
    pages: list[str] = []
    for item in root.iterfind(".//{*}manifest/{*}item"):
        href = posixpath.normpath(posixpath.join(posixpath.dirname(package), unquote(item.get("href") or "")))
        found = names.get(href.casefold())
        kind = (item.get("media-type") or "").strip().lower()
        if found and (kind in _PAGE_TYPES or found.lower().endswith(_PAGES)):
            items[item.get("id") or ""] = found
            pages.append(found)
    spine = [items[key] for line in root.iterfind(".//{*}spine/{*}itemref") if (key := line.get("idref")) in items]
    ordered = dict.fromkeys(spine)
    return [(name, False) for name in ordered] + [(name, True) for name in dict.fromkeys(pages) if name not in ordered]


def _package_name(book: zipfile.ZipFile, names: dict[str, str]) -> str:
    try:
        container = etree.fromstring(book.read(names[_CONTAINER.casefold()]), etree.XMLParser(recover=True))
        path = next(line.get("full-path") for line in container.iterfind(".//{*}rootfile"))
        return names[posixpath.normpath(unquote(path)).casefold()]
    except (KeyError, StopIteration):
        return next(name for name in book.namelist() if name.lower().endswith(".opf"))


def blocks(path: Path) -> list[Block]:
    """Return all blocks of a book, in order."""
    found: list[Block] = []
    with zipfile.ZipFile(path) as book:
        for document, (name, beside) in enumerate(documents(book)):
            try:
                root = parse(book.read(name), name)
            except (PageError, KeyError):
                continue
            found += [
                Block(document, number, name, element, local(element), text, start, end, beside)
                for number, (element, text, start, end) in enumerate(_cut(root))
            ]
    return found


def _cut(root: etree._Element) -> Iterator[tuple[etree._Element, str, int, int]]:
    """Yield each block of a document: its element, its text, and the places before and after its characters."""
    parts: list[str] = []
    place = start = 0
    owner = root
    opened: list[etree._Element] = [root]

    def flush() -> Iterator[tuple[etree._Element, str, int, int]]:
        nonlocal parts
        text = _tidy("".join(parts), keep=any(local(step) == "pre" for step in (owner, *owner.iterancestors())))
        parts = []
        if visible_chars(text):
            yield owner, text, start, place

    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, element in walk:
        tag = local(element)
        if event == "start":
            if tag in _SILENT and element is not root:
                place += len(visible_chars("".join(element.itertext())))
                walk.skip_subtree()
                continue
            if tag in _BREAKS and element is not root:
                yield from flush()
                opened.append(element)
            if tag == "br":
                parts.append("\n")
            text = element.text
        else:
            if event == "end" and tag in _BREAKS and element is not root and tag not in _SILENT:
                yield from flush()
                opened.pop()
            text = element.tail if element is not root else None
            text = text if event == "end" or element is not root else None
        if text:
            chars = len(visible_chars(text))
            if chars and not any(map(visible_chars, parts)):
                start, owner = place, opened[-1]
            place += chars
            parts.append(text if tag == "br" else text.replace("\n", "\v") if not _keeps_lines(opened[-1]) else text)
    yield from flush()


def _keeps_lines(element: etree._Element) -> bool:
    return any(local(step) == "pre" for step in (element, *element.iterancestors()))


def _tidy(text: str, *, keep: bool) -> str:
    if keep:
        return text.strip("\n")
    return "\n".join(" ".join(line.split()) for line in text.replace("\v", " ").split("\n")).strip()


def digest(texts: list[str]) -> str:
    """Return the digest of a run of blocks."""
    return hashlib.sha256("\n".join("".join(text.split()) for text in texts).encode()).hexdigest()[:8]


def beginning(text: str) -> str:
    """Return the first characters of a block for a line of marks."""
    line = "".join(" " if unicodedata.category(char)[0] in "ZC" else char for char in text[:MAX_BEGINNING_CHARS])
    return " ".join(line.split())


def marks(path: Path) -> list[Mark]:
    """Read a file of marks. Raises ValueError for a line of another form."""
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        where, label, spoken, flags, language, seal, *begin = line.split("\t")
        document, _, numbers = where.partition(".")
        first, _, last = numbers.partition("-")
        if label not in LABELS or spoken not in "yn?" or set(flags) - set("c+s-"):
            raise ValueError(f"{path}: not a line of marks: {line!r}")
        found.append(
            Mark(
                int(document),
                int(first),
                int(last or first),
                label,
                spoken,
                "c" in flags,
                "+" in flags,
                "s" in flags,
                "" if language == "-" else language,
                seal,
                begin[0] if begin else "",
            )
        )
    return found


def marked_blocks(book: Path, path: Path) -> list[tuple[Block, Mark]]:
    """Return each block of a book with its mark. Raises ValueError if the marks are of another text."""
    by_place = {(block.document, block.number): block for block in blocks(book)}
    found = []
    for mark in marks(path):
        run = [by_place.pop((mark.document, number), None) for number in range(mark.first, mark.last + 1)]
        known = [block for block in run if block is not None]
        if len(known) != len(run) or digest([block.text for block in known]) != mark.digest:
            raise ValueError(f"{path}: {mark.document}.{mark.first}-{mark.last} is another text in {book}")
        found += [(block, mark) for block in known]
    if by_place:
        raise ValueError(f"{path}: {len(by_place)} blocks of {book} have no mark, the first is {min(by_place)}")
    return found


if __name__ == "__main__":
    for block in blocks(Path(sys.argv[1])):
        print(
            block.document,
            block.number,
            block.tag,
            block.start,
            block.end,
            block.text[:80].replace("\n", "⏎"),
            sep="\t",
        )
