from pathlib import Path

from epub_maker import make, nav, page
from msgspec import structs

from swarm.book.any_file import read_book
from swarm.book.model.book import Chapter, Origin, Pause, Segment, WordTime
from swarm.book.model.reading_choice import Reading
from swarm.book.package.archive import Archive
from swarm.book.page.markup import parse
from swarm.book.page.passage import visible_chars
from swarm.book.read_along.spot import Spot, find_spots, with_origins, word_spots
from swarm.book.speech.script import make_script
from swarm.job.card import EngineCard
from swarm.voice.host.registry import find_card


def script_of(path: Path, reading: Reading | None = None, card: EngineCard | None = None) -> tuple[Chapter, ...]:
    return make_script(read_book(path, reading), card or find_card("metronome"), "en")


def spots_of(path: Path, script: tuple[Chapter, ...]) -> list[tuple[Spot, str]]:
    """Return the spots of a script, each with its text in the document."""
    found = list(find_spots(script))
    with Archive(path) as archive:
        texts = {spot.document: "" for spot in found}
        for name in texts:
            texts[name] = visible_chars("".join(parse(archive.read(name), name).itertext()))
    return [(spot, texts[spot.document][spot.start : spot.stop]) for spot in found]


def test_every_sentence_is_marked_where_it_is_written(tmp_path: Path) -> None:
    pages = {
        "a.xhtml": page("<h1>One</h1><p>It was 1910. Mr. Hale had <i>20 cats</i>.</p>"),
        "b.xhtml": page("<h1>Two</h1><p>It was 1910.</p>"),
    }
    path = make(tmp_path, pages, contents=nav(("a.xhtml", "One"), ("b.xhtml", "Two")))
    assert [(spot.chapter, spot.document, text) for spot, text in spots_of(path, script_of(path))] == [
        (0, "OEBPS/a.xhtml", "One"),
        (0, "OEBPS/a.xhtml", "Itwas1910."),
        (0, "OEBPS/a.xhtml", "Mr.Halehad20cats."),
        (1, "OEBPS/b.xhtml", "Two"),
        (1, "OEBPS/b.xhtml", "Itwas1910."),
    ]


def test_a_title_that_the_contents_alone_give_stands_nowhere(tmp_path: Path) -> None:
    path = make(tmp_path, {"a.xhtml": page("<p>It rained.</p>")}, contents=nav(("a.xhtml", "The Storm")))
    ((spot, text),) = spots_of(path, script_of(path))
    assert (spot.first, spot.end, text) == (1, 2, "Itrained.")


def test_notes_that_are_read_where_they_are_referred_to_are_marked_where_they_stand(tmp_path: Path) -> None:
    body = (
        '<p>It rained<a epub:type="noteref" href="#n1">1</a>.</p><p>It went on.</p>'
        '<aside epub:type="footnote" id="n1"><p>As always.</p></aside>'
    )
    path = make(tmp_path, {"a.xhtml": page(body)}, contents=nav(("a.xhtml", "It rained.")))
    found = spots_of(path, script_of(path, Reading(notes="inline")))
    assert [text for _, text in found] == ["Itrained1.", "Asalways.", "Itwenton."]


def test_a_mark_for_a_pause_moves_nothing(tmp_path: Path) -> None:
    body = "<p>We ask. [pause:1] We go on [break] and on.</p>"
    path = make(tmp_path, {"a.xhtml": page(body)}, contents=nav(("a.xhtml", "We ask.")))
    assert [text for _, text in spots_of(path, script_of(path))] == ["Weask.", "Wegoon", "andon."]


def test_pieces_of_a_sentence_and_sentences_of_one_segment_are_marked_together(tmp_path: Path) -> None:
    card = EngineCard("tester", "", ("en",), (), (("", 24),), (), shortest=6)
    body = "<h1>One</h1><p>It rained all the day, and we left at noon. No. Why? It did.</p>"
    path = make(tmp_path, {"a.xhtml": page(body)}, contents=nav(("a.xhtml", "One")))
    script = script_of(path, card=card)
    assert [segment.spoken for segment in script[0].segments] == [
        "One",
        "It rained all the day,",
        "and we left at noon.",
        "No. Why?",
        "It did.",
    ]
    assert [(spot.first, spot.end, text) for spot, text in spots_of(path, script)] == [
        (0, 1, "One"),
        (1, 3, "Itrainedalltheday,andweleftatnoon."),
        (3, 4, "No.Why?"),
        (4, 5, "Itdid."),
    ]


def test_a_sentence_that_hangs_on_the_piece_before_it_is_marked_with_it() -> None:
    origins = (Origin(0, 0, 40), Origin(0, 0, 50), Origin(0, 50, 60), None, Origin(1, 5, 9))
    segments = tuple(Segment("x", Pause.SENTENCE, origin=origin) for origin in origins)
    assert list(find_spots((Chapter("", segments, documents=("a", "b")),))) == [
        Spot(0, 0, 2, "a", 0, 50),
        Spot(0, 2, 3, "a", 50, 60),
        Spot(0, 4, 5, "b", 5, 9),
    ]


def test_a_job_without_origins_gets_them_and_the_words_of_its_book(tmp_path: Path) -> None:
    path = make(tmp_path, {"a.xhtml": page("<h1>One</h1><p>It was 1910. It rained all the day. We left.</p>")})
    again = script_of(path)
    said = [Segment(segment.spoken.replace("1910", "nineteen ten"), segment.pause) for segment in again[0].segments]
    old = Chapter("One", tuple(said))
    found = with_origins([old], again)
    assert found[0].documents
    assert [segment.spoken for segment in found[0].segments] == [segment.spoken for segment in said]
    assert [segment.written for segment in found[0].segments] == [segment.written for segment in again[0].segments]
    assert [text for _, text in spots_of(path, found)] == ["One", "Itwas1910.", "Itrainedalltheday.", "Weleft."]


def test_a_sentence_that_is_cut_otherwise_now_has_no_origin(tmp_path: Path) -> None:
    path = make(tmp_path, {"a.xhtml": page("<h1>One</h1><p>It was 1910. It rained all the day. We left.</p>")})
    again = script_of(path)
    old = Chapter(
        "One",
        tuple(Segment(text, Pause.SENTENCE) for text in ("One", "It was 1910. It rained all the day.", "We left.")),
    )
    found = with_origins([old], again)
    assert [text for _, text in spots_of(path, found)] == ["One", "Weleft."]


PAUSE = Pause.SENTENCE


def spot_of(segment: Segment, start: int = 100) -> Spot:
    return Spot(0, 3, 4, "page.xhtml", start, start + len(visible_chars(segment.written)))


def marked(segment: Segment, words: tuple[WordTime, ...]) -> list[tuple[str, float]]:
    """Return what is marked, in visible characters of the sentence, and when it begins."""
    found = word_spots(spot_of(segment), segment.written, words, 10.0)
    bare = visible_chars(segment.written)
    return [(bare[spot.start - 100 : spot.stop - 100], round(start_s, 2)) for start_s, spot in found]


def test_each_word_is_a_spot_from_its_beginning_to_the_next_one() -> None:
    segment = Segment("It was cold, he said.", PAUSE)
    words = ((0, 0.05), (3, 0.2), (7, 0.5), (13, 1.1), (16, 1.3))
    assert marked(segment, words) == [("It", 10), ("was", 10.2), ("cold,", 10.5), ("he", 11.1), ("said.", 11.3)]
    found = word_spots(spot_of(segment), segment.written, words, 10.0)
    assert all((spot.chapter, spot.first, spot.end, spot.document) == (0, 3, 4, "page.xhtml") for _, spot in found)


def test_a_word_without_a_time_belongs_to_the_one_before_it() -> None:
    assert marked(Segment("one two three", PAUSE), ((0, 0.0), (8, 1.0))) == [("onetwo", 10), ("three", 11)]


def test_a_number_belongs_to_the_word_before_it() -> None:
    segment = Segment("In eighteen forty-eight Smith left.", PAUSE, written_otherwise="In  1848 Smith left.")
    assert marked(segment, ((0, 0.0), (9, 1.6), (15, 2.0))) == [("In1848", 10), ("Smith", 11.6), ("left.", 12)]


def test_a_sentence_whose_words_cannot_be_found_stays_one_spot() -> None:
    segment = Segment("one two", PAUSE)
    words = ((0, 0.0), (4, 1.0))
    whole = spot_of(segment)
    other = structs.replace(whole, stop=whole.stop + 1)  # the page has another text
    pieces = structs.replace(whole, end=5)  # several segments share it
    for spot, known in ((other, words), (pieces, words), (whole, ())):
        assert word_spots(spot, segment.written, known, 10.0) == [(10.0, spot)]
