"""The user's choices for the reading of a book: what is spoken of it, and which voices speak what besides the voice of
the recipe.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from msgspec import Struct

Notes = Literal["skip", "inline", "end"]
Ruby = Literal["base", "reading"]


class Reading(Struct, frozen=True):
    """The choices that decide which words of a book are spoken. Another reading makes another job."""

    notes: Notes = "skip"  # "inline" reads notes after the paragraph that refers to them, "end" after the chapter
    ruby: Ruby = "base"  # whether a word with ruby is read by its base text or by its reading
    alt_text: bool = False  # whether descriptions of pictures are read
    include: tuple[str, ...] = ()  # titles of parts, or reasons, that are read although they would be left out
    exclude: tuple[str, ...] = ()  # titles of chapters that are left out
    verse_numbers: Literal["say", "skip"] = "say"
    code: Literal["", "say", "skip"] = ""  # whether code listings are read; "": only if most of the book is code
    citations: Literal["", "say", "skip"] = ""  # whether "[14]" and "(Smith, 2020)" are read; "": only if they are few


class Credits(Struct, frozen=True):
    """The names in a spoken opening and closing. An empty one is the book's own, or the voice's."""

    title: str = ""
    author: str = ""
    narrator: str = ""


@dataclass(frozen=True)
class Wording:
    """Everything that decides which words of a book a job speaks, and their pronunciation."""

    reading: Reading | None = None
    selection: str = ""  # chapters such as "1-3,7"; empty: all
    lexicon: Path | None = None  # a pronunciation dictionary
    credits: Credits | None = None  # None: neither opening nor closing are spoken


class CastVoice(NamedTuple):
    """A voice that a person of a book may have."""

    name: str
    gender: Literal["", "m", "f"]
    about: str = ""
    sound: tuple[float, ...] = ()  # pitch and colour, as `VoiceCard.sound` has it


class Cast(Struct, frozen=True):
    """Voices of a book's characters, by their names in the engine. "" and () leave everything to the recipe's voice."""

    dialogue: str = ""  # the voice of quotations whose speaker is not known otherwise
    speakers: tuple[tuple[str, str], ...] = ()  # (name beside the quotation, voice)
    chapters: tuple[tuple[str, str], ...] = ()  # (number or title, voice) of what is not dialogue there
    marks: tuple[tuple[str, str], ...] = ()  # (NAME of a mark [voice:NAME], voice)
    persons: tuple[tuple[str, ...], ...] = ()  # names of one person each, first the one that it is known by
    auto: bool = False  # the other persons of the book get voices by their gender, and by whom they speak with

    @property
    def has_dialogue(self) -> bool:
        """Whether it has a voice for what is said in the book."""
        return bool(self.dialogue or self.speakers or self.auto)

    @property
    def voices(self) -> tuple[str, ...]:
        """The voices that it names, each once."""
        named = [self.dialogue, *(voice for rows in (self.speakers, self.chapters, self.marks) for _, voice in rows)]
        return tuple(dict.fromkeys(filter(None, named)))


NO_CAST = Cast()
NARRATOR = "narrator"  # the name by which a user means the one who tells the book


def is_called(speaker: str, name: str) -> bool:
    """Tell whether a speaker, as a book names it, has a name: "Mr. Sherlock Holmes" is called "Holmes"."""
    words, wanted = (set(text.casefold().replace(".", "").split()) for text in (speaker, name))
    return bool(wanted) and wanted <= words
