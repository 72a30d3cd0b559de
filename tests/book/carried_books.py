"""Three small real books that the tests bring with them, so that they are tried wherever there are no others.

Their texts are in `carried`, and are in the public domain: "The Yellow Wallpaper" by Charlotte Perkins Gilman (1892),
two chapters of "Alice's Adventures in Wonderland" by Lewis Carroll (1865), and two of "Vingt mille lieues sous les
mers" by Jules Verne (1870). Here they become EPUBs of the kinds that people have:

- `wallpaper`: EPUB 3, one story between a title page, an imprint and a colophon that are marked as such.
- `alice`: EPUB 3, a nav of two levels, verse, a picture with alternative text, a list of illustrations.
- `vingt`: EPUB 2, French, an NCX whose entries are anchors in one file, notes linked by bare numbers, and a licence.
"""

from pathlib import Path

import epub_maker

TEXTS = Path(__file__).with_name("carried")
NAMES = ("wallpaper", "alice", "vingt")
BEGINNING = 90  # paragraphs, a third of the story
PICTURE = b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>"


def write_carried(folder: Path) -> Path:
    """Write the books into a folder, each under its name, and return the folder."""
    for name, write in zip(NAMES, (_write_wallpaper, _write_alice, _write_vingt), strict=True):
        (folder / "parts" / name).mkdir(parents=True)
        write(folder / "parts" / name).rename(folder / f"{name}.epub")
    return folder


def write_beginning(folder: Path, paragraphs: int = BEGINNING) -> Path:
    """Write the beginning of "The Yellow Wallpaper" as a book of its own, to be spoken by a real voice."""
    made = folder / "wallpaper"
    made.mkdir()
    return _write_wallpaper(made, "\n".join(_text("wallpaper").splitlines()[:paragraphs]))


def _write_wallpaper(folder: Path, text: str = "") -> Path:
    title, author = "The Yellow Wallpaper", "Charlotte Perkins Gilman"
    story = f"<section epub:type='chapter'><h2>{title}</h2>{text or _text('wallpaper')}</section>"
    pages = {
        "title.xhtml": epub_maker.page(f"<h1>{title}</h1><p>By {author}.</p>", body_type="titlepage"),
        "imprint.xhtml": epub_maker.page(
            "<h2>Imprint</h2><p>This little book was made for tests. Its text has no owner any more.</p>",
            body_type="imprint",
        ),
        "story.xhtml": epub_maker.page(story),
        "colophon.xhtml": epub_maker.page(
            "<h2>Colophon</h2><p>The story was first published in January 1892. No font was chosen for it.</p>",
            body_type="colophon",
        ),
    }
    titles = ("Title Page", "Imprint", title, "Colophon")
    contents = epub_maker.nav(*zip(pages, titles, strict=True))
    return epub_maker.make(folder, pages, contents=contents, metadata=_metadata(title, author, "en-US", "1892"))


def _write_alice(folder: Path) -> Path:
    first = (
        "<figure><img src='rabbit.svg' alt='A white rabbit looks at his watch.'/>"
        "<figcaption>The White Rabbit</figcaption></figure>"
    )
    pages = {
        "title.xhtml": epub_maker.page("<h1>Alice’s Adventures in Wonderland</h1>", body_type="titlepage"),
        "pictures.xhtml": epub_maker.page(
            "<nav epub:type='loi'><h2>List of Illustrations</h2><ol><li><a href='c1.xhtml#rabbit'>"
            "The White Rabbit</a></li></ol></nav>",
            body_type="loi",
        ),
        "c1.xhtml": epub_maker.page(
            f"<h2>I<br/>Down the Rabbit-Hole</h2><div id='rabbit'>{first}</div>{_text('alice-1')}"
        ),
        "c2.xhtml": epub_maker.page(f"<h2>II<br/>The Pool of Tears</h2>{_text('alice-2')}"),
    }
    contents = epub_maker.page(
        "<nav epub:type='toc'><ol><li><a href='title.xhtml'>Titlepage</a></li>"
        "<li><a href='pictures.xhtml'>List of Illustrations</a></li>"
        "<li><a href='c1.xhtml'>Alice’s Adventures in Wonderland</a><ol>"
        "<li><a href='c1.xhtml'>I: Down the Rabbit-Hole</a></li>"
        "<li><a href='c2.xhtml'>II: The Pool of Tears</a></li></ol></li></ol></nav>"
    )
    return epub_maker.make(
        folder,
        pages,
        contents=contents,
        metadata=_metadata("Alice’s Adventures in Wonderland", "Lewis Carroll", "en-GB", "1865"),
        manifest='<item id="rabbit" href="rabbit.svg" media-type="image/svg+xml"/>',
        more={"OEBPS/rabbit.svg": PICTURE},
    )


def _write_vingt(folder: Path) -> Path:
    title = "Vingt mille lieues sous les mers"
    first = _text("vingt-1").replace("[1]", '<a id="r1" href="#n1"><sup>[1]</sup></a>')
    note = '<p><a id="n1" href="#r1">[1]</a> Environ 106 mètres. Le pied anglais n\'est que de 30,40 centimètres.</p>'
    pages = {
        "title.html": epub_maker.page("<h1>VINGT MILLE LIEUES<br/>SOUS<br/>LES MERS</h1><p>PAR JULES VERNE</p>"),
        "vingt.html": epub_maker.page(
            f"<h2 id='c1'>CHAPITRE PREMIER<br/>UN ÉCUEIL FUYANT.</h2>{first}{note}"
            f"<h2 id='c2'>CHAPITRE II<br/>LE POUR ET LE CONTRE.</h2>{_text('vingt-2')}"
        ),
        "licence.html": epub_maker.page("<h2>LICENCE</h2><p>Anybody may copy this book, sell it or change it.</p>"),
    }
    contents = epub_maker.ncx(
        ("title.html", "VINGT MILLE LIEUES SOUS LES MERS"),
        ("vingt.html#c1", "CHAPITRE PREMIER UN ÉCUEIL FUYANT."),
        ("vingt.html#c2", "CHAPITRE II LE POUR ET LE CONTRE."),
        ("licence.html", "LICENCE"),
    )
    return epub_maker.make(folder, pages, contents=contents, metadata=_metadata(title, "Jules Verne", "fr", "1870"))


def _text(name: str) -> str:
    return (TEXTS / f"{name}.html").read_text("utf-8")


def _metadata(title: str, author: str, language: str, year: str) -> str:
    return (
        f'<dc:identifier id="uid">e2a-swarm:test:{title}</dc:identifier><dc:title>{title}</dc:title>'
        f"<dc:creator>{author}</dc:creator><dc:language>{language}</dc:language><dc:date>{year}</dc:date>"
    )
