from pathlib import Path

import epub_maker as maker
import pytest

from swarm.book.epub import read_book
from swarm.book.stylesheet import read_stylesheets


@pytest.mark.parametrize(
    ("sheet", "hides"),
    [
        (".off { color: red; display: none }", {("", ".", "off")}),
        ("span.off, #x{display:none}", {("span", ".", "off"), ("", "#", "x")}),
        (".off{display:none} p{margin:0} .off{display:block}", set()),
        ("@media print { .off { display: none } } .on{visibility: hidden}", {("", ".", "on")}),
        ("@media all { .off { display: none } .x{color:red} } .on{margin:0}", {("", ".", "off")}),
        ("@media screen{.off{display:none}} @media all{.off{display:block}}", set()),
        ("/* .off{display:none} */ p .off{display:none} .off:hover{display:none}", set()),
        ("@import url(x.css); .off{display:none", set()),
    ],
)
def test_what_a_sheet_hides(sheet: str, hides: set[tuple[str, str, str]]) -> None:
    assert read_stylesheets([sheet]).rules == hides


def test_a_sheet_made_to_take_time_takes_none() -> None:
    for piece in ("@a{", "@a{b{}", ".a{", "{{{", "/*", "a,"):
        assert read_stylesheets([piece * 50_000]).rules == frozenset()


def test_hidden_words_are_not_read_and_counted(tmp_path: Path) -> None:
    head = "<link rel='stylesheet' href='s.css'/><link rel='alternate stylesheet' href='no.css'/>"
    body = "<p>seen <span class='off'>hidden words</span>still</p><p class='other'>too</p>"
    page = maker.page(body).replace("</head>", f"{head}</head>")
    sheets = {"OEBPS/s.css": ".off{display:none}", "OEBPS/no.css": ".other{display:none}"}
    book = read_book(maker.make(tmp_path, {"a.xhtml": page}, more=sheets))
    assert [block.text for block in book.chapters[0].blocks] == ["seen still", "too"]
    assert "words that its stylesheets hide and that are not read: 2" in book.oddities
