import pytest

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


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "$3-4 million, $2-$3", "three to four million dollars, two dollars to three dollars"),
        ("en", "1.5-2.5 km, 5-10%", "one point five to two point five kilometres, five to ten percent"),
        ("en", "2 h 30 min, 12 kg/l", "two hours and thirty minutes, twelve kilograms per litre"),
        ("en", "3-Feb-2002 and 2012-06", "the third of February, two thousand and two and June twenty twelve"),
        ("en", "1-413-te-b-1-5, W26s", "one, four hundred and thirteen, te, b, one, five, W twenty-six s"),
        ("es", "1 000 000 000 000 de libras, GMT-3", "un billón de libras, GMT menos tres"),
        ("de", "5-10 kg, 3-4 €, 101 Euro", "fünf bis zehn Kilogramm, drei bis vier Euro, einhundertein Euro"),
        ("de", "2 h 30 min, 3.1416", "zwei Stunden dreißig Minuten, drei Komma eins vier eins sechs"),
        ("ru", "5 км/с, 13:05", "пять километров в секунду, тринадцать часов пять минут"),
        ("ru", "1990-е, 03-фев-2002", "тысяча девятьсот девяностые, третьего февраля две тысячи второго года"),
        ("es", "a 5 pm, el 5/3, 1/2 kg", "a cinco de la tarde, el cinco de marzo, medio kilogramo"),
        ("fr", "10:30 am, 25 déc 2020", "dix heures trente du matin, vingt-cinq décembre deux mille vingt"),
        ("de", "um 10:30 am Montag, am 24/12", "um zehn Uhr dreißig am Montag, am vierundzwanzigsten Dezember"),
        ("ru", "$1,5 млн, 60 Вт, 5/12", "одна целая пять десятых миллиона долларов, шестьдесят ватт, пять двенадцатых"),
        ("es", "En 1990 ha sido; 5 ha.", "En mil novecientos noventa ha sido; cinco hectáreas."),
        (
            "de",
            "1 Mio. $, 10 min, Version 2.5.20",
            "eine Million Dollar, zehn Minuten, Version zwei Punkt fünf Punkt zwanzig",
        ),
        ("de", "bis 5.3.", "bis 5.3."),  # a day, which no voice says as a decimal
        ("es", "21.000 libras", "veintiún mil libras"),
        ("sv", "5-10 kg, 5-10 kr, 1:50.000", "fem till tio kilogram, fem till tio kronor, ett till femtiotusen"),
    ],
)
def test_a_form_is_said_by_its_class(language: str, written: str, said: str) -> None:
    assert Speech(card()).say(written, language) == said


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "the score was 3:15", "the score was three to fifteen"),
        ("en", "at 3:15", "at three fifteen"),
        ("en", "1500 men in 1500", "one thousand, five hundred men in fifteen hundred"),
        ("es", "las 1500 mujeres de 1500", "las mil quinientas mujeres de mil quinientos"),
        ("es", "sección 3.12; a las 14.30", "sección tres punto doce; a las catorce y treinta"),
        ("de", "Abschnitt 16.15; um 14.30", "Abschnitt sechzehn Punkt fünfzehn; um vierzehn Uhr dreißig"),
        ("de", "16.15 Formate", "sechzehn Punkt fünfzehn Formate"),
        ("de", "sie gewannen 3:15", "sie gewannen drei zu fünfzehn"),
    ],
)
def test_a_form_of_two_classes_is_of_the_one_that_the_words_around_it_show(
    language: str, written: str, said: str
) -> None:
    assert Speech(card()).say(written, language) == said
