import pytest

from swarm.book.page.markup import parse
from swarm.book.page.text import read_document


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = m c²"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac><mo>+</mo><msup><mn>10</mn><mn>-3</mn></msup>", "1/2 + 10⁻³"),
        ("<mfrac><mi>a</mi><mn>2</mn></mfrac><msup><mi>x</mi><mi>n</mi></msup>", "a 2 x n"),
        ("<msup><mn>2</mn><mrow><mn>3</mn></mrow></msup><msub><mi>x</mi><mn>1</mn></msub>", "2 3 x 1"),
    ],
)
def test_exponents_and_fractions_of_a_formula_are_said(formula: str, said: str) -> None:
    page = f'<html><body><p><math xmlns="http://www.w3.org/1998/Math/MathML">{formula}</math></p></body></html>'
    assert [passage.text for passage in read_document(parse(page.encode(), "a page"), set()).passages] == [said]
