from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from swarm.book.page.markup import parse
from swarm.book.page.passage import visible_chars
from swarm.book.read_along.wrap import Fragment, Stretch, free_prefix, wrap

HEAD = '<html xmlns="http://www.w3.org/1999/xhtml"><head><title>T</title></head><body>'


def page(body: str) -> etree._Element:
    return parse((HEAD + body + "</body></html>").encode(), "a page")


def stretches(root: etree._Element, *texts: str) -> list[Stretch]:
    """Return the stretches of texts in a page, in order."""
    whole, found, at = visible_chars("".join(root.itertext())), [], 0
    for text in map(visible_chars, texts):
        start = whole.index(text, at)
        at = start + len(text)
        found.append((start, at))
    return found


def wrapped(body: str, *texts: str) -> str:
    """Return a body in which the given texts are wrapped."""
    root = page(body)
    before = "".join(root.itertext())
    wrap(root, stretches(root, *texts), "s")
    assert "".join(root.itertext()) == before
    written = etree.tostring(root, encoding="unicode")
    return str(written.partition("<body>")[2].removesuffix("</body></html>"))


def test_sentences_of_a_paragraph() -> None:
    assert wrapped("<p> One one. Two\n two. </p>", "One one.", "Two two.") == (
        '<p> <span id="s1">One one.</span> <span id="s2">Two\n two.</span> </p>'
    )


def test_inline_markup_stays_inside() -> None:
    assert wrapped('<p>It <i class="x">was <b>so</b></i>. No.</p>', "It was so.", "No.") == (
        '<p><span id="s1">It <i class="x">was <b>so</b></i>.</span> <span id="s2">No.</span></p>'
    )


def test_a_sentence_that_ends_inside_inline_markup_is_several_fragments() -> None:
    body = "<p>He <i>said it. Then</i> went.</p>"
    assert wrapped(body, "He said it.", "Then went.") == (
        '<p><span id="s1">He</span> <i><span id="s1-2">said it.</span> <span id="s2">Then</span></i>'
        ' <span id="s2-2">went.</span></p>'
    )


def test_a_sentence_over_blocks_has_a_fragment_in_each() -> None:
    body = "<div><p>A line that</p>\n<p>goes on.</p></div>"
    assert wrapped(body, "A line that goes on.") == (
        '<div><p><span id="s1">A line that</span></p>\n<p><span id="s1-2">goes on.</span></p></div>'
    )


def test_comments_line_ends_and_pictures_stay_where_they_are() -> None:
    body = '<p>One <!-- c --><br/>two<img src="x"/>.<br/></p>'
    assert wrapped(body, "One two.") == '<p><span id="s1">One <!-- c --><br/>two<img src="x"/>.</span><br/></p>'


def test_lone_punctuation_in_markup_of_its_own_is_no_fragment() -> None:
    assert wrapped("<p>One two<b>. Then</b> on.</p>", "One two.", "Then on.") == (
        '<p><span id="s1">One two</span><b>. <span id="s2">Then</span></b> <span id="s2-2">on.</span></p>'
    )


def test_text_where_no_span_may_stand_is_left_alone() -> None:
    assert wrapped("<ul>stray<li>item</li></ul>", "stray", "item") == (
        '<ul>stray<li><span id="s2">item</span></li></ul>'
    )


def test_words_in_drawings_are_wrapped_as_drawings_have_it() -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text x="1">Words here. More.</text></svg>'
    assert '<text x="1"><tspan id="s1">Words here.</tspan> More.</text>' in wrapped(svg, "Words here.")


def test_fragments_say_how_long_their_text_is() -> None:
    root = page("<p>He <i>said it. Then</i> went.</p>")
    found = wrap(root, stretches(root, "He said it.", "Then went."), "s")
    assert found == [
        (Fragment("s1", 2), Fragment("s1-2", 7)),
        (Fragment("s2", 4), Fragment("s2-2", 5)),
    ]


def test_a_prefix_is_one_that_no_id_begins_with() -> None:
    assert free_prefix(page('<p id="s-1">x</p><p id="s-x9">y</p>'), "s-") == "s-xx"


PIECES = st.recursive(
    st.sampled_from(["Aa. ", "b ", "Cc c. ", "<br/>", "&amp; ", "<!--x-->", "\n"]),
    lambda inner: st.tuples(st.sampled_from(["i", "b", "p", "div", "span", "li", "ul", "ruby"]), st.lists(inner)).map(
        lambda made: f"<{made[0]}>{''.join(made[1])}</{made[0]}>"
    ),
    max_leaves=25,
)


@given(st.lists(PIECES), st.lists(st.integers(1, 9), max_size=20))
def test_whatever_is_wrapped_the_text_stays_and_each_stretch_has_its_own(bodies: list[str], steps: list[int]) -> None:
    root = page("".join(bodies))
    before, length = "".join(root.itertext()), len(visible_chars("".join(root.itertext())))
    elements = [element.tag for element in root.iter("*")]
    ends = [sum(steps[:number]) for number in range(len(steps) + 1)]
    wanted = [(start, end) for start, end in pairwise(ends) if end <= length][::2]
    found = wrap(root, wanted, "s")
    assert "".join(root.itertext()) == before
    named = {element.get("id"): element for element in root.iter("*") if element.get("id")}
    whole = visible_chars(before)
    for (start, end), fragments in zip(wanted, found, strict=True):
        for fragment in fragments:
            text = visible_chars("".join(named[fragment.name].itertext()))
            assert text in whole[start:end]
    kept = [element.tag for element in root.iter("*") if not (element.get("id") or "").startswith("s")]
    assert kept == elements


@pytest.mark.timeout(600)
def test_deep_and_long_pages_take_no_time_out_of_proportion() -> None:
    body = "<div>" * 150 + "<p>" + "Word. " * 20_000 + "</p>" + "</div>" * 150
    root = page(body)
    start = len(visible_chars("T"))
    assert all(wrap(root, [(start + 5 * n, start + 5 * n + 5) for n in range(20_000)], "s"))
