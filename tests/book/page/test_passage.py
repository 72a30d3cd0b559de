from swarm.book.model.book import TextTrace
from swarm.book.model.reading_choice import Reading
from swarm.book.page.document import read_document
from swarm.book.page.markup import parse
from swarm.book.page.passage import Passage, Tracer, follow, rewritten, span, visible_chars, visible_offsets

HEAD = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>Not read</title></head><body>'


def traced(body: str, reading: Reading | None = None) -> tuple[list[Passage], str]:
    """Return the passages of a page, and all visible characters of its text."""
    root = parse((HEAD + body + "</body></html>").encode(), "a page")
    whole = visible_chars("".join(root.itertext()))
    return read_document(root, set(), reading or Reading(), Tracer("page")).passages, whole


def stands(passage: Passage, whole: str) -> str:
    """Return the text of the document at the place of a passage."""
    assert passage.trace is not None
    found = span(passage.trace, 0, len(visible_chars(passage.text)))
    return "" if found is None else whole[found[0] : found[1]]


def test_white_space_and_what_is_invisible_are_no_signs() -> None:
    assert visible_chars(" a\u00adb\u200b \n\tc\u200dd ") == "abcd"
    assert visible_offsets(" a \u00adb") == [1, 4]


def test_each_passage_knows_where_it_stands() -> None:
    passages, whole = traced("<h1>One\n two</h1><!-- not text --><p>Three <i>four</i>, five.</p>")
    assert [stands(passage, whole) for passage in passages] == ["Onetwo", "Threefour,five."]


def test_what_is_not_read_between_the_words_moves_nothing() -> None:
    passages, whole = traced('<p>Before<span class="pagenum">12</span> and <?x y?>after.</p><p>Then.</p>')
    assert passages[0].text == "Before and after."
    assert passages[0].trace is not None
    assert [whole[place : place + count] for _, place, count in passages[0].trace.runs] == ["Before", "and", "after."]
    assert stands(passages[1], whole) == "Then."


def test_a_drop_cap_belongs_to_its_word_where_it_is_text() -> None:
    passages, whole = traced('<p><span class="dropcap">O</span>nce upon a time.</p>')
    assert stands(passages[0], whole) == "Onceuponatime."


def test_words_that_are_put_in_stand_nowhere() -> None:
    page = "<p>A <img src='x' alt='black cat'/> sat.</p>"
    passages, whole = traced(page, Reading(alt_text=True))
    assert passages[0].text == "A black cat sat."
    assert passages[0].trace is not None
    assert [whole[place : place + count] for _, place, count in passages[0].trace.runs] == ["A", "sat."]
    assert span(passages[0].trace, 1, 9) is None


def test_lines_of_verse_and_paragraphs_of_plain_pages_are_told_apart() -> None:
    passages, whole = traced("<pre>One one.\n\nTwo two.</pre><div class='stanza'><p>Line a</p><p>Line b</p></div>")
    assert [stands(passage, whole) for passage in passages] == ["Oneone.", "Twotwo.", "LineaLineb"]


def test_without_a_tracer_nothing_is_kept() -> None:
    root = parse((HEAD + "<p>One.</p></body></html>").encode(), "a page")
    (passage,) = read_document(root, set()).passages
    assert (passage.kind, passage.text, passage.trace) == ("paragraph", "One.", None)


def test_a_text_is_followed_where_parts_of_it_are_gone() -> None:
    assert follow("abc", "xabc", 1) == ([(0, 1, 3)], 4)
    assert follow("abc", "axbxc", 0) == ([(0, 0, 1), (1, 2, 1), (2, 4, 1)], 5)
    assert follow("a?c", "abc", 0) == ([(0, 0, 1), (2, 2, 1)], 3)


def test_a_span_goes_over_what_was_left_out() -> None:
    trace = TextTrace("page", "abcdef", ((0, 10, 2), (2, 20, 4)))
    assert span(trace, 0, 6) == (10, 24)
    assert span(trace, 1, 3) == (11, 21)
    assert span(trace, 2, 4) == (20, 22)
    assert span(TextTrace("page", "ab", ((1, 5, 1),)), 0, 1) is None


def test_a_text_with_words_before_it_or_parts_gone_still_stands_where_it_stood() -> None:
    trace = TextTrace("page", "See it[1] now.", ((0, 40, 12),))
    assert span(rewritten(trace, "Note: See it[1] now."), 5, 17) == (40, 52)
    assert span(rewritten(trace, "See it now."), 5, 9) == (48, 52)
    assert span(rewritten(trace, "Remark: it[1] now."), 7, 16) == (43, 52)


def test_the_quick_way_to_count_signs_counts_the_same() -> None:
    for code in (*range(0x20000), *range(0xE0000, 0xE0200)):  # the other planes hold ideographs and nothing else
        if not 0xD800 <= code < 0xE000:
            char = chr(code)
            assert len(visible_chars(f"a{char}b")) - 2 == len(visible_offsets(char)), hex(code)
