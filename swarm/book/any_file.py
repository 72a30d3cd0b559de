"""Reads books of any kind by the suffixes of their files: EPUB, HTML, Markdown and plain text; other kinds through
Calibre.
"""

import os
from pathlib import Path
from typing import Literal

import msgspec
import regex
from lxml import etree
from msgspec import Struct

from swarm.book.epub import read_epub, read_epub_name
from swarm.book.kinds import FOREIGN, HTML, PAGES, TEXT, converted, expect_calibre
from swarm.book.model.book import Book
from swarm.book.model.reading_choice import Reading
from swarm.book.package.archive import check_file
from swarm.book.package.toc import TableOfContents
from swarm.book.page.bare_text import name_text, tidy
from swarm.book.page.document import read_document
from swarm.book.page.input_bounds import MAX_DOCUMENT_BYTES, MAX_TITLE_CHARS
from swarm.book.page.markup import as_text, parse
from swarm.book.page.note import mark_notes
from swarm.book.page.plain_text import aozora_tree, is_aozora, plain_tree, said_about
from swarm.book.structure.book_language import PLACES, samples_at, settle
from swarm.book.structure.composition import compose, count_notes, named_language
from swarm.book.structure.division import Named
from swarm.errors import BookError, EnvironmentFault, PageError, ReaderMissing, SwarmError, UsageError

SAMPLE_CHARS = 10_000  # opening of a text that shows whether it is one
MAX_CONTROLS = 8  # control characters in any sample
MAX_CONTROLS_SHARE = 0.1  # a long sample may have this share of control characters

_CONTROLS = regex.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\ufffd]")
_TITLE_LINES = regex.compile(r"\A% ?(\S[^\n]*)\n(?:% ?(\S[^\n]*)\n)?(?:%[^\n]*\n)?")
# What Pandoc and task lists add to Markdown: "{#id .class}" behind headings, ":::" around blocks, page breaks, boxes.
_MARKUP = regex.compile(
    r"(?m)(?<=^#{1,6} [^\n]{1,200}) ?\{[#.][^}\n]{0,100}\}[ \t]*$|^:{3,}[^\n]{0,100}$|"
    r"^\\(?:newpage|pagebreak|clearpage)\s*$|"
    r"(?<=^ {0,6}[-*+] )\[[ xX]\] "
)
_FRONT_MATTER = regex.compile(r"\A---\n(.*?)\n---\n", regex.DOTALL)


def read_page(path: Path, reading: Reading | None = None) -> Book:
    """Read a page. Raises BookError if it cannot be read, is too large or has nothing to speak."""
    reading = reading or Reading()
    root, about = _tree(path)
    name = name_text(path.name)
    sample = "\n".join(dict.fromkeys(samples_at(root, PLACES)))
    mark_notes([(name, root)], lambda name, reference: (name, reference.partition("#")[2]))
    documents = [Named(name, read_document(root, frozenset(), reading))]
    title = about.get("title") or _title(root) or name_text(path.stem)
    tongue = settle(named_language((about.get("language", ""), documents[0].document.language)), sample)
    composed = compose(path, documents, TableOfContents(), title, tongue.language, reading)
    authors = tuple(filter(None, (about.get("author", ""),)))
    notes = count_notes(documents)
    return Book(
        title=title,
        authors=authors,
        language=tongue.language,
        chapters=composed.chapters,
        notes=notes,
        language_doubt=tongue.doubt,
        cautions=composed.cautions,
        doubts=composed.doubts,
    )


def _tree(path: Path) -> tuple[etree._Element, dict[str, str]]:
    """Return the root of a page, and its metadata by name."""
    data = _read(path)
    kind = path.suffix.lower()
    if kind in HTML:
        root = parse(data, str(path))
        for menu in root.iter("{*}nav"):
            menu.set("hidden", "hidden")
        return root, {"author": _author(root)}
    text = as_text(data)
    if len(_CONTROLS.findall(text[:SAMPLE_CHARS])) > max(MAX_CONTROLS, MAX_CONTROLS_SHARE * len(text[:SAMPLE_CHARS])):
        raise BookError(f"{path} is no text: it looks like the file of a program.")
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
    if kind in TEXT:
        return aozora_tree(text) if is_aozora(text) else (plain_tree(text), said_about(text))
    front = _FRONT_MATTER.match(text) or _TITLE_LINES.match(text)
    about = said_about(_as_header(front) if front else "")
    return _from_markdown(_MARKUP.sub("", text[front.end() :] if front else text), str(path)), about


def _as_header(front: "regex.Match[str]") -> str:
    """Return front matter as lines "title: ..."; the two first lines of Pandoc begin with a percent sign."""
    if front.re is _FRONT_MATTER:
        return str(front[1])
    return f"title: {front[1]}\n" + (f"author: {front[2]}\n" if front[2] else "")


def _from_markdown(text: str, name: str) -> etree._Element:
    from markdown_it import MarkdownIt

    return parse(
        f"<html><body>{MarkdownIt().enable(['table', 'strikethrough']).render(text)}</body></html>".encode(), name
    )


def _read(path: Path) -> bytes:
    check_file(path)
    try:
        if path.stat().st_size > MAX_DOCUMENT_BYTES:
            raise BookError(f"{path} is refused: it is larger than {MAX_DOCUMENT_BYTES >> 20} MiB.")
        return path.read_bytes()
    except OSError as error:
        raise BookError(f"{path} cannot be read: {error.strerror or error}.") from error


def _title(root: etree._Element) -> str:
    for tag in ("{*}title", "{*}h1"):
        found = next(root.iter(tag), None)
        if found is not None and tidy("".join(found.itertext())):
            return tidy("".join(found.itertext()))[:MAX_TITLE_CHARS]
    return ""


def _author(root: etree._Element) -> str:
    names = (meta.get("content") or "" for meta in root.iter("{*}meta") if (meta.get("name") or "").lower() == "author")
    return tidy(next(names, ""))[:MAX_TITLE_CHARS]


def read_book(path: Path, reading: Reading | None = None) -> Book:
    """Read a book as the user chose, through Calibre if necessary; a file with an unknown suffix is read as an EPUB.

    Raises BookError if it cannot be read or has nothing to speak, ReaderMissing if Calibre is needed and not installed,
    UsageError if a choice fits nothing in the book.
    """
    kind = path.suffix.lower()
    if kind in PAGES:
        return read_page(path, reading)
    if kind not in FOREIGN or not path.is_file():
        return read_epub(path, reading)
    with converted(path) as made:
        return read_epub(made, reading, believed=False)  # Calibre names a language even if it knows none


def read_name(path: Path) -> tuple[str, str] | None:
    """Read a book's title and language; None if only the whole text tells them. Raises BookError."""
    return None if path.suffix.lower() in (*PAGES, *FOREIGN) else read_epub_name(path)


def read_title(path: Path) -> str:
    """Return a book's title, "" if only the whole text tells it. Raises BookError, ReaderMissing."""
    if path.suffix.lower() in FOREIGN:
        expect_calibre(path)
    name = read_name(path)
    return name[0] if name else ""


class BookQuestion(Struct, frozen=True):
    """What a process that reads books of strangers is asked."""

    path: bytes  # as the system has it, which may be no UTF-8
    wanted: Literal["book", "name", "title"]
    reading: Reading | None = None


class BookFindings(Struct, frozen=True, omit_defaults=True):
    """What was found: the whole book, or its title and language as far as they are known; or why nothing was."""

    book: Book | None = None
    name: tuple[str, str] | None = None
    fault: str = ""  # the class of the error
    words: str = ""


FAULTS = {each.__name__: each for each in (BookError, PageError, UsageError, EnvironmentFault, ReaderMissing)}
TOO_LARGE = "is refused: it takes more memory to be read than any book does"


def look_into(question: BookQuestion) -> BookFindings:
    """Read what is wanted of a book. Raises as `read_book`, `read_name` and `read_title` do."""
    path = Path(os.fsdecode(question.path))
    match question.wanted:
        case "book":
            return BookFindings(read_book(path, question.reading))
        case "name":
            return BookFindings(name=read_name(path))
        case "title":
            return BookFindings(name=(read_title(path), ""))


def answer_question(question: bytes) -> bytes:
    """Look into a book in a process of its own, whose memory is bounded; errors are part of the answer."""
    asked = msgspec.msgpack.decode(question, type=BookQuestion)
    try:
        answer = look_into(asked)
    except SwarmError as fault:
        kind = next(each.__name__ for each in type(fault).__mro__ if each.__name__ in FAULTS)
        answer = BookFindings(fault=kind, words=str(fault))
    except MemoryError:
        answer = BookFindings(fault="BookError", words=f"{Path(os.fsdecode(asked.path))} {TOO_LARGE}.")
    return msgspec.msgpack.encode(answer)
