import pytest
from said import said

from swarm.book.language.known import find_language

LANGUAGE = find_language("es")


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [
        ("veintiuno", "hombres", "veintiún"),
        ("treinta y uno", "días", "treinta y un"),
        ("doscientos", "casas", "doscientas"),
        ("doscientos uno", "de", "doscientos uno"),
        ("uno", "libra", "una"),
    ],
)
def test_numbers_agree_with_what_they_count(number: str, noun: str, expected: str) -> None:
    assert LANGUAGE.numbers
    assert LANGUAGE.numbers.agree(number, noun) == expected


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("Mide 1 cm², 5 km²", "Mide un centímetro cuadrado, cinco kilómetros cuadrados"),
        ("A la 1:30, a las 21:00", "A la una y media, a las veintiuna"),
        ("1 min, 21 km, 2 %", "un minuto, veintiún kilómetros, dos por ciento"),
        ("los siglos XV y XVI", "los siglos quince y dieciséis"),
        ("el 3/4/1921, pág. 5", "el tres de abril de mil novecientos veintiuno, página cinco"),
        ("2 1/2 tazas, 3 1/2 años, 1 1/2 hora", "dos tazas y media, tres años y medio, una hora y media"),
        ("1.000.000 hombres, 3 x 4 = 12", "un millón de hombres, tres por cuatro es igual a doce"),
        ("Llame al 91 123 45 67", "Llame al nueve uno, uno dos tres, cuatro cinco, seis siete"),
        ("123-456-789, 200.000.001", "uno dos tres, cuatro cinco seis, siete ocho nueve, doscientos millones uno"),
        ("nio 5, pab 2,50, 1 r$", "cinco córdobas, dos balboas con cincuenta, un real"),
        ("la 1.000.ª vez, 1 5/3", "la milésima vez, uno y cinco tercios"),
        ("a-b@c-d.es/uno", "a guion b arroba c guion d punto es barra uno"),
        ("capítulo 3.12.", "capítulo tres punto doce."),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "es") == words
