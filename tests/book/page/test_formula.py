import pytest

from swarm.book.page.document import read_document
from swarm.book.page.markup import parse


@pytest.mark.parametrize(
    ("formula", "said"),
    [
        ("<mi>E</mi><mo>=</mo><mi>m</mi><msup><mi>c</mi><mn>2</mn></msup>", "E = m c²"),
        ("<mfrac><mn>1</mn><mn>2</mn></mfrac><mo>+</mo><msup><mn>10</mn><mn>-3</mn></msup>", "1/2 + 10⁻³"),
        ("<mfrac><mi>a</mi><mn>2</mn></mfrac><msup><mi>x</mi><mi>n</mi></msup>", "a/2 x n"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><mn>2</mn></mfrac>", "(a + 1)/2"),
        ("<mn>1</mn><mn>5</mn><mo>=</mo><msqrt><mi>x</mi></msqrt><mspace/><mo>&#x2062;</mo>", "15 = √ x"),
        ("<munderover><mo>∑</mo><mi>i</mi><mi>n</mi></munderover><msub><mi>x</mi><mi>i</mi></msub>", "∑ i n x i"),
        ("<mfenced><mi>a</mi><mi>b</mi></mfenced><mover><mi>x</mi><mo>→</mo></mover>", "(a, b) x"),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>2</mn></mtd></mtr><mtr><mtd><mn>3</mn></mtd><mtd/></mtr></mtable>",
            "1, 2; 3",
        ),
        ("<semantics><mi>x</mi><annotation>\\x</annotation></semantics>", "x"),
        ("<msup><mn>2</mn><mrow><mn>3</mn></mrow></msup><msub><mi>x</mi><mn>1</mn></msub>", "2³ x 1"),
    ],
)
def test_exponents_and_fractions_of_a_formula_are_said(formula: str, said: str) -> None:
    page = f'<html><body><p><math xmlns="http://www.w3.org/1998/Math/MathML">{formula}</math></p></body></html>'
    assert [passage.text for passage in read_document(parse(page.encode(), "a page"), set()).passages] == [said]


@pytest.mark.parametrize(
    ("alternative", "said"),
    [
        ("Alternative text not available", "x = 2"),
        ("\\frac{x}{2}", "x = 2"),
        ("Formula 12", "x = 2"),
        ("x equals two", "x equals two"),
    ],
)
def test_an_alternative_text_is_read_only_if_it_says_something(alternative: str, said: str) -> None:
    page = f"<html><body><p>So <math alttext='{alternative}'><mi>x</mi><mo>=</mo><mn>2</mn></math>.</p></body></html>"
    assert [passage.text for passage in read_document(parse(page.encode(), "a page"), set()).passages] == [
        f"So {said}."
    ]
