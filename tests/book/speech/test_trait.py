import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from said import CARD, said

from swarm.book.language.known import every_language, find_language
from swarm.book.speech.speech import (
    CAPITALS,
    COUNTS,
    LETTER,
    MAX_WORD_CHARS,
    MAX_WORDS,
    NUMERAL,
    ODD,
    PRONOUN,
    SHORT,
    SMALL,
    SOUNDS,
    Speech,
    TokenFeatures,
    features_of,
)

BOOK = Path(__file__).parents[1]
MAX_CHARS = 500
FORMS = BOOK.parent / "voice" / "forms"


@pytest.mark.parametrize(
    ("text", "code", "traits"),
    [
        ("“Well,” he said; “in the end—there’s nothing (as you know)…”", "en", 0),
        ("It was very cold. He didn’t.", "en", 0),
        ("L’homme n'était pas là, disait-on.", "fr", 0),
        ("at 5", "en", ODD),
        ("it’s half ½", "en", ODD),
        ("www.example.org", "en", ODD),
        ("a ﬁne day", "en", ODD),
        ("cafe\u0301", "en", ODD),
        ("Mr. Hyde", "en", SHORT),
        ("Mr Hyde", "en", SHORT),
        ("and so on, etc.", "en", SHORT),
        ("see APPENDİX one", "en", COUNTS | CAPITALS),
        ("no, it is art", "en", 0),
        ("Boston, Mass.", "en", SHORT),
        ("as I said", "en", PRONOUN),
        ("in the XIVth", "en", NUMERAL | CAPITALS),
        ("König Otto III.", "de", NUMERAL | COUNTS | CAPITALS),
        ("in Chapter nine", "en", COUNTS),
        ("see vii", "en", SMALL),
        ("he’ll", "en", 0),
        ("the BBC", "en", CAPITALS),
        ("K", "en", LETTER),
        ("the lead pipe", "en", SOUNDS),
        ("unhappy “Lead!”", "en", SOUNDS),
        ("-", "en", ODD),
    ],
)
def test_words_have_the_traits_that_rules_look_for(text: str, code: str, traits: int) -> None:
    assert features_of(find_language(code)).of(text) == traits


def test_all_traits_are_assumed_of_a_very_long_word_and_it_is_not_remembered() -> None:
    traits = TokenFeatures(find_language("en"))
    assert traits.of("a" * (MAX_WORD_CHARS + 1)) == -1
    assert not traits


def test_a_book_of_ever_new_words_takes_bounded_memory() -> None:
    traits = TokenFeatures(find_language("en"))
    for number in range(0, MAX_WORDS + 10, 5):
        traits.of(f"a{number} b{number} c{number} d{number} e{number}")
    assert len(traits) <= MAX_WORDS


@pytest.mark.slow
@pytest.mark.parametrize("code", [language.code for language in every_language()])
def test_no_rule_is_passed_over_that_would_change_a_sentence(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sentences = list(_sentences(code))
    quick = [said(sentence, code) for sentence in sentences]
    monkeypatch.setattr(TokenFeatures, "of", lambda *_: -1)
    assert quick == [Speech(CARD).say(sentence, code) for sentence in sentences]


def _sentences(code: str) -> Iterator[str]:
    """Yield the forms that a language's voices are tried with, and the strings of the tests that spell sentences."""
    yield from (part.strip() for part in (FORMS / f"{code}.txt").read_text("utf-8").replace(" = ", "\n").splitlines())
    for table in (BOOK / "language" / "languages" / "forms.tsv", BOOK / "speech" / "steps.tsv"):
        rows = (line.split("\t") for line in table.read_text("utf-8").splitlines())
        yield from (row[row.index(code) + 1] for row in rows if code in row[:2] and row[-1] != code)
    for test in (BOOK / "speech").glob("test_*.py"):
        for node in ast.walk(ast.parse(test.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value[:MAX_CHARS]
