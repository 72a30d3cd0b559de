import pytest
from said import said


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("às 21:30, 5 km, 1 kg", "às vinte e uma e trinta, cinco quilômetros, um quilograma"),
        ("séculos XV e XVI, na Av. Paulista", "séculos quinze e dezesseis, na Avenida Paulista"),
        ("a 3/4/1921, 2/3", "a três de abril de mil novecentos e vinte e um, dois terços"),
        ("2 1/2 xícaras, 3 1/2 anos", "duas xícaras e meia, três anos e meio"),
        ("2 mil pessoas, 3 mil homens, as 1001 noites", "duas mil pessoas, três mil homens, as mil e uma noites"),
        ("1.000.000 homens", "um milhão de homens"),
    ],
)
def test_forms_are_said(written: str, words: str) -> None:
    assert said(written, "pt") == words
