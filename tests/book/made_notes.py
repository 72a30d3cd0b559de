"""Books with notes of many generations of programs: their marks are not spoken, and they are no chapters."""

import epub_maker as maker
from made_book import MORE, STORY, Shape
from prose import PROSE


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


def _linked(mark: str, note: str, *, apart: str = "", words: str = "", count: int = 3) -> Shape:
    """Return a book with notes behind the text or on a page of their own; `{n}` is a number in a mark and a note."""
    there, back = (apart or "t.xhtml"), "t.xhtml"
    told = "".join(
        f"<p>The ferry {n} times went out{mark.format(n=n, there=there, back=back)} to the sea.</p>"
        for n in range(1, count + 1)
    )
    notes = "".join(note.format(n=n, there=there, back=back) for n in range(1, count + 1))
    text = f"<h1>The Tale</h1><p>{STORY}</p>{told}<p>{MORE}</p>"
    pages = {"t.xhtml": maker.page(text + ("" if apart else notes))}
    pages |= {apart: maker.page(f"<h2>Notes</h2>{notes}")} if apart else {}
    return Shape(
        pages=pages,
        titles=("The Tale",),
        spoken=("2 times went out to the sea.",),
        silent=("Remark", words or "Remark"),
    )


def _unlinked(mark: str, note: str) -> Shape:
    """Return a book with notes in plain words, without a link."""
    told = "\n\n".join(
        f"The ferry {word} went out{mark.format(n=n)} to the sea." for n, word in ((1, "never"), (2, "then"))
    )
    notes = "\n\n".join(note.format(n=n) for n in (1, 2))
    text = f"Chapter 1\n\n{STORY}\n\n{told}\n\n{notes}\n\nChapter 2\n\n{MORE}\n"
    return Shape(
        pages={"": text}, suffix="txt", spoken=("The ferry then went out to the sea.", MORE), silent=("Remark",)
    )


def _clerk(mark: str, note: str = "", *, apart: str = "") -> Shape:
    """Return a book with one note, whose text is the same in all such books."""
    told = f"<p>The ferry went out{mark} to the sea.</p>"
    pages = {"t.xhtml": maker.page(f"<h1>The Tale</h1><p>{STORY}</p>{told}<p>{MORE}</p>{note}")}
    pages |= {"n.xhtml": maker.page(apart)} if apart else {}
    sentence = "The ferry went out to the sea."
    remark = "Remark of the clerk."
    return Shape(pages=pages, titles=("The Tale",), spoken=(sentence, MORE), silent=(remark,), remark=remark)


def _chinese(mark: str, note: str) -> Shape:
    text = f"<h1>第一章 渡口</h1><p>{PROSE['zh']}</p><p>他走上了船{mark}，没有说话。</p><p>{PROSE['zh']}</p>{note}"
    return Shape(
        pages={"t.xhtml": maker.page(text)},
        declared="zh",
        language="zh",
        titles=("第一章 渡口",),
        spoken=("他走上了船，没有说话。",),
        silent=("编者", "①"),
    )


_REF = "<a href='{there}#n{n}' id='r{n}'>"
_BACK = "<a href='{back}#r{n}'>"
NOTES: dict[str, Shape] = {
    "notes linked by bare numbers": _numbered_notes(),
    "all notes in one box": _boxed_notes(),
    "notes of EPUB 3": _linked(
        "<a epub:type='noteref' href='#n{n}'>{n}</a>",
        "<aside epub:type='footnote' id='n{n}'><p>Remark {n}.</p></aside>",
    ),
    "marks in sup, notes in a list": _linked(
        f"<sup>{_REF}{{n}}</a></sup>", f"<ol><li id='n{{n}}'>Remark {{n}}. {_BACK}↩</a></li></ol>", apart="n.xhtml"
    ),
    "marks in brackets": _linked(f"{_REF}[{{n}}]</a>", f"<p id='n{{n}}'>{_BACK}[{{n}}]</a> Remark.</p>"),
    "marks in round brackets": _linked(f"{_REF}({{n}})</a>", f"<p id='n{{n}}'>{_BACK}({{n}})</a> Remark.</p>"),
    "marks of Calibre": _linked(
        f"{_REF}<sup class='calibre3'>{{n}}</sup></a>",
        f"<p class='calibre1' id='n{{n}}'>{_BACK}{{n}}</a>. Remark.</p>",
        apart="n.xhtml",
    ),
    "marks of Word": _linked(
        "<a href='#_ftn{n}' name='_ftnref{n}'>[{n}]</a>",
        "<div id='ftn{n}'><p><a href='#_ftnref{n}' name='_ftn{n}'>[{n}]</a> Remark.</p></div>",
    ),
    "stars as marks": _linked(f"{_REF}*</a>", f"<p id='n{{n}}'>{_BACK}*</a> Remark.</p>"),
    "daggers as marks": _linked(f"{_REF}†</a>", f"<p id='n{{n}}'>{_BACK}†</a> Remark.</p>"),
    "notes in a table": _linked(
        f"{_REF}[{{n}}]</a>", f"<table><tr><td id='n{{n}}'>{_BACK}[{{n}}]</a></td><td>Remark.</td></tr></table>"
    ),
    "notes as definitions": _linked(
        f"<sup>{_REF}{{n}}</a></sup>",
        f"<dl><dt id='n{{n}}'>{_BACK}{{n}}</a></dt><dd>Remark.</dd></dl>",
        apart="n.xhtml",
    ),
    "notes that no mark leads to": _linked(
        f"<sup>{_REF}{{n}}</a></sup>",
        f"<p id='n{{n}}'>{_BACK}{{n}}</a> Remark.</p><p>{{n}}0. Remark without a mark.</p>",
        apart="n.xhtml",
    ),
    "notes by their role": _linked(
        "<a role='doc-noteref' href='#n{n}'>{n}</a>", "<p role='doc-footnote' id='n{n}'>Remark.</p>"
    ),
    "an anchor before each note": _linked(
        f"{_REF}{{n}}</a>", f"<p><a id='n{{n}}'></a>{_BACK}{{n}}</a> Remark.</p>", apart="n.xhtml"
    ),
    "notes below a line that is no heading": Shape(
        pages={
            "t.xhtml": maker.page(
                f"<h1>One</h1><p>{STORY}</p><p>He went<a href='n.xhtml#n1' class='note'>[1]</a> out.</p>"
            ),
            "n.xhtml": maker.page("<p>Notes</p><div class='notes' id='n1'><p>1</p><p>Remark.</p></div>"),
        },
        titles=("One",),
        spoken=("He went out.",),
        silent=("Notes", "Remark"),
    ),
    "marks with a word": _linked(f"{_REF}[note {{n}}]</a>", f"<p id='n{{n}}'>{_BACK}[note {{n}}]</a> Remark.</p>"),
    "marks in brackets without a link": _unlinked("[{n}]", "[{n}] Remark."),
    "marks of letters without a link": Shape(
        pages={"": f"Chapter 1\n\n{STORY}\n\nHe went out.[A] And so on.\n\n[A] Remark of it.\n\nChapter 2\n\n{MORE}\n"},
        suffix="txt",
        spoken=("He went out. And so on.",),
        silent=("Remark",),
    ),
    "footnotes of older text files": _unlinked("[{n}]", "[Footnote {n}: Remark.]"),
    "raised numbers without a link": Shape(
        pages={"1.xhtml": maker.page(f"<h1>One</h1><p>{STORY} He went out.<sup>12</sup> And so on.</p>")},
        spoken=("He went out. And so on.",),
        silent=("12",),
    ),
    "one note in a box of a chapter": _clerk(
        "<sup class='endnote-ref'><a id='r1' href='n.xhtml#n1'>1</a></sup>",
        apart="<h1>Notes</h1><div class='endnotes-chapter'><h2>The Tale</h2><div class='endnote' id='n1'>"
        "<div class='endnote-number'><a href='t.xhtml#r1'>1.</a></div><p>Remark of the clerk.</p></div></div>",
    ),
    "a note below its star": Shape(
        pages={
            "t.xhtml": maker.page(f"<h1>One</h1><p>{STORY}</p><p>He went* out.</p><p>* Remark.</p><p>{MORE}</p>"),
        },
        spoken=("He went out.", MORE),
        silent=("emark",),
        remark="Remark.",
    ),
    "stars before the lines of a list": Shape(
        pages={"t.xhtml": maker.page(f"<h1>One</h1><p>{STORY}</p><p>Take these*:</p><p>* Oil.</p><p>* Oars.</p>")},
        spoken=("* Oil.", "* Oars."),
    ),
    "raised numbers with brackets, notes below the text": Shape(
        pages={
            f"{n}.xhtml": maker.page(
                f"<h2>Kapitel {n}</h2><p>{PROSE['de']}</p>"
                f"<p>Sie fuhr hinaus<sup>1)</sup> und kam zurück<sup>2)</sup>.</p>"
                f"<p>{PROSE['de']}</p><p>1) Anmerkung des Schreibers.</p><p>2) Noch eine Anmerkung.</p>"
            )
            for n in (1, 2)
        },
        declared="de",
        language="de",
        titles=("Kapitel 1", "Kapitel 2"),
        spoken=("Sie fuhr hinaus und kam zurück.",),
        silent=("Anmerkung",),
    ),
    "a picture as mark": _chinese(
        "<a class='duokan-footnote' href='#n1' id='r1'><img alt='注' src='note.png'/></a>",
        "<ol><li class='duokan-footnote-item' id='n1'><a href='#r1'>①</a>编者的说明。</li></ol>",
    ),
    "a circled number as mark": _chinese(
        "<a href='#n1' id='r1'>①</a>", "<p id='n1'><a href='#r1'>①</a>编者的说明。</p>"
    ),
    "circled numbers without a link": _chinese("<sup>①</sup>", "<p>① 编者的说明。</p>"),
    "a note by its class and number, without a link": Shape(
        pages={
            "t.xhtml": maker.page(
                f"<h1>One</h1><p>{STORY}</p><div class='gtxt_footnote'>1 Remark.</div>"
                "<div class='footnote'>He came.</div>"
            )
        },
        spoken=(STORY, "He came."),
        silent=("Remark",),
    ),
}
