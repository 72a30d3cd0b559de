"""Lists who says how much in a book, and how surely that is known, as a cast that is ready to be edited."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from swarm.job.book import ChapterText

UNKNOWN = ""  # the name of those who are not named


class Character(Struct, frozen=True):
    """A speaker, with what it says in characters and, by how surely it is known, in quotations."""

    name: str
    characters: int
    named: int = 0  # beside the quotation
    same_paragraph: int = 0  # beside another quotation of the paragraph, or before it
    in_turn: int = 0  # since two others are named around it
    unknown: int = 0


class Characters(Struct, frozen=True):
    """The speakers of a book, those who say most first, and the share of its text that is dialogue."""

    dialogue: float
    speakers: tuple[Character, ...]
    marks: tuple[str, ...] = ()  # names of marks [voice:NAME]


def find_characters(chapters: "Sequence[ChapterText]", language: str) -> Characters:
    """Find the speakers of some chapters by rules."""
    from swarm.book.speech.casting import marks_in
    from swarm.book.speech.dialogue import find_utterances
    from swarm.book.speech.namesake import shortest_names

    texts = [[block.text for block in chapter.blocks] for chapter in chapters]
    found = [each for blocks in texts for row in find_utterances(blocks, language) for each in row]
    persons = shortest_names({each.speaker for each in found})
    counts = Counter((persons[each.speaker], each.grounds if each.speaker else "unknown") for each in found)
    said: Counter[str] = Counter()
    for each in found:
        said[persons[each.speaker]] += each.end - each.start
    whole = sum(map(len, (text for blocks in texts for text in blocks)))
    speakers = tuple(
        Character(
            name,
            characters,
            **{grounds.replace(" ", "_"): number for (speaker, grounds), number in counts.items() if speaker == name},
        )
        for name, characters in said.most_common()
    )
    marks = marks_in([text for blocks in texts for text in blocks])
    return Characters(round(said.total() / max(1, whole), 4), speakers, marks)


def cast_lines(found: Characters) -> list[str]:
    """Return the lines of a cast: a comment for each speaker, and a line that gives it a voice once # is removed."""
    unknown = next((each for each in found.speakers if each.name == UNKNOWN), None)
    lines = [
        f"# {found.dialogue:.0%} of the text is dialogue. Remove # before a line, name a voice, and give the file with",
        "# --cast. Names are taken as the book writes them; `Holmes` also means `Mr. Sherlock Holmes`.",
        f"# {unknown.unknown if unknown else 0} quotations name nobody:",
        "#dialogue = VOICE",
    ]
    for each in found.speakers:
        if each.name != UNKNOWN:
            sure = f"{each.named} named, {each.same_paragraph} in the same paragraph, {each.in_turn} in turn"
            lines += ["", f"# {sure}; {each.characters:,} characters", f"#{each.name} = VOICE"]
    for mark in found.marks:
        lines += ["", f"# text behind marks [voice:{mark}]", f"#[{mark}] = VOICE"]
    return lines
