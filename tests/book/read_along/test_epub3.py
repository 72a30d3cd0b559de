from lxml import etree

from swarm.book.read_along.epub3 import (
    Additions,
    NewItem,
    Par,
    TimedText,
    clock,
    free_id,
    is_old,
    ncx_points,
    republish,
    serialise,
    smil,
    time_pars,
    without_overlays,
    write_nav,
)

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


def test_a_file_is_heard_from_its_beginning_to_its_end_pauses_and_all() -> None:
    heard = [TimedText(0.5, "a", (("s1", 4),)), TimedText(2.25, "a", (("s2", 4),)), TimedText(3.0, "b", (("s1", 4),))]
    assert list(time_pars(heard, "x.m4a", 4.5678)) == [
        Par("a", "s1", "x.m4a", 0, 2250),
        Par("a", "s2", "x.m4a", 2250, 3000),
        Par("b", "s1", "x.m4a", 3000, 4567),
    ]


def test_fragments_share_the_time_by_the_length_of_their_text() -> None:
    pars = list(time_pars([TimedText(0.0, "a", (("s1", 1), ("s1-2", 3)))], "x.m4a", 4.0))
    assert [(par.name, par.begin_ms, par.end_ms) for par in pars] == [("s1", 0, 1000), ("s1-2", 1000, 4000)]


def test_what_takes_no_time_has_no_par() -> None:
    heard = [TimedText(0.0, "a", (("s1", 4),)), TimedText(1.0, "a", (("s2", 1),)), TimedText(1.0, "a", (("s3", 1),))]
    assert [par.name for par in time_pars(heard, "x.m4a", 2.0)] == ["s1", "s3"]


def test_an_overlay_says_what_belongs_together() -> None:
    root = etree.fromstring(smil([Par("a", "s1", "c 1.m4a", 0, 3_723_004)], "../a&b.xhtml").encode())
    (par,) = root.iter("{*}par")
    assert par.find("{*}text").get("src") == "../a&b.xhtml#s1"
    assert dict(par.find("{*}audio").attrib) == {"src": "c 1.m4a", "clipBegin": "0:00:00.000", "clipEnd": "1:02:03.004"}


def test_a_clock_has_hours_and_thousandths() -> None:
    assert clock(0) == "0:00:00.000"
    assert clock(100 * 3_600_000 + 61_001) == "100:01:01.001"


NCX = """<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/"><navMap>
<navPoint><navLabel><text>Part &amp; One</text></navLabel><content src="a.html"/>
 <navPoint><navLabel><text>I</text></navLabel><content src="a.html#i"/></navPoint>
 <navPoint><navLabel><text></text></navLabel><content src="a.html#ii"/></navPoint></navPoint>
<navPoint><navLabel><text>Part Two</text></navLabel><content src="b.html"/></navPoint></navMap></ncx>"""


def test_points_have_their_depth_and_each_a_name() -> None:
    assert list(ncx_points(etree.fromstring(NCX))) == [
        (1, "Part & One", "a.html"),
        (2, "I", "a.html#i"),
        (2, "…", "a.html#ii"),
        (1, "Part Two", "b.html"),
    ]


def test_a_nav_document_has_the_same_tree() -> None:
    root = etree.fromstring(write_nav(list(ncx_points(etree.fromstring(NCX))), "Contents", [], []).encode())
    (nav,) = root.iter("{*}nav")
    assert nav.get("{http://www.idpf.org/2007/ops}type") == "toc"
    top = nav.findall("{*}ol/{*}li")
    assert [[link.text for link in item.iter("{*}a")] for item in top] == [["Part & One", "I", "…"], ["Part Two"]]
    assert [link.get("href") for link in top[0].iterfind("{*}ol/{*}li/{*}a")] == ["a.html#i", "a.html#ii"]


def test_points_that_begin_deep_or_jump_go_one_deeper_at_a_time() -> None:
    root = etree.fromstring(write_nav([(3, "a", "a"), (1, "b", "b"), (4, "c", "c")], "T", [], []).encode())
    assert [len(list(link.iterancestors("{*}ol"))) for link in root.iter("{*}a")] == [1, 1, 2]


def test_landmarks_and_what_stands_aside_are_led_to() -> None:
    root = etree.fromstring(write_nav([(1, "a", "a")], "T", [("text", "Beginning", "b")], ["c"]).encode())
    toc, landmarks, aside = root.iter("{*}nav")
    assert [link.get("{http://www.idpf.org/2007/ops}type") for link in landmarks.iter("{*}a")] == ["bodymatter"]
    assert [link.get("href") for link in (*toc.iter("{*}a"), *aside.iter("{*}a"))] == ["a", "c"]
