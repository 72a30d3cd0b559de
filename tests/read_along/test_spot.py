from pathlib import Path

from epub_maker import make, nav, page
from msgspec.structs import replace

from swarm.book.epub import read_book
from swarm.book.package.archive import Archive
from swarm.book.page.markup import parse
from swarm.book.page.origin import signs
from swarm.book.speech.script import make_script
from swarm.job.book import Chapter
from swarm.job.card import EngineCard
from swarm.job.reading import Reading
from swarm.read_along.spot import Spot, find_spots
from swarm.voice.host.registry import find_card


def card() -> EngineCard:
    return find_card("metronome")


def spots_of(path: Path, script: tuple[Chapter, ...] = (), reading: Reading | None = None) -> list[tuple[Spot, str]]:
    """The spots of a book's script, or of another one, each with what stands there."""
    book = read_book(path, reading, traced=True)
    script = script or make_script(book, card(), "en")
    found = list(find_spots(book, script, card(), "en"))
    with Archive(path) as archive:
        texts = {spot.document: "" for spot in found}
        for name in texts:
            texts[name] = signs("".join(parse(archive.read(name), name).itertext()))
    return [(spot, texts[spot.document][spot.start : spot.stop]) for spot in found]


def test_every_sentence_is_found_where_it_is_written(tmp_path: Path) -> None:
    pages = {
        "a.xhtml": page("<h1>One</h1><p>It was 1910. Mr. Hale had <i>20 cats</i>.</p>"),
        "b.xhtml": page("<h1>Two</h1><p>It was 1910.</p>"),
    }
    path = make(tmp_path, pages, contents=nav(("a.xhtml", "One"), ("b.xhtml", "Two")))
    assert [(spot.chapter, spot.document, text) for spot, text in spots_of(path)] == [
        (0, "OEBPS/a.xhtml", "One"),
        (0, "OEBPS/a.xhtml", "Itwas1910."),
        (0, "OEBPS/a.xhtml", "Mr.Halehad20cats."),
        (1, "OEBPS/b.xhtml", "Two"),
        (1, "OEBPS/b.xhtml", "Itwas1910."),
    ]


def test_a_title_that_the_contents_alone_give_stands_nowhere(tmp_path: Path) -> None:
    path = make(tmp_path, {"a.xhtml": page("<p>It rained.</p>")}, contents=nav(("a.xhtml", "The Storm")))
    ((spot, text),) = spots_of(path)
    assert (spot.first, spot.end, text) == (1, 2, "Itrained.")


def test_notes_that_are_read_where_they_are_referred_to_are_found_where_they_stand(tmp_path: Path) -> None:
    body = (
        '<p>It rained<a epub:type="noteref" href="#n1">1</a>.</p><p>It went on.</p>'
        '<aside epub:type="footnote" id="n1"><p>As always.</p></aside>'
    )
    path = make(tmp_path, {"a.xhtml": page(body)}, contents=nav(("a.xhtml", "It rained.")))
    found = spots_of(path, reading=Reading(notes="inline"))
    assert [text for _, text in found] == ["Itrained1.", "Asalways.", "Itwenton."]


def test_a_job_that_was_made_otherwise_loses_those_sentences_only(tmp_path: Path) -> None:
    path = make(tmp_path, {"a.xhtml": page("<h1>One</h1><p>It was 1910. It rained all the day. We left.</p>")})
    (chapter,) = make_script(read_book(path), card(), "en")
    said = tuple(replace(segment, text=segment.text.replace("1910", "nineteen ten")) for segment in chapter.segments)
    old = replace(chapter, segments=said)
    assert old != chapter
    assert [text for _, text in spots_of(path, (old,))] == ["One", "Itrainedalltheday.", "Weleft."]
