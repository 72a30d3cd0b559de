from pathlib import Path

import epub_maker as maker
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from swarm.book.any_file import read_book
from swarm.book.page.document import read_document
from swarm.book.page.input_bounds import MAX_HIDING_RULES, MAX_SHEETS_CHARS
from swarm.book.page.markup import parse
from swarm.book.page.stylesheet import Cascade, SheetReader, is_line

PAGE = """<body id='x'><p class='off'>off</p><p class='on'>on</p><p class='x'>x</p><p class='x y'>xy</p>
<div><span class='x y'>inner</span></div><p><i class='off'>deep</i></p><p class='a'>a</p><p class='b'>b</p></body>"""
ALL = "off on x xy inner deep a b"


def page() -> etree._Element:
    return parse(f"<html>{PAGE}</html>".encode(), "a page")


def read(*sheets: str) -> Cascade:
    return SheetReader().read(sheets)


def seen(root: etree._Element) -> str:
    return " ".join(passage.text for passage in read_document(root, set()).passages)


def test_what_a_sheet_hides_is_not_seen() -> None:
    for sheet, hidden in [
        (".off { color: red; display: none }", "off deep"),
        (".OFF{display:none} .off{DISPLAY : NONE}", "off deep"),
        ("span.y, p.on{display:none}", "on inner"),
        (".off{display:none} p{margin:0} .off{display:block}", ""),
        (".off{display:none !important} .off{display:block}", "off deep"),
        ("@media print { .off { display: none } } .on{visibility: hidden}", "on"),
        ("@media all { .off { display: none } .x{color:red} } .on{margin:0}", "off deep"),
        ("@media ALL,screen{@media screen{.on{display:none}}}", "on"),
        ("@media screen and (max-width: 9em), all and (((9))){.on{display:none}}", ""),
        ("@media screen{.off{display:none}} @media all{.off{display:block}}", ""),
        ("@media all:9{.on{display:none}} @media 9{.on{display:none}}", ""),
        ("/* .off{display:none} */ .off:hover{display:none} p{display:none} .off::before{display:none}", ""),
        ("p  .off, div>.x.y{display:none}", "inner deep"),
        ("@import url(x.css); .off{display:none", "off deep"),
        (".a + .b, [class~=y], .x:not(.y), :is(.a, .on):not(#x){display:none}", ""),
        ("#x > p.a{display:none} #x > .a{display:block}", "a"),
        (".on{display:none} #x .on{visibility:visible}", "on"),
        (".on{display:none;display:block}", ""),
        # What is not understood whole hides nothing, but shows what others hide.
        (".a,.on{display:none} .on:not(#z){display:block} div:first-of-type, .a:target{display:block}", "a"),
        (".a, .b{display:none} .a + .b{display:block} #x > [class]:nth-child(7){display:block}", ""),
        (".on{display:none} .on:hover, .on::first-letter, :focus ~ .on{display:block}", "on"),
        (":not(.q, .on, .z){display:none} [title='x, .on, .a']{display:none} .1, .a/* , */.z{display:none}", ""),
        (".off/* , */, .b{display:none}", "off deep b"),
        (".on{content:'}display:none'} .a{content:'{'; display:none}", "a"),
        (".on\\{, .a{display:none}", "a"),
        (
            ".a ~ .b{display:none} .b:nth-child(8){display:none} #x:has(.a){display:none}",
            "",
        ),
        (".a|, .a:foo, .a::x, .a & .b, > .a, .a >, .a > > .b{display:none}", ""),
    ]:
        root = page()
        read(sheet).mark(root)
        assert seen(root).split() == [word for word in ALL.split() if word not in hidden.split()]


def test_a_later_sheet_and_an_elements_own_style_may_show_again() -> None:
    root = page()
    root[0][1].set("style", "display: block")
    read(".on, .a{display:none} .b{display:none!important}", ".a{display:block} .b{display:block}").mark(root)
    assert seen(root) == "off on x xy inner deep a"


def test_a_sheet_made_to_take_time_takes_little_and_hides_nothing() -> None:
    for piece in ["@a{", "@a{b{}", ".a{", "{{{", "/*", "a,", ".a ", ".a>", ".a:not(", ".a:is(.b,", "1"]:
        root = page()
        sheet = "display:" + piece * 5000
        assert read(sheet, f"{sheet}{{display:none}}", f"{piece * 300}{{display:none}}").mark(root) == 0
        assert seen(root) == ALL, piece


def test_a_selector_nested_beyond_reason_hides_nothing() -> None:
    for selector in (f".on{name}" * 3000 + ")" * 3000 for name in (":not(", ":is(")):
        assert read(f"{selector}{{display:none}} {selector}, .a{{display:none}}").mark(page()) == 1


def test_a_books_sheets_are_parsed_once_and_only_up_to_a_bound() -> None:
    reader, sheet = SheetReader(), ".a{display:none}" + " " * (MAX_SHEETS_CHARS // 2)
    for _ in range(3):
        assert reader.read([sheet]).mark(page()) == 1
    # A sheet without declarations needs no parsing.
    assert reader.read([" .x" * MAX_SHEETS_CHARS, ".b{display:none}"]).mark(page()) == 1
    assert reader.read([f"{sheet} "]).mark(page()) == 0


def test_a_sheet_of_too_many_rules_hides_nothing() -> None:
    rules = [f".a.c{number}, .b{{display:none}}" for number in range(MAX_HIDING_RULES // 2)]
    assert read(*rules).mark(page()) == 1
    assert read("".join(rules), ".a{display:none}").mark(page()) == 0


def test_selectors_that_take_too_many_steps_for_a_real_book_hide_nothing() -> None:
    depth, width = 150, 200
    nested = "<div class='a'>" * depth + "<p class='b'>no</p>" * width + "</div>" * depth
    root = parse(f"<html><body>{nested}</body></html>".encode(), "a page")
    reader = SheetReader()
    assert reader.read([".x .a .a .a .a .a .b{display:none} .b{display:none}"]).mark(root) == 0
    assert reader.read([".b{display:none}"]).mark(root) == 0  # the book's budget is spent, so no later sheet counts
    assert read(".a .a .a .b{display:none}").mark(root) == width


def test_many_classes_of_one_element_count_as_many_steps() -> None:
    many = f"<p class='a {'x ' * 20_000}'>no</p>" * 60
    root = parse(f"<html><body>{many}</body></html>".encode(), "a page")
    assert read("".join(f".a.b{number}, .a{{display:none}}" for number in range(900))).mark(root) == 0


PIECES = st.sampled_from(
    ["display", ":", "none", ";", "{", "}", ".a", "#x", ",", " ", ">", "+", "~", "|", "*", "p", "[", "]", "(", ")", "=",
     ":not(", ":is(", "::", "@media all", "@namespace", "!important", "'", '"', "\\", "/*", "*/", "url(", "-", "9", "é",
     "\0", "<!--", "&", "$", "^=", "i", ".a{display:none}"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_sheet_and_no_style_raises(css: str) -> None:
    root = page()
    root[0][0].set("style", css.replace("\0", ""))
    for sheet in (f"display{css}", f"{css}{{display:none}}", f".a{css}{{display:none}}", f".a{{{css};display:none}}"):
        read(sheet).mark(root)
    for element in root.iter("*"):
        is_line(element)


def test_rules_mean_what_they_mean_to_a_browser() -> None:
    for sheet, expected in [
        (".a .b{display:none}", "one three four"),
        (".a>.b{display:none}", "one three four"),
        ("div .b{display:none} .c .b{display:block}", "one two three four"),
        (".b{display:none} .a{display:none} div.c{display:block}", "one three four"),
        ("#i, p.d.e{visibility:hidden}", "two three"),
        (".c p{display:none} .c #i{display:inline}", "one four"),
    ]:
        body = "<div class='c'><p id='i'>one</p><div class='a'><p class='b x'>two</p></div><p>three</p></div>"
        root = parse(f"<html><body>{body}<p class='d e f'>four</p></body></html>".encode(), "a page")
        read(sheet).mark(root)
        assert seen(root) == expected


def test_what_a_sheet_sets_on_a_line_of_its_own_is_glued_to_nothing() -> None:
    for sheet, expected in [
        (".a{display:block}", ["one\ntwo three"]),
        (".a, .b{display: block; margin: 0}", ["one\ntwo\nthree"]),
        (".a{display:block; float:left}", ["onetwo three"]),
        (".a{display:block} p .a{display:inline}", ["onetwo three"]),
        ("p{display:block} .b{color:red}", ["onetwo three"]),
    ]:
        body = "<p><span class='a'>one</span><span>two</span> <b class='b'>three</b></p>"
        root = parse(f"<html><body>{body}</body></html>".encode(), "a page")
        assert read(sheet).mark(root) == 0
        assert [passage.text for passage in read_document(root, set()).passages] == expected


def test_a_pages_own_style_hides_too(tmp_path: Path) -> None:
    head = "<style>.off{display:none}</style><style media='print'>.on{display:none}</style>"
    own = maker.page("<p class='off'>no</p><p class='on'>yes</p>").replace("</head>", f"{head}</head>")
    book = read_book(maker.make(tmp_path, {"a.xhtml": own}))
    assert [block.text for block in book.chapters[0].blocks] == ["yes"]


def test_hidden_words_are_not_read_and_counted(tmp_path: Path) -> None:
    head = "<link rel='stylesheet' href='s.css'/><link rel='alternate stylesheet' href='no.css'/>"
    body = "<p>seen <span class='off'>hidden words</span>still</p><p class='other'>too</p>"
    linked = maker.page(body).replace("</head>", f"{head}</head>")
    sheets = {"OEBPS/s.css": ".off{display:none}", "OEBPS/no.css": ".other{display:none}"}
    book = read_book(maker.make(tmp_path, {"a.xhtml": linked}, more=sheets))
    assert [block.text for block in book.chapters[0].blocks] == ["seen still", "too"]
    assert "words that its stylesheets hide and that are not read: 2" in book.oddities


def test_words_are_read_if_the_sheets_hide_most_of_the_book(tmp_path: Path) -> None:
    body = f"<p class='off'>{'hidden words ' * 60}</p><p>seen</p>"
    page = maker.page(body).replace("</head>", "<style>.off{visibility:hidden}</style></head>")
    book = read_book(maker.make(tmp_path, {"a.xhtml": page}))
    assert [len(block.text.split()) for block in book.chapters[0].blocks] == [120, 1]


def test_a_hidden_heading_is_read_if_the_contents_call_its_document_so(tmp_path: Path) -> None:
    bodies = {
        "1.xhtml": "<h1 class='off'>The Storm</h1>",
        "2.xhtml": "<h1 class='off'>Calm</h1><h2>Calm</h2>",
        "3.xhtml": "<h1 class='off'>A Site</h1>",
    }
    style = "<style>.off{display:none}</style></head>"
    pages = {name: maker.page(f"{body}<p>text</p>").replace("</head>", style) for name, body in bodies.items()}
    contents = maker.nav(("1.xhtml", "The Storm"), ("2.xhtml", "Calm"), ("3.xhtml", "Sun"))
    book = read_book(maker.make(tmp_path, pages, contents=contents))
    said = [[block.text for block in chapter.blocks] for chapter in book.chapters]
    assert said == [["The Storm", "text"], ["Calm", "text"], ["text"]]
