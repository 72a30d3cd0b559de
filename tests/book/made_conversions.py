"""Books as conversion programs and small presses make them: no headings, contents in the midst of other text."""

import epub_maker as maker
from made_book import MORE, STORY, Shape, page

_WORDS = ("One", "Two", "Three")
_CHAPTERS = tuple(f"Chapter {word}" for word in _WORDS)


def _bold(contents: str = "") -> Shape:
    """Return one document whose chapters begin with a line in bold, as converters of MOBI files write it."""
    body = "".join(f"<p class='calibre1'><b>{title}</b></p><p>{STORY}</p><p>{MORE}</p>" for title in _CHAPTERS)
    return Shape(
        pages={"index_split_000.html": maker.page(f"<p>The Ferryman</p><p>by Ann Author</p>{contents}{body}")},
        titles=_CHAPTERS,
        spoken=(STORY, MORE),
        silent=("Ann Author", "Table of Contents"),
        left_out=("table of contents",) if contents else (),
    )


def _numbered() -> Shape:
    body = "".join(f"<p class='block_4'><span>{n}</span></p>{f'<p>{STORY} {MORE}</p>' * 3}" for n in range(1, 5))
    return Shape(pages={"index.html": maker.page(body)}, titles=("1", "2", "3", "4"), spoken=(MORE,))


def _linked(*lines: str) -> str:
    return "".join(f"<p><a href='#c{n}'>{line}</a></p>" for n, line in enumerate(lines))


def _small_press() -> Shape:
    notice = (
        f"<p>The Ferryman</p><p>by Ann Author</p><p>First edition</p><p>Copyright 2011 by Ann Author</p>"
        f"<p>This ebook is licensed for your personal enjoyment only. It may not be re-sold or given away.</p>"
        f"<p>Table of Contents</p>{_linked('Chapter 1', 'Chapter 2')}"
    )
    body = "".join(f"<p id='c{n}'>Chapter {n + 1}</p><p>{STORY}</p><p>{MORE}</p>" for n in range(2))
    entries = (("s.xhtml", "Start"), ("s.xhtml#c0", "Chapter 1"), ("s.xhtml#c1", "Chapter 2"))
    return Shape(
        pages={"s.xhtml": maker.page(notice + body)},
        contents=maker.ncx(*entries),
        titles=("Chapter 1", "Chapter 2"),
        left_out=("copyright page", "table of contents"),
    )


def _printed() -> Shape:
    """Return one document with title page, contents in a table and chapters, as scans of old books are made."""
    rows = "".join(
        f"<tr><td>{number}.</td><td><a href='#c{n}'>{title}</a></td><td>{9 * n + 1}</td></tr>"
        for n, (number, title) in enumerate((("I", "The River"), ("II", "The Shore")))
    )
    opening = (
        "<h1>THE FERRYMAN</h1><p>BY<br/>ANN AUTHOR<br/>AUTHOR OF “THE OAR,” ETC.</p><p>LONDON<br/>SMITH & CO.<br/>1884"
        f"</p><h2>CONTENTS</h2><table><tr><td>CHAPTER</td><td>PAGE</td></tr>{rows}</table>"
    ).replace("&", "&amp;")
    body = "".join(
        f"<h2 id='c{n}'>CHAPTER {'I' * (n + 1)}.<br/>{t}</h2><p>{STORY}</p>"
        for n, t in enumerate(("The River", "The Shore"))
    )
    entries = tuple((f"p.xhtml#c{n}", f"CHAPTER {'I' * (n + 1)}") for n in range(2))
    return Shape(
        pages={"p.xhtml": maker.page(opening + body)},
        contents=maker.ncx(*entries),
        spoken=(STORY,),
        silent=("CONTENTS", "PAGE"),
        left_out=("table of contents",),
    )


_TALES = ("The Storm", "The Calm", "The Oar", "The Sea")
CONVERSIONS: dict[str, Shape] = {
    "chapters in bold without headings": _bold(),
    "chapters in bold below their contents": _bold("<p><b>Table of Contents</b></p>" + _linked(*_CHAPTERS)),
    "chapters in bold below a list without a name": _bold(_linked(*_CHAPTERS)),
    "chapters of bare numbers without headings": _numbered(),
    "licence, contents and story in one page": _small_press(),
    "title, contents in a table and story in one page": _printed(),
    "contents without headings as the last page": Shape(
        pages={
            **{f"b{n}.xhtml": page(STORY, title=title) for n, title in enumerate(("Lost", "Found", "Home"))},
            "a.xhtml": page("CONTENTS", "1 Lost", "2 Found", "3 Home"),
        },
        titles=("Lost", "Found", "Home"),
        left_out=("table of contents",),
    ),
    "contents whose list goes over into the first chapter": Shape(
        pages={
            "a.xhtml": maker.page(
                f"<h2>Contents</h2>{_linked('The Storm', 'The Calm')}"
                f"<h2>The Storm</h2><p>{STORY}</p><h2>The Calm</h2><p>{MORE}</p>"
            )
        },
        titles=("The Storm", "The Calm"),
        spoken=(STORY, MORE),
    ),
    "an exercise that lists chapters": Shape(
        pages={
            "a.xhtml": page(STORY, "Which is the best?", *_TALES, title=_TALES[0]),
            **{f"{n}.xhtml": page(MORE, title=title) for n, title in enumerate(_TALES[1:])},
        },
        spoken=("best?\nThe Storm\nThe Calm\nThe Oar",),
    ),
    "the title page of a French text file": Shape(
        pages={
            "": "Title: Le Passeur\n\nLE PASSEUR\n\nPAR\n\nANNE AUTEUR\n\nPARIS\nCALMANN LÉVY, ÉDITEUR\n"
            "3, RUE AUBER, 3\n\n1884\n\n\nI\n\nIl vint.\n\nII\n\nIl partit et ne revint plus.\n"
        },
        suffix="txt",
        language="fr",
        titles=("I", "II"),
        silent=("PARIS", "1884"),
    ),
}
