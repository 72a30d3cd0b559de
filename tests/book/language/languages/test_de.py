import pytest
from said import said

from swarm.book.language.languages.de import LANGUAGE


def say_ordinals(text: str) -> str:
    assert LANGUAGE.numbers
    return LANGUAGE.numbers.prepare(text)


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("3. Mai, am 3. Mai, Berlin, 3. Mai", "dritter Mai, am dritten Mai, Berlin, dritter Mai"),
        ("1. Kapitel, 1. Auflage, 1. Band", "erstes Kapitel, erste Auflage, erster Band"),
        ("der 3. Mai, die 2. Klasse, ein 3. Tag", "der dritte Mai, die zweite Klasse, ein dritter Tag"),
        ("zum 1. Mal, beim 2. Versuch", "zum ersten Mal, beim zweiten Versuch"),
        ("Heinrich der VIII.", "Heinrich der achte."),
        ("unter Leo dem X. war", "unter Leo dem zehnten war"),
        ("die 20er Jahre, 1990er, B20er", "die zwanziger Jahre, neunzehnhundertneunziger, B20er"),
        ("Es sind 3. Dann kam er.", "Es sind 3. Dann kam er."),
        ("im II. Weltkrieg", "im zweiten Weltkrieg"),
    ],
)
def test_ordinals_and_decades_are_said(written: str, said: str) -> None:
    assert say_ordinals(written) == said


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("am 1. 5. 1848 in der Goethestr. 5", "am ersten Mai achtzehnhundertachtundvierzig in der Goethestraße fünf"),
        ("Am 3. 4. kommt er.", "Am dritten vierten kommt er."),
        ("Die 1., 2. und 3. Klasse", "Die erste, zweite und dritte Klasse"),
        ("in der 1., 2. und 3. Klasse", "in der ersten, zweiten und dritten Klasse"),
        ("1., 2. oder 3. Band", "erster, zweiter oder dritter Band"),
        ("Es dauert bis 23 h, also 2 h.", "Es dauert bis dreiundzwanzig Uhr, also zwei Stunden."),
        ("Der 1. FC Köln mit 12 V und 40 W", "Der erste FC Köln mit zwölf Volt und vierzig Watt"),
        (
            "Katharina II., 30-Jährige, 18. Jhd., 3 x 4 = 12",
            "Katharina die zweite, Dreißigjährige, achtzehntes Jahrhundert, drei mal vier ist gleich zwölf",
        ),
        ("Fax: 089-123456, z. T., rd. 5", "Fax: null acht neun, eins zwei drei vier fünf sechs, zum Teil, rund fünf"),
    ],
)
def test_dates_streets_and_lists_of_ordinals_are_said(written: str, spoken: str) -> None:
    assert said(written, "de") == spoken


def test_a_page_of_ordinals_takes_no_long_time() -> None:
    assert say_ordinals("3. Mai " * 5_000).startswith("dritter Mai dritte Mai")


@pytest.mark.parametrize(
    ("number", "noun", "expected"), [("eins", "Euro", "ein"), ("eins", "Frau", "eine"), ("eins", "", "eins")]
)
def test_numbers_agree_with_what_they_count(number: str, noun: str, expected: str) -> None:
    assert LANGUAGE.numbers
    assert LANGUAGE.numbers.agree(number, noun) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("um 1 Uhr, 1:30", "um ein Uhr, ein Uhr dreißig"),
        ("1 Std und 2 Std, 1 Min", "eine Stunde und zwei Stunden, eine Minute"),
        ("½ Zitrone, ½ l, in 1/2 Stunde", "eine halbe Zitrone, ein halber Liter, in einer halben Stunde"),
        ("5 cm² und 2 km²", "fünf Quadratzentimeter und zwei Quadratkilometer"),
        ("am 3.4.1921, S. 5", "am dritten April neunzehnhunderteinundzwanzig, Seite fünf"),
        ("um 14.30, -1 1/2 ft, 5 5/2", "um vierzehn Uhr dreißig, minus eineinhalb Fuß, fünf und fünf Halbe"),
        ("a-b@c.de, R2D2, ₩5", "a minus b ät c Punkt de, R zwei D zwei, fünf Won"),
        (
            "3 €/kg, 5 kg/m³, Preis je m²",
            "drei Euro pro Kilogramm, fünf Kilogramm pro Kubikmeter, Preis je Quadratmeter",
        ),
        ("Abschnitt 3.12 und 4.05", "Abschnitt drei Punkt zwölf und vier Punkt null fünf"),
        ("Tel. 030/12345", "Telefon null drei null, eins zwei drei vier fünf"),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "de") == words
