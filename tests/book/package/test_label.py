import pytest
from lxml import etree

from swarm.book.package.label import Label, read_label

HEAD = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">'
)


def label(metadata: str) -> Label:
    return read_label(etree.fromstring(f"{HEAD}{metadata}</metadata></package>"))


def test_a_package_that_says_nothing() -> None:
    assert label("<dc:title>Emma</dc:title>") == Label()


def test_epub_3_says_it_by_refined_properties() -> None:
    found = label(
        '<dc:title id="t">Emma</dc:title><dc:title id="s">A  Novel</dc:title>'
        '<meta refines="#s" property="title-type">subtitle</meta>'
        '<meta property="belongs-to-collection" id="c">Works</meta>'
        '<meta refines="#c" property="collection-type">series</meta>'
        '<meta refines="#c" property="group-position">4</meta>'
        "<dc:identifier>urn:isbn:978-0-306-40615-7</dc:identifier>"
    )
    assert found == Label("A Novel", "Works", "4", "9780306406157")


def test_calibre_says_the_series_its_own_way() -> None:
    found = label('<meta name="calibre:series" content="Works"/><meta name="calibre:series_index" content="2.0"/>')
    assert (found.series, found.series_number) == ("Works", "2")


def test_a_set_of_books_is_no_series() -> None:
    set_of_books = '<meta property="belongs-to-collection" id="c">Box</meta>'
    assert label(set_of_books + '<meta refines="#c" property="collection-type">set</meta>').series == ""


@pytest.mark.parametrize(
    ("identifier", "isbn"),
    [
        ('<dc:identifier opf:scheme="ISBN">0-306-40615-X</dc:identifier>', "030640615X"),
        ("<dc:identifier>9780306406157</dc:identifier>", "9780306406157"),
        ("<dc:identifier>0306406157</dc:identifier>", ""),
        ("<dc:identifier>http://www.gutenberg.org/1952</dc:identifier>", ""),
        ("<dc:identifier>urn:isbn:12</dc:identifier>", ""),
    ],
)
def test_only_what_is_an_isbn_is_taken_for_one(identifier: str, isbn: str) -> None:
    assert label(identifier).isbn == isbn


def test_odd_numbers_are_no_place_in_a_series() -> None:
    line = '<meta name="calibre:series" content="W"/><meta name="calibre:series_index" content="nan"/>'
    assert label(line).series_number == ""
