import pytest
from said import said

from swarm.book.language.known import find_language

LANGUAGE = find_language("fr")


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [("vingt et un", "heures", "vingt et une"), ("vingt et un", "hommes", "vingt et un")],
)
def test_numbers_agree_with_what_they_count(number: str, noun: str, expected: str) -> None:
    assert LANGUAGE.numbers
    assert LANGUAGE.numbers.agree(number, noun) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("À 1h30 ou 1h, 21h.", "À une heure trente ou une heure, vingt et une heures."),
        ("1,5 km, 0 °, 2 km/h, 1 min", "un virgule cinq kilomètre, zéro degré, deux kilomètres à l'heure, une minute"),
        (
            "M. Hyde paya 5 millions € et $3 millions.",
            "Monsieur Hyde paya cinq millions d'euros et trois millions de dollars.",
        ),
        ("le 1/5/1921, p. 12", "le premier mai mille neuf cent vingt et un, page douze"),
        ("S. M. la reine et S. A. R. le prince", "Sa Majesté la reine et Son Altesse Royale le prince"),
        ("LL. MM. partent.", "Leurs Majestés partent."),
        ("S. P. Duval vint.", "S. P. Duval vint."),
        ("5 m² et 1 m³", "cinq mètres carrés et un mètre cube"),
        (
            "Il reste 1 1/2 heure, 2 1/2 ans, 3½ tasses de lait",
            "Il reste une heure et demie, deux ans et demi, trois tasses et demie de lait",
        ),
        ("60 kW, 2 GHz", "soixante kilowatts, deux gigahertz"),
        (
            "1 000 000 hommes, 2 000 000 de francs, 5 000 F",
            "un million d'hommes, deux millions de francs, cinq mille francs",
        ),
        (
            "nos 3 et 4, nos 3 enfants, av. Foch, 5 av. J.-C.",
            "numéros trois et quatre, nos trois enfants, avenue Foch, cinq avant Jésus-Christ.",
        ),
        ("au XVIIIe s.", "au dix-huitième siècle."),
        ("3 x 4 = 12", "trois fois quatre égale douze"),
        ("la 1 000e fois, 12 hab./km²", "la millième fois, douze hab. par kilomètre carré"),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "fr") == words
