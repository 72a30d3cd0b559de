"""The EPUB with its sound, checked against all rules of EPUB 3.3 that a file alone can show."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import epub_maker
import library
import pytest
from evidence import only
from household import FAST, Machine
from read_along_rules import ReadAlongBook, check_rules, check_text

from swarm.book.any_file import read_book


def made_by(here: Machine, book: Path, *words: object) -> ReadAlongBook:
    """Return the read-along book that a command writes, after all rules are checked."""
    done = here.run("convert", book, *FAST, "--read-along", *words)
    assert done.returncode == 0, done.stderr
    made = check_rules(only(here.desk, "*.read-along.epub"))
    check_text(book, made)
    return made


def sentences(here: Machine) -> int:
    return len(report_on(here)["segments"])


def report_on(here: Machine) -> dict[str, Any]:
    """Read the only report."""
    made: dict[str, Any] = json.loads(only(here.desk, "*.report.json").read_bytes())
    return made


def every_sentence_lights_up(here: Machine, made: ReadAlongBook) -> None:
    pars = [par for each in made.overlays().values() for par in each]
    assert len(pars) == sentences(here)
    texts = {element.get("id"): "".join(element.itertext()) for element in made.page(pars[0].document).iter("{*}span")}
    assert [texts[par.name] for par in pars if par.document == pars[0].document][:3] == [
        "The Lamp",
        "The lamp stood by the door.",
        "It had not been lit for a year.",
    ]


@pytest.mark.slow
def test_every_sentence_lights_up_while_opus_is_heard(here: Machine, small_book: Path) -> None:
    every_sentence_lights_up(here, made_by(here, small_book, "--output-format", "opus"))


def test_who_asks_for_it_later_has_nothing_spoken_again(here: Machine, small_book: Path) -> None:
    assert here.run("convert", small_book, *FAST).returncode == 0
    assert not list(here.desk.glob("*.epub"))
    received = report_on(here)["totals"]["clips_received"]
    every_sentence_lights_up(here, made_by(here, small_book))
    made = report_on(here)
    assert made["totals"]["clips_received"] == received > 0
    assert [Path(name).name.partition(".")[2] for name in made["files"]] == ["m4b", "read-along.epub"]
    book = only(here.desk, "*.read-along.epub")
    before = book.stat().st_mtime_ns
    again = here.run("convert", small_book, *FAST, "--read-along")
    assert "finished already" in again.stderr + again.stdout
    assert book.stat().st_mtime_ns == before


TEXT = """Title: The Lamp
Author: Ada Example

CHAPTER I

The lamp stood by the door. It had not been lit for a year.

Roses are red,
Violets are blue.

CHAPTER II

Nobody came. <And> nobody & no one went.
"""
MARKDOWN = "---\ntitle: The Lamp\n---\n\n# One\n\nIt *rained*. We left.\n\n***\n\nNobody saw us.\n"
HTML = "<html><head><title>The Lamp</title></head><body><h1>One</h1><p>It <i>rained</i>.<br/>We left.</p></body></html>"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("lamp.txt", TEXT),
        pytest.param("lamp.md", MARKDOWN, marks=pytest.mark.slow),
        pytest.param("lamp.html", HTML, marks=pytest.mark.slow),
    ],
)
def test_pages_and_texts_become_an_epub_for_it(here: Machine, name: str, content: str) -> None:
    (here.desk / name).write_text(content)
    done = here.run("convert", here.desk / name, *FAST, "--read-along")
    assert done.returncode == 0, done.stderr
    assert "not marked" not in done.stderr + done.stdout
    made = check_rules(only(here.desk, "*.read-along.epub"))
    pars = [par for each in made.overlays().values() for par in each]
    assert len(pars) == sentences(here)
    assert read_book(only(here.desk, "*.read-along.epub")).title == "The Lamp"


def test_sentences_in_and_across_markup(here: Machine, write_book: Callable[..., Path]) -> None:
    body = (
        "<p>He <i>said it. Then</i> he went.</p><div class='stanza'><p>A line that</p><p>goes on.</p></div>"
        "<p>It was<br/>so<!-- not text -->. <a href='#x'>Mr. Hale</a> &amp; <b>Mrs. Hale</b> came.</p>"
        "<ul><li>First thing.</li><li>Second <span id='x'>thing</span>.</li></ul>"
    )
    made = made_by(here, write_book({"Markup": body}))
    (pars,) = made.overlays().values()
    page = made.page(pars[0].document)
    by_name = {element.get("id"): "".join(element.itertext()) for element in page.iter("*")}
    assert [by_name[par.name] for par in pars] == [
        "Markup",
        "He",
        "said it.",
        "Then",
        "he went.",
        "A line that",
        "goes on.",
        "It was",
        "so.",
        "Mr. Hale & Mrs. Hale came.",
        "First thing.",
        "Second thing.",
    ]


OLD_PAGE = (
    '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" '
    '"http://www.w3.org/TR/xhtml11/DTD/xhtml11.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml"><head>'
    '<meta http-equiv="Content-Type" content="text/html; charset=utf-8"/><title></title></head><body>'
    '<h1 align="center"><a name="top" id="top"></a>Old</h1><p><font color="red">It&nbsp;rained.</font> '
    "<tt>We left.</tt></p>"
    '<center><img src="cover.jpg" alt="" border="0"/></center></body></html>'
)


def test_an_epub_2_becomes_an_epub_3(here: Machine) -> None:
    metadata = (
        '<dc:identifier xmlns:opf="http://www.idpf.org/2007/opf" id="uid" opf:scheme="UUID">urn:uuid:1</dc:identifier>'
        '<dc:title>Old</dc:title><dc:language>en</dc:language><meta name="cover" content="pic"/>'
        '<dc:creator xmlns:opf="http://www.idpf.org/2007/opf" opf:role="aut">Ada Example</dc:creator>'
    )
    package = epub_maker.opf(
        {"a.xhtml": OLD_PAGE},
        metadata=metadata,
        manifest='<item id="pic" href="cover.jpg" media-type="image/jpeg"/>',
        toc="ncx",
    ).replace('version="3.0"', 'version="2.0"')
    book = epub_maker.pack(
        here.desk / "old.epub",
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": epub_maker.CONTAINER,
            "OEBPS/content.opf": package,
            "OEBPS/a.xhtml": OLD_PAGE,
            "OEBPS/toc.ncx": epub_maker.ncx(("a.xhtml#top", "Old")),
            "OEBPS/cover.jpg": library.picture(),
        },
    )
    made = made_by(here, book)
    page = made.zip.read("OEBPS/a.xhtml").decode()
    assert "<!DOCTYPE html>\n" in page
    assert not [old for old in ("align=", "<font", "<tt", "<center", "border=", "name=", "http-equiv") if old in page]
    assert made.by_name["OEBPS/cover.jpg"].get("properties") == "cover-image"
    assert [len(pars) for pars in made.overlays().values()] == [3]


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    ["carried/alice", "carried/vingt", "vingt-mille-lieues-fr"],
)
def test_real_books(here: Machine, book_named: Callable[[str], Path], name: str) -> None:
    made = made_by(here, book_named(name), "--chapters", "1-2")
    assert sum(map(len, made.overlays().values())) > 20
