from pathlib import Path

import epub_maker as maker
import pytest
import regex

from swarm.book.any_file import read_book
from swarm.book.epub import read_epub
from swarm.book.model.book import Book, Doubt
from swarm.book.model.reading_choice import Reading
from swarm.errors import BookError

DEUXIEME = "DEUXIEME PARTIE. CHAPITRE PREMIER L'OCÉAN INDIEN."  # "DEUXIEME PARTIE" is a paragraph before its heading
PAGE = regex.compile(r"\(?Page \d+|Agrandir|\[\d\]")


def spoken(book: Book) -> list[str]:
    return [chapter.title for chapter in book.chapters if not chapter.left_out]


def left_out(book: Book) -> dict[str, str]:
    return {chapter.title: chapter.left_out for chapter in book.chapters if chapter.left_out}


def test_moby_dick_has_its_chapters_by_name(books: Path) -> None:
    book = read_book(books / "moby-dick.epub")
    assert (book.title, book.authors, book.language) == ("Moby Dick", ("Herman Melville",), "en")
    titles = spoken(book)
    assert titles[:4] == ["Dedication", "Etymology", "Extracts", "I: Loomings"]
    assert titles[-2:] == ["CXXXV: The Chase—Third Day", "Epilogue"]
    assert len(titles) == 139
    assert left_out(book) == {
        "Titlepage": "title page",
        "Imprint": "imprint",
        "Moby Dick": "title page",
        "Endnotes": "notes",
        "Colophon": "colophon",
        "Uncopyright": "copyright page",
    }


def test_vingt_mille_lieues_is_cut_at_its_anchors_and_its_licence_left_out(books: Path) -> None:
    book = read_book(books / "vingt-mille-lieues-fr.epub")
    titles = spoken(book)
    assert book.language == "fr"
    assert len(titles) == 47
    assert titles[0] == "CHAPITRE PREMIER UN ÉCUEIL FUYANT."
    assert titles[46] == "CHAPITRE XXIII CONCLUSION."
    chapters = [chapter for chapter in book.chapters if not chapter.left_out]
    assert [chapter.blocks[0].kind for chapter in chapters if chapter.title != DEUXIEME] == ["heading"] * 46
    assert chapters[3].blocks[0].text == "CHAPITRE IV\nNED LAND."
    assert not [title for title in titles if "GUTENBERG" in title.upper()]
    assert not [block for chapter in chapters for block in chapter.blocks if "Gutenberg" in block.text]
    assert not [block for chapter in chapters for block in chapter.blocks if PAGE.search(block.text)]
    assert set(left_out(book).values()) == {
        "licence", "table of contents", "title page", "notes", "transcriber's note"
    }  # fmt: skip


def test_jekyll_and_the_wallpaper_are_nothing_but_their_stories(books: Path) -> None:
    jekyll = read_book(books / "jekyll-and-hyde.epub")
    assert len(spoken(jekyll)) == 10
    assert spoken(jekyll)[0] == "Story of the Door"
    wallpaper = read_book(books / "yellow-wallpaper.epub")
    assert spoken(wallpaper) == ["The Yellow Wallpaper"]
    assert wallpaper.cover is not None
    assert wallpaper.cover.data.startswith(b"\xff\xd8")


def test_every_odd_book_opens(books: Path) -> None:
    odd = sorted((books / "odd").glob("*.epub"))
    read = {path.stem: read_book(path) for path in odd}
    assert len(read) == 16
    assert all(spoken(book) for book in read.values())
    assert spoken(read["multiple-opf"]) == ["Link to main page"]
    assert spoken(read["svg-spine-items"])[1:] == ["Page 2", "Page 3", "Page 4"]
    assert read["japanese-vertical-ruby-preview"].language == "ja"
    assert "やまみち" not in read["japanese-vertical-ruby-preview"].chapters[1].blocks[1].text
    assert left_out(read["poem-noteref-single-file"])['NOTES ON "THE WASTE LAND"'] == "notes"
    assert read["percent-encoded-href"].chapters[0].blocks[1].text == "Call me Ishmael."


def test_matter_is_left_out_with_its_reason(tmp_path: Path) -> None:
    story = "<p>" + "A long story. " * 40 + "</p>"
    pages = {
        "cover.xhtml": maker.page("<p>A Test</p>"),
        "a.xhtml": maker.page("<p>All rights reserved.</p>"),
        "b.xhtml": maker.page("<h1>The Story</h1>" + story),
        "c.xhtml": maker.page("<section epub:type='colophon'><p>Made with care.</p></section>"),
    }
    contents = maker.nav(("a.xhtml", "Copyright"), ("b.xhtml", "The Story"), ("c.xhtml", "About This Book"))
    book = read_book(maker.make(tmp_path, pages, contents=contents))
    assert spoken(book) == ["The Story"]
    assert left_out(book) == {"A Test": "cover page", "Copyright": "copyright page", "About This Book": "colophon"}


def test_notes_among_the_text_are_gathered_after_it(tmp_path: Path) -> None:
    note = "<aside epub:type='footnote'>{}</aside>".format
    body = f"<h1>One</h1><p>text</p>{note('a note')}<p>on</p>{note('two')}"
    book = read_book(maker.make(tmp_path, {"1.xhtml": maker.page(body)}))
    assert [[block.text for block in chapter.blocks] for chapter in book.chapters] == [
        ["One", "text", "on"],
        ["a note", "two"],
    ]
    assert left_out(book) == {"Notes": "notes"}


def test_gutenberg_lines_part_the_book_from_its_licence(tmp_path: Path) -> None:
    body = (
        "<p>The Project Gutenberg eBook of X</p><p>*** START OF THE PROJECT GUTENBERG EBOOK X ***</p><h1>X</h1>"
        "<p>story</p><p>*** END OF THE PROJECT GUTENBERG EBOOK X ***</p><p>Section 1. General Terms</p>"
    )
    book = read_book(maker.make(tmp_path, {"1.xhtml": maker.page(body)}))
    kept = [block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks]
    assert kept == ["X", "story"]
    assert set(left_out(book).values()) == {"licence"}


def test_a_book_that_quotes_the_gutenberg_line_is_not_cut_short(tmp_path: Path) -> None:
    line = "<p>*** START OF THE PROJECT GUTENBERG EBOOK X ***</p>"
    story = "".join(f"<p>And on day {day} the brig sailed on, as she had on the days before.</p>" for day in range(300))
    book = read_book(maker.make(tmp_path, {"1.xhtml": maker.page(f"{story}{line}<p>And then she sank.</p>")}))
    assert left_out(book) == {}


def test_a_book_of_pictures_is_refused(tmp_path: Path) -> None:
    path = maker.make(tmp_path, {"1.xhtml": maker.page("<img src='a.jpg' alt='a picture'/><p>* * *</p>")})
    with pytest.raises(BookError, match="no text to speak"):
        read_book(path)


@pytest.mark.parametrize(
    ("declared", "expected"),
    [("en-GB", "en"), ("FR", "fr"), ("ger", "de"), ("pt_BR", "pt"), ("und", "en"), ("", "en"), ("x-klingon", "en")],
)
def test_languages(tmp_path: Path, declared: str, expected: str) -> None:
    metadata = f"<dc:title>T</dc:title><dc:language>{declared}</dc:language>"
    assert read_book(maker.make(tmp_path, {"1.xhtml": maker.page("<p>x</p>")}, metadata=metadata)).language == expected


def test_a_document_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    path = maker.make(
        tmp_path, {"1.xhtml": maker.page("<p>x</p>"), "2.xhtml": maker.page("<div>" * 300 + "</div>" * 300)}
    )
    with pytest.raises(BookError, match=r"2\.xhtml is refused"):
        read_book(path)


def test_what_stands_among_the_pages_and_is_none_is_named(tmp_path: Path) -> None:
    items = (
        '<item id="t" href="t.txt" media-type="text/plain"/><item id="i" href="i.png" media-type="image/png"/>'
        '<item id="f" href="f.pdf" media-type="application/pdf" fallback="a.xhtml"/>'
    )
    spine = "".join(f'<itemref idref="{name}"/>' for name in "tif")
    pages = {"a.xhtml": maker.page("<h1>One</h1><p>Text.</p>")}
    book = read_book(maker.make(tmp_path, pages, manifest=items, spine=spine, more={"OEBPS/t.txt": "Words."}))
    assert book.lost == ("text is lost: OEBPS/t.txt is no page (text/plain)",)
    assert book.lost[0] in book.oddities


CITING = """<h1>Sources</h1><p>The model [Cod70] was new [12, 13]. It holds [14], [15] and word.[16] And a[1] too.</p>
<p>So it is (Smith, 2020; Jones et al., 2019), as (see Figure 3) shows (p. 45), by (https://example.org/a) as [17].</p>
<p>It rained (in 1999) and (June, 2020), says Smith (2020).</p>"""


def test_citations_are_left_out_where_they_are_many(tmp_path: Path) -> None:
    def read(body: str, reading: Reading | None = None) -> tuple[list[str], list[Doubt]]:
        book = read_epub(maker.make(tmp_path, {"one.xhtml": maker.page(body)}), reading)
        return [block.text for block in book.chapters[0].blocks], [
            each for each in book.doubts if each.what == "citations"
        ]

    texts, doubts = read(CITING)
    assert texts[1:] == [
        "The model was new. It holds, and word. And a[1] too.",
        "So it is, as shows, by as.",
        "It rained (in 1999) and (June, 2020), says Smith (2020).",
    ]
    assert (doubts[0].times, doubts[0].left_out, doubts[0].option) == (10, True, "--citations=say")
    assert doubts[0].examples[0] == "[Cod70]"
    texts, doubts = read(CITING, Reading(citations="say"))
    assert texts[1] == CITING.splitlines()[0].partition("<p>")[2].removesuffix("</p>") and doubts == []
    assert read("<p>It is so [Cod70].</p>")[0] == ["It is so [Cod70]."]
    assert read("<p>It is so [Cod70].</p>", Reading(citations="skip"))[0] == ["It is so."]


def test_a_preface_that_a_template_calls_a_colophon_is_read(tmp_path: Path) -> None:
    prose = "<p>This is why I wrote the book, and how long it took me to do so in the end.</p>" * 100
    pages = {"one.xhtml": maker.page(f"<h1>Preface</h1>{prose}", body_type="colophon"), "two.xhtml": maker.page(prose)}
    assert spoken(read_epub(maker.make(tmp_path, pages)))[0] == "Preface"
    pages["one.xhtml"] = maker.page("<h1>Preface</h1><p>Set in Garamond.</p>", body_type="colophon")
    assert left_out(read_epub(maker.make(tmp_path, pages))) == {"Preface": "colophon"}
