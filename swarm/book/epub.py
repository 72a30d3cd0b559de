"""Reads an EPUB file as a book: chapters in reading order, with the reason for each that is left out."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from lxml import etree
from msgspec import structs

from swarm.book.package.archive import Archive
from swarm.book.package.loss import name_losses, read_pages, without
from swarm.book.package.package import Package, read_package
from swarm.book.package.sample import parsed, take_sample
from swarm.book.package.toc import TableOfContents, read_contents, target
from swarm.book.page.encoding import as_text
from swarm.book.page.limits import MAX_SHEET_BYTES
from swarm.book.page.markup import ODD
from swarm.book.page.note import mark_notes
from swarm.book.page.stylesheet import Cascade, SheetReader, sheets_of
from swarm.book.page.text import Document, read_document
from swarm.book.page.trace import Tracer
from swarm.book.speech.pronunciation import lexicons_of, read_pronunciations
from swarm.book.structure.composition import compose, count_notes, named_language
from swarm.book.structure.division import Named
from swarm.book.structure.tongue import settle
from swarm.book.structure.verdict import caution, code_caution
from swarm.errors import BookError
from swarm.job.book import Book
from swarm.job.reading import Reading

DEFAULT_READING = Reading()
MAX_ODD_PAGES = 20  # pages whose oddities are told


def read_book(path: Path, reading: Reading | None = None, *, believed: bool = True) -> Book:
    """Read an EPUB as the user chose; it tells no doubt about its language if that is not `believed` to be its own.

    The chapters include parts that are not the book itself (title page, imprint, licence, notes, ...), each with the
    reason to leave it out. Each block has a trace. Raises BookError if the file is no EPUB, is protected, damaged or
    over a bound, or has nothing to speak; UsageError if a choice fits nothing in the book.
    """
    reading = reading or DEFAULT_READING
    with Archive(path) as archive:
        package = read_package(archive)
        pages, losses = read_pages(archive, package.documents)
        whole = read_contents(archive, package)
        names = [archive.find(item.name) or item.name for item in package.documents]
        contents = without(whole, names, losses)
        lost = (*name_losses(archive, whole, losses), *_lost(package))
        pronunciations, unsaid = read_pronunciations(archive, lexicons_of(archive, package.lexicons, pages))
        unsaid = (*_odd_pages(pages), *unsaid)
        sample = take_sample(archive, package.documents, dict(pages).get)
        documents, hidden = _documents(archive, pages, contents, reading)
    declared = (*package.languages, *(named.document.language for named in documents))
    tongue = settle(named_language(declared), sample, believed=believed)
    chapters = compose(path, documents, contents, package.title, tongue.language, reading)
    return Book(
        title=package.title,
        authors=package.authors,
        language=tongue.language,
        chapters=chapters,
        year=package.year,
        publisher=package.publisher,
        description=package.description,
        identifier=package.identifier,
        cover=package.cover,
        notes=count_notes(documents),
        language_doubt=tongue.doubt,
        cautions=tuple(filter(None, (caution(chapters), code_caution(chapters)))),
        oddities=(*lost, *_oddities(package, contents, documents, hidden), *unsaid),
        pronunciations=pronunciations,
        lost=lost,
        **structs.asdict(package.label),
    )


def read_name(path: Path) -> tuple[str, str] | None:
    """Read the title and language of a book; None if its package names no language. Raises BookError."""
    with Archive(path) as archive:
        package = read_package(archive)
        declared = named_language(package.languages)
        if not declared:
            return None
        return package.title, settle(declared, take_sample(archive, package.documents, parsed(archive))).language


def _documents(
    archive: Archive, pages: list[tuple[str, etree._Element]], contents: TableOfContents, reading: Reading
) -> tuple[list[Named], int]:
    """Read the documents; return them with the number of words that stylesheets hide."""
    anchors: dict[str, set[str]] = defaultdict(set)
    for name, fragment in [(entry.name, entry.fragment) for entry in contents.entries] + [
        (name, fragment) for name, fragment, _ in contents.reasons
    ]:
        anchors[name].add(fragment)
    hidden = _hide(archive, pages)
    mark_notes(pages, lambda name, reference: target(archive, name, reference))
    named = [Named(name, _document(root, anchors[name] - {""}, reading, Tracer(name))) for name, root in pages]
    return named, hidden


def _hide(archive: Archive, pages: list[tuple[str, etree._Element]]) -> int:
    """Set the attributes of elements that style sheets hide; return the number of hidden words."""
    reader = SheetReader()
    known: dict[tuple[tuple[str, str], ...], Cascade] = {}
    words = 0
    for name, root in pages:
        sheets = tuple(
            (kind, text if kind == "style" else target(archive, name, text)[0]) for kind, text in sheets_of(root)
        )
        if sheets not in known:
            texts = (text if kind == "style" else _sheet(archive, text) for kind, text in sheets)
            known[sheets] = reader.read(texts)
        words += known[sheets].mark(root)
    return words


def _sheet(archive: Archive, name: str) -> str:
    try:
        return as_text(archive.read(name)[:MAX_SHEET_BYTES])
    except (KeyError, BookError):
        return ""  # a missing sheet hides nothing


def _document(root: etree._Element, anchors: set[str], reading: Reading, tracer: Tracer) -> Document:
    document = read_document(root, anchors, reading, tracer)
    root.clear()  # the trees of a whole book need much more memory than its text
    return document


def _lost(package: Package) -> Iterator[str]:
    yield from (f"text is lost: {name} is no page ({kind or 'of no type'})" for name, kind in package.unreadable)
    yield from (f"text may be lost: {line}" for line in package.astray)
    if package.cover_fault:
        yield f"its cover is not used: {package.cover_fault}"


def _odd_pages(pages: Sequence[tuple[str, etree._Element]]) -> list[str]:
    return [f"{name}: {root.get(ODD)}" for name, root in pages if root.get(ODD)][:MAX_ODD_PAGES]


def _oddities(package: Package, contents: TableOfContents, documents: list[Named], hidden: int) -> Iterator[str]:
    anchors = {named.name: named.document.anchors for named in documents}
    if not contents.entries:
        yield "it has no table of contents: chapters begin at headings"
    astray = [entry for entry in contents.entries if entry.fragment and entry.fragment not in anchors[entry.name]]
    if astray:
        yield f"its table of contents leads nowhere {len(astray)} times: {astray[0].title!r} is the first"
    yield from package.odd
    if not package.languages:
        yield "it does not say its language"
    for name in package.missing:
        yield f"{name} is missing from the file: by its name no part of the text"
    for name in package.aside:
        yield f"{name} stands outside the reading order and is not read"
    if hidden:
        yield f"words that its stylesheets hide and that are not read: {hidden}"
    empty = sum(1 for named in documents if not named.document.passages)
    if empty:
        yield f"pages without a word, such as pictures: {empty}"
