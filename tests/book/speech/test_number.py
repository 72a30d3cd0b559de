import pytest
import regex

from swarm.book.language.known import every_language, find_language
from swarm.book.language.language import Language
from swarm.book.speech.arithmetic import SIGNS, say_fractions, say_powers, say_relations
from swarm.book.speech.semiotic import say_numbers

NEW_YORK = "two one two, five five five, one two three four"
QUATORZE = "quatorze degrés trente minutes, cinq mètres, trois l'un, il est une heure"


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "in 1866 and the 1840s", "in eighteen sixty-six and the eighteen forties"),
        ("en", "5,000 men, 3.14 and 3.10", "five thousand men, three point one four and three point one zero"),
        ("en", "the 1st, 2nd, 22nd", "the first, second, twenty-second"),
        (
            "en",
            "$3.50, £20, $1, $5 million",
            "three dollars fifty, twenty pounds, one dollar, five million dollars",
        ),
        ("en", "at 10:30, 8:05 and 9:00", "at ten thirty, eight oh five and nine o'clock"),
        ("en", "1861-1865", "eighteen sixty-one to eighteen sixty-five"),
        ("en", "50% at 30° 31′ 39″", "fifty percent at thirty degrees thirty-one minutes thirty-nine seconds"),
        ("en", "½ and 3/4 mile, 20 km/h", "one half and three quarters mile, twenty kilometres an hour"),
        ("en", "Henry IV., then Louis XVI.'s", "Henry the Fourth, then Louis the Sixteenth's"),
        ("en", "When Mary I'll go", "When Mary I'll go"),
        ("en", "Louis XIV met Malcolm X", "Louis the Fourteenth met Malcolm X"),
        ("en", "James I of England; Charles I asked.", "James the First of England; Charles I asked."),
        ("en", "under Charles I.", "under Charles the First."),
        ("en", "Joseph M. Brown, John V. Smith", "Joseph M. Brown, John V. Smith"),
        ("en", "agent 007, B2, v. 2.0.1", "agent zero zero seven, B2, v. two point zero point one"),
        (
            "en",
            "1,000s of men, 1/10th, 11/16, #1, call 911, Room 237, 50%-60%",
            "thousands of men, one tenth, eleven sixteenths, number one, call nine one one, Room two thirty-seven, "
            "fifty to sixty percent",
        ),
        ("es", "180 ºC", "ciento ochenta grados Celsius"),
        ("en", "1750 men died in 1750", "one thousand, seven hundred and fifty men died in seventeen fifty"),
        (
            "en",
            "nearly 1914 votes in the 1914 vote",
            "nearly one thousand, nine hundred and fourteen votes in the nineteen fourteen vote",
        ),
        (
            "en",
            "In 1812 men; an army of 1812 men",
            "In eighteen twelve men; an army of one thousand, eight hundred and twelve men",
        ),
        ("en", "in 1066, about 1848 was", "in ten sixty-six, about eighteen forty-eight was"),
        ("en", "the '80s, 90s and 1990s", "the eighties, nineties and nineteen nineties"),
        (
            "en",
            "at 10.30 p.m., -5° C or 20 °F",
            "at ten thirty p.m., minus five degrees Celsius or twenty degrees Fahrenheit",
        ),
        (
            "en",
            "2½ miles, 1 km, 3/8, 24/7",
            "two and one half miles, one kilometre, three eighths, twenty-four seven",
        ),
        (
            "en",
            "6 ft. long (7 ft.), 8 ft., end",
            "six feet long (seven feet), eight feet, end",
        ),
        ("fr", "2,000 m et 2.000 m, 3/8", "deux virgule zéro zéro zéro mètres et deux mille mètres, trois huitièmes"),
        ("fr", "à 1h, 21:00, 1 km", "à une heure, vingt et une heures, un kilomètre"),
        ("de", "um 10.30 Uhr, 8:05 Uhr, 1:30", "um zehn Uhr dreißig, acht Uhr fünf, ein Uhr dreißig"),
        ("de", "der 3. Mann, am 4. Tag, es sind 3. Dann", "der dritte Mann, am vierten Tag, es sind drei. Dann"),
        ("de", "1 km, 1 €, 3/8", "ein Kilometer, ein Euro, drei Achtel"),
        ("es", "21 hombres, 200 casas, a la 1:30", "veintiún hombres, doscientas casas, a la una y media"),
        ("es", "en 1921 las casas, 31 mujeres", "en mil novecientos veintiuno las casas, treinta y una mujeres"),
        ("it", "1 km, alle 21:15, 3/8", "un chilometro, alle ventuno e quindici, tre ottavi"),
        ("fr", "en 1866, 20 000 lieues", "en mille huit cent soixante-six, vingt mille lieues"),
        ("fr", "le 1er mai, la 2e fois, 10h30", "le premier mai, la deuxième fois, dix heures trente"),
        ("fr", "Le XIXe siècle de Louis XIV", "Le dix-neuvième siècle de Louis quatorze"),
        ("fr", "30,40 m et 42° 15′", "trente mètres quarante et quarante-deux degrés quinze minutes"),
        ("de", "Am 3. Mai 1866", "Am dritten Mai achtzehnhundertsechsundsechzig"),
        ("de", "5.000 Mann um 10:30", "fünftausend Mann um zehn Uhr dreißig"),
        ("de", "von 10:30-11:45", "von zehn Uhr dreißig bis elf Uhr fünfundvierzig"),
        ("es", "de 10:30–11:45", "de diez y media a once y cuarenta y cinco"),
        ("fr", "de 10:30-11:45", "de dix heures trente à onze heures quarante-cinq"),
        ("de", "Ludwig XIV. lebte", "Ludwig der Vierzehnte lebte"),
        ("es", "el siglo XIX, Felipe II, 5 €", "el siglo diecinueve, Felipe segundo, cinco euros"),
        ("it", "il XIX secolo, 3,5 km", "il diciannovesimo secolo, tre virgola cinque chilometri"),
        ("pt", "a 2ª vez", "a segunda vez"),
        ("nl", "Willem III, 5 km", "Willem de derde, vijf kilometer"),
        (
            "en",
            "$2.5bn, £5m, $100k",
            "two point five billion dollars, five million pounds, one hundred thousand dollars",
        ),
        ("en", "20 mph, 3 oz. of it, 50-50", "twenty miles an hour, three ounces of it, fifty fifty"),
        ("en", "call 555-1234 or (212) 555-1234", "call five five five, one two three four or " + NEW_YORK),
        ("fr", "14°30′, 5 m, 3 l'un, il est 1 heure", QUATORZE),
        ("de", "1. Mai, Berlin, 3. Oktober", "erster Mai, Berlin, dritter Oktober"),
        ("de", "1. Kapitel, 2. Auflage; der 3. Mai", "erstes Kapitel, zweite Auflage; der dritte Mai"),
        (
            "de",
            "Ein 3. Tag, die 20er und 1990er Jahre",
            "Ein dritter Tag, die zwanziger und neunzehnhundertneunziger Jahre",
        ),
        (
            "de",
            "Heinrich der VIII. lebte, unter Papst Leo dem X.",
            "Heinrich der achte lebte, unter Papst Leo dem zehnten.",
        ),
        ("de", "nur 1 Mann und 1 Frau, 5 m", "nur ein Mann und eine Frau, fünf Meter"),
        ("es", "a las 8:00 h, con 1 hombre y 1 mujer", "a las ocho, con un hombre y una mujer"),
        ("it", "il secolo XIX alle 14.30 con 1 uomo", "il secolo diciannovesimo alle quattordici e trenta con un uomo"),
        ("de", "1,80 m, 2,05 m und 1,00 m", "ein Meter achtzig, zwei Meter fünf und eins Komma null null Meter"),
        ("it", "alto 1,80 m", "alto un metro e ottanta"),
        ("nl", "Om 18.30 u. ging hij.", "Om achttien uur dertig ging hij."),
        ("nl", "Het was 18.30 u.", "Het was achttien uur dertig."),
        ("en", "call +44 20 7946", "call plus four four, two zero, seven nine four six"),
        ("fr", "le +33 1 23 45 67 89", "le plus trois trois, un, deux trois, quatre cinq, six sept, huit neuf"),
        ("xx", "в 1866", "в 1866"),
        ("en", "", ""),
    ],
)
def test_figures_are_said(language: str, written: str, said: str) -> None:
    assert say_numbers(written, find_language(language)) == said


@pytest.mark.parametrize("language", every_language(), ids=lambda language: language.code)
def test_every_language_has_its_words(language: Language) -> None:
    said = say_numbers("12 345 678 901 234 567 890, 1/2, 5 %, 7 $, 2 kg, 3 € 0,5, 4 km/h, 6°, 7 £", language)
    assert not regex.search(r"[\d%$€£½°/]", said)


def test_a_page_of_figures_takes_no_long_time() -> None:
    assert say_numbers("9" * 20_000, find_language("en")).startswith("nine nine")
    assert say_numbers("1-" * 20_000, find_language("en"))


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "1/2, 3/4 and 2/3", "one half, three quarters and two thirds"),
        ("en", "2 1/2 and 7½", "2 and one half and 7 and one half"),
        ("en", "5/3, 24/7, 1/2/2020, 0.1/2", "5/3, 24/7, 1/2/2020, 0.1/2"),
        ("en", "2 2⁄3, ⅔ and 3⅓", "2 and two thirds, two thirds and 3 and one third"),
        ("fr", "1/3, 2/3, 5/8", "un tiers, deux tiers, cinq huitièmes"),
        ("de", "1/3, 3/8, 2½", "ein Drittel, drei Achtel, 2 einhalb"),
        ("es", "1/3, 2/3, 3/5", "un tercio, dos tercios, tres quintos"),
        ("it", "1/3, 2/5", "un terzo, due quinti"),
        ("pt", "2/3", "dois terços"),
        ("nl", "3/8", "drie achtste"),
    ],
)
def test_fractions_are_said(language: str, written: str, said: str) -> None:
    assert say_fractions(written, find_language(language)) == said


@pytest.mark.parametrize(
    ("language", "written", "said"),
    [
        ("en", "x² and (a + b)³", "x squared and (a + b) cubed"),
        ("en", "10⁶, 10⁻³, 2¹⁰", "10 to the power of 6, 10 to the power of -3, 2 to the power of 10"),
        ("en", "5 m² of 3km²", "5 square metres of 3 square kilometres"),
        ("fr", "40 m², x²", "40 mètres carrés, x au carré"),
        ("de", "40 km², x²", "40 Quadratkilometer, x hoch 2"),
        ("uk", "x²", "x²"),
        ("en", "¹ alone", "¹ alone"),
    ],
)
def test_exponents_are_said(language: str, written: str, said: str) -> None:
    assert say_powers(written, find_language(language)) == said


def test_a_page_of_exponents_takes_no_long_time() -> None:
    assert say_powers("x²" * 20_000, find_language("en")).endswith("x squared")
    assert say_powers("²" * 50_000, find_language("en"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("2 < 3 and x>y", "2 is less than 3 and x is greater than y"),
        ("if x ≥ 4, y≠2", "if x is at least 4, y is not 2"),
        ("±5 or √(2)", "plus or minus 5 or the square root of (2)"),
        ("to ∞", "to infinity"),
        ("a <b> tag, <<quoted>> and ->", "a <b> tag, <<quoted>> and ->"),
    ],
)
def test_signs_between_figures_and_variables_are_said(written: str, said: str) -> None:
    assert say_relations(written, find_language("en")) == said


def test_every_language_with_number_words_has_a_word_for_each_sign() -> None:
    words = {language.code: language.numbers.relations for language in every_language() if language.numbers}
    assert words
    assert all(set(each) == set(SIGNS) for each in words.values())
