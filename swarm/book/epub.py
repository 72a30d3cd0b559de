"""From an EPUB file to a book: chapters in reading order, each with its title, text and fate."""

from collections import defaultdict
from pathlib import Path, PurePosixPath

import regex

from swarm.book import matter
from swarm.book.archive import Archive
from swarm.book.division import Named, Part, divide
from swarm.book.markup import parse
from swarm.book.model import Block, Book, ChapterText
from swarm.book.package import Item, Package, read_package
from swarm.book.text import Passage, read_document
from swarm.book.toc import Contents, read_contents
from swarm.errors import BookError, UsageError
from swarm.voice.language import normal_language

DEFAULT_LANGUAGE = "en"  # of a book that names none
MAX_OPENING_PASSAGES = 200  # Project Gutenberg's opening words are fewer
_HEARD = regex.compile(r"[\p{L}\p{N}]")


def read_book(path: Path) -> Book:
    """Read an EPUB.

    What is not the book itself (title page, imprint, licence, notes, ...) is among the chapters too, with
    the reason why it is left out. Raises BookError where the file is no EPUB that can be read, is protected,
    damaged, over a bound, or holds nothing to speak.
    """
    with Archive(path) as archive:
        package = read_package(archive)
        contents = read_contents(archive, package)
        documents = _documents(archive, package, contents)
    _mark_licence([passage for named in documents for passage in named.document.passages])
    chapters = _chapters(divide(documents, contents)) if documents else ()
    if not any(_HEARD.search(block.text) for chapter in chapters for block in chapter.blocks):
        raise BookError(f"{path} has no text to speak: its pages are empty or pictures.")
    return Book(
        title=package.title,
        authors=package.authors,
        language=_language((*package.languages, *(named.document.language for named in documents))),
        chapters=chapters,
        year=package.year,
        publisher=package.publisher,
        description=package.description,
        identifier=package.identifier,
        cover=package.cover,
    )


def _documents(archive: Archive, package: Package, contents: Contents) -> list[Named]:
    anchors: dict[str, set[str]] = defaultdict(set)
    for name, fragment in [(entry.name, entry.fragment) for entry in contents.entries] + [
        (name, fragment) for name, fragment, _ in contents.reasons
    ]:
        anchors[name].add(fragment)
    return [_document(archive, item, anchors) for item in package.documents]


def _document(archive: Archive, item: Item, anchors: dict[str, set[str]]) -> Named:
    name = archive.find(item.name) or item.name
    root = parse(archive.read(name), f"{archive.path}: {name}")
    return Named(name, read_document(root, anchors[name] - {""}))


def _language(named: tuple[str, ...]) -> str:
    """The first language that is one, by its short code."""
    subtags = (regex.split(r"[-_]", name.strip().lower())[0] for name in named)
    tag = next((tag for tag in subtags if regex.fullmatch(r"[a-z]{2,3}", tag) and tag != "und"), DEFAULT_LANGUAGE)
    try:
        return normal_language(tag)
    except UsageError:
        return tag


def _chapters(parts: list[Part]) -> tuple[ChapterText, ...]:
    chapters: list[ChapterText] = []
    for number, part in enumerate(parts):
        chapters += _sorted(part, number / max(1, len(parts) - 1))
    return tuple(chapters)


def _mark_licence(passages: list[Passage]) -> None:
    """Project Gutenberg's words around a book: what its two marker lines enclose is the book."""
    opened = licence = False
    for index, passage in enumerate(passages):
        if matter.gutenberg_starts(passage.text) and (licence or index <= MAX_OPENING_PASSAGES):
            for earlier in passages[:index] if not opened else ():
                earlier.left_out = earlier.left_out or matter.LICENCE
            passage.left_out = passage.left_out or matter.LICENCE
            opened, licence = True, False
            continue
        licence = licence or matter.gutenberg_ends(passage.text)
        if licence:
            passage.left_out = passage.left_out or matter.LICENCE


def _sorted(part: Part, at: float) -> list[ChapterText]:
    """A part as one chapter that is spoken, and one for each kind of matter in it."""
    groups: dict[str, list[Passage]] = defaultdict(list)
    for passage in part.passages:
        groups[passage.left_out].append(passage)
    chapters = []
    for marked, passages in groups.items():
        blocks = tuple(Block(passage.kind, passage.text) for passage in passages)
        if any(block.text for block in blocks):
            reason = marked or _promised(part, passages, at)
            title = part.title if not marked or len(groups) == 1 else marked.capitalize()
            chapters.append(ChapterText(title or "…", _trimmed(blocks), reason))
    return chapters


def _promised(part: Part, passages: list[Passage], at: float) -> str:
    """Why the book's own lists or names leave a part out, if its text bears them out."""
    texts = [passage.text for passage in passages if passage.text]
    stem = PurePosixPath(part.name).stem if part.whole else ""
    for reason in (part.reason, matter.named(part.title), matter.named(stem)):
        if reason and matter.plausible(reason, texts, at):
            return reason
    return ""


def _trimmed(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Scene breaks at either end of a chapter part nothing."""
    heard = [index for index, block in enumerate(blocks) if block.text]
    return blocks[heard[0] : heard[-1] + 1]
