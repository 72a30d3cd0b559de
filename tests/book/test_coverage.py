"""Compares every word of real books, read by another parser, with what is spoken or left out by name."""

import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import regex
from lxml import etree, html

from swarm.book.any_file import read_book

INLINE = frozenset("a abbr b bdi cite em i img ins q small span strong sub sup u".split())  # noqa: SIM905
WORD = regex.compile(r"[\p{L}\p{N}]+")

# Words of each book that are neither spoken nor left out by name, such as links and page numbers.
FOOTNOTE_MARKS = r"\d{1,2}|↩"
EXPLAINED = {
    "alice-illustrated": "",
    "jekyll-and-hyde": "",
    "moby-dick": FOOTNOTE_MARKS,
    "vingt-mille-lieues-fr": rf"{FOOTNOTE_MARKS}|Agrandir|Page|\d{{1,3}}",  # captions have the number of their page
    "yellow-wallpaper": "",
    "carried/wallpaper": "",
    "carried/alice": "",
    "carried/vingt": FOOTNOTE_MARKS,
}


def pages(path: Path) -> Iterator[etree._Element]:
    """Yield the bodies of the documents of the spine, by the standard library and lxml.html alone."""
    with zipfile.ZipFile(path) as archive:
        opf = next(name for name in archive.namelist() if name.endswith(".opf"))
        package = etree.fromstring(archive.read(opf))
        files = {item.get("id"): item.get("href") for item in package.iterfind(".//{*}manifest/{*}item")}
        for line in package.iterfind(".//{*}spine/{*}itemref"):
            if line.get("linear") != "no":
                name = f"{opf.rpartition('/')[0]}/{files[line.get('idref')]}".lstrip("/")
                text = archive.read(name).decode()
                text = text.partition("?>")[2] or text  # lxml refuses a declaration of the encoding
                yield html.document_fromstring(text).find("body")


def words_of(body: etree._Element) -> Counter[str]:
    for element in body.iter("*"):
        if element.tag not in INLINE:
            element.text = f" {element.text or ''}"
            element.tail = f" {element.tail or ''}"
    return Counter(WORD.findall(str(body.text_content()).replace("\u2060", "").replace("\u00ad", "")))


@pytest.mark.parametrize("name", EXPLAINED)
def test_no_word_is_lost_or_said_twice(book_named: Callable[[str], Path], name: str) -> None:
    path = book_named(name)
    written: Counter[str] = Counter()
    for body in pages(path):
        written += words_of(body)
    blocks = (block for chapter in read_book(path).chapters for block in chapter.blocks)
    read = Counter(word for block in blocks for word in WORD.findall(block.text))
    missing, added = written - read, read - written
    unexplained = sum(count for word, count in missing.items() if not regex.fullmatch(EXPLAINED[name], word))
    assert unexplained <= written.total() / 1000, (missing - Counter(), "lost")
    assert added.total() <= written.total() / 1000, (added, "said twice")
    assert missing.total() <= written.total() / 50, "what is explained away is little"
