import pytest

from swarm.book.language.known import find_language
from swarm.book.language.language import Language
from swarm.book.language.rules import Rules

PATTERNS = {"MONTH": "May|June", "DAY_OF": r"\d+ MONTH"}
TABLES = {"people": {"Mr": "Mister", "SM": "Sa Majesté"}}


def english() -> Language:
    return find_language("en")


@pytest.mark.parametrize(
    ("pattern", "words", "written", "said"),
    [
        (r"(\d+) (\w+)", r"\2 \1", "5 men", "men 5"),
        (r"(\d+)th", "{1:ordinal}", "the 5th", "the fifth"),
        (r"\b(NUMERAL)\b", "{1:figures}, {1:cardinal}", "XIV", "14, fourteen"),
        (r"in (\d+)", "in {1:year}", "in 1866", "in eighteen sixty-six"),
        (r"(\d+-\d+)", "{1:digits}", "55-1", "five five one"),
        (r"(Mr|S\. M|Dr)\.", "{1:people}", "Mr. S. M. Dr.", "Mister Sa Majesté Dr"),
        (r"(?<=at )(\p{L})", "{1:capital}", "at x", "at X"),
        (r"(x)?(y)", "<{1}{2}>", "y", "<y>"),
        (r"DAY_OF", "then", "on 3 June", "on then"),
        (r"jr\.(?P<ends>(?=$))?", "junior", "Jo jr. and Al jr.", "Jo junior and Al junior."),
    ],
)
def test_rules_say_what_they_find(pattern: str, words: str, written: str, said: str) -> None:
    assert Rules({pattern: words}, PATTERNS, TABLES, english)(written) == said


def test_rules_are_applied_in_turn_and_see_several_parts_as_lines() -> None:
    agree = Rules({r"^uno(?=\n.*a$)": "una", "^una": "UNA"}, {}, {}, english)
    assert agree("uno", "casa") == "UNA"
    assert agree("uno", "mese") == "uno"


def test_a_number_agrees_with_the_noun_of_a_group() -> None:
    assert Rules({r"(\d+)(?=\s(\w+))": "{1:cardinal:2}"}, {}, {}, lambda: find_language("es"))("21 horas") == (
        "veintiuna horas"
    )
