from pathlib import Path

import epub_maker as maker

from swarm.book.package.archive import Archive
from swarm.book.package.package import read_package
from swarm.book.package.toc import TableOfContents, TocEntry, read_contents

PAGES = {"a.xhtml": maker.page("<p>a</p>"), "text/b c.xhtml": maker.page("<p>b</p>")}
ENTRIES = (TocEntry("First", "OEBPS/a.xhtml"), TocEntry("Second", "OEBPS/text/b c.xhtml", "x"))
LINKS = (("a.xhtml", "First"), ("text/b%20c.xhtml#x", "Second"))


def contents(path: Path) -> TableOfContents:
    with Archive(path) as archive:
        return read_contents(archive, read_package(archive))


def test_nav_and_ncx_say_the_same(tmp_path: Path) -> None:
    assert contents(maker.make(tmp_path, PAGES, contents=maker.nav(*LINKS))).entries == ENTRIES
    assert contents(maker.make(tmp_path, PAGES, contents=maker.ncx(*LINKS))).entries == ENTRIES


def test_nested_entries_come_in_reading_order(tmp_path: Path) -> None:
    nested = maker.page(
        '<nav epub:type="toc"><ol><li><span>Part</span><ol><li><a href="a.xhtml"><b>F</b>irst</a><ol>'
        '<li><a href="text/b%20c.xhtml#x">Second</a></li></ol></li></ol></li></ol></nav>'
        '<nav epub:type="page-list"><ol><li><a href="a.xhtml#p1">1</a></li></ol></nav><!-- nav -->'
    )
    found = contents(maker.make(tmp_path, PAGES, contents=nested)).entries
    assert [(entry.title, entry.name, entry.fragment) for entry in found] == [
        (entry.title, entry.name, entry.fragment) for entry in ENTRIES
    ]
    assert [entry.depth for entry in found] == [1, 2]


def test_entries_that_lead_out_of_the_book_are_not_entries(tmp_path: Path) -> None:
    links = (("http://example.org/a.xhtml", "Web"), ("gone.xhtml", "Gone"), *LINKS)
    assert contents(maker.make(tmp_path, PAGES, contents=maker.nav(*links))).entries == ENTRIES


def test_a_damaged_or_missing_table_of_contents_is_none(tmp_path: Path) -> None:
    assert contents(maker.make(tmp_path, PAGES)).entries == ()
    assert contents(maker.make(tmp_path, PAGES, contents="<nav")).entries == ()
    assert contents(maker.make(tmp_path, PAGES, contents=maker.nav(*LINKS), without=("OEBPS/nav.xhtml",))).entries == ()


def test_landmarks_say_what_is_not_the_book(tmp_path: Path) -> None:
    landmarks = (
        '<nav epub:type="landmarks"><ol><li><a epub:type="frontmatter titlepage" href="a.xhtml">T</a></li>'
        '<li><a epub:type="bodymatter" href="text/b%20c.xhtml">B</a></li></ol></nav>'
    )
    found = contents(maker.make(tmp_path, PAGES, contents=maker.nav(*LINKS, landmarks=landmarks)))
    assert found.entries == ENTRIES
    assert ("OEBPS/a.xhtml", "", "title page") in found.reasons
    assert not [reason for reason in found.reasons if "b c" in reason[0]]


def test_an_entry_may_name_what_another_document_stands_in_for(tmp_path: Path) -> None:
    foreign = '<item id="x" href="x.xml" media-type="application/xml" fallback="a.xhtml"/>'
    path = maker.make(tmp_path, PAGES, contents=maker.nav(("x.xml#y", "First")), manifest=foreign)
    assert contents(path).entries == (TocEntry("First", "OEBPS/a.xhtml", "y"),)


def test_labels_whose_parts_stand_on_lines_of_their_own_are_not_glued(tmp_path: Path) -> None:
    nav = maker.page(
        '<nav epub:type="toc"><ol><li><a href="a.xhtml"><span>Chapter 1</span><span>The Storm</span></a></li>'
        '<li><a href="text/b%20c.xhtml"><span>T</span><small>HE</small> End<br/>of it</a></li></ol></nav>'
    )
    assert [entry.title for entry in contents(maker.make(tmp_path, PAGES, contents=nav)).entries] == [
        "Chapter 1 The Storm", "THE End of it",
    ]  # fmt: skip


def test_a_nav_that_does_not_say_what_it_is_serves(tmp_path: Path) -> None:
    nav = maker.nav(*LINKS, landmarks='<nav epub:type="page-list"><a href="a.xhtml">1</a></nav>')
    assert contents(maker.make(tmp_path, PAGES, contents=nav.replace('epub:type="toc"', ""))).entries == ENTRIES
