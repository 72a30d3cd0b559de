"""Speakers by what a paragraph is about, by other quotations of it, and by turns."""

import pytest

from swarm.book.speech.dialogue import find_utterances


def speakers(*texts: str, language: str = "en") -> list[tuple[str, str]]:
    return [(each.speaker, each.grounds) for found in find_utterances(texts, language) for each in found]


def test_a_paragraph_has_one_speaker_and_two_take_turns() -> None:
    texts = (
        "“You see,” said Holmes. “It is simple.”",
        "“Indeed?” asked Watson.",
        "“Quite.”",
        "“Ah.”",
        "He rose.",
        "“No.”",
    )
    assert speakers(*texts) == [
        ("Holmes", "named"),
        ("Holmes", "same paragraph"),
        ("Watson", "named"),
        ("Holmes", "in turn"),
        ("Watson", "in turn"),
        ("", ""),
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Alice had been looking over his shoulder. “What a watch!” she remarked.", "Alice"),
        ("Alice sighed wearily. “No.”", "Alice"),
        ("At last Alice rose, and went on, very much pleased: “No.”", "Alice"),
        ("It was late; but poor Alice, who was tired, thought of home: “No.”", "Alice"),
        ("The Hatter looked at Alice. “No,” he said.", "the Hatter"),
        ("He looked at Alice. “No,” he said.", ""),
        ("Alice sat down, and the Hatter rose. “No.”", ""),  # either may speak
        ("Alice and the Hatter rose. “No.”", ""),
        ("Bob sighed. “No.”", ""),  # a name that says nothing elsewhere may be a place
        ("Alice’s cat sat down. “No.”", ""),
    ],
)
def test_a_paragraph_is_about_the_one_who_speaks_in_it(text: str, name: str) -> None:
    others = ("“Yes,” said Alice.", "“Yes,” said the Hatter.", "It rained.")
    [(found, grounds)] = speakers(*others, text)[2:]
    assert (found, grounds == "same paragraph") == (name, bool(name))


def test_another_speaker_between_two_quotations_is_heard() -> None:
    text = "“I know,” the Turtle replied. And the Gryphon added, “Come.” At last the Turtle cried out: “Go!”"
    assert [name for name, _ in speakers(text)] == ["the Turtle", "the Gryphon", "the Turtle"]


def test_turns_are_taken_forwards_and_backwards() -> None:
    texts = ("“Quite.”", "“Ah,” said Ann.", "“Oh,” said Bob.", "“Well,” returned the other.", "“No,” he said.", "“So.”")
    assert speakers(*texts) == [
        ("Bob", "in turn"),
        ("Ann", "named"),
        ("Bob", "named"),
        ("Ann", "in turn"),
        ("", "pronoun"),  # a third may have come
        ("", ""),
    ]


def test_a_paragraph_that_the_narrator_begins_takes_no_turn() -> None:
    texts = ("“Ah,” said Ann.", "“Oh,” said Bob.", "A bell rang, and they heard: “Fire!”", "“Oh!” they both cried.")
    assert [name for name, _ in speakers(*texts)] == ["Ann", "Bob", "", ""]
