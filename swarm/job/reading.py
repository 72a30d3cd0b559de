"""The reading of a book: what the user chose of its words."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from msgspec import Struct

Notes = Literal["skip", "inline", "end"]
Ruby = Literal["base", "reading"]


class Reading(Struct, frozen=True):
    """Choices that change which words are spoken; they are part of what makes a job."""

    notes: Notes = "skip"  # "inline": after the paragraph that refers to them, "end": after the chapter
    ruby: Ruby = "base"  # what is read of a word with its pronunciation beside it
    alt_text: bool = False  # what pictures show, in words
    include: tuple[str, ...] = ()  # titles, or reasons, of what would be left out and is not
    exclude: tuple[str, ...] = ()  # titles of what is left out all the same


@dataclass(frozen=True)
class Wording:
    """The words of a book that a job speaks, and their pronunciation."""

    reading: Reading | None = None
    selection: str = ""
    lexicon: Path | None = None
