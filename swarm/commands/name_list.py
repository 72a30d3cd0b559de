"""Lists a book's names with how they are said, and who says how much: a dictionary and a cast, ready to be edited."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from swarm.book.model.book import ChapterText
    from swarm.book.speech.speech import Speech


class Name(Struct, frozen=True):
    """A name of a book."""

    written: str
    times: int
    phonemes: str  # IPA; "" if the engine cannot tell
    readable: str  # the phonemes in English letters
    said: str  # the spelling that the engine is given


def find_names(chapters: "Sequence[ChapterText]", speech: "Speech", language: str) -> list[Name]:
    """Return the names of some chapters, the most frequent first, as an engine will say them."""
    from swarm.book.model.engine_text import read_engine_text
    from swarm.book.speech.capitals import book_names
    from swarm.voice.host.registry import find_engine
    from swarm.voice.ipa import readable

    counted = book_names(chapters)
    texts = [read_engine_text(speech.say(written, language)) for written, _ in counted]
    asked = find_engine(speech.card.name).phonemes_of(language, [spoken for spoken, _ in texts])
    found = []
    for place, ((written, times), (spoken, marked)) in enumerate(zip(counted, texts, strict=True)):
        ipa = marked[0].ipa if marked else asked[place] if asked else ""
        found.append(Name(written, times, ipa, readable(ipa), spoken))
    return found


def name_lines(names: "Sequence[Name]", engine: str, language: str) -> list[str]:
    """Return the lines of a dictionary: a comment and a rule for each name."""
    lines = [
        f"# Names, the most frequent first, as {engine} says them. Change what is right of = and give the file with",
        "# --lexicon; `e2a-swarm preview BOOK --name NAME --lexicon FILE` speaks one.",
        f"[{language}]",
    ]
    for name in names:
        heard = f": {name.readable} /{name.phonemes}/" if name.phonemes else ""
        lines += ["", f"# {name.times} times{heard}", f"{name.written} = {name.said}"]
    return lines


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
    from swarm.book.speech.attribution import shortest_names
    from swarm.book.speech.casting import marks_in
    from swarm.book.speech.dialogue import find_utterances

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
