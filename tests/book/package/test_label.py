from lxml import etree

from swarm.book.model.book import LibraryFacts
from swarm.book.package.metadata import MAX_SUBJECT_CHARACTERS, MAX_SUBJECTS, Label, read_label

HEAD = (
    '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf">'
)


def label(metadata: str) -> Label:
    return read_label(etree.fromstring(f"{HEAD}{metadata}</metadata></package>"))


def test_a_package_that_says_nothing() -> None:
    assert label("<dc:title>Emma</dc:title>") == Label("Emma")


def test_epub_3_says_it_by_refined_properties() -> None:
    found = label(
        '<dc:title id="t">Emma</dc:title><dc:title id="s">A  Novel</dc:title>'
        '<meta refines="#s" property="title-type">subtitle</meta>'
        '<meta property="belongs-to-collection" id="c">Works</meta>'
        '<meta refines="#c" property="collection-type">series</meta>'
        '<meta refines="#c" property="group-position">4</meta>'
        "<dc:identifier>urn:isbn:978-0-306-40615-7</dc:identifier>"
    )
    assert (found.title, found.subtitle, found.series, found.series_number) == ("Emma", "A Novel", "Works", "4")
    assert (found.identifier, found.isbn) == ("urn:isbn:978-0-306-40615-7", "9780306406157")


def test_calibre_says_the_series_its_own_way() -> None:
    found = label('<meta name="calibre:series" content="Works"/><meta name="calibre:series_index" content="2.0"/>')
    assert (found.series, found.series_number) == ("Works", "2")


def test_a_set_of_books_is_no_series() -> None:
    set_of_books = '<meta property="belongs-to-collection" id="c">Box</meta>'
    assert label(set_of_books + '<meta refines="#c" property="collection-type">set</meta>').series == ""


def test_only_what_is_an_isbn_is_taken_for_one() -> None:
    for identifier, isbn in [
        ('<dc:identifier opf:scheme="ISBN">0-306-40615-X</dc:identifier>', "030640615X"),
        ("<dc:identifier>9780306406157</dc:identifier>", "9780306406157"),
        ("<dc:identifier>0306406157</dc:identifier>", ""),
        ("<dc:identifier>http://www.gutenberg.org/1952</dc:identifier>", ""),
        ("<dc:identifier>urn:isbn:12</dc:identifier>", ""),
    ]:
        assert label(identifier).isbn == isbn


def test_odd_numbers_are_no_place_in_a_series() -> None:
    line = '<meta name="calibre:series" content="W"/><meta name="calibre:series_index" content="nan"/>'
    assert label(line).series_number == ""


def test_epub_2_says_what_libraries_sort_by_in_attributes() -> None:
    found = label(
        "<dc:title>The Trial</dc:title>"
        '<dc:creator opf:role="aut" opf:file-as="Kafka, Franz">Franz Kafka</dc:creator>'
        '<dc:contributor opf:role="trl">Willa Muir</dc:contributor>'
        '<dc:contributor opf:role="trl">Edwin Muir</dc:contributor>'
        "<dc:subject>Law</dc:subject><dc:subject> Fiction;  Absurd </dc:subject><dc:subject>law</dc:subject>"
        "<dc:subject>FIC004000</dc:subject><dc:subject/>"
        '<dc:identifier opf:scheme="MOBI-ASIN">b000fc1pjI</dc:identifier><dc:rights>Public domain.</dc:rights>'
        '<meta name="calibre:title_sort" content="Trial, The"/>'
    )
    assert found.library == LibraryFacts(
        subjects=("law", "Fiction; Absurd"),
        asin="B000FC1PJI",
        translators=("Willa Muir", "Edwin Muir"),
        rights="Public domain.",
        title_sort="Trial, The",
        author_sort="Kafka, Franz",
    )


def test_epub_3_says_it_by_refinements() -> None:
    found = label(
        '<dc:title id="t">The Trial</dc:title><meta refines="#t" property="title-type">main</meta>'
        '<meta refines="#t" property="file-as">Trial, The</meta>'
        '<dc:title id="s">A Novel</dc:title><meta refines="#s" property="title-type">subtitle</meta>'
        '<dc:creator id="a">Ann Ä.</dc:creator><meta refines="#a" property="file-as">Ä., Ann</meta>'
        '<dc:creator id="b">Bob B.</dc:creator><meta refines="#b" property="role">aut</meta>'
        '<meta refines="#b" property="file-as">B., Bob</meta>'
        '<dc:contributor id="c">Clara</dc:contributor><meta refines="#c" property="role">trl</meta>'
        '<dc:contributor id="d">Dora</dc:contributor>'
    ).library
    assert (found.title_sort, found.author_sort, found.translators) == ("Trial, The", "Ä., Ann; B., Bob", ("Clara",))


def test_subjects_are_bounded() -> None:
    found = label("".join(f"<dc:subject>{number} {'x' * 999}</dc:subject>" for number in range(99))).library.subjects
    assert len(found) == MAX_SUBJECTS
    assert {len(subject) for subject in found} == {MAX_SUBJECT_CHARACTERS}


def test_only_what_is_an_asin_is_taken_for_one() -> None:
    for identifier, asin in [
        ("<dc:identifier>urn:amazon:asin:B000FC1PJI</dc:identifier>", "B000FC1PJI"),
        ("<dc:identifier>mobi-asin:B000FC1PJI</dc:identifier>", "B000FC1PJI"),
        ('<dc:identifier opf:scheme="AMAZON">B000FC1PJI</dc:identifier>', "B000FC1PJI"),
        ("<dc:identifier>B000FC1PJI</dc:identifier>", ""),
        ('<dc:identifier opf:scheme="ASIN">0306406157</dc:identifier>', ""),
    ]:
        assert label(identifier).library.asin == asin
