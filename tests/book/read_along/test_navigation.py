from lxml import etree

from swarm.book.read_along.epub3 import ncx_points, write_nav

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
