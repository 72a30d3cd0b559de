import pytest

from swarm.book.speech.agreement import agreed, hour, one_of


@pytest.mark.parametrize(
    ("language", "said", "noun", "expected"),
    [
        ("fr", "vingt et un", "heures", "vingt et une"),
        ("fr", "vingt et un", "hommes", "vingt et un"),
        ("es", "veintiuno", "hombres", "veintiún"),
        ("es", "treinta y uno", "días", "treinta y un"),
        ("es", "doscientos", "casas", "doscientas"),
        ("es", "doscientos uno", "de", "doscientos uno"),
        ("es", "uno", "libra", "una"),
        ("it", "uno", "sterlina", "una"),
        ("it", "uno", "chilometro", "un"),
        ("de", "eins", "Euro", "ein"),
        ("de", "eins", "", "eins"),
        ("en", "one", "mile", "one"),
    ],
)
def test_numbers_agree_with_what_they_count(language: str, said: str, noun: str, expected: str) -> None:
    assert agreed(said, noun, language) == expected


def test_hours_are_hers() -> None:
    hours = {"fr": "un", "es": "veintiuno", "it": "uno", "pt": "vinte e um", "de": "eins", "en": "one"}
    assert [hour(said, language) for language, said in hours.items()] == [
        "une", "veintiuna", "una", "vinte e uma", "ein", "one",
    ]  # fmt: skip


def test_one_of_several() -> None:
    assert one_of("kilometres an hour", "en") == "kilometre an hour"
    assert one_of("chilometri all'ora", "it") == "chilometro all'ora"
    assert one_of("Kilometer", "de") == "Kilometer"
