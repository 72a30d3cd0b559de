from msgspec import structs

from swarm.book.model.book import Pause, Segment, WordTime
from swarm.book.page.passage import visible_chars
from swarm.book.read_along.spot import Spot, word_spots

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
