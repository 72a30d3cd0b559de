"""`inspect --cast`: who says how much, and how surely that is known."""

import json
from pathlib import Path

import pytest

from swarm.book.model.book import Block, ChapterText
from swarm.book.speech.casting import read_cast
from swarm.commands.inspect import Character, Characters, cast_lines, find_characters
from swarm.commands.main import main

TEXTS = (
    "“You see,” said Holmes. “It is simple.”",
    "“Indeed?” asked Watson.",
    "“Quite.”",
    "He rose. [voice:anna]Come.[/voice]",
    "“No,” said she.",
)
CHAPTER = ChapterText("One", tuple(Block("paragraph", text) for text in TEXTS))


def test_speakers_are_counted_by_how_surely_they_are_known() -> None:
    found = find_characters([CHAPTER], "en")
    assert found.speakers[0] == Character("Holmes", 33, named=1, same_paragraph=1, in_turn=1)
    assert {each.name: (each.named, each.unknown) for each in found.speakers} == {
        "Holmes": (1, 0),
        "Watson": (1, 0),
        "": (0, 1),
    }
    assert found.marks == ("anna",)
    assert 0.3 < found.dialogue < 0.6


def test_the_list_is_a_cast_as_soon_as_voices_are_named(tmp_path: Path) -> None:
    path = tmp_path / "cast.txt"
    lines = cast_lines(find_characters([CHAPTER], "en"))
    path.write_text("\n".join(lines))
    assert read_cast(path).voices == ()
    path.write_text("\n".join(line.removeprefix("#") if line.endswith("= VOICE") else line for line in lines))
    cast = read_cast(path)
    assert (cast.dialogue, cast.speakers, cast.marks) == (
        "VOICE",
        (("Holmes", "VOICE"), ("Watson", "VOICE")),
        (("anna", "VOICE"),),
    )


def test_a_book_without_dialogue_has_no_speakers() -> None:
    assert find_characters([ChapterText("One", (Block("paragraph", "It rained."),))], "en") == Characters(0.0, ())


def test_inspect_prints_the_list(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = tmp_path / "night.txt"
    book.write_text("One\n\n" + "\n\n".join(TEXTS))
    assert main(["inspect", str(book), "--cast"]) == 0
    said = capsys.readouterr().out
    assert "# 1 named, 1 in the same paragraph, 1 in turn; 33 characters" in said
    assert "#Holmes = VOICE" in said
    assert main(["inspect", str(book), "--cast", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["speakers"][0]["name"] == "Holmes"


def test_a_person_with_several_names_is_one_row() -> None:
    texts = ("“So,” said Mr. Utterson.", "“Ah,” said Poole.", "“Well,” said Utterson.")
    found = find_characters([ChapterText("One", tuple(Block("paragraph", text) for text in texts))], "en")
    assert [(each.name, each.named) for each in found.speakers] == [("Utterson", 2), ("Poole", 1)]
