from pathlib import Path

import epub_maker as maker

from swarm.book.any_file import read_book
from swarm.book.model.book import Book

FILL = "<p>" + "Words that fill a page. " * 20 + "</p>"


def book(folder: Path, bodies: dict[str, str], contents: str = "") -> Book:
    return read_book(maker.make(folder, {name: maker.page(body) for name, body in bodies.items()}, contents=contents))


def titles(found: Book) -> list[str]:
    return [chapter.title for chapter in found.chapters]


def words(found: Book) -> list[str]:
    return [" ".join(block.text for block in chapter.blocks if len(block.text) < 60) for chapter in found.chapters]


def test_anchors_cut_one_file_wherever_they_stand(tmp_path: Path) -> None:
    body = (
        f"{FILL}<p>before</p><div><section><h2 id='a'>A</h2><p>alpha</p></section>"
        "<p>still alpha <span id='b'>beta</span></p></div><p>more beta</p>"
    )
    found = book(tmp_path, {"one.xhtml": body}, maker.nav(("one.xhtml#a", "First"), ("one.xhtml#b", "Second")))
    assert titles(found) == ["Words that fill a page. Words that fill a page…", "First", "Second"]
    assert words(found) == ["before", "A alpha still alpha", "beta more beta"]


def test_a_chapter_may_go_on_in_the_next_file(tmp_path: Path) -> None:
    bodies = {"1.xhtml": "<h1>A</h1><p>one</p>", "2.xhtml": "<p>two</p><h1 id='b'>B</h1><p>three</p>"}
    found = book(tmp_path, bodies, maker.ncx(("1.xhtml", "First"), ("2.xhtml#b", "Second")))
    assert (titles(found), words(found)) == (["First", "Second"], ["A one two", "B three"])


def test_a_heading_above_the_anchor_goes_with_it(tmp_path: Path) -> None:
    body = "<h1>One</h1><h2 id='a'>The Start</h2><p>one</p><h1>Two</h1><h2 id='b'>The End</h2><p>two</p>"
    found = book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml#a", "First"), ("1.xhtml#b", "Second")))
    assert words(found) == ["One The Start one", "Two The End two"]


def test_a_small_heading_right_above_a_chapters_goes_with_it(tmp_path: Path) -> None:
    body = f"<h3>One</h3><h2 id='a'>The Start</h2><p>one</p>{FILL}<h3>Two</h3><h2 id='b'>The End</h2><p>two</p>{FILL}"
    found = book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml#a", "First"), ("1.xhtml#b", "Second")))
    assert words(found) == ["One The Start one", "Two The End two"]
    found = book(tmp_path, {"1.xhtml": body})
    assert words(found) == ["One The Start one", "Two The End two"]
    assert titles(found) == ["One. The Start", "Two. The End"]


def test_anchors_that_do_not_exist_are_sought_by_title_then_by_file(tmp_path: Path) -> None:
    bodies = {"1.xhtml": "<h1>Alpha</h1><p>one</p><h1>Beta!</h1><p>two</p>", "2.xhtml": "<p>three</p>"}
    entries = (("1.xhtml", "Alpha"), ("1.xhtml#gone", "beta"), ("1.xhtml#gone2", "nowhere"), ("2.xhtml#gone", "Gamma"))
    found = book(tmp_path, bodies, maker.nav(*entries))
    assert (titles(found), words(found)) == (["Alpha", "beta", "Gamma"], ["Alpha one", "Beta! two", "three"])


def test_without_contents_headings_cut(tmp_path: Path) -> None:
    body = f"<h1>A Test</h1><h2>One</h2>{FILL}<h3>part</h3>{FILL}<h2>Two</h2>{FILL}"
    assert titles(book(tmp_path, {"1.xhtml": body})) == ["A Test. One", "Two"]


def test_without_contents_and_headings_each_document_is_a_chapter(tmp_path: Path) -> None:
    found = book(tmp_path, {"1.xhtml": "<p>One day.</p>", "2.xhtml": "<p>Another day.</p>"})
    assert titles(found) == ["One day.", "Another day."]


def test_contents_that_name_hardly_anything_do_not_make_a_giant_chapter(tmp_path: Path) -> None:
    bodies = {f"{n}.xhtml": f"<p>Number {n}.</p>" for n in range(9)}
    found = book(tmp_path, bodies, maker.nav(("0.xhtml", "Start")))
    assert titles(found) == ["Start", *(f"Number {n}." for n in range(1, 9))]


def test_where_contents_name_hardly_anything_chapters_are_called_by_their_headings(tmp_path: Path) -> None:
    body = f"<h2>Chapter Two</h2><h1>The Storm</h1>{FILL}<h1>The Calm</h1>{FILL}"
    found = book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml", "Start reading")))
    assert titles(found) == ["Chapter Two. The Storm", "The Calm"]
    body = f"<h1>I</h1>{FILL}<h1>II</h1>{FILL}"
    assert titles(book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml", "I. The Storm")))) == ["I. The Storm", "II"]
    body = f"<h1>1</h1>{FILL}<h1>2</h1>{FILL}"
    assert titles(book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml", "A Story")))) == ["A Story", "2"]


def test_where_contents_give_a_number_only_the_headings_say_more(tmp_path: Path) -> None:
    bodies = {"1.xhtml": f"<h1>1</h1><h2>The Storm</h2>{FILL}", "2.xhtml": f"<h1>II.</h1><p>It was late.</p>{FILL}"}
    assert titles(book(tmp_path, bodies, maker.nav(("1.xhtml", "1"), ("2.xhtml", "2")))) == ["1. The Storm", "2"]


def test_headings_may_be_told_by_their_classes(tmp_path: Path) -> None:
    body = f"<p class='chapter-title'>The Storm</p>{FILL}<div class='ChapterHead x'>The Calm</div>{FILL}"
    body += "<p class='chapter'>no heading</p>"
    assert titles(book(tmp_path, {"1.xhtml": body})) == ["The Storm", "The Calm"]


def test_a_document_with_a_heading_that_the_contents_forgot_is_a_chapter(tmp_path: Path) -> None:
    bodies = {"1.xhtml": "<h1>A</h1><p>x</p>", "2.xhtml": "<h1>Forgotten</h1><p>x</p>", "3.xhtml": "<h1>C</h1>"}
    found = book(tmp_path, bodies, maker.nav(("1.xhtml", "First"), ("3.xhtml", "Third")))
    assert titles(found) == ["First", "Forgotten", "Third"]


def test_what_follows_matter_is_not_swallowed_by_it(tmp_path: Path) -> None:
    bodies = {
        "titlepage.xhtml": "<p>A Test</p>",
        "x.xhtml": f"{FILL}",
        "1.xhtml": "<p>one</p>",
        "2.xhtml": "<p>two</p>",
    }
    contents = maker.nav(("titlepage.xhtml", "Title Page"), ("1.xhtml", "One"), ("2.xhtml", "Two"))
    found = book(tmp_path, bodies, contents)
    assert [bool(chapter.left_out) for chapter in found.chapters] == [True, False, False, False]


def test_a_few_words_before_the_first_entry_go_with_it(tmp_path: Path) -> None:
    body = "<p>A link</p><h1 id='a'>One</h1><p>one</p><h1 id='b'>Two</h1><p>two</p>"
    found = book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml#a", "One"), ("1.xhtml#b", "Two")))
    assert words(found) == ["A link One one", "Two two"]


def test_an_entry_of_a_page_without_words_names_nothing_else(tmp_path: Path) -> None:
    bodies = {"cover.xhtml": "<img src='c.jpg' alt=''/>", "1.xhtml": "<h1>One</h1><p>x</p>", "2.xhtml": "<p>y</p>"}
    landmarks = '<nav epub:type="landmarks"><ol><li><a epub:type="cover" href="cover.xhtml">C</a></li></ol></nav>'
    contents = maker.nav(("cover.xhtml", "Cover"), ("2.xhtml", "Two"), landmarks=landmarks)
    found = book(tmp_path, bodies, contents)
    assert titles(found) == ["One", "Two"]
    assert not any(chapter.left_out for chapter in found.chapters)


def test_many_entries_take_no_long_time(tmp_path: Path) -> None:
    body = "".join(f"<h2 id='a{number}'>T{number}</h2><p>x</p>" for number in range(3000))
    entries = [(f"1.xhtml#{kind}{number}", f"T{number}") for kind in "az" for number in range(3000)]
    assert len(titles(book(tmp_path, {"1.xhtml": body}, maker.nav(*entries)))) == 3000


def test_a_part_is_named_before_its_first_chapter(tmp_path: Path) -> None:
    pages = {
        "1.xhtml": maker.page("<h2>I</h2><p>One. FIN.</p><p>FIN DE LA PREMIÈRE PARTIE.</p>"),
        "2.xhtml": maker.page(
            "<p>DEUXIEME PARTIE</p><h2 id='a'>I</h2><p>Two.</p><p>a part of it</p><h2 id='b'>II</h2><p>x</p>"
        ),
    }
    contents = maker.ncx(("1.xhtml", "I"), ("2.xhtml#a", "I"), ("2.xhtml#b", "II"))
    chapters = read_book(maker.make(tmp_path, pages, contents=contents)).chapters
    assert [chapter.blocks[0].text for chapter in chapters] == ["I", "DEUXIEME PARTIE", "II"]
    assert chapters[1].blocks[-1].text == "a part of it"


def test_a_dedication_without_a_heading_is_not_swallowed_by_the_pages_around_it(tmp_path: Path) -> None:
    bodies = {
        "1.xhtml": "<p>A TEST</p><p>a novel</p><p>by ANN AUTHOR</p>",
        "2.xhtml": "<p>Copyright © 2020 Ann Author. All rights reserved. ISBN 978-1-23-456789-7</p>",
        "3.xhtml": "<p>For my mother</p>",
        "4.xhtml": "<p>All happy families are alike.</p>",
        "5.xhtml": f"<h1>Chapter 1</h1>{FILL}",
        "6.xhtml": f"<h1>Chapter 2</h1>{FILL}",
        "7.xhtml": "<h1>Also by Ann Author</h1><p>Another Book</p>",
        "8.xhtml": "<p>And they lived on.</p>",
    }
    found = book(tmp_path, bodies, maker.nav(("5.xhtml", "Chapter 1"), ("6.xhtml", "Chapter 2")))
    spoken = [line for line, chapter in zip(words(found), found.chapters, strict=True) if not chapter.left_out]
    assert spoken == [
        "For my mother All happy families are alike.",
        "Chapter 1",
        "Chapter 2",
        "And they lived on.",
    ]
    assert [chapter.left_out for chapter in found.chapters if chapter.left_out] == [
        "title page",
        "copyright page",
        "advertisement",
    ]


def test_a_dedication_behind_a_listed_page_is_not_swallowed_by_it(tmp_path: Path) -> None:
    bodies = {"1.xhtml": "<p>© 2020</p>", "2.xhtml": "<p>For my mother</p>", "3.xhtml": f"<h1>One</h1>{FILL}"}
    found = book(tmp_path, bodies, maker.nav(("1.xhtml", "Copyright"), ("3.xhtml", "One")))
    assert [(chapter.title, chapter.left_out) for chapter in found.chapters] == [
        ("Copyright", "copyright page"),
        ("For my mother", ""),
        ("One", ""),
    ]


def test_a_chapter_is_not_called_by_marks_for_pauses(tmp_path: Path) -> None:
    bodies = {"1.xhtml": "<h1>One[pause:1]</h1><p>a</p>", "2.xhtml": "<h1>[break]Two [pause] it is</h1>"}
    assert titles(book(tmp_path, bodies)) == ["One", "Two it is"]


def test_small_entries_below_others_are_sections_of_their_chapter(tmp_path: Path) -> None:
    bodies = [f"<h1 id='{n}'>C{n}</h1>{FILL * 3}" + "".join(_section(n, m) for m in (1, 2)) for n in (1, 2, 3)]
    nav = _nested("one.xhtml#{n}", "one.xhtml#s{n}{m}")
    assert titles(book(tmp_path, {"one.xhtml": "".join(bodies)}, nav)) == ["C1", "C2", "C3"]
    longer = "".join(bodies).replace("<p>Short.</p>", FILL * 20)
    assert titles(book(tmp_path, {"one.xhtml": longer}, nav))[:3] == ["C1", "S1.1", "S1.2"]


def test_entries_within_documents_are_sections_and_those_with_a_document_are_chapters(tmp_path: Path) -> None:
    bodies = {f"{n}.xhtml": f"<h1>C{n}</h1>{FILL * 3}" + "".join(_section(n, m) for m in (1, 2)) for n in (1, 2, 3)}
    longer = {name: body.replace("<p>Short.</p>", FILL * 20) for name, body in bodies.items()}
    assert titles(book(tmp_path, longer, _nested("{n}.xhtml", "{n}.xhtml#s{n}{m}"))) == ["C1", "C2", "C3"]
    flat = [line for n in (1, 2, 3) for line in ((f"{n}.xhtml", f"C{n}"), (f"{n}.xhtml#s{n}1", "S"))]
    assert titles(book(tmp_path, longer, maker.nav(*flat))) == ["C1", "C2", "C3"]
    endless = {name: body.replace(FILL * 20, FILL * 200) for name, body in longer.items()}
    assert len(titles(book(tmp_path, endless, _nested("{n}.xhtml", "{n}.xhtml#s{n}{m}")))) == 9
    pages = {f"{n}.{m}.xhtml": f"<h2>S{n}.{m}</h2>{FILL * 4}" for n in (1, 2, 3) for m in (1, 2)}
    ordered = dict(sorted({**{f"{n}.0.xhtml": f"<h1>C</h1>{FILL}" for n in (1, 2, 3)}, **pages}.items()))
    found = titles(book(tmp_path, ordered, _nested("{n}.0.xhtml", "{n}.{m}.xhtml")))
    assert found == ["C1", "S1.1", "S1.2", "C2", "S2.1", "S2.2", "C3", "S3.1", "S3.2"]
    small = {name: body.replace(FILL * 4, "<p>Short.</p>") for name, body in ordered.items()}
    assert titles(book(tmp_path, small, _nested("{n}.0.xhtml", "{n}.{m}.xhtml"))) == ["C1", "C2", "C3"]


def test_the_contents_within_a_document_stay_apart(tmp_path: Path) -> None:
    lines = "".join(f"<p>CHAPTER {n}.</p>" for n in (1, 2, 3, 4))
    chapters = {f"{n}.xhtml": f"<h1>CHAPTER {n}.</h1>{FILL}" for n in (1, 2, 3, 4)}
    entries = [(name, f"CHAPTER {name[0]}.") for name in chapters]
    opening = {"0.xhtml": f"<p>A Book</p><h2 id='c'>Contents</h2>{lines}"}
    nav = maker.nav(("0.xhtml", "A Book"), ("0.xhtml#c", "Contents"), *entries)
    found = book(tmp_path, {**opening, **chapters}, nav)
    left_out = [chapter for chapter in found.chapters if chapter.left_out == "table of contents"]
    assert [len(chapter.blocks) for chapter in left_out] == [5]


def test_the_number_above_a_title_goes_with_it(tmp_path: Path) -> None:
    body = "".join(f"{FILL}<p>Chapter {n}</p><h2 id='a{n}'>Title {n}</h2><p>text {n}</p>" for n in (1, 2))
    found = book(tmp_path, {"1.xhtml": body}, maker.nav(("1.xhtml#a1", "Title 1"), ("1.xhtml#a2", "Title 2")))
    assert words(found)[1:] == ["Chapter 1 Title 1 text 1", "Chapter 2 Title 2 text 2"]


def _nested(chapter: str, section: str) -> str:
    nested = "".join(
        f'<li><a href="{chapter.format(n=n)}">C{n}</a><ol>'
        + "".join(f'<li><a href="{section.format(n=n, m=m)}">S{n}.{m}</a></li>' for m in (1, 2))
        + "</ol></li>"
        for n in (1, 2, 3)
    )
    return maker.page(f'<nav epub:type="toc"><ol>{nested}</ol></nav>')


def _section(chapter: int, number: int) -> str:
    return f"<h2 id='s{chapter}{number}'>S{chapter}.{number}</h2><p>Short.</p>"


def test_a_part_of_many_hours_is_cut_at_its_own_headings(tmp_path: Path) -> None:
    chapter = f"<h2>Chapter {{}}</h2>{FILL * 120}"
    body = "<h1>Genesis</h1>" + "".join(chapter.format(number) for number in (1, 2, 3, 4))
    bodies = {"1.xhtml": body, "2.xhtml": f"<h1>Exodus</h1>{FILL}"}
    found = book(tmp_path, bodies, maker.nav(("1.xhtml", "Genesis"), ("2.xhtml", "Exodus")))
    assert titles(found) == ["Genesis", "Chapter 2", "Chapter 3", "Chapter 4", "Exodus"]


def test_labels_of_files_are_no_titles(tmp_path: Path) -> None:
    bodies = {"1.xhtml": f"<h1>The Storm</h1>{FILL}", "2.xhtml": "<p>It rained.</p>", "3.xhtml": f"<h1>Calm</h1>{FILL}"}
    entries = (("1.xhtml", "index_split_001"), ("2.xhtml", "Section0002.xhtml"), ("3.xhtml", "Part 3"))
    assert titles(book(tmp_path, bodies, maker.nav(*entries))) == ["The Storm", "It rained.", "Part 3"]


def test_the_pages_of_a_book_whose_documents_are_its_pages_are_joined(tmp_path: Path) -> None:
    line = "and she went on through the long wet grass of the meadow, where nobody had gone before her that year, and"
    bodies = {f"{n:02}.xhtml": f"<p>{line}</p>" for n in range(12)} | {"12.xhtml": "<h1>Two</h1><p>The end.</p>"}
    bodies["00.xhtml"] = f"<h1>One</h1><p>S{line}</p>"
    for contents in (maker.nav(*((name, f"Page {number}") for number, name in enumerate(bodies))), ""):
        found = book(tmp_path, bodies, contents)
        assert len(found.chapters[0].blocks[1].text.split("and she")) == 13
        assert [chapter.title for chapter in found.chapters if not chapter.left_out] == ["One", "Two"]


def test_the_number_that_the_contents_give_a_chapter_of_a_book_of_pages_is_no_page_number(tmp_path: Path) -> None:
    line = "and she went on through the long wet grass of the meadow, where nobody had gone before her that year, and"
    bodies = {f"{n:02}.xhtml": f"<p>{line}</p>" for n in range(12)}
    bodies["05.xhtml"] = f"<p>2</p><p>The Storm</p><p>{line}</p>"
    found = book(tmp_path, bodies, maker.nav(("00.xhtml", "Start"), ("05.xhtml", "2 The Storm")))
    spoken = [chapter.blocks[0].text for chapter in found.chapters if not chapter.left_out]
    assert spoken[-1] == "2"


def test_captions_that_the_contents_name_beside_chapters_are_none(tmp_path: Path) -> None:
    body = "".join(f"<h1 id='c{n}'>C{n}</h1>{FILL}<p id='f{n}'>Figure {n}. A sea</p>{FILL}" for n in (1, 2, 3))
    entries = [(f"1.xhtml#c{n}", f"C{n}") for n in (1, 2, 3)] + [("1.xhtml#f2", "2 A sea")]
    assert titles(book(tmp_path, {"1.xhtml": body}, maker.nav(*entries))) == ["C1", "C2", "C3"]


def test_a_chapter_of_a_line_is_no_part_of_the_one_that_has_the_next_number(tmp_path: Path) -> None:
    bodies = {"1.xhtml": "<h1>1 Data</h1>", "2.xhtml": f"<h1>2 Tools</h1>{FILL}", "3.xhtml": f"<h1>Part 3</h1>{FILL}"}
    contents = maker.nav(("1.xhtml", "1 Data"), ("2.xhtml", "2 Tools"), ("3.xhtml", "Part 3"))
    assert titles(book(tmp_path, bodies, contents)) == ["1 Data", "2 Tools", "Part 3"]


def test_titles_that_repeat_get_the_name_of_their_part(tmp_path: Path) -> None:
    parts = (("1", "PART ONE"), ("2", "PART TWO"))
    bodies = {f"{n}.xhtml": f"<p>{name}</p><h2 id='a'>I</h2>{FILL}<h2 id='b'>II</h2>{FILL}" for n, name in parts}
    bodies["3.xhtml"] = f"<h2>III</h2>{FILL}"
    entries = [(f"{n}.xhtml#{anchor}", title) for n in (1, 2) for anchor, title in (("a", "I"), ("b", "II"))]
    found = book(tmp_path, bodies, maker.nav(*entries, ("3.xhtml", "III")))
    assert titles(found) == ["PART ONE. I", "PART ONE. II", "PART TWO. I", "PART TWO. II", "III"]
