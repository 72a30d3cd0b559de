import builtins
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from swarm.book.speech.sentence import split_sentences


def bare(text: str) -> str:
    return "".join(text.split())


SENTENCES = [
    line.split("\t") for line in (Path(__file__).parent / "sentences.tsv").read_text(encoding="utf-8").splitlines()
]


@pytest.mark.parametrize(("language", "sentences"), [(language, sentences) for language, *sentences in SENTENCES])
def test_sentences(language: str, sentences: list[str]) -> None:
    joined = "" if language in ("zh", "ja") else " "
    assert split_sentences(joined.join(sentences), language) == sentences


def test_an_apostrophe_begins_the_word_behind_it() -> None:
    text = "He slept. ’Twas late. ’Tis so! 'Em all? They came in ’98. ’99 was bad. The boys’. ‘No.’"
    assert split_sentences(text, "en") == [
        "He slept.",
        "’Twas late.",
        "’Tis so!",
        "'Em all?",
        "They came in ’98.",
        "’99 was bad.",
        "The boys’.",
        "‘No.’",
    ]


def test_where_one_might_join_too_much() -> None:
    pytest.importorskip("sentencex")  # pysbd does not split these, so there is nothing to join
    assert split_sentences("He saw the U.S. Then he left.", "en") == ["He saw the U.S.", "Then he left."]
    assert split_sentences("「はい。」とても寒い。", "ja") == ["「はい。」", "とても寒い。"]


@given(st.text(max_size=200), st.sampled_from(["en", "fr", "ja", "xx", ""]))
def test_nothing_is_lost(text: str, language: str) -> None:
    assert bare("".join(split_sentences(text, language))) == bare(text)


def test_pysbd_serves_where_sentencex_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pysbd")
    real: Callable[..., Any] = builtins.__import__

    def without_sentencex(name: str, *rest: Any) -> Any:
        if name == "sentencex":
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_sentencex)
    assert split_sentences("See vol. ii for it. He left. M. Dupont too.", "en")[0] == "See vol. ii for it."
    assert split_sentences("M. Dupont est là. Il part.", "fr") == ["M. Dupont est là.", "Il part."]
    assert split_sentences("One here. Two here.", "xx") == ["One here.", "Two here."]
    assert split_sentences("“He left. That was all.”", "en")[-1].endswith(".”")
    assert split_sentences("He was an M.D., D.C.L., LL.D., F.R.S., etc.", "en") == [
        "He was an M.D., D.C.L., LL.D., F.R.S., etc."
    ]
    assert split_sentences("La lettre de J.-B. Hobson.", "fr") == ["La lettre de J.-B. Hobson."]


def test_a_page_of_abbreviations_takes_no_long_time() -> None:
    assert len(split_sentences("vol. 1 " * 50_000, "en")) == 1


LONG = (
    "I know what you have done to him, and so does everybody in the house, down to the boy who cleans the boots. "
    "You do not think so, of course, and nor does she. "
)


@pytest.mark.parametrize(
    ("text", "language", "parts"),
    [
        (f"“{LONG}We shall see what he says,” said Ann.", "en", 3),
        (f"‘{LONG}We’ll see what the boys’ father says,’ said Ann.", "en", 3),
        ("“Go. I will not. You will,” said Ann.", "en", 1),  # short ones are one breath
        (f"„{LONG}Wir werden schon sehen, was er sagt“, sagte sie.", "de", 3),
        (f"« {LONG}Nous verrons bien ce qu’il en dira. » Il sortit.", "fr", 4),
    ],
)
def test_a_long_speech_is_divided_into_its_sentences(text: str, language: str, parts: int) -> None:
    found = split_sentences(text, language)
    assert len(found) == parts
    assert " ".join(found) == text
