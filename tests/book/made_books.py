"""Makes small books, one for each shape of defect that books found in the wild have. Their words are made up.

Each shape knows what a listener should hear of it: the language, the chapters, words that are spoken, words that are
not, and what is told about the file.
"""

from collections.abc import Mapping
from pathlib import Path

import epub_maker as maker
from msgspec import Struct
from prose import PROSE

STORY = PROSE["en"]
MORE = "He took the oars without a word, and they went out into the dark, where nothing but the water could be heard."


class Shape(Struct, frozen=True, kw_only=True):
    """A book of one shape, and what should be heard of it."""

    pages: Mapping[str, str | bytes]
    titles: tuple[str, ...] = ()  # of the chapters that are spoken; () for any
    spoken: tuple[str, ...] = ()
    silent: tuple[str, ...] = ()
    language: str = "en"
    odd: str = ""  # words of what is told about it
    left_out: tuple[str, ...] = ()  # reasons
    contents: str = ""
    declared: str = "en"
    package: str = ""  # the package document in place of the usual one
    more: Mapping[str, str | bytes] = {}
    title: str = "The Ferryman"

    def write(self, folder: Path) -> Path:
        """Write the book into a folder."""
        metadata = f'<dc:identifier id="uid">made:1</dc:identifier><dc:title>{self.title}</dc:title>'
        metadata += f"<dc:language>{self.declared}</dc:language>" if self.declared else ""
        more = {**self.more, **{f"OEBPS/{name}": page for name, page in self.pages.items() if isinstance(page, bytes)}}
        more |= {"OEBPS/content.opf": self.package} if self.package else {}
        pages = {name: page if isinstance(page, str) else "" for name, page in self.pages.items()}
        return maker.make(folder, pages, contents=self.contents, metadata=metadata, more=more)


def page(*paragraphs: str, title: str = "") -> str:
    """Return a page with a title and paragraphs."""
    heading = f"<h1>{title}</h1>" if title else ""
    return maker.page(heading + "".join(f"<p>{text}</p>" for text in paragraphs))


def chapters(*titles: str, text: str = STORY) -> dict[str, str]:
    """Return a page for each chapter."""
    return {f"c{number}.xhtml": page(text, MORE, title=title) for number, title in enumerate(titles)}


def _declared_wrongly(language: str, declared: str) -> Shape:
    pages = {f"{number}.html": page(PROSE[language], title=str(number)) for number in range(1, 4)}
    return Shape(pages=pages, declared=declared, language=language, spoken=(PROSE[language],))


def _word_processor() -> Shape:
    text = maker.page("".join(f"<p xml:lang='en-US'>{PROSE['es']}</p>" for _ in range(3)))
    return Shape(pages={"1.xhtml": text}, declared="es", language="es", spoken=(PROSE["es"],))


def _numbered_notes() -> Shape:
    marks = "".join(
        f"<p>{word} words <a href='n.xhtml#note{n}' id='ref{n}'>{n}</a> of the tale.</p>"
        for n, word in enumerate(("First", "Second", "Third"), 1)
    )
    notes = "".join(
        f"<p><a id='note{n}'><!-- Note --></a></p><p>{n} (<a href='t.xhtml#ref{n}'>return</a>)<br/>[ A remark of the "
        f"translator, numbered {n}.]</p>"
        for n in range(1, 4)
    )
    pages = {
        "t.xhtml": maker.page(f"<h2>The Tale</h2>{marks}"),
        "n.xhtml": maker.page(f"<h2>Notes to Book I</h2>{notes}"),
    }
    spoken = ("Second words of the tale.",)
    return Shape(pages=pages, titles=("The Tale",), spoken=spoken, silent=("return", "remark", "Notes to"))


def _boxed_notes() -> Shape:
    marks = "".join(f"<p>Line {n} of it<a id='r{n}' href='#f{n}'>[M{n}]</a> ends.</p>" for n in range(1, 60))
    notes = "".join(f"<p><a id='f{n}' href='#r{n}'>[M{n}]</a> {MORE * 4}</p>" for n in range(1, 60))
    pages = {"t.xhtml": maker.page(f"<h1>One</h1>{marks}<div class='footnote'>{notes}</div>")}
    return Shape(pages=pages, titles=("One",), spoken=("Line 59 of it ends.",), silent=("[M", "oars"))


def _second_halves() -> Shape:
    names = ("the ferryman lived", "a stranger came", "they crossed the water", "nobody was there", "he went home")
    pages = {"0.xhtml": page(*(f"How {name}" for name in names), title="by Ann Author")}
    pages |= chapters(*(f"Chapter {number}. How {name}" for number, name in enumerate(names, 1)))
    return Shape(pages=pages, left_out=("table of contents",), spoken=(MORE,))


def _crumbs() -> Shape:
    crumbs = "".join(f"<h2>{line}</h2>" for line in ("THE FERRYMAN", "ET SUIVIS D'UN APPENDICE"))
    body = f"{crumbs}<h3>x</h3><hr/><h2>Chapter I</h2><p>{STORY}</p><h2>Chapter II</h2><p>{MORE}</p>"
    return Shape(pages={"a.xhtml": maker.page(body.replace("<h3>x</h3>", ""))}, spoken=(STORY, MORE))


def _parts() -> Shape:
    pages = {"p1.xhtml": page(title="Part One"), **chapters("The River"), "p2.xhtml": page(title="Part Two")}
    pages["e.xhtml"] = page(STORY, title="The Shore")
    return Shape(pages=pages, titles=("Part One. The River", "Part Two. The Shore"), spoken=("Part One", "Part Two"))


def _web_book() -> Shape:
    links = "<p><a href='1.html'>Previous</a> <a href='0.html'>Home</a> <a href='2.html'>Next</a></p>"
    row = f"<p>Chapter {' '.join(f'<a href=¤{n}.html¤>{n}</a>' for n in range(1, 30))}</p>".replace("¤", "'")
    pages = {f"{n}.xhtml": maker.page(f"{links}{row}<h1>{n}</h1><p>{STORY}</p>{links}") for n in range(1, 3)}
    return Shape(pages=pages, spoken=(STORY,), silent=("Previous", "Home", "28"))


def _code() -> Shape:
    listing = "<pre><code>const f = () =&gt; alert(1);\nf();</code></pre>"
    letter = f"<pre>Dear Ann,\n{MORE}\nYours, Bob</pre>"
    pages = {"1.xhtml": maker.page(f"<h1>One</h1><p>{STORY}</p>{listing}<p>{MORE}</p>{letter}")}
    return Shape(pages=pages, spoken=(STORY, "Dear Ann,"), silent=("alert",), odd="--code say reads them")


def _formulas() -> Shape:
    formula = "<math alttext='Alternative text not available'><mi>A</mi><mo>=</mo><mn>1</mn><mn>5</mn></math>"
    pages = {"1.xhtml": maker.page(f"<h1>One</h1><p>{STORY} So {formula}.</p>")}
    return Shape(pages=pages, spoken=("So A = 15.",), silent=("not available",))


def _package(old: str, new: str) -> str:
    return maker.opf(chapters("One", "Two")).replace(old, new)


def _entities() -> Shape:
    bad = "<!DOCTYPE html [<!ENTITY logo SYSTEM 'logo.ent'>]>" + maker.page(f"<h1>Two</h1><p>R&D &logo; {MORE}</p>")
    pages = {**chapters("One"), "two.xhtml": bad}
    return Shape(pages=pages, titles=("One", "Two"), spoken=(MORE,), odd="entities that cannot be expanded: logo")


def _encoding() -> Shape:
    wrong = f"<?xml version='1.0' encoding='utf-16'?>{page(PROSE['zh'], title='一')}".encode()
    return Shape(pages={"1.xhtml": wrong}, declared="zh", language="zh", spoken=(PROSE["zh"],), odd="it is in utf-8")


def _accents() -> Shape:
    stack = "".join(map(chr, range(0x300, 0x340)))
    return Shape(pages={"1.xhtml": page(f"The d{stack}ark came. {STORY}")}, spoken=("The d\u0300\u0301ark came.",))


def _start_behind() -> Shape:
    start = "*** START OF THE PROJECT GUTENBERG EBOOK THE FERRYMAN ***"
    return Shape(pages={"1.xhtml": page(*[STORY] * 12, start, title="One")}, titles=("One",), spoken=(STORY,))


SHAPES: dict[str, Shape] = {
    "declared English, in Italian": _declared_wrongly("it", "en"),
    "declared French, in English": _declared_wrongly("en", "fr"),
    "declared English, in Vietnamese": _declared_wrongly("vi", "en"),
    "declared English, in Hindi": _declared_wrongly("hi", "en"),
    "declared nothing, in Russian": _declared_wrongly("ru", ""),
    "paragraphs marked by a word processor": _word_processor(),
    "text in files called index": Shape(
        pages={"index.html": page(STORY, title="Welcome"), "index1.html": page(MORE * 3, title="Setup")},
        titles=("Welcome", "Setup"),
    ),
    "a section called Footnotes that is text": Shape(
        pages={**chapters("One", "Two"), "f.xhtml": page(MORE, MORE, title="Footnotes")},
        titles=("One", "Two", "Footnotes"),
    ),
    "a START line behind the text": _start_behind(),
    "notes linked by bare numbers": _numbered_notes(),
    "all notes in one box": _boxed_notes(),
    "contents of the second halves of titles": _second_halves(),
    "title-page lines that are headings": _crumbs(),
    "part pages with nothing but a title": _parts(),
    "a web book with links on each page": _web_book(),
    "code listings, and a letter that keeps its lines": _code(),
    "formulas with placeholders": _formulas(),
    "a spine toc that leads nowhere": Shape(
        pages=chapters("One", "Two"),
        package=_package("<spine>", '<spine toc="gone">'),
        titles=("One", "Two"),
        odd="'gone'",
    ),
    "an itemref to nothing": Shape(
        pages=chapters("One", "Two"),
        package=_package("<spine>", '<spine><itemref/><itemref idref="gone"/>'),
        titles=("One", "Two"),
        odd="'gone'",
    ),
    "a page with an entity of another file": _entities(),
    "UTF-16 declared, UTF-8 in fact": _encoding(),
    "stacks of accents": _accents(),
}
