"""Books whose chapters, and what is no chapter, are told by other signs than a careful publisher's."""

import epub_maker as maker
from made_book import MORE, STORY, Shape, chapters, page
from prose import PROSE

_NAMES = ("the ferryman lived", "a stranger came", "they crossed the water", "nobody was there", "he went home")
_ROMAN = ("I", "II", "III", "IV", "V")
_TITLES = tuple(f"Chapter {number}. How {name}" for number, name in zip(_ROMAN, _NAMES, strict=True))
_LAW = "All rights reserved. No part of this book may be reproduced without permission."
_NOTICE = f"Copyright © 2012 by Ann Author. {_LAW} ISBN 978-0-00-000000-2"


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


def _textbook() -> Shape:
    pages = {
        f"c{n}.xhtml": maker.page(
            f"<h1>{title}</h1><h2>{n}.1 The Boat</h2><p>{STORY}</p><h2>{n}.2 The Oars</h2><p>{MORE}</p>"
        )
        for n, title in enumerate(("Rivers", "Shores", "Seas"), 1)
    }
    return Shape(pages=pages, titles=("Rivers", "Shores", "Seas"), spoken=("1.1 The Boat", "3.2 The Oars"))


def _start_behind() -> Shape:
    start = "*** START OF THE PROJECT GUTENBERG EBOOK THE FERRYMAN ***"
    return Shape(pages={"1.xhtml": page(*[STORY] * 12, start, title="One")}, titles=("One",), spoken=(STORY,))


def _before(name: str, *lines: str, reason: str, title: str = "") -> Shape:
    """Return a book with a page before the chapters that is none."""
    pages = {name: page(*lines, title=title), **chapters("One", "Two")}
    return Shape(pages=pages, titles=("One", "Two"), left_out=(reason,), silent=lines[:1])


def _behind(name: str, *lines: str, reason: str, title: str = "") -> Shape:
    """Return a book with a page behind the chapters that is none."""
    pages = {**chapters("One", "Two", "Three", text=STORY * 3), name: page(*lines, title=title)}
    return Shape(pages=pages, titles=("One", "Two", "Three"), left_out=(reason,), silent=lines[:1])


def _text(name: str, title: str, *lines: str) -> Shape:
    """Return a book with a chapter of words and a name that only look like matter."""
    pages = {
        **chapters("One", text=STORY * 3),
        name: page(*lines, title=title),
        "z.xhtml": page(STORY * 3, title="Two"),
    }
    return Shape(pages=pages, titles=("One", title, "Two"), spoken=lines[-1:])


def _listed(row: str, *, linked: bool, pages: bool = False, at_end: bool = False) -> Shape:
    """Return a book whose table of contents is a page of lines or rows, with links or page numbers."""
    lines = ""
    for number, title in enumerate(_TITLES):
        entry = f"<a href='c{number}.xhtml'>{title}</a>" if linked else title
        lines += row.format(f"{entry} {12 * number + 3}" if pages else entry)
    contents = {"toc.xhtml": maker.page(f"<h2>Contents</h2>{lines}")}
    text = chapters(*_TITLES)
    both = {**text, **contents} if at_end else {**contents, **text}
    return Shape(pages=both, titles=_TITLES, left_out=("table of contents",))


def _plain(*lines: str, titles: tuple[str, ...] = (), silent: tuple[str, ...] = ()) -> Shape:
    return Shape(pages={"": "\n\n".join(lines) + "\n"}, suffix="txt", titles=titles, spoken=(MORE,), silent=silent)


def _gutenberg() -> Shape:
    start, end = (f"*** {word} OF THE PROJECT GUTENBERG EBOOK THE FERRYMAN ***" for word in ("START", "END"))
    head = "The Project Gutenberg eBook of The Ferryman. This ebook is for the use of anyone anywhere at no cost."
    licence = "START: FULL LICENSE. Please read this before you distribute or use this work."
    lines = (head, start, "Chapter 1", STORY, MORE, "Chapter 2", STORY, end, licence)
    return _plain(*lines, titles=("Chapter 1", "Chapter 2"), silent=("anyone anywhere", "distribute"))


def _running_heads() -> Shape:
    lines = "".join(
        f"<p>{STORY[:-40]} and so he went {number} times to the</p><p>THE FERRYMAN {number}</p>"
        "<p>other shore again.</p>"
        for number in range(1, 8)
    )
    return Shape(
        pages={"1.xhtml": maker.page(f"<h1>One</h1>{lines}")},
        spoken=("3 times to the other shore",),
        silent=("THE FERRYMAN",),
    )


def _bible() -> Shape:
    row = "<p>" + " ".join(f"<a href='#v{number}'>{number}</a>" for number in range(1, 41)) + "</p>"
    return Shape(
        pages={f"{n}.xhtml": maker.page(f"<h1>Book {n}</h1>{row}<p>{STORY}</p>") for n in (1, 2)}, silent=("39 40",)
    )


_HEBREW = "המעבוראי הזקן גר ליד הנהר מאז שהיה ילד, והכיר כל אבן בו. בערב היה יושב לפני ביתו ומביט במים שעברו בלי קול."
_KOREAN = "늙은 뱃사공은 어릴 때부터 강가에 살았고 강의 모든 돌을 알고 있었다."
_KOREAN += " 저녁이면 그는 집 앞에 앉아 소리 없이 흘러가는 물을 바라보았다."
_INDEX = tuple(
    f"{word}, {at}, {at + 31}–{at + 33}"
    for at, word in enumerate(["abbot", "boat", "oar", "river", "sea", "shore"] * 3)
)
_WORKS = tuple(f"Author, Ann. The River {n}. London: Smith, 19{n}." for n in range(10, 22))
_PICTURES = tuple(f"The ferry at night {n}" for n in range(8))
MATTER: dict[str, Shape] = {
    "contents of the second halves of titles": _second_halves(),
    "title-page lines that are headings": _crumbs(),
    "part pages with nothing but a title": _parts(),
    "a textbook without contents": _textbook(),
    "a START line behind the text": _start_behind(),
    "text in files called index": Shape(
        pages={"index.html": page(STORY, title="Welcome"), "index1.html": page(MORE * 3, title="Setup")},
        titles=("Welcome", "Setup"),
    ),
    "a section called Footnotes that is text": Shape(
        pages={**chapters("One", "Two"), "f.xhtml": page(MORE, MORE, title="Footnotes")},
        titles=("One", "Two", "Footnotes"),
    ),
    "a title page of paragraphs": _before("t.xhtml", "The Ferryman", "by Ann Author", "London", reason="title page"),
    "a title page of headings": Shape(
        pages={
            "t.xhtml": maker.page("<h1>The Ferryman</h1><h2>A Tale</h2><h3>by Ann Author</h3>"),
            **chapters("One", "Two"),
        },
        titles=("One", "Two"),
        left_out=("title page",),
    ),
    "a note of a transcriber without a name": _behind(
        "x.xhtml", "Transcriber’s note: obvious errors were corrected.", title="A Word", reason="transcriber's note"
    ),
    "a listed page with nothing but a title": Shape(
        pages={"a.xhtml": page(title="Chapter I"), "b.xhtml": page(STORY, MORE, title="The River")},
        contents=maker.nav(("a.xhtml", "Chapter I"), ("b.xhtml", "The River")),
        titles=("Chapter I. The River",),
    ),
    "a copyright page without a name": _before("x.xhtml", _NOTICE, reason="copyright page"),
    "a copyright page at the end": _behind("x.xhtml", _NOTICE, reason="copyright page"),
    "a page that only speaks of copyright": _text(
        "tips.xhtml", "Tips", f"Everybody asks about copyright. {MORE}", STORY
    ),
    "contents with links": _listed("<p>{}</p>", linked=True),
    "contents without links": _listed("<p>{}</p>", linked=False),
    "contents with page numbers": _listed("<p>{}</p>", linked=False, pages=True),
    "contents in a table": _listed("<table><tr><td>{}</td></tr></table>", linked=True, pages=True),
    "contents in a list at the end": _listed("<ul><li>{}</li></ul>", linked=True, at_end=True),
    "contents with dots in a text file": _plain(
        "CONTENTS",
        *(f"{title} ........ {7 * at + 1}" for at, title in enumerate(_TITLES)),
        *(line for title in _TITLES for line in (title, STORY, MORE)),
        titles=_TITLES,
        silent=("......",),
    ),
    "an index without a name": _behind("x.xhtml", *_INDEX, title="Index", reason="index"),
    "a story called Index": _text("index.xhtml", "Index", MORE, STORY),
    "a story called Notes": _text("notes.xhtml", "Notes", MORE, STORY),
    "a story called Contents": _text("contents.xhtml", "Contents", STORY, STORY, MORE),
    "a story called Cover": _text("cover.xhtml", "Cover", STORY, STORY, MORE),
    "a bibliography": _behind("b.xhtml", *_WORKS, title="Bibliography", reason="bibliography"),
    "a list of pictures": _before("l.xhtml", *_PICTURES, title="List of Illustrations", reason="list of illustrations"),
    "books by the same author": _behind(
        "a.xhtml", *(f"The River {n}" for n in range(5)), title="Also by Ann Author", reason="advertisement"
    ),
    "a transcriber’s note": _behind(
        "t.xhtml", "Obvious errors were corrected.", title="Transcriber’s Note", reason="transcriber's note"
    ),
    "a copyright page between two novels": Shape(
        pages={
            **{f"{n}.xhtml": page(STORY, MORE, title=title) for n, title in enumerate(("The Ferry", "I", "II", "III"))},
            "4.xhtml": page("The Oar"),
            "5.xhtml": page(_NOTICE),
            **{f"{n}.xhtml": page(STORY, MORE, title=str(n)) for n in range(6, 9)},
        },
        left_out=("copyright page",),
        spoken=("The Oar",),
        silent=("ISBN",),
    ),
    "the page of a digital edition": Shape(
        pages={
            **{f"{n}.xhtml": page(PROSE["fr"], title=n) for n in ("Un", "Deux", "Trois")},
            "z.xhtml": page(
                "Cette édition électronique du livre <i>Le Passeur</i> d’Anne Auteur a été réalisée le 3 mai 2019.",
                "Elle repose sur l’édition papier du même ouvrage (ISBN : 9782070000000).",
            ),
        },
        declared="fr",
        language="fr",
        titles=("Un", "Deux", "Trois"),
        silent=("papier",),
    ),
    "a page about the scan": _before(
        "0.xhtml", "This book was produced in EPUB format by the Internet Archive.", reason="transcriber's note"
    ),
    "header and licence of a text file": _gutenberg(),
    "running heads between the pages": _running_heads(),
    "rows of verse numbers": _bible(),
    "chapters without a heading": Shape(
        pages={f"{n}.xhtml": maker.page(f"<p><b>CHAPTER {n}</b></p><p>{STORY}</p><p>{MORE}</p>") for n in (1, 2, 3)},
        spoken=(STORY, MORE),
    ),
    "chapters that no heading or list names": Shape(
        pages={f"{n}.xhtml": page(STORY, MORE) for n in (1, 2, 3)}, spoken=(STORY, MORE)
    ),
    "a page that asks for a review": _behind(
        "r.xhtml",
        "If you enjoyed this book, please consider leaving a review on Amazon.",
        title="Leave a Review",
        reason="advertisement",
    ),
    "a page that recommends another book": _behind(
        "r.xhtml",
        "Did you love <i>The Ferryman</i>? Then you should read <i>The Oar</i> by Ann Author!",
        "The oar is old, and so is he who holds it.",
        reason="advertisement",
    ),
    "an author who has a newsletter": _text(
        "z0.xhtml", "About the Author", "Ann lives by a river, and has a boat.", "Sign up for her newsletter."
    ),
    "a licence above the first chapter of a document": Shape(
        pages={
            "a.xhtml": maker.page(
                "<p>The Ferryman</p><p>By Ann Author</p><p>Smashwords Edition</p><p>Copyright 2012 Ann Author</p>"
                "<p>This ebook is licensed for your personal enjoyment only. It may not be re-sold or given away.</p>"
                + "".join(f"<p id='c{n}'>Chapter {n}</p><p>{STORY}</p><p>{MORE}</p>" for n in (1, 2))
            )
        },
        contents=maker.ncx(("a.xhtml#c1", "Chapter 1"), ("a.xhtml#c2", "Chapter 2")),
        titles=("Chapter 1", "Chapter 2"),
        silent=("enjoyment", "2012"),
        left_out=("copyright page",),
    ),
    "a Korean copyright page": Shape(
        pages={
            "0.xhtml": page(
                "초판 1쇄 2020년 5월 3일", "펴낸곳 강출판사", "ⓒ 김철수, 2020", "무단 전재와 복제를 금합니다."
            ),
            **{f"{n}.xhtml": page(_KOREAN, _KOREAN, title=f"제{n}장") for n in (1, 2)},
        },
        declared="ko",
        language="ko",
        titles=("제1장", "제2장"),
        silent=("무단",),
    ),
    "the page of a shop's program": Shape(
        pages={
            "0.xhtml": page(
                "UUID: 5a1b2c3d-0000-11e9-8000-000000000000", "Questo libro è realizzato con StreetLib Write"
            ),
            "1.xhtml": page("Il fiume", "La barca", "La lampada", title="Indice dei contenuti"),
            **{f"{k}.xhtml": page(PROSE["it"], title=k) for k in ("Il fiume", "La barca", "La lampada")},
        },
        declared="it",
        language="it",
        titles=("Il fiume", "La barca", "La lampada"),
        silent=("UUID", "Indice"),
    ),
    "contents in Hebrew": Shape(
        pages={
            "0.xhtml": page("פרק ראשון", "פרק שני", title="תוכן העניינים"),
            **{f"{n}.xhtml": page(_HEBREW, title=title) for n, title in enumerate(("פרק ראשון", "פרק שני"), 1)},
        },
        declared="he",
        language="he",
        titles=("פרק ראשון", "פרק שני"),
    ),
    "a list of tables": _before(
        "t.xhtml",
        *(f"The tides of {n} May" for n in range(1, 7)),
        title="List of Tables",
        reason="list of illustrations",
    ),
    "the header of Gutenberg Australia": Shape(
        pages={
            "1.xhtml": maker.page(
                "<p>Project Gutenberg Australia</p><p>Title: The Ferryman</p><p>Copyright laws change all over the "
                "world.</p><p>The License may be viewed online at gutenberg.net.au/licence.html</p>"
                f"<h1>The Ferryman</h1><h2>by Ann Author</h2><h3>CHAPTER I</h3><p>{STORY}</p>"
                f"<h3>CHAPTER II</h3><p>{MORE}</p>"
                "<p>This site is full of FREE ebooks - Project Gutenberg Australia</p>"
            )
        },
        silent=("Australia", "laws"),
        spoken=(MORE,),
    ),
    "the header of Faded Page": Shape(
        pages={
            "0.xhtml": page(
                "* A Distributed Proofreaders Canada eBook *", "It is made available at no cost.", "Faded Page eBook #1"
            ),
            **chapters("One", "Two"),
            "z.xhtml": page("TRANSCRIBER NOTES", "Misspelled words have been corrected."),
        },
        titles=("One", "Two"),
        silent=("Canada", "cost", "Misspelled"),
    ),
    "boxes above the sections of chapters": Shape(
        pages={
            f"{n}.xhtml": maker.page(
                f"<h1>{n}. The River</h1><h4>Aims</h4><p>{MORE}</p><h3>Questions</h3><p>{STORY}</p>"
                f"<h3>Answers</h3><p>{MORE}</p>"
            )
            for n in (1, 2)
        },
        titles=("1. The River. Aims", "2. The River. Aims"),
    ),
}
