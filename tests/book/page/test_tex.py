from swarm.book.page.document import read_document
from swarm.book.page.formula import MAX_TEX_CHARS, read_tex
from swarm.book.page.markup import parse
from swarm.book.page.passage import Tracer


def test_a_formula_is_read_like_mathml() -> None:
    for written, said in [
        ("So $E = mc^2$ holds.", "So E = m c² holds."),
        (r"Take \(x_i \leq \sqrt{2}\) here.", "Take x i ≤ √ 2 here."),
        (r"$$\frac{1}{2}$$ and \[a+b\]", "1/2 and a + b"),
        (r"\begin{equation}x>0\end{equation}", "x > 0"),
        ("Let $n$ be $x+1$.", "Let n be x + 1."),
        (r"$\text{if } x>0$", "if x > 0"),
    ]:
        assert read_tex(written) == said


def test_sums_and_paths_are_no_formulas() -> None:
    for text in [
        "It costs $5 and $6.",
        "From $5-$6 to US$7, or $HOME and $PATH.",
        "A tail \\o/ and C:\\new\\(old).",
        "He paid $3.50, not $4.",
    ]:
        assert read_tex(text) == text


def test_the_commands_of_a_formula_that_nobody_knows_are_left_out() -> None:
    assert read_tex(r"So $\foo{bar}^$ ends.") == "So bar ends."


def test_a_deep_or_long_formula_does_no_harm() -> None:
    assert read_tex("$" + "{" * 250 + "x" + "}" * 250 + "$") == "x"
    long = "$x^2" + "+y" * MAX_TEX_CHARS + "$"
    assert read_tex(long) == long


def test_the_words_around_a_formula_keep_their_places() -> None:
    page = b"<html><body><p>So $E = mc^2$ holds.</p></body></html>"
    (passage,) = read_document(parse(page, "a page"), set(), tracer=Tracer("a page")).passages
    assert passage.text == "So E = m c² holds."
    assert passage.trace is not None
    assert passage.trace.runs[0] == (0, 0, 2)
    assert passage.trace.runs[-1] == (7, 10, 6)
