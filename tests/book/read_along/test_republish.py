from lxml import etree

from swarm.book.read_along.epub3 import Additions, NewItem, free_id, is_old, republish, serialise, without_overlays

OLD = """<package xmlns="http://www.idpf.org/2007/opf" version="2.0" unique-identifier="uid">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:opf="http://www.idpf.org/2007/opf"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<dc:identifier id="uid" opf:scheme="ISBN">123</dc:identifier><dc:title>Book</dc:title>
<dc:creator opf:role="aut" opf:file-as="Example, Ada">Ada Example</dc:creator>
<dc:date opf:event="publication" xsi:type="dcterms:W3CDTF">1898</dc:date><dc:date opf:event="creation">2001</dc:date>
<dc:language>en</dc:language><meta name="cover" content="pic"/></metadata>
<manifest><item id="a" href="a.html" media-type="text/html"/><item id="pic" href="p.jpg" media-type="image/jpeg"/>
</manifest><spine toc="ncx" page-map="x"><itemref idref="a"/></spine></package>"""
ADDED = Additions(
    (
        NewItem("o1", "x/1.smil", "application/smil+xml", duration_ms=61_500),
        NewItem("o2", "x/2.smil", "application/smil+xml", duration_ms=500),
    ),
    {"a": "o1"},
    "Somebody",
    "2026-01-02T03:04:05Z",
    {"a": frozenset(("svg",)), "pic": frozenset()},
)


def made(text: str = OLD) -> etree._Element:
    package = etree.fromstring(text)
    republish(package, ADDED)
    return etree.fromstring(serialise(package))


def metas(package: etree._Element) -> list[tuple[str | None, str | None, str | None]]:
    found = package.iterfind("{*}metadata/{*}meta[@property]")
    return [(meta.get("property"), meta.get("refines"), meta.text) for meta in found]


def test_an_older_package_becomes_one_of_epub_3() -> None:
    assert is_old(etree.fromstring(OLD))
    package = made()
    assert not is_old(package)
    assert package.get("version") == "3.0"
    assert [date.text for date in package.iter("{*}date")] == ["1898"]
    assert not [key for element in package.iter("*") for key in element.attrib if key.startswith("{http://www.idpf")]
    assert package.find("{*}manifest/{*}item").get("media-type") == "application/xhtml+xml"
    assert package.find(".//{*}item[@id='pic']").get("properties") == "cover-image"
    assert "page-map" not in package.find("{*}spine").attrib


def test_what_attributes_said_of_a_creator_is_said_still() -> None:
    package = made()
    name = package.find(".//{*}creator").get("id")
    assert ("role", f"#{name}", "aut") in metas(package)
    assert ("file-as", f"#{name}", "Example, Ada") in metas(package)


def test_times_are_told_of_each_overlay_and_of_the_book() -> None:
    package = made()
    assert ("media:duration", "#o1", "0:01:01.500") in metas(package)
    assert ("media:duration", None, "0:01:02.000") in metas(package)
    assert ("media:narrator", None, "Somebody") in metas(package)
    assert package.find(".//{*}item[@id='a']").get("media-overlay") == "o1"
    assert package.find(".//{*}item[@id='a']").get("properties") == "svg"
    assert "properties" not in package.find(".//{*}item[@id='o1']").attrib


def test_a_package_of_epub_3_is_changed_once() -> None:
    text = OLD.replace('version="2.0"', 'version="3.0"').replace(
        "</metadata>", '<meta property="dcterms:modified">2001-01-01T00:00:00Z</meta></metadata>'
    )
    package = made(text)
    assert [text for name, _, text in metas(package) if name == "dcterms:modified"] == ["2026-01-02T03:04:05Z"]
    assert package.find(".//{*}item[@id='a']").get("media-type") == "text/html"


def test_a_narration_of_its_own_makes_room() -> None:
    package = etree.fromstring(
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0"><metadata>'
        '<meta property="media:duration">1s</meta>'
        '<meta property="media:duration" refines="#s">1s</meta><meta property="x:y" refines="#s">z</meta></metadata>'
        '<manifest><item id="a" href="a" '
        'media-overlay="s"/><item id="s" href="a.smil" media-type="application/smil+xml"/></manifest></package>'
    )
    assert without_overlays(package) == {"a.smil"}
    assert [dict(item.attrib) for item in package.iter("{*}item")] == [{"id": "a", "href": "a"}]
    assert not list(package.iter("{*}meta"))


def test_ids_are_new() -> None:
    assert free_id(etree.fromstring('<package><item id="r-1"/></package>'), "r-") == "r-x"


def test_a_book_in_which_nothing_is_heard_says_nothing_of_sound() -> None:
    package = etree.fromstring(OLD)
    republish(package, Additions((), {}, "Somebody", "2026-01-02T03:04:05Z"))
    assert [name for name, _, _ in metas(package) if name and name.startswith("media:")] == []


def access(package: etree._Element) -> list[tuple[str | None, str | None]]:
    return [(name, text) for name, _, text in metas(package) if (name or "").startswith("schema:")]


def test_catalogues_are_told_that_the_book_can_be_heard() -> None:
    found = access(made())
    assert found == [
        ("schema:accessMode", "textual"),
        ("schema:accessMode", "auditory"),
        ("schema:accessibilityFeature", "synchronizedAudioText"),
    ]


def test_what_the_book_says_of_its_access_is_kept_and_said_once() -> None:
    said = (
        '<meta property="schema:accessMode">visual</meta><meta property="schema:accessibilityFeature">none</meta>'
        '<meta property="schema:accessibilityFeature">synchronizedAudioText</meta></metadata>'
    )
    found = access(made(OLD.replace("</metadata>", said)))
    assert sorted(found) == [
        ("schema:accessMode", "auditory"),
        ("schema:accessMode", "visual"),
        ("schema:accessibilityFeature", "synchronizedAudioText"),
    ]


def test_a_fallback_that_is_heard_takes_the_place_of_what_falls_back_on_it() -> None:
    package = made(
        OLD.replace('<itemref idref="a"/>', '<itemref idref="pic"/><itemref idref="other"/>').replace(
            'href="p.jpg"', 'href="p.jpg" fallback="a"'
        )
    )
    assert [line.get("idref") for line in package.iterfind("{*}spine/{*}itemref")] == ["a", "other"]
    package = made(OLD.replace('<itemref idref="a"/>', '<itemref idref="pic"/><itemref idref="a"/>'))
    assert [line.get("idref") for line in package.iterfind("{*}spine/{*}itemref")] == ["pic", "a"]
