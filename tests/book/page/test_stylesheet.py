from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.epub import read_book
from swarm.book.page.markup import parse
from swarm.book.page.stylesheet import read_stylesheets
from swarm.book.page.text import read_document


@pytest.mark.parametrize(
    ("sheet", "hides"),
    [
        (".off { color: red; display: none }", {".off"}),
        ("span.off, #x{display:none}", {"span.off", "#x"}),
        (".off{display:none} p{margin:0} .off{display:block}", set()),
        (".off{display:none !important} .off{display:block}", {".off"}),
        ("@media print { .off { display: none } } .on{visibility: hidden}", {".on"}),
        ("@media all { .off { display: none } .x{color:red} } .on{margin:0}", {".off"}),
        ("@media screen{.off{display:none}} @media all{.off{display:block}}", set()),
        ("/* .off{display:none} */ .off:hover{display:none} .a + .b{display:none} p{display:none}", set()),
        ("p  .off, div>.x.y{display:none}", {"p .off", "div>.x.y"}),
        ("@import url(x.css); .off{display:none", set()),
    ],
)
def test_what_a_sheet_hides(sheet: str, hides: set[str]) -> None:
    assert read_stylesheets([sheet]).hiding() == hides


def test_a_sheet_made_to_take_time_takes_none() -> None:
    for piece in ("@a{", "@a{b{}", ".a{", "{{{", "/*", "a,", ".a ", ".a>"):
        assert not read_stylesheets([piece * 50_000]).hiding()


@pytest.mark.parametrize(
    ("sheet", "seen"),
    [
        (".a .b{display:none}", "one three four"),
        (".a>.b{display:none}", "one three four"),
        ("div .b{display:none} .c .b{display:block}", "one two three four"),
        (".b{display:none} .a{display:none} div.c{display:block}", "one three four"),
        ("#i, p.d.e{visibility:hidden}", "two three"),
        (".c p{display:none} .c #i{display:inline}", "one four"),
    ],
)
def test_rules_mean_what_they_mean_to_a_browser(sheet: str, seen: str) -> None:
    page = "<div class='c'><p id='i'>one</p><div class='a'><p class='b x'>two</p></div><p>three</p></div>"
    root = parse(f"<html><body>{page}<p class='d e f'>four</p></body></html>".encode(), "a page")
    read_stylesheets([sheet]).mark(root)
    assert " ".join(passage.text for passage in read_document(root, set()).passages) == seen


@pytest.mark.parametrize(
    ("sheet", "seen"),
    [
        (".a{display:block}", ["one\ntwo three"]),
        (".a, .b{display: block; margin: 0}", ["one\ntwo\nthree"]),
        (".a{display:block; float:left}", ["onetwo three"]),
        (".a{display:block} p .a{display:inline}", ["onetwo three"]),
        ("p{display:block} .b{color:red}", ["onetwo three"]),
    ],
)
def test_what_a_sheet_sets_on_a_line_of_its_own_is_glued_to_nothing(sheet: str, seen: list[str]) -> None:
    page = "<p><span class='a'>one</span><span>two</span> <b class='b'>three</b></p>"
    root = parse(f"<html><body>{page}</body></html>".encode(), "a page")
    assert read_stylesheets([sheet]).mark(root) == 0
    assert [passage.text for passage in read_document(root, set()).passages] == seen


def test_a_pages_own_style_hides_too(tmp_path: Path) -> None:
    head = "<style>.off{display:none}</style><style media='print'>.on{display:none}</style>"
    page = maker.page("<p class='off'>no</p><p class='on'>yes</p>").replace("</head>", f"{head}</head>")
    book = read_book(maker.make(tmp_path, {"a.xhtml": page}))
    assert [block.text for block in book.chapters[0].blocks] == ["yes"]


def test_hidden_words_are_not_read_and_counted(tmp_path: Path) -> None:
    head = "<link rel='stylesheet' href='s.css'/><link rel='alternate stylesheet' href='no.css'/>"
    body = "<p>seen <span class='off'>hidden words</span>still</p><p class='other'>too</p>"
    page = maker.page(body).replace("</head>", f"{head}</head>")
    sheets = {"OEBPS/s.css": ".off{display:none}", "OEBPS/no.css": ".other{display:none}"}
    book = read_book(maker.make(tmp_path, {"a.xhtml": page}, more=sheets))
    assert [block.text for block in book.chapters[0].blocks] == ["seen still", "too"]
    assert "words that its stylesheets hide and that are not read: 2" in book.oddities
