from swarm.book.model.book import Block, ChapterText, Rule
from swarm.book.speech.lexicon import Lexicon
from swarm.book.speech.segment import segment_chapter
from swarm.book.speech.speech import Speech
from swarm.job.card import EngineCard
from swarm.voice.hibari.engine import CARD as HIBARI
from swarm.voice.metronome.engine import CARD as METRONOME


def card(**fields: object) -> EngineCard:
    return EngineCard("tester", "", ("*",), (), (("", 300),), (), **fields)  # type: ignore[arg-type]


def test_an_engine_is_given_what_it_does_not_know_by_itself() -> None:
    sentence = "Mr. Hyde paid £20 in 1866."
    assert Speech(METRONOME).say(sentence, "en") == sentence
    assert Speech(card(numbers=("*",))).say(sentence, "en") == "Mister Hyde paid £20 in 1866."
    assert Speech(HIBARI).say(sentence, "en") == "Mister Hyde paid twenty pounds in eighteen sixty-six."
    assert Speech(card()).say(sentence, "en") == "Mister Hyde paid twenty pounds in eighteen sixty-six."
    assert Speech(card(numbers=("fr",))).say("En 1866", "fr") == "En 1866"


def test_numerals_of_headings_are_said_by_every_engine() -> None:
    assert Speech(METRONOME).say("XXVII: Knights and Squires", "en", heading=True) == "27: Knights and Squires"
    assert Speech(card()).say("Chapter IV", "en", heading=True) == "Chapter four"


def test_the_dictionary_comes_first() -> None:
    lexicon = Lexicon((Rule("1866", "that year"),))
    assert Speech(card(), lexicon).say("In 1866", "en") == "In that year"


def test_what_is_said_fits_the_engine() -> None:
    engine = EngineCard("tester", "", ("*",), (), (("", 30),), ())
    blocks = (Block("heading", "II"), Block("paragraph", "It was 1,234,567 miles away. [pause:2] Far!"))
    chapter = segment_chapter(ChapterText("", blocks), "en", engine, Speech(engine))
    assert " ".join(segment.spoken for segment in chapter.segments) == (
        "two It was one million, two hundred and thirty-four thousand, five hundred and sixty-seven miles away. Far!"
    )
    assert [segment.pause.value for segment in chapter.segments][-2:] == ["chapter", "chapter"]
    assert all(len(segment.spoken) <= 30 for segment in chapter.segments)


def test_signs_are_those_that_voices_learned() -> None:
    assert Speech(HIBARI).say("• ﬁve cafe\u0301s--no . . . two. . . .", "en") == "five cafés—no… two…"


def test_dates_and_powers_are_written_out_for_every_engine() -> None:
    dated = "On December 25th, 1999 it had 10 squared pages"
    assert Speech(METRONOME).say("On 25/12/1999 it had 10² pages", "en") == dated
    assert Speech(card()).say("On 2/2/1999, 10⁶", "en") == (
        "On February second, nineteen ninety-nine, ten to the power of six"
    )
