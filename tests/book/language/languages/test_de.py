import pytest

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


def test_a_page_of_ordinals_takes_no_long_time() -> None:
    assert say_ordinals("3. Mai " * 5_000).startswith("dritter Mai dritte Mai")
