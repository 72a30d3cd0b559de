from collections.abc import Callable
from pathlib import Path

import epub_maker as maker
import pytest
from steps import steps_of

from swarm.book.any_file import read_book
from swarm.book.model.reading_choice import Notes, Reading

STORY = "<h1>One</h1><p>The ship{} sailed.</p><p>It came back.</p>"


def read(folder: Path, *bodies: str, notes: Notes = "skip", language: str = "en") -> dict[str, list[str]]:
    """Return the texts of each chapter, by the reason why it is left out."""
    pages = {f"{number}.xhtml": maker.page(body) for number, body in enumerate(bodies)}
    metadata = maker.METADATA.replace("en-GB", language)
    book = read_book(maker.make(folder, pages, metadata=metadata), Reading(notes=notes))
    found: dict[str, list[str]] = {}
    for chapter in book.chapters:
        found.setdefault(chapter.left_out, []).extend(block.text for block in chapter.blocks)
    return found


SHAPES = [
    (  # types mark these notes, in a document of its own
        (
            STORY.format('<a epub:type="noteref" href="1.xhtml#n1">1</a>'),
            '<section epub:type="endnotes"><ol><li id="n1" epub:type="endnote"><p>A brig. '
            '<a href="0.xhtml#r1" epub:type="backlink">↩</a></p></li></ol></section>',
        )
    ),
    (  # roles mark these notes
        (
            STORY.format('<a role="doc-noteref" href="#n1">1</a>')
            + '<aside role="doc-footnote" id="n1"><p>A brig.</p></aside>',
        )
    ),
    (  # a superscript link and one back
        (
            STORY.format('<sup><a id="r1" href="#n1">1</a></sup>')
            + '<p><a id="n1" href="#r1">1.</a> A brig.</p>',
        )
    ),
    (  # Project Gutenberg's
        (
            STORY.format('<a id="FNanchor_1" href="#Footnote_1" class="fnanchor">[1]</a>')
            + '<div class="footnote"><p><a id="Footnote_1" href="#FNanchor_1"><span class="label">[1]</span></a> '
            "A brig.</p></div>",
        )
    ),
    (  # brackets, and a link back in brackets in a plain list
        (
            STORY.format('<a href="#f1" id="b1">[1]</a>')
            + '<article id="f1"><p>[<a href="#b1">1</a>] A brig.</p></article>',
        )
    ),
    (  # an asterisk, no way back
        (STORY.format('<a href="#star">*</a>') + '<div class="notes"><p id="star">* A brig.</p></div>',)
    ),
    (  # plain text in brackets
        (STORY.format("[1]") + "<p>[Footnote 1: A brig.]</p>",)
    ),
    (  # plain text with a letter
        (STORY.format("[A]") + "<p>[A] A brig.</p>",)
    ),
    (  # plain text with nothing but its number
        (STORY.format("[1]"), "<h2>Notes</h2><p>[1] A brig.</p>")
    ),
]  # fmt: skip


def test_marks_are_not_spoken_and_notes_left_out(tmp_path: Path) -> None:
    for bodies in SHAPES:
        found = read(tmp_path, *bodies)
        assert found[""] == ["One", "The ship sailed.", "It came back."], bodies
        assert any("A brig." in text for text in found["notes"]), bodies


def test_a_note_is_read_after_its_paragraph(tmp_path: Path) -> None:
    for bodies in SHAPES[:5] + SHAPES[6:]:
        found = read(tmp_path, *bodies, notes="inline")
        assert found.pop("") == ["One", "The ship sailed.", "Note: A brig.", "It came back."], bodies
        assert found in ({}, {"notes": ["Notes"]}), "nothing of a note is left behind but its heading"


def test_a_note_is_read_after_its_chapter(tmp_path: Path) -> None:
    for language, word in [("fr", "Note :"), ("pl", "Przypis:"), ("nl", "Noot:"), ("xx", "")]:
        found = read(tmp_path, *SHAPES[3], notes="end", language=language)
        assert found == {"": ["One", "The ship sailed.", "It came back.", "", f"{word} A brig.".strip()]}


def test_a_note_of_several_paragraphs_is_read_whole_and_once(tmp_path: Path) -> None:
    body = (
        "<p>one<sup><a id='r' href='#n'>1</a></sup> and<sup><a href='#n'>1</a></sup> two</p><p>end</p>"
        "<aside epub:type='footnote' id='n'><p><a href='#r'>1</a> First.</p><p>Second.</p></aside>"
    )
    assert read(tmp_path, body, notes="inline") == {"": ["one and two", "Note: First.", "Second.", "end"]}


def test_what_is_no_note_is_read(tmp_path: Path) -> None:
    for body in [
        "<p>the 1<sup>st</sup> of 10<sup>2</sup></p>",
        "<p>see <a href='#p'>chapter 3</a></p><p id='p'>Chapter 3 is here</p>",
        "<p><a href='#p'>12</a></p><p id='p'>12 men</p>",
        "<p id='p'>back</p><p>see<sup><a href='#p'>1</a></sup></p>",
        "<p>see<sup><a href='#gone'>1</a></sup></p>",
        "<p>The entry [A] i j of a matrix A[A]</p><p>[A] i j is a number</p>",
        "<p>[1] first, and a[1] later</p><p>[sic] and [2]</p><p>[3] third</p>",
    ]:
        assert set(read(tmp_path, body)) == {""}


def test_a_page_that_begins_with_a_note_goes_on_with_its_chapter(tmp_path: Path) -> None:
    first = STORY.format('<a class="fnanchor" href="1.xhtml#n" id="r">[1]</a>')
    second = (
        '<div class="footnote"><p><a href="0.xhtml#r" id="n">[1]</a> A brig.</p></div><p>More.</p><h1>Two</h1><p>x</p>'
    )
    pages = {"0.xhtml": maker.page(first), "1.xhtml": maker.page(second)}
    contents = maker.ncx(("0.xhtml", "One"), ("1.xhtml#none", "Two"))
    book = read_book(maker.make(tmp_path, pages, contents=contents))
    spoken = [chapter for chapter in book.chapters if not chapter.left_out]
    assert [block.text for block in spoken[0].blocks][-1] == "More."


def test_a_heading_over_notes_goes_with_them(tmp_path: Path) -> None:
    body = STORY.format('<a id="r" href="#n">[1]</a>') + '<h3>Notes</h3><p id="n"><a href="#r">[1]</a> A brig.</p>'
    assert read(tmp_path, body)[""] == ["One", "The ship sailed.", "It came back."]


def test_an_annotation_is_a_note_and_the_word_that_links_to_it_is_not(tmp_path: Path) -> None:
    text = '<h1>One</h1><p>It was <a href="#c">overridden</a>.</p>'
    note = '<aside epub:type="annotation" id="c">Was: overriden.</aside>'
    assert read(tmp_path, text + note) == {"": ["One", "It was overridden."], "notes": ["Was: overriden."]}


def test_notes_that_nothing_refers_to_go_with_those_around_them(tmp_path: Path) -> None:
    notes = "<p id='n1'><a href='0.xhtml#r'>1</a> A brig.</p><p>2. A barque.</p><p>3 A cutter.</p>"
    story = STORY.format("<sup><a href='1.xhtml#n1' id='r'>1</a></sup>")
    assert read(tmp_path, story, f"<h1>Notes</h1>{notes}")["notes"] == [
        "Notes",
        "A brig.",
        "2. A barque.",
        "3 A cutter.",
    ]
    on = f"<h1>One</h1><p>A ship<sup><a href='#n1' id='r'>1</a></sup></p>{notes.replace('0.xhtml', '')}"
    assert read(tmp_path, f"{on}<p>2 men came.</p><p>On.</p>")[""] == [
        "One",
        "A ship",
        "2. A barque.",
        "3 A cutter.",
        "2 men came.",
        "On.",
    ]


def test_headings_without_text_above_a_few_notes_are_said(tmp_path: Path) -> None:
    links = "".join(f"<sup><a href='1.xhtml#n{number}' id='r{number}'>{number}</a></sup>" for number in (1, 2))
    notes = "".join(f"<p id='n{number}'><a href='0.xhtml#r{number}'>{number}</a> A brig.</p>" for number in (1, 2))
    headings = "<h1>Ships</h1><h2>Tall ones</h2><h2>Small ones</h2><h2>Rafts</h2>"
    found = read(tmp_path, STORY.format(links), headings + notes)
    assert found["notes"] == ["A brig.", "A brig."]
    assert found[""][-4:] == ["Ships", "Tall ones", "Small ones", "Rafts"]


def test_a_notes_own_number_is_not_read(tmp_path: Path) -> None:
    body = "<p>One<sup><a href='#n' id='r'>1</a></sup>, two<a href='#s'>*</a></p>"
    notes = "<div class='notes'><p id='n'><a href='#r'>1</a>. A brig.</p><p id='s'>* A barque.</p></div>"
    assert read(tmp_path, body + notes, notes="inline")[""] == ["One, two", "Note: A brig.", "Note: A barque."]
    body = "<p>One<sup><a href='#n4'>4</a></sup></p><p>Two<a epub:type='noteref' href='#n5'>5</a></p>"
    notes = "<div class='notes'><p id='n4'>4 A brig.</p><p id='n5'>12 men.</p></div>"
    assert read(tmp_path, body + notes, notes="inline")[""] == ["One", "Note: A brig.", "Two", "Note: 12 men."]


def test_a_page_of_notes_goes_with_the_chapters_that_it_names(tmp_path: Path) -> None:
    mark = '<p>Text<a href="2.xhtml#e{0}" id="b{0}"><sup>1</sup></a> of it.</p>'
    notes = "".join(
        f'<h2>{name}</h2><p id="e{number}"><a href="{number}.xhtml#b{number}">1</a>. A note.</p>'
        for number, name in enumerate(("One", "Two"))
    )
    found = read(tmp_path, f"<h1>One</h1>{mark.format(0)}", f"<h1>Two</h1>{mark.format(1)}", f"<h1>Notes</h1>{notes}")
    assert found[""] == ["One", "Text of it.", "Two", "Text of it."]
    assert found["notes"] == ["Notes", "One", ". A note.", "Two", ". A note."]


def test_links_of_bare_numbers_are_notes_if_they_lead_to_their_number_and_back(tmp_path: Path) -> None:
    body = (
        "<p>to the end that <a href='#linknote-1' id='linknoteref-1'>1</a> neither the deeds nor the works <a "
        "href='#linknote-2' id='linknoteref-2'>2</a> be lost</p><h2>NOTES TO BOOK I</h2>"
        "<p><a id='linknote-1'><!-- Note --></a></p><p class='foot'>1 (<a href='#linknoteref-1'>return</a>)<br/>[ So "
        "it is written in the oldest book.]</p><p><a id='linknote-2'/></p><p class='foot'>2 (<a href='#linknoteref-2'>"
        "return</a>)<br/>[ Or: the great deeds.]</p>"
    )
    book = read_book(maker.make(tmp_path, {"a.xhtml": maker.page(body)}))
    spoken = [block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks]
    assert spoken == ["to the end that neither the deeds nor the works be lost"]
    assert book.notes == 2
    book = read_book(maker.make(tmp_path, {"a.xhtml": maker.page(body)}), Reading(notes="end"))
    assert "Note: [ Or: the great deeds.]" in [block.text for chapter in book.chapters for block in chapter.blocks]


def test_verses_and_contents_of_bare_numbers_are_no_notes(tmp_path: Path) -> None:
    contents = "".join(f"<a id='r{n}' href='#c{n}'>{n}</a> " for n in range(1, 4))
    verses = "".join(f"<p id='c{n}'><a href='#r{n}'>{n}</a> In the beginning was verse {n}.</p>" for n in range(1, 4))
    book = read_book(maker.make(tmp_path, {"a.xhtml": maker.page(f"<p>{contents}</p>{verses}")}))
    assert book.notes == 0
    assert "3 In the beginning was verse 3." in [block.text for chapter in book.chapters for block in chapter.blocks]


def test_many_notes_in_one_box_are_each_a_note(tmp_path: Path) -> None:
    marks = "".join(f"<p>Word {n}<a id='r{n}' href='#f{n}'>[M{n}]</a> and more.</p>" for n in range(1, 300))
    notes = "".join(
        f"<p><a id='f{n}' href='#r{n}'>[M{n}]</a> {'A long note about it. ' * 6}</p>" for n in range(1, 300)
    )
    page = maker.page(f"{marks}<div class='footnote'>{notes}</div>".replace("[M", "["))
    book = read_book(maker.make(tmp_path, {"a.xhtml": page}))
    spoken = [block.text for chapter in book.chapters if not chapter.left_out for block in chapter.blocks]
    assert (book.notes, len(spoken), spoken[7]) == (299, 299, "Word 8 and more.")


@pytest.mark.parametrize("leads_to", [lambda n, count: n + 1, lambda n, count: count - 1 - n, lambda n, count: 0])
def test_notes_that_refer_to_each_other_take_no_longer_than_as_many_others(
    tmp_path: Path, leads_to: Callable[[int, int], int]
) -> None:
    def steps(count: int) -> int:
        notes = [f"<p><a id='f{n}' href='#f{leads_to(n, count) % count}'>[{n}]</a> A note.</p>" for n in range(count)]
        book = maker.make(tmp_path, {"a.xhtml": maker.page("".join(notes))})
        return steps_of(lambda: read_book(book, Reading(notes="end")))

    steps(10)  # what is made once
    assert steps(800) < 6 * steps(200)
