from lxml import etree

from swarm.book.page.markup import parse
from swarm.book.read_along.modern import modernise, page_properties, serialise_page

HEAD = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body>'


def page(body: str) -> etree._Element:
    return parse((HEAD + body + "</body></html>").encode(), "a page")


def test_what_html_has_no_word_for_any_more_becomes_a_style() -> None:
    for old, new in [
        ('<p align="center">x</p>', '<p style="text-align: center">x</p>'),
        ('<p align="right" style="color: red;">x</p>', '<p style="text-align: right; color: red">x</p>'),
        ("<center>x</center>", '<div style="text-align: center">x</div>'),
        ("<p><tt>x</tt><big>y</big></p>", None),
        ('<a name="top"></a>', '<a id="top"></a>'),
        ('<a name="n" id="i">x</a>', '<a id="i">x</a>'),
        ('<p tag="junk" lang="en">x</p>', '<p lang="en">x</p>'),
        ('<img src="a" width="5" border="0"/>', None),
        ('<hr width="50%"/>', '<hr style="width: 50%"/>'),
    ]:
        root = page(old)
        modernise(root, "Book")
        body = serialise_page(root).decode().partition("<body>")[2].removesuffix("</body></html>")
        gone = ("align=", "<center", "<tt", "<big", "name=", "tag=", "border=")
        assert not [word for word in gone if word in body], old
        assert new is None or body == new
        assert "x" not in old or "x" in body


def test_a_table_keeps_its_lines_and_its_room() -> None:
    root = page(
        '<table border="1" cellpadding="4" cellspacing="0" summary="s"><tr><td align="left">x</td></tr></table>'
    )
    modernise(root, "Book")
    table, cell = root.find(".//{*}table"), root.find(".//{*}td")
    assert dict(table.attrib) == {"style": "border: 1px solid; border-spacing: 0px"}
    assert cell.get("style") == "text-align: left; padding: 4px; border: 1px inset"


def test_a_style_is_never_made_of_what_is_none() -> None:
    root = page('<p align="x;} body{display:none">y</p><p width="url(http://a)">z</p>')
    modernise(root, "Book")
    assert [element.get("style") for element in root.iter("{*}p")] == [None, None]


def test_what_a_page_says_of_its_coding_goes() -> None:
    root = parse(
        HEAD.replace("<title>", '<meta http-equiv="Content-Type" content="text/html"/><title>').encode()
        + b"<p>x</p></body></html>",
        "p",
    )
    modernise(root, "Book")
    assert root.find(".//{*}meta") is None


def test_a_page_without_a_title_gets_one() -> None:
    for head in ("<head><title/></head>", "<head></head>", ""):
        text = HEAD.replace("<head><title>T</title></head>", head) + "<p>x</p></body></html>"
        root = parse(text.encode(), "a page")
        modernise(root, "Book")
        assert root[0].findtext("{*}title") == "Book"


def test_the_manifest_has_to_say_what_is_in_a_page() -> None:
    assert page_properties(page("<p>x</p>")) == frozenset()
    assert page_properties(page('<svg xmlns="http://www.w3.org/2000/svg"/>')) == {"svg"}
    assert page_properties(page('<p onclick="x()">x</p>')) == {"scripted"}
    assert page_properties(page('<audio src="https://a/b.mp3"></audio>')) == {"remote-resources"}


def test_a_page_is_written_so_that_html_readers_understand_it_too() -> None:
    written = serialise_page(page('<div class="x"/><br></br><p>ä&#160;&mdash;</p>')).decode()
    assert written.startswith("<?xml version='1.0' encoding='utf-8'?>\n<!DOCTYPE html>\n<html")
    assert '<div class="x"></div><br/><p>ä\u00a0—</p>' in written
