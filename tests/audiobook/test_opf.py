from lxml import etree

from swarm.audiobook.sidecars import write_opf
from swarm.audiobook.sound.tags import Tags

NAMES = {"dc": "http://purl.org/dc/elements/1.1/", "opf": "http://www.idpf.org/2007/opf"}
FULL = Tags(
    "Bücher & Städte", ("Ann Ä.", "Bob"), "Untertitel", "Clara", "Die Reihe", "2.5", "1899", "Verlag", "Eine <Tat>.",
    "ger", "9780306406157", "B000FC1PJI", "Audiobook; Law", "Willa", "Free.", "Buecher", "Ä., Ann",
)  # fmt: skip


def said(package: etree._Element, name: str, attribute: str = "") -> list[tuple[str | None, str | None]]:
    found = package.iterfind(f"opf:metadata/dc:{name}", NAMES)
    return [(each.get(f"{{{NAMES['opf']}}}{attribute}") if attribute else None, each.text) for each in found]


def test_everything_that_is_known_of_a_book_is_in_it() -> None:
    package = etree.fromstring(write_opf(FULL))
    assert said(package, "title") == [(None, "Bücher & Städte")]
    assert said(package, "subtitle") == [(None, "Untertitel")]
    assert said(package, "creator", "role") == [("aut", "Ann Ä."), ("aut", "Bob"), ("nrt", "Clara")]
    assert said(package, "contributor", "role") == [("trl", "Willa")]
    assert said(package, "identifier", "scheme") == [("ISBN", "9780306406157"), ("ASIN", "B000FC1PJI")]
    assert said(package, "subject") == [(None, "Audiobook"), (None, "Law")]
    others = {"publisher": "Verlag", "date": "1899", "description": "Eine <Tat>.", "language": "ger", "rights": "Free."}
    assert {name: said(package, name)[0][1] for name in others} == others
    metas = {meta.get("name"): meta.get("content") for meta in package.iterfind("opf:metadata/opf:meta", NAMES)}
    assert metas == {
        "calibre:series": "Die Reihe", "calibre:series_index": "2.5", "calibre:title_sort": "Buecher"
    }  # fmt: skip


def test_names_have_the_prefixes_that_simple_readers_look_for() -> None:
    text = write_opf(FULL).decode()
    assert '<package xmlns="http://www.idpf.org/2007/opf" version="2.0">' in text
    assert "<metadata " in text
    assert 'opf:role="nrt">Clara</dc:creator>' in text
    assert '<meta name="calibre:series" content="Die Reihe"/>' in text


def test_what_is_not_known_or_no_xml_is_left_out() -> None:
    package = etree.fromstring(write_opf(Tags("A\x01B\x0b", genre="", series="\0")))
    assert [(each.tag.rpartition("}")[2], each.text) for each in package[0]] == [("title", "AB")]
