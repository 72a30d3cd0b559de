"""Reads an EPUB file as a book: chapters in reading order, with the reason for each that is left out, and the book's
own pronunciations (PLS lexicons).

A book that lost half of its text, since its documents cannot be read, is refused.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from lxml import etree
from msgspec import Struct, structs

from swarm.book.model.book import Book, Rule
from swarm.book.model.reading_choice import Reading
from swarm.book.package.archive import Archive
from swarm.book.package.package import ManifestItem, Package, is_matter, read_package
from swarm.book.package.toc import TableOfContents, read_contents, target
from swarm.book.page.bare_text import plain
from swarm.book.page.document import Document, read_document
from swarm.book.page.input_bounds import (
    MAX_ALIAS_TIMES,
    MAX_BOOK_LEXICONS,
    MAX_LEXICON_BYTES,
    MAX_LEXICON_RULES,
    MAX_SHEET_BYTES,
)
from swarm.book.page.markup import as_text, local, parse
from swarm.book.page.note import mark_notes
from swarm.book.page.passage import Tracer
from swarm.book.page.stylesheet import Cascade, SheetReader, sheets_of, show
from swarm.book.speech.lexicon import parse_pls, pls_rules
from swarm.book.structure.book_language import parsed, prose, settle, take_sample
from swarm.book.structure.composition import compose, count_notes, named_language, named_region
from swarm.book.structure.division import Named
from swarm.errors import BookError, PageError

MAX_TITLES = 3  # the line about a lost document names no more titles


class Loss(Struct, frozen=True):
    """A document that cannot be read."""

    item: ManifestItem
    name: str
    error: PageError


def read_pages(
    archive: Archive, items: tuple[ManifestItem, ...]
) -> tuple[list[tuple[str, etree._Element]], list[Loss]]:
    """Return the names and roots of the documents that can be read, and the losses.

    Raises the PageError of the first loss if at least half of the text is lost, and BookError like Archive.read.
    """
    pages: list[tuple[str, etree._Element]] = []
    lost: list[Loss] = []
    for item in items:
        name = archive.find_file(item.name) or item.name
        try:
            pages.append((name, parse(_read_document(archive, name), f"{archive.path}: {name}")))
        except PageError as error:
            lost.append(Loss(item, name, error))
    _check(archive, items, lost)
    return pages, lost


MIN_ASIDE_BYTES = 1_000  # a smaller document outside the reading order is a cover or a note
MIN_ASIDE_WORDS = 100  # so many words outside the reading order are read


def in_order(archive: Archive, package: Package, contents: TableOfContents) -> tuple[ManifestItem, ...]:
    """Return the documents as the book orders them: those of the spine, with those beside it that it needs.

    It needs those that its contents name, each behind the one named before it, and all if they have most of the text.
    """
    beside = {
        archive.find_file(item.name): item for item in package.beside if archive.size(item.name) >= MIN_ASIDE_BYTES
    }
    linear = [item for item in package.documents if item not in package.aside]
    main = sum(archive.size(item.name) for item in linear)
    known = [item for item in package.documents if item in linear or archive.size(item.name) >= MIN_ASIDE_BYTES]
    items = {archive.find_file(item.name) or item.name: item for item in known}
    order = list(items)
    before = ""
    for name in dict.fromkeys(entry.name for entry in contents.entries):
        if name in beside and name not in items:
            order.insert(order.index(before) + 1 if before else 0, name)
            items[name] = beside[name]
        before = name if name in items else before
    if 2 * main < main + sum(archive.size(item.name) for item in beside.values()):
        rest = [name for name in beside if name and name not in items]
        order, items = [*order, *rest], {**items, **{name: beside[name] for name in rest}}
    return tuple(items[name] for name in dict.fromkeys(order))


def _is_needed(root: etree._Element) -> bool:
    """Tell whether a document outside the reading order has text to read."""
    return len(prose(root).split()) >= MIN_ASIDE_WORDS


def _read_document(archive: Archive, name: str) -> bytes:
    try:
        return archive.read(name)
    except KeyError as error:
        raise PageError(f"{archive.path} is not whole: {name} is missing from it; fetch the book again.") from error


def _check(archive: Archive, items: tuple[ManifestItem, ...], lost: list[Loss]) -> None:
    """Raise the first error if half of the text is lost; a missing file counts like the longest one."""
    names = {loss.item.name for loss in lost}
    texts = [item.name for item in items if not is_matter(item)] or [item.name for item in items]
    longest = max((archive.size(name) for name in texts), default=0)
    sizes = {name: archive.size(name) or longest or 1 for name in texts}
    if 2 * sum(size for name, size in sizes.items() if name in names) >= sum(sizes.values()) and lost:
        raise lost[0].error


def name_losses(archive: Archive, contents: TableOfContents, lost: list[Loss]) -> tuple[str, ...]:
    """Return a line about each lost document, with its titles in the table of contents."""
    lines = []
    for loss in lost:
        titles = [f"“{entry.title}”" for entry in contents.entries if entry.name == loss.name and entry.title]
        more = ", …" if len(titles) > MAX_TITLES else ""
        called = f" ({', '.join(titles[:MAX_TITLES])}{more})" if titles else ""
        if archive.find_file(loss.name):
            lines.append(f"text is lost: {loss.name} cannot be read{called}")
        else:
            lines.append(f"text is lost: {loss.name} is missing from the file{called}")
    return tuple(lines)


def lexicons_of(archive: Archive, known: tuple[str, ...], pages: list[tuple[str, etree._Element]]) -> list[str]:
    """Return the names of those `known` lexicons that a document links to."""
    links = (
        target(archive, name, link.get("href") or "")[0]
        for name, root in (pages if known else ())
        for link in root.iter("{*}link")
        if "pronunciation" in (link.get("rel") or "").lower().split()
    )
    names = {archive.find_file(name) or name for name in known}
    return list(dict.fromkeys(name for name in links if name in names))


def read_pronunciations(archive: Archive, names: list[str]) -> tuple[tuple[Rule, ...], tuple[str, ...]]:
    """Return the rules of some lexicons, within bounds, and a line about each lexicon that is not wholly used."""
    rules: list[Rule] = []
    odd: list[str] = []
    for name in names[:MAX_BOOK_LEXICONS]:
        found, line = _read_lexicon(archive, name)
        rules += found
        odd += [line] if line else []
    if len(names) > MAX_BOOK_LEXICONS or len(rules) > MAX_LEXICON_RULES:
        odd.append(f"of its lexicons only {MAX_BOOK_LEXICONS} and {MAX_LEXICON_RULES} words are used")
    return tuple(rules[:MAX_LEXICON_RULES]), tuple(odd)


def _read_lexicon(archive: Archive, name: str) -> tuple[list[Rule], str]:
    try:
        data = archive.read(name)
        root = parse_pls(data) if len(data) <= MAX_LEXICON_BYTES else None
    except (KeyError, BookError, etree.XMLSyntaxError):
        root = None
    if root is None:
        return [], f"its lexicon {name} cannot be read: words are said without it"
    rules = [rule for rule in pls_rules(root) if len(rule.said) <= MAX_ALIAS_TIMES * len(rule.written)]
    words = _count_phonemes(root) - sum(rule.phonemes for rule in pls_rules(root))
    return rules, f"words that {name} gives in phonemes that are not of the IPA: {words}" if words > 0 else ""


def _count_phonemes(root: etree._Element) -> int:
    """Count the words that have phonemes but no spelling."""
    kinds = ([local(part) for part in lexeme] for lexeme in root.iter("{*}lexeme"))
    return sum(parts.count("grapheme") for parts in kinds if "phoneme" in parts and "alias" not in parts)


DEFAULT_READING = Reading()


def read_epub(path: Path, reading: Reading | None = None, *, believed: bool = True) -> Book:
    """Read an EPUB as the user chose; it tells no doubt about its language if that is not `believed` to be its own.

    The chapters include parts that are not the book itself (title page, imprint, licence, notes, ...), each with the
    reason to leave it out. Each block has a trace. Raises BookError if the file is no EPUB, is protected, damaged or
    over a bound, or has nothing to speak; UsageError if a choice fits nothing in the book.
    """
    reading = reading or DEFAULT_READING
    with Archive(path) as archive:
        package = read_package(archive)
        whole = read_contents(archive, package)
        items = in_order(archive, package, whole)
        outside = {archive.find_file(item.name) or item.name for item in (*package.aside, *package.beside)}
        pages, losses = read_pages(archive, items)
        pages = [(name, root) for name, root in pages if name not in outside or _is_needed(root)]
        losses = [loss for loss in losses if loss.name not in outside]
        aside = _aside_lines(package, {name for name, _ in pages} & outside)
        contents = _of_pages(whole, {name for name, _ in pages})
        lost = (*name_losses(archive, whole, losses), *_lost(package))
        pronunciations, unsaid = read_pronunciations(archive, lexicons_of(archive, package.lexicons, pages))
        sample = take_sample(archive, items, dict(pages).get)
        documents, hidden = _documents(archive, pages, contents, reading)
    declared = (*package.languages, *(named.document.language for named in documents))
    tongue = settle(named_language(declared), sample, believed=believed)
    composed = compose(path, documents, contents, package.label.title, tongue.language, reading)
    return Book(
        language=tongue.language,
        chapters=composed.chapters,
        cover=package.cover,
        notes=count_notes(documents),
        language_doubt=tongue.doubt,
        cautions=composed.cautions,
        doubts=composed.doubts,
        region=named_region(declared, tongue.language),
        oddities=(*lost, *_oddities(package, contents, documents, hidden), *aside, *unsaid),
        pronunciations=pronunciations,
        lost=lost,
        **structs.asdict(package.label),
    )


def _of_pages(contents: TableOfContents, read: set[str]) -> TableOfContents:
    """Return a table of contents without entries of documents that are not read."""
    return structs.replace(contents, entries=tuple(entry for entry in contents.entries if entry.name in read))


def read_epub_name(path: Path) -> tuple[str, str] | None:
    """Read the title and language of a book; None if its package names no language. Raises BookError."""
    with Archive(path) as archive:
        package = read_package(archive)
        declared = named_language(package.languages)
        if not declared:
            return None
        items = in_order(archive, package, read_contents(archive, package))
        return package.label.title, settle(declared, take_sample(archive, items, parsed(archive))).language


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
    _show_listed(pages, contents)
    mark_notes(pages, lambda name, reference: target(archive, name, reference))
    named = [Named(name, _document(root, anchors[name] - {""}, reading, Tracer(name))) for name, root in pages]
    return named, hidden


def _hide(archive: Archive, pages: list[tuple[str, etree._Element]]) -> int:
    """Mark the elements that style sheets hide, unless that is most of the book; return the number of hidden words."""
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
    if words > MIN_ASIDE_WORDS and 2 * words > sum(len(prose(root).split()) for _, root in pages):
        show([root for _, root in pages])  # a script shows them, one after the other
        return 0
    return words


def _show_listed(pages: list[tuple[str, etree._Element]], contents: TableOfContents) -> None:
    """Show the hidden heading at the beginning of a document that the contents call by it, unless it is there twice."""
    titles: dict[str, set[str]] = defaultdict(set)
    for entry in contents.entries:
        titles[entry.name].add(plain(entry.title))
    for name, root in pages:
        heads = list(islice(root.iter("{*}h1", "{*}h2", "{*}h3"), 2))
        texts = [plain("".join(head.itertext())) for head in heads]
        if texts and texts[0] in titles[name] - {"", *texts[1:]}:
            show(heads[:1])


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


def _aside_lines(package: Package, read: set[str]) -> list[str]:
    """Return a line for each document outside the reading order that is read, or that the spine names in vain."""
    silent = [item.name for item in package.aside if item.name not in read]
    lines = [f"{name} stands outside the reading order and is not read" for name in silent]
    return [*lines, *(f"{name} stands outside the reading order and is read: it has text" for name in sorted(read))]


def _oddities(package: Package, contents: TableOfContents, documents: list[Named], hidden: int) -> Iterator[str]:
    anchors = {named.name: named.document.anchors for named in documents}
    if not contents.entries:
        yield "it has no table of contents: chapters begin at headings"
    marked = [entry for entry in contents.entries if entry.fragment]
    astray = [entry for entry in marked if entry.fragment not in anchors.get(entry.name, ())]
    if astray:
        yield f"its table of contents leads nowhere {len(astray)} times: {astray[0].title!r} is the first"
    yield from package.odd
    if not package.languages:
        yield "it does not say its language"
    for name in package.missing:
        yield f"{name} is missing from the file: by its name no part of the text"
    if hidden:
        yield f"words that its stylesheets hide and that are not read: {hidden}"
    empty = sum(1 for named in documents if not named.document.passages)
    if empty:
        yield f"pages without a word, such as pictures: {empty}"
