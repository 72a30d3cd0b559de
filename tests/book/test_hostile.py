"""Hostile files are read within bounds, or refused with a sentence."""

import random
import zipfile
from collections.abc import Callable
from pathlib import Path

import epub_maker as maker
import pytest
from steps import steps_of

from swarm.book.any_file import read_book
from swarm.book.model.book import Chapter
from swarm.book.speech.script import make_script
from swarm.errors import BookError
from swarm.job.card import EngineCard

CARD = EngineCard("tester", "", ("*",), (), (("", 250),), ())
MAX_STEPS = 16_000_000  # at most 9 million were measured; a step for each pair of elements would be 20 million

BODIES: dict[str, Callable[[], str]] = {
    "many paragraphs": lambda: "<p>One more line of text.</p>" * 8_000,
    "a paragraph without an end": lambda: f"<p>{'word ' * 50_000}</p>",
    "a word without an end": lambda: f"<p>{'w' * 250_000}</p>",
    "abbreviations": lambda: f"<p>{'Mr. A. ' * 25_000}</p>",
    "quotes": lambda: f"<p>{'“‘(' * 50_000}x</p><p>{'! ? ' * 50_000}</p>",
    "stars": lambda: f"<p>{'* ' * 100_000}x</p>",
    "figures": lambda: f"<p>{'1,234 ' * 15_000}{'1-' * 30_000}{'XIV ' * 30_000}{'Chapter X of ' * 10_000}</p>",
    "digits": lambda: f"<p>{'7' * 100_000}</p>",
    "addresses": lambda: f"<p>{'http://a.b/' * 15_000}</p><p>{'a@' * 45_000}</p><p>{'[pause ' * 15_000}</p>",
    "links to one note": lambda: (
        "".join(f"<p>a<sup><a id='r{n}' href='#n'>1</a></sup></p>" for n in range(5_000))
        + f"<div id='n'>1 note{''.join(f'<a href=¤#r{n}¤>1</a>' for n in range(600))}</div>".replace("¤", "'")
    ),
    "ids in one note": lambda: (
        "".join(f"<p>a<a id='r{n}' href='#n{n}'>[{n}]</a></p>" for n in range(4_000))
        + f"<div class='footnote'>{''.join(f'<a id=¤n{n}¤ href=¤#r{n}¤/>' for n in range(4_000))}x</div>".replace(
            "¤", "'"
        )
    ),
    "links to one another": lambda: "".join(
        f"<p id='n{n}'><a href='#n{(n + 1) % 6_000}'>[{n}]</a> note</p>" for n in range(6_000)
    ),
    "cells": lambda: "<table>" + f"<tr>{'<td>a</td>' * 150}</tr>" * 300 + "</table>",
    "notes in plain text": lambda: "".join(f"<p>a[{n}]</p><p>[Footnote {n}: x]</p>" for n in range(4_500)),
    "ornaments": lambda: f"<p>{'-o' * 50_000}</p><p>{'word*' * 25_000}</p><p>{'5s. 6d. ' * 5_000}</p>",
    "ordinals": lambda: f"<p xml:lang='de'>{'3. Mai der XIV. 20er ' * 5_000}</p>",
    "pages": lambda: "".join(f"<p>{'words of a page ' * 6}and</p><p>{n}</p>" for n in range(4_500)),
    "headings": lambda: "<h1>Part One</h1>" * 6_000,
    "classes": lambda: f"<div class='{'a ' * 25_000}'>x</div>" * 20,
}


def script(path: Path) -> tuple[Chapter, ...]:
    return make_script(read_book(path), CARD, "en")


@pytest.mark.slow
@pytest.mark.parametrize("name", BODIES)
def test_enormous_pages_are_read_in_steps(tmp_path: Path, name: str) -> None:
    path = maker.make(tmp_path, {"a.xhtml": maker.page(BODIES[name]())})
    assert steps_of(lambda: script(path)) < MAX_STEPS


@pytest.mark.slow
def test_an_enormous_table_of_contents_is_read_in_steps(tmp_path: Path) -> None:
    names = ["".join(chr(ord("a") + int(digit)) for digit in str(number)) for number in range(21_000)]
    entries = [(f"a.xhtml#i{name}", f"T {name}") for name in names]
    body = "".join(f"<p id='i{name}'>One {name}.</p>" for name in names)  # figures would take longer than all the rest
    path = maker.make(tmp_path, {"a.xhtml": maker.page(body)}, contents=maker.nav(*entries))
    found = list[Chapter]()
    assert steps_of(lambda: found.extend(script(path))) < 4 * MAX_STEPS
    assert len(found) == 20_000


REFUSED = {
    "laughs": lambda: (
        "<!DOCTYPE html [<!ENTITY a0 'ha'>"
        + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12))
        + "]>"
        + maker.page("<p>&a11;</p>")
    ),
    "depth": lambda: "<html><body>" + "<div>" * 100_000 + "x",
    "elements": lambda: maker.page("<br/>" * 500_001),
    "a bomb": lambda: maker.page(f"<p>{' ' * (17 << 20)}x</p>"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_expands_beyond_reason_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(BookError, match=r"a\.xhtml"):
        read_book(maker.make(tmp_path, {"a.xhtml": REFUSED[name]()}))


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "latin-1", "utf-8-sig", "windows-1252"])
def test_undeclared_encodings_are_told_apart(tmp_path: Path, coding: str) -> None:
    path = maker.make(tmp_path, {"a.xhtml": ""}, more={"OEBPS/a.xhtml": maker.page("<p>café</p>").encode(coding)})
    assert read_book(path).chapters[0].blocks[0].text == "café"


SMALL = 200_000  # bytes of a book that is quick to read


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(40))
def test_a_mutated_book_is_read_or_refused(real_books: list[Path], tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    source = rng.choice([path for path in real_books if path.stat().st_size < SMALL])
    path = tmp_path / "mutated.epub"
    if rng.random() < 0.3:
        path.write_bytes(_mutated(source.read_bytes(), rng))
    else:
        with zipfile.ZipFile(source) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        for name in rng.sample([name for name in files if _is_markup(name)], 1):
            files[name] = _mutated(files[name], rng)
        maker.pack(path, files)
    try:
        script(path)
    except BookError as error:
        assert str(path) in str(error)


def _is_markup(name: str) -> bool:
    return name.endswith(("html", ".opf", ".ncx", ".xml", ".css", ".pls", ".svg"))


def _mutated(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randint(1, 30)):
        at = rng.randrange(len(changed))
        kind = rng.randrange(4)
        if kind == 0:
            changed[at] = rng.randrange(256)
        elif kind == 1:
            del changed[at : at + rng.randint(1, 400)]
        elif kind == 2:
            changed[at:at] = changed[max(0, at - rng.randint(1, 400)) : at]
        else:
            changed[at:at] = rng.choice([b"<", b">", b"&", b"'", b"\x00", b"\xff\xfe", b"<!--", b"<![CDATA["])
        if not changed:
            return b""
    return bytes(changed)
