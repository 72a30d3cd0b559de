from base64 import b64encode
from pathlib import Path
from xml.sax.saxutils import escape

import epub_maker as maker
import pytest

from swarm.book.any_file import read_book
from swarm.book.model.book import Cover
from swarm.book.package.archive import Archive
from swarm.book.package.metadata import Label
from swarm.book.package.package import Package, read_package
from swarm.book.page.input_bounds import MAX_DESCRIPTION_CHARS
from swarm.errors import BookError

PAGES = {"one.xhtml": maker.page("<p>One.</p>"), "two.xhtml": maker.page("<p>Two.</p>")}
JPEG = b"\xff\xd8\xff\xe0 a picture"


def package(path: Path) -> Package:
    with Archive(path) as archive:
        return read_package(archive)


def label(folder: Path, metadata: str) -> Label:
    return package(maker.make(folder, PAGES, metadata=metadata)).label


def test_metadata(tmp_path: Path) -> None:
    found = label(
        tmp_path,
        '<dc:identifier id="uid">isbn:1</dc:identifier><dc:identifier id="b">2</dc:identifier>'
        "<dc:title>  A \n Title </dc:title>"
        "<dc:language>en-GB</dc:language><dc:creator>Ann</dc:creator><dc:creator>Bob</dc:creator>"
        "<dc:publisher>P &amp; Co</dc:publisher>"
        "<dc:date>2014-03-02</dc:date><dc:description>&lt;p&gt;Good &amp;amp; &lt;i&gt;short&lt;/i&gt;.&lt;/p&gt;"
        "</dc:description>",
    )
    assert (found.title, found.authors) == ("A Title", ("Ann", "Bob"))
    assert (found.year, found.publisher, found.identifier) == ("2014", "P & Co", "isbn:1")
    assert found.description == "Good & short."


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>First <b>line</b>.</p><p>Second line.</p>", "First line. Second line."),
        ("One<br/>Two<script>x</script><!-- y -->", "One Two"),
        ("<p>Fire &amp;amp; Ice</p>", "Fire & Ice"),
        ("R&D is <3", "R&D is <3"),
        ("No markup", "No markup"),
    ],
)
def test_a_description_is_read_without_its_markup(tmp_path: Path, written: str, read: str) -> None:
    assert label(tmp_path, f"<dc:description>{escape(written)}</dc:description>").description == read


def test_remarks_in_the_metadata_belong_to_nothing(tmp_path: Path) -> None:
    found = label(
        tmp_path,
        '<?made by?><dc:identifier id="uid">x</dc:identifier><dc:title>Al<!-- c -->pha</dc:title>'
        "<dc:creator><!-- d -->Ann</dc:creator>",
    )
    assert (found.title, found.authors) == ("Alpha", ("Ann",))


@pytest.mark.parametrize("piece", ["<!-- ", "<b>", "&amp;", "<![CDATA[", "a "])
def test_a_description_without_an_end_is_cut(tmp_path: Path, piece: str) -> None:
    written = escape(piece * (2_000_000 // len(piece)))
    found = label(tmp_path, f"<dc:description>{written}</dc:description>")
    assert len(found.description) <= MAX_DESCRIPTION_CHARS


def test_the_main_title_counts(tmp_path: Path) -> None:
    titles = '<dc:title id="a">The Whale</dc:title><dc:title id="b">Moby Dick</dc:title>'
    kinds = (
        '<meta refines="#a" property="title-type">subtitle</meta><meta refines="#b" property="title-type">main</meta>'
    )
    assert label(tmp_path, titles + kinds).title == "Moby Dick"
    assert label(tmp_path, titles).title == "The Whale"


def test_illustrators_are_no_authors_unless_there_is_nobody_else(tmp_path: Path) -> None:
    creators = (
        '<dc:creator id="a">Ann</dc:creator><dc:creator id="b">Bob</dc:creator>'
        '<meta refines="#b" property="role" scheme="marc:relators">ill</meta>'
    )
    assert label(tmp_path, creators).authors == ("Ann",)
    old = '<dc:creator xmlns:opf="http://www.idpf.org/2007/opf" opf:role="ill">Bob</dc:creator>'
    assert label(tmp_path, old).authors == ("Bob",)


def test_a_book_without_metadata_is_named_by_its_file(tmp_path: Path) -> None:
    found = label(tmp_path, "")
    assert (found.title, found.authors, found.year, found.identifier) == ("book", (), "", "")


@pytest.mark.parametrize(
    ("metadata", "manifest"),
    [
        ("", '<item id="c" href="c.jpg" media-type="image/jpeg" properties="cover-image"/>'),
        ('<meta name="cover" content="c"/>', '<item id="c" href="c.jpg" media-type="image/jpeg"/>'),
        ("", '<item id="c" href="c.svg" media-type="image/svg+xml" properties="cover-image"/>'),
        ("", '<item id="c" href="e.svg" media-type="image/svg+xml" properties="cover-image"/>'),
    ],
)
def test_covers(tmp_path: Path, metadata: str, manifest: str) -> None:
    xlink = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    embedded = f'<svg {xlink}><image xlink:href="data:image/jpeg;base64,{b64encode(JPEG).decode()}"/></svg>'
    more: dict[str, str | bytes] = {"OEBPS/c.jpg": JPEG, "OEBPS/e.svg": embedded}
    more["OEBPS/c.svg"] = f'<svg {xlink}><image xlink:href="c.jpg"/></svg>'
    path = maker.make(tmp_path, PAGES, metadata=maker.METADATA + metadata, manifest=manifest, more=more)
    assert package(path).cover == Cover(JPEG, "image/jpeg")


def test_a_cover_page_of_the_guide_shows_the_cover(tmp_path: Path) -> None:
    pages = PAGES | {"cover.xhtml": maker.page('<img src="c.jpg" alt=""/>')}
    guide = '<guide><reference type="cover" href="cover.xhtml"/></guide></package>'
    files = {"META-INF/container.xml": maker.CONTAINER, "OEBPS/c.jpg": JPEG}
    files |= {f"OEBPS/{name}": text for name, text in pages.items()}
    files["OEBPS/content.opf"] = maker.opf(pages).replace("</package>", guide)
    assert package(maker.pack(tmp_path / "b.epub", files)).cover == Cover(JPEG, "image/jpeg")


def test_a_missing_picture_costs_nothing_and_a_missing_document_is_named(tmp_path: Path) -> None:
    manifest = '<item id="c" href="c.jpg" media-type="image/jpeg" properties="cover-image"/>'
    manifest += '<item id="x" href="unused.xhtml" media-type="application/xhtml+xml"/>'
    assert package(maker.make(tmp_path, PAGES, manifest=manifest)).cover is None
    with pytest.raises(BookError, match=r"OEBPS/two\.xhtml is missing"):
        read_book(maker.make(tmp_path, PAGES, without=("OEBPS/two.xhtml",)))


PROSE = "<p>The brig lay at anchor, and nobody came aboard of her that night.</p>" * 20


def test_the_spine_decides_and_its_side_lines_are_read_if_they_have_text(tmp_path: Path) -> None:
    manifest = '<item id="side" href="side.xhtml" media-type="application/xhtml+xml"/>'
    manifest += '<item id="pic" href="pic.jpg" media-type="image/jpeg"/>'
    manifest += '<item id="two" href="two.xhtml" media-type="application/xhtml+xml"/>'
    spine = '<itemref idref="side" linear="no"/><itemref idref="pic"/><itemref idref="two"/>'
    pages = {"one.xhtml": maker.page(f"<h1>One</h1>{PROSE}")}
    two = maker.page(f"<h1>Two</h1>{PROSE}")

    def read(side: str) -> tuple[list[str], tuple[str, ...]]:
        files = {"OEBPS/side.xhtml": maker.page(side), "OEBPS/two.xhtml": two}
        book = read_book(maker.make(tmp_path, pages, manifest=manifest, spine=spine, more=files))
        return [chapter.title for chapter in book.chapters], book.oddities

    titles, lines = read("<p>A cover</p>")
    assert titles == ["One", "Two"] and "OEBPS/side.xhtml stands outside the reading order and is not read" in lines
    titles, lines = read(f"<h1>Aside</h1>{PROSE}")
    assert titles == ["One", "Aside", "Two"]
    assert "OEBPS/side.xhtml stands outside the reading order and is read: it has text" in lines


def test_text_beside_the_spine_is_read_where_the_contents_name_it(tmp_path: Path) -> None:
    pages = {f"{name}.xhtml": maker.page(f"<h1>{name}</h1>{PROSE}") for name in ("one", "two", "three")}
    manifest = '<item id="lost" href="lost.xhtml" media-type="application/xhtml+xml"/>'
    links = "".join(f'<li><a href="{name}.xhtml">{name}</a></li>' for name in ("one", "lost", "two", "three"))
    nav = f'<nav epub:type="toc"><ol>{links}</ol></nav>'
    more = {"OEBPS/lost.xhtml": maker.page(f"<h1>lost</h1>{PROSE}"), "OEBPS/nav.xhtml": maker.page(nav)}
    manifest += '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
    book = read_book(maker.make(tmp_path, pages, manifest=manifest, more=more))
    assert [chapter.title for chapter in book.chapters] == ["one", "lost", "two", "three"]
    more["OEBPS/lost.xhtml"] = maker.page("<p>A cover</p>")
    book = read_book(maker.make(tmp_path, pages, manifest=manifest, more=more))
    assert [chapter.title for chapter in book.chapters] == ["one", "two", "three"]


def test_a_book_whose_spine_has_little_of_its_text_is_read_whole(tmp_path: Path) -> None:
    names = ("one", "two")
    manifest = "".join(f'<item id="{name}" href="{name}.xhtml" media-type="application/xhtml+xml"/>' for name in names)
    more = {f"OEBPS/{name}.xhtml": maker.page(f"<h1>{name}</h1>{PROSE}") for name in names}
    for pages in ({"cover.xhtml": maker.page("<p>A cover</p>")}, {}):
        book = read_book(maker.make(tmp_path, pages, manifest=manifest, more=more))
        assert [chapter.title for chapter in book.chapters if not chapter.left_out] == ["one", "two"]


def test_fallbacks_lead_to_a_document_and_circles_to_none(tmp_path: Path) -> None:
    manifest = (
        '<item id="a" href="a.pdf" media-type="application/pdf" fallback="b"/>'
        '<item id="b" href="b.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="c" href="c.pdf" media-type="application/pdf" fallback="c"/>'
    )
    spine = '<itemref idref="a"/><itemref idref="c"/>'
    path = maker.make(tmp_path, PAGES, manifest=manifest, spine=spine, more={"OEBPS/b.xhtml": maker.page("x")})
    assert [item.name for item in package(path).documents][2:] == ["OEBPS/b.xhtml"]


def test_a_spine_line_that_names_nothing_is_told_as_a_loss_only_if_text_may_be_lost(tmp_path: Path) -> None:
    spine = '<itemref idref="nobody"/><itemref/>'
    book = read_book(maker.make(tmp_path, PAGES, spine=spine))
    assert (len(book.chapters), book.lost) == (2, ())
    assert "its reading order names 'nobody', which its manifest does not know" in book.oddities
    assert "a line of its reading order names nothing" in book.oddities
    book = read_book(maker.make(tmp_path, PAGES, spine=spine, more={"OEBPS/stray.xhtml": maker.page("x")}))
    line = "its reading order names 'nobody', which its manifest does not know"
    assert book.lost == (f"text may be lost: {line}: perhaps OEBPS/stray.xhtml",)


def test_a_spine_that_is_cut_short_is_refused(tmp_path: Path) -> None:
    whole = maker.opf(PAGES)
    broken = whole.replace('<itemref idref="two.xhtml"/>', '<!-- <itemref/> --></spine><itemref idref="two.xhtml"/>')
    with pytest.raises(BookError, match="cut short"):
        package(maker.make(tmp_path, PAGES, more={"OEBPS/content.opf": broken}))


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "not xml",
        "<package/>",
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/></package>',
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item/></manifest><spine/></package>',
    ],
)
def test_a_damaged_package_ends_in_one_sentence(tmp_path: Path, damage: str) -> None:
    path = maker.make(tmp_path, PAGES, more={"OEBPS/content.opf": damage})
    with pytest.raises(BookError, match=str(path)):
        package(path)


def test_a_container_that_leads_nowhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BookError, match="names no package"):
        package(maker.make(tmp_path, PAGES, more={"META-INF/container.xml": "<container/>"}))
    with pytest.raises(BookError, match=r"content\.opf is missing"):
        package(maker.make(tmp_path, PAGES, without=("OEBPS/content.opf", *(f"OEBPS/{name}" for name in PAGES))))


def test_without_a_package_document_the_pages_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    pages = {f"page-{n}.xhtml": maker.page(f"<p>text {n}</p>") for n in (10, 9, 1)}
    book = read_book(maker.make(tmp_path, pages, without=("OEBPS/content.opf",)))
    assert [block.text for chapter in book.chapters for block in chapter.blocks] == ["text 1", "text 9", "text 10"]
    line = "OEBPS/content.opf is missing from the file: its pages are read in the order of their names"
    assert line in book.oddities


def test_of_several_packages_the_first_counts(tmp_path: Path) -> None:
    second = '<rootfile full-path="no.opf" media-type="application/oebps-package+xml"/></rootfiles>'
    container = maker.CONTAINER.replace("</rootfiles>", second)
    assert package(maker.make(tmp_path, PAGES, more={"META-INF/container.xml": container})).label.title == "A Test"


def test_a_missing_cover_page_is_no_lost_text(tmp_path: Path) -> None:
    pages = {"cover.xhtml": maker.page("<img src='c.jpg'/>"), "1.xhtml": maker.page("<p>text</p>")}
    book = read_book(maker.make(tmp_path, pages, without=("OEBPS/cover.xhtml",)))
    assert [block.text for chapter in book.chapters for block in chapter.blocks] == ["text"]
    assert "OEBPS/cover.xhtml is missing from the file: by its name no part of the text" in book.oddities
    with pytest.raises(BookError, match=r"1\.xhtml is missing from it"):
        read_book(maker.make(tmp_path, pages, without=("OEBPS/1.xhtml",)))
