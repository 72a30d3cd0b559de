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


CARD = "one two three four, five six seven eight, nine zero one two, "
SECURITY = "one two three, four five, six seven eight nine"
FROM_TO = "с тысяча девятьсот четырнадцатого по тысяча девятьсот восемнадцатый"


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "the 275th lay, u + v", "the two hundred and seventy-fifth lay, u plus v"),
        ("en", "AT&T, .25 million, -.5", "AT&T, point two five million, minus point five"),
        ("en", "6/2 = 3, a+b=c", "six divided by two equals three, a plus b equals c"),
        ("en", "at 2330 hrs, 15:00h", "at twenty-three thirty hours, fifteen hundred hours"),
        ("en", "14/7/89, on 12/5, 07/2016", "July fourteenth, eighty-nine, on December fifth, July twenty sixteen"),
        ("en", "2012-05-05T12:30, 10s of them", "May fifth, twenty twelve, twelve thirty, tens of them"),
        ("en", "3-in-1, $-5, $12-million", "three-in-one, minus five dollars, twelve million dollars"),
        ("en", "Portland, OR, Ford Co. said, w/o it", "Portland, Oregon, Ford Company said, without it"),
        ("en", "x.com/a-b.html, 100/min", "x dot com slash a dash b dot html, one hundred per minute"),
        (
            "en",
            "1234-5678-9012, 123-45-6789",
            CARD + SECURITY,
        ),
        ("es", "12:00 a. m., a las 5:15", "doce de la noche, a las cinco y cuarto"),
        ("es", "12/5, 5/2, 4/4", "doce quintos, cinco medios, cuatro cuatro"),
        ("de", "12/5, 5/16", "zwölf Fünftel, fünf Sechzehntel"),
        ("es", "8 pm, 1 M US$", "ocho de la noche, un millón de dólares"),
        ("de", "1 Sek. später, 30.11.05", "eine Sekunde später, dreißigster November zweitausendfünf"),
        ("it", "Mt 5,8; 5,48; 6,1-2", "Matteo cinque, otto; cinque, quarantotto; sei, uno a due"),
        ("ru", "шлюз № 2 и другой", "шлюз номер два и другой"),
        ("fr", "Lc 3.11 ; 3° Divers faits", "Luc trois, onze ; tertio Divers faits"),
        ("es", "el <código 1> y si 3 > 2", "el <código uno> y si tres es mayor que dos"),
        ("en", "14:00 hrs, 5-5:30, 4 PM PST", "fourteen hundred hours, five to five thirty, four PM P S T"),
        ("en", "24 Dec, $2 1/2 million", "the twenty-fourth of December, two and a half million dollars"),
        ("de", "3.5.2020-7.5.2020", "dritter Mai zweitausendzwanzig bis siebten Mai zweitausendzwanzig"),
        ("en", "IT staff, works in IT, the II Corps", "IT staff, works in IT, the second Corps"),
        ("ru", "на II съезде, V глава", "на втором съезде, пятая глава"),
        ("it", "3 Mld €, 8 pm", "tre miliardi di euro, otto di sera"),
        ("ru", "31 500 рублей, к 10:00", "тридцать одна тысяча пятьсот рублей, к десяти часам"),
        ("ru", "в мае 1812, с 1914 по 1918", "в мае тысяча восемьсот двенадцатого года, " + FROM_TO),
        ("ru", "8 800 555-35-35, 5/мин", "восемь, восемь ноль ноль, пять пять пять, три пять, три пять, пять в минуту"),
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
