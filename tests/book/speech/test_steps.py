"""The steps by which a sentence is spelled for an engine: what is written and what becomes of it, in steps.tsv."""

from collections.abc import Callable
from pathlib import Path

import pytest

from swarm.book.language.known import find_language
from swarm.book.language.language import Language
from swarm.book.speech.abbreviation import say_abbreviations, shorten
from swarm.book.speech.arithmetic import say_fractions, say_powers, say_relations
from swarm.book.speech.capitals import NO_USAGE, lower_capitals
from swarm.book.speech.date import say_dates
from swarm.book.speech.roman import figures_in_heading, figures_in_prose, small_figures
from swarm.book.speech.semiotic import say_numbers

STEPS: dict[str, Callable[[str, Language], str]] = {
    "dates": say_dates,
    "numbers": say_numbers,
    "fractions": say_fractions,
    "powers": say_powers,
    "relations": say_relations,
    "abbreviations": say_abbreviations,
    "addresses": shorten,
    "numerals of headings": lambda text, language: figures_in_heading(text),
    "numerals": lambda text, language: figures_in_prose(text),
    "small numerals": lambda text, language: small_figures(text, language.code),
    "capitals": lambda text, language: lower_capitals(text, language, NO_USAGE, frozenset()),
}
ROWS = [
    line.replace(r"\n", "\n").split("\t")
    for line in (Path(__file__).parent / "steps.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("step", "code", "written", "said"), ROWS, ids=[": ".join(row[:3]) for row in ROWS])
def test_a_step_says_what_it_finds_and_leaves_the_rest(step: str, code: str, written: str, said: str) -> None:
    assert STEPS[step](written, find_language(code)) == said


@pytest.mark.parametrize(
    ("step", "text", "begin", "end"),
    [
        ("dates", "1/" * 50_000, "", ""),
        ("dates", "1 May " * 20_000, "the 1st of May the 1st", ""),
        ("numbers", "9" * 20_000, "nine nine", ""),
        ("numbers", "1-" * 20_000, "", ""),
        ("powers", "x²" * 20_000, "", "x squared"),
        ("powers", "²" * 50_000, "", ""),
        ("addresses", "http://" + "a." * 50_000 + " " + "@" * 50_000, "", "@" * 50_000),
        ("capitals", "AND SO " * 5_000, "And so and so", "so "),
    ],
)
def test_a_page_of_it_takes_no_long_time(step: str, text: str, begin: str, end: str) -> None:
    said = STEPS[step](text, find_language("en"))
    assert said and said.startswith(begin) and said.endswith(end)


def test_i_is_a_numeral_where_no_word_is_written_so() -> None:
    assert (
        figures_in_prose("Le livre I parut. Un livre C parut.", pronoun=False) == "Le livre 1 parut. Un livre C parut."
    )
    assert figures_in_prose("Nel libro I ragazzi", pronoun=True) == "Nel libro I ragazzi"
